"""`manage.py work`: everything that happens without anybody asking."""

import itertools
import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
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

Task = Callable[[], object]


class Command(BaseCommand):
    help = (
        "Mails codes, settles money, expires holds, sends mail; again and again until it is "
        "told to stop. Several may run at once. Nothing that a customer sees is ever wrong "
        "because it does not run, only late."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="one round, for cron; status 1 if a task failed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            if not work_once(tasks_of_round(0)):
                raise CommandError("Not all could be done; the log says what.")
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
            work_once(self._until_told_to_stop(tasks_of_round(done)))
            done += 1
            self.stopping.wait(settings.WORKER_ROUND_SECONDS)

    def _until_told_to_stop(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """A round can be long, and whoever stops a worker waits before they kill it."""
        return itertools.takewhile(lambda _: not self.stopping.is_set(), tasks)


def tasks_of_round(number: int) -> Iterator[Task]:
    """What a round does: what others wait for always, what is dear or tidies now and then."""
    if number % COLLECT_EVERY_ROUNDS == 0:
        yield collect_missed_events
    yield from every_time()
    if number % TIDY_EVERY_ROUNDS == 0:
        yield lambda: tidy_users(at=timezone.now())
        yield lambda: idempotency.forget_old(at=timezone.now())


def collect_missed_events() -> None:
    """Ask Stripe for what it could not tell us. Raises `StripeUnavailable`."""
    rounds.collect_missed_events(at=timezone.now())


def every_time() -> Iterator[Task]:
    """Money before mail, so that its mail leaves in the same round."""
    yield otp.answer_requests
    for round_ in rounds.ROUNDS:
        yield partial(round_, at=timezone.now())
    yield mail.send_queued


def work_once(tasks: Iterable[Task] | None = None) -> bool:
    """Try every task, by default what every round does. Returns whether all went well."""
    close_old_connections()
    went_well = [_try(task) for task in tasks or every_time()]
    return all(went_well)


def _try(task: Task) -> bool:
    """Nothing stops the worker for good, and no task another one; what is away comes back."""
    try:
        task()
    except Exception as error:
        if isinstance(error, ServiceUnavailable) or is_outage(error):
            log.warning("worker: waiting, %s", error)
        else:
            log.exception("worker: a task failed")
        connections.close_all()
        return False
    return True
