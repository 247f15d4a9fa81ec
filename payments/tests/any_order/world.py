"""The stage of one example: a hall, its shows, its customers, a Stripe, and one clock for all."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from time_machine import Traveller

from cinema_reservation.errors import DomainError
from payments import rounds
from payments.sandbox import Sandbox
from payments.sandbox.delivery import signature
from payments.sandbox.errors import RefusedError
from payments.tests.any_order.seams import Crash, Seams
from payments.tests.moments import DAY, MINUTE, NOW, SECOND
from reservation.models import Seat, ShowTime
from users.models import User

# Stripe tries for three days to deliver an event. A house whose worker is away for longer
# has to look for itself; so long, ours is not.
LONGEST_WITHOUT_COLLECTING = 2.5 * DAY

# How far a clock may be behind the others.
LONGEST_LAG = 2 * MINUTE

Item = TypeVar("Item")


class Stage(NamedTuple):
    """What all examples have in common; nothing of it remembers an example."""

    shows: Sequence[ShowTime]
    seats: Sequence[Seat]
    customers: Sequence[User]
    staff: User
    clock: Traveller
    settings: Any


class Complaints(logging.Handler):
    """Rows that a round could not help, for another reason than that Stripe said no."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, DomainError):
            self.heard.append(f"{record.getMessage()}: {error!r}")


class World:
    """One example: what it writes is forgotten when it is closed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.clock.move_to(NOW)
        cache.clear()
        self.stripe = Sandbox().start()
        stage.settings.STRIPE_API_BASE = self.stripe.api_base
        self._database = transaction.atomic()
        self._database.__enter__()
        self.seams = Seams()
        self.seams.sew()
        self._complaints = Complaints()
        logging.getLogger("payments.rounds").addHandler(self._complaints)
        # Reservations that somebody asked, with whatever success, to cancel.
        self.called_off: set[int] = set()
        # Ids of the events that arrived, done with or not.
        self.delivered: set[str] = set()
        self._collected_at = NOW

    def close(self) -> None:
        """Forget everything."""
        logging.getLogger("payments.rounds").removeHandler(self._complaints)
        self.seams.undo()
        self.stripe.stop()
        transaction.set_rollback(True)
        self._database.__exit__(None, None, None)

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def sins(self) -> list[str]:
        """What must never happen, and did, without anybody hearing of it."""
        return self.seams.sins + self._complaints.heard

    def wait(self, span: timedelta) -> None:
        """Let time pass for everybody."""
        if self.now + span - self._collected_at > LONGEST_WITHOUT_COLLECTING:
            self.calm_down()
            rounds.collect_missed_events(at=self.now)
            self._collected_at = self.now
        self.stage.clock.shift(span)

    def calm_down(self) -> None:
        """From now on nothing goes wrong that has not gone wrong yet."""
        self.stripe.clear_faults()
        self.seams.forget()

    def attempt(self, verb: Callable[..., object], **facts: Any) -> None:
        """Call a verb as a process would that may be refused, and that may die of it."""
        self.wait(SECOND)
        try:
            verb(**facts)
        except (DomainError, RefusedError, Crash):
            pass

    def deliver(self, event: dict[str, Any]) -> None:
        """Post an event to the webhook, signed just now."""
        self.delivered.add(event["id"])
        body = json.dumps(event).encode()
        signed = signature(
            body, secret=self.stripe.webhook_secret, timestamp=int(self.now.timestamp())
        )
        answer = Client().generic(
            "POST",
            "/api/webhook/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signed},
        )
        assert answer.status_code in {200, 502, 503}, answer.content

    def visit(self, path: str, *, user: User) -> None:
        """Look at a page as that customer."""
        client = APIClient()
        client.force_authenticate(user)
        answer = client.get(path, headers={"Accept": "application/json"})
        assert answer.status_code in {200, 404, 502, 503}, answer.content


def nth(items: Sequence[Item], number: int) -> Item:
    """One of them, the latest first."""
    return items[-1 - number % len(items)]


def is_failing() -> bool:
    """Whether an example is being given up for an exception that is on its way."""
    return sys.exception() is not None
