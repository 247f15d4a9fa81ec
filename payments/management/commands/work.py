"""`manage.py work`: everything that happens without anybody asking."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.utils import timezone

from cinema_reservation import mail
from cinema_reservation.api.errors import is_outage
from cinema_reservation.errors import ServiceUnavailable
from payments import rounds
from reservation import idempotency
from users import otp
from users.tidy import tidy as tidy_users

log = logging.getLogger(__name__)

TIDY_EVERY_ROUNDS = 300


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
            try:
                work_once()
                if done % TIDY_EVERY_ROUNDS == 0:
                    tidy()
            except Exception as error:  # noqa: BLE001
                _survive(error)
            done += 1
            self.stopping.wait(settings.WORKER_ROUND_SECONDS)


def work_once() -> None:
    """One round of everything, money before mail, so that its mail leaves in the same round."""
    close_old_connections()
    otp.answer_requests()
    rounds.all_rounds(at=timezone.now())
    mail.send_queued()


def tidy() -> None:
    """Delete what has lost its meaning."""
    at = timezone.now()
    tidy_users(at=at)
    idempotency.forget_old(at=at)


def _survive(error: Exception) -> None:
    """Nothing may stop the worker for good; what is away comes back."""
    if isinstance(error, ServiceUnavailable) or is_outage(error):
        log.warning("worker: waiting, %s", error)
    else:
        log.exception("worker: a round failed", exc_info=error)
    connections.close_all()
