"""`manage.py work`: everything that happens without anybody asking."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.utils import timezone

from cinema_reservation import mail
from cinema_reservation.errors import ServiceUnavailable
from cinema_reservation.outages import is_outage
from payments import rounds
from reservation import idempotency
from users import otp
from users.tidy import tidy as tidy_users

log = logging.getLogger(__name__)

TIDY_EVERY_ROUNDS = 300
COLLECT_EVERY_ROUNDS = 100


class Command(BaseCommand):
    help = (
        "Mails codes, settles money, expires holds, sends mail; again and again until it is "
        "told to stop. Several may run at once. Nothing that a customer sees is ever wrong "
        "because it does not run, only late."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for cron")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            collect_missed_events()
            work_once()
            tidy()
            return
        self.stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stopping.set())
        self.stdout.write("worker: started")
        self._work_until_told_to_stop()
        self.stdout.write("worker: stopped")

    def _work_until_told_to_stop(self) -> None:
        done = 0
        while not self.stopping.is_set():
            if done % COLLECT_EVERY_ROUNDS == 0:
                collect_missed_events()
            work_once()
            if done % TIDY_EVERY_ROUNDS == 0:
                tidy()
            done += 1
            self.stopping.wait(settings.WORKER_ROUND_SECONDS)


def work_once() -> None:
    """One round of everything, money before mail, so that its mail leaves in the same round."""
    close_old_connections()
    _try(otp.answer_requests)
    for round_ in rounds.ROUNDS:
        _try(partial(round_, at=timezone.now()))
    _try(mail.send_queued)


def collect_missed_events() -> None:
    """Ask Stripe for what it could not tell us."""
    _try(lambda: rounds.collect_missed_events(at=timezone.now()))


def tidy() -> None:
    """Delete what has lost its meaning."""
    _try(lambda: tidy_users(at=timezone.now()))
    _try(lambda: idempotency.forget_old(at=timezone.now()))


def _try(task: Callable[[], object]) -> None:
    """Nothing stops the worker for good, and no task another one; what is away comes back."""
    try:
        task()
    except Exception as error:
        if isinstance(error, ServiceUnavailable) or is_outage(error):
            log.warning("worker: waiting, %s", error)
        else:
            log.exception("worker: a task failed")
        connections.close_all()
