"""A rival at the worst moment, which luck would have to bring about.

It is let in between two lines, on a connection of its own, and gets the time to do all that
it wants; what guards the lines makes it wait, which is seen and not guessed. Without the
guard it is through before the first one goes on, and the test sees what it broke.
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from typing import Any, NamedTuple

import pytest
from django.db import connection, connections

# Far more than a rival needs whom nothing keeps waiting; one who asks over HTTP is not seen to.
LONG_ENOUGH_SECONDS = 0.5
# One who is watched is either through or seen waiting, however slow the machine is.
PATIENCE_SECONDS = 20
LOOKS_PER_SECOND = 50


class Moment(NamedTuple):
    """Before, or after, the first call of a function that stands between two lines."""

    where: Any
    name: str
    after: bool = False


# When all is written, and nobody else can see it yet.
BEFORE_COMMIT = Moment(connection, "commit")


def at(*moments: Moment) -> Any:
    """A test at each of these moments."""
    names = [f"{'after' if m.after else 'before'}-{m.name.strip('_')}" for m in moments]
    return pytest.mark.parametrize("moment", moments, ids=names)


class Intruder:
    """A rival who comes once, at the worst moment, and is given time to do everything."""

    def __init__(self, act: Callable[[], Any], *, patience: float = LONG_ENOUGH_SECONDS) -> None:
        self._act = act
        self._patience = patience
        self._came = threading.Lock()
        self._outcome: Future[Any] = Future()
        self._session: Session | None = None
        self._waited = False

    def comes(self) -> None:
        if self._came.acquire(blocking=False):
            threading.Thread(target=self._run).start()
            self._watch()

    def _run(self) -> None:
        try:
            self._session = Session()
            self._outcome.set_result(self._act())
        except Exception as error:
            self._outcome.set_result(error)
        finally:
            connections.close_all()

    def _watch(self) -> None:
        """Until it is through, or waits for us."""
        done = threading.Event()
        self._outcome.add_done_callback(lambda _: done.set())
        for _ in range(int(self._patience * LOOKS_PER_SECOND)):
            if done.wait(1 / LOOKS_PER_SECOND):
                return
            if self._session is not None and self._session.is_kept_waiting():
                self._waited = True
                return

    @property
    def outcome(self) -> Any:
        """What the rival got, or the exception that it met."""
        assert self._came.locked(), "nobody came"
        return self._outcome.result(timeout=30)

    @property
    def waited(self) -> bool:
        """Whether it was seen waiting for whom it interrupted."""
        assert self._came.locked(), "nobody came"
        return self._waited


class Session:
    """The rival's connection, as others may look at it while a statement is under way."""

    def __init__(self) -> None:
        connection.ensure_connection()
        # Not `connection`, which is each thread's own.
        self._wrapper: Any = connections[connection.alias]

    def is_kept_waiting(self) -> bool:
        """Whether it waits for what the asking thread has locked."""
        if connection.vendor == "sqlite":
            return self._waits_for_the_write_lock()
        theirs = self._wrapper.connection
        if theirs is None or theirs.closed:
            # Hung up, as one does who is through: it waits for nobody.
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_backend_pid() = ANY(pg_blocking_pids(%s))",
                [theirs.info.backend_pid],
            )
            return cursor.fetchone()[0]

    def _waits_for_the_write_lock(self) -> bool:
        """It is about to begin, and whoever else tries to is refused."""
        if not self._wrapper.waits_to_begin or not _is_write_locked():
            return False
        threading.Event().wait(2 / LOOKS_PER_SECOND)
        return self._wrapper.waits_to_begin


def _is_write_locked() -> bool:
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, timeout=0, isolation_level=None)) as somebody:
        try:
            somebody.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False
