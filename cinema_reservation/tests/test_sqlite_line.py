"""Writers of SQLite stand in line, and nobody stays in it for ever."""

import gc
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from cinema_reservation.outages import is_outage
from cinema_reservation.sqlite import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite has one write lock."),
]


@pytest.fixture
def impatient(monkeypatch):
    """Whoever waits gives up within a tenth of a second."""
    monkeypatch.setattr(base.DatabaseWrapper, "_patience", 0.1)


@contextmanager
def another_process_writes():
    """What another process looks like: it knows the file, and nothing of our line."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as stranger:
        stranger.isolation_level = None
        stranger.execute("BEGIN IMMEDIATE")
        yield stranger


def begin(wrapper):
    wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def in_a_thread(work):
    """What `work` gives, or the error that it ends with, on another thread's connection."""
    found = []

    def run():
        try:
            found.append(work())
        except DatabaseError as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def write():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "written"


def test_a_writer_behind_one_of_the_same_process_does_not_ask_the_file(impatient, monkeypatch):
    asked = []
    with transaction.atomic():
        monkeypatch.setattr(
            base.DatabaseWrapper,
            "_has_begun",
            lambda wrapper, until: asked.append(wrapper) or True,
        )
        error = in_a_thread(write)
    assert isinstance(error, OperationalError)
    assert is_outage(error)
    assert asked == []


def test_a_writer_behind_another_process_asks_again_at_once_until_it_is_its_turn(monkeypatch):
    naps = []
    with another_process_writes() as stranger:

        def nap(seconds):
            naps.append(seconds)
            if len(naps) == 3:
                stranger.execute("COMMIT")

        monkeypatch.setattr(base.time, "sleep", nap)
        assert write() == "written"
    assert naps == [base.ASK_AGAIN_SECONDS] * 3


def test_a_vain_attempt_leaves_nothing_for_another_thread_to_close(monkeypatch):
    left_open = []
    with another_process_writes() as stranger:

        def nap(seconds):
            # By its type: to ask a weak proxy for its class is to ask what it stood for.
            cursors = [one for one in gc.get_objects() if issubclass(type(one), sqlite3.Cursor)]
            ours = [one for one in cursors if one.connection is connection.connection]
            left_open.append(len(ours))
            if len(left_open) == 3:
                stranger.execute("COMMIT")

        connection.ensure_connection()
        gc.collect()
        gc.disable()
        try:
            monkeypatch.setattr(base.time, "sleep", nap)
            assert write() == "written"
        finally:
            gc.enable()
    assert left_open == [0, 0, 0]


def test_another_process_is_waited_for_no_longer_than_was_said(impatient):
    with another_process_writes(), pytest.raises(OperationalError) as told:
        write()
    assert is_outage(told.value)
    assert in_a_thread(write) == "written"


def test_statements_outside_of_transactions_wait_as_ever():
    write()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (int(connection.settings_dict["OPTIONS"]["timeout"] * 1000),)


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_however_a_transaction_ends_the_next_in_line_has_its_turn(impatient, end):
    begin(connection)
    try:
        assert isinstance(in_a_thread(write), OperationalError)
        getattr(connection, end)()
        assert in_a_thread(write) == "written"
    finally:
        if connection.connection is not None:
            connection.set_autocommit(True)


def test_a_connection_that_died_with_its_thread_stands_in_nobodys_way(impatient):
    def die_in_a_transaction():
        stray = connection.copy()
        stray.connect()
        begin(stray)
        assert stray._leave_line.alive
        return "gone"

    assert in_a_thread(die_in_a_transaction) == "gone"
    # SQLite's own lock is given back then, too: when the connection is collected.
    gc.collect()
    assert write() == "written"
