"""How the worker ends: when it is told to, and what cron hears."""

import signal
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from cinema_reservation import mail
from payments import gateway, rounds
from payments.management.commands import work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch):
    """The test's transaction would not survive a worker's care for its connections."""
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    monkeypatch.setattr(work.connections, "close_all", lambda: None)


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """The tasks that were tried, in order; none of them does anything."""
    tried: list[str] = []
    for module, name in (
        (work.otp, "answer_requests"),
        (rounds, "collect_missed_events"),
        (mail, "send_queued"),
        (work, "tidy_users"),
        (work.idempotency, "forget_old"),
    ):
        monkeypatch.setattr(module, name, lambda name=name, **_: tried.append(name))
    monkeypatch.setattr(rounds, "ROUNDS", (lambda **_: tried.append("round"),))
    return tried


ALL = [
    "collect_missed_events",
    "answer_requests",
    "round",
    "send_queued",
    "tidy_users",
    "forget_old",
]


def test_once_does_everything_once(done):
    call_command("work", "--once")
    assert done == ALL


@pytest.mark.parametrize("trouble", [gateway.StripeUnavailable(), OperationalError("gone")])
def test_once_tries_all_and_fails_where_something_was_away(done, monkeypatch, trouble):
    def away(**_):
        done.append("collect_missed_events")
        raise trouble

    monkeypatch.setattr(rounds, "collect_missed_events", away)
    with pytest.raises(CommandError) as failure:
        call_command("work", "--once")
    assert failure.value.returncode == 1
    assert done == ALL


def test_it_hears_between_two_tasks_that_it_shall_stop(done, monkeypatch):
    handlers = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)

    def told_to_stop(**_):
        done.append("round")
        handlers[signal.SIGTERM]()

    monkeypatch.setattr(rounds, "ROUNDS", (told_to_stop,))
    worker = threading.Thread(target=call_command, args=("work",), daemon=True)
    worker.start()
    worker.join(timeout=10)
    assert not worker.is_alive()
    assert done == ALL[:3]
