"""What people bought: reservations in all states, their tickets, payments, refunds and events.

Whoever sits next to each other bought together. Past shows sold a quarter to three
quarters of their seats; those ahead the less the further away they are.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.conf import settings

from benchmarks.house import bulk
from benchmarks.house.size import DAYS_AHEAD, SEATS_IN_ROW, SEATS_PER_HALL, Size
from benchmarks.house.venue import SURCHARGES, category_of
from payments.models import Payment, PaymentState, Refund, RefundState, WebhookEvent
from reservation.models import Reservation, ReservationState, Ticket
from reservation.models.booking import CODE_ALPHABET, CODE_LENGTH

RESERVATION = ("id", "code", "user_id", "showtime_id", "state", "created_at", "expires_at") + (
    "confirmed_at",
    "cancelled_at",
    "currency",
    "total",
    "cancellation_policy",
)
TICKET = ("id", "reservation_id", "showtime_id", "seat_id", "ticket_type_id", "price") + (
    "released_at",
)
PAYMENT = ("id", "reservation_id", "amount", "currency", "state", "amount_received") + (
    "idempotency_key",
    "parameters",
    "session_id",
    "payment_intent_id",
    "created_at",
    "expires_at",
    "looked_at",
)
REFUND = ("id", "payment_id", "amount", "reason", "state", "stripe_id", "idempotency_key") + (
    "created_at",
    "looked_at",
)
EVENT = ("stripe_id", "type", "received_at", "processed_at", "outcome", "payment_id")
GROUPS, GROUP_WEIGHTS = (1, 2, 3, 4, 5), (20, 45, 15, 15, 5)
STATES = (
    ReservationState.CONFIRMED,
    ReservationState.CANCELLED,
    ReservationState.EXPIRED,
    ReservationState.HELD,
)
WEIGHTS_PAST, WEIGHTS_AHEAD = (88, 7, 5, 0), (84, 7, 6, 3)
SURCHARGE_OF = [
    list(SURCHARGES.values())[category_of(place // SEATS_IN_ROW) - 1]
    for place in range(SEATS_PER_HALL)
]
# Coprime to the number of codes there can be: multiplying by it scatters them, none twice.
SCATTER = 38_954_312_017_769
SHOWS_PER_BATCH = 250
HOLD = timedelta(minutes=30)


@dataclass
class Batch:
    """Rows of some shows, by table."""

    reservations: list[bulk.Row] = field(default_factory=list)
    tickets: list[bulk.Row] = field(default_factory=list)
    payments: list[bulk.Row] = field(default_factory=list)
    refunds: list[bulk.Row] = field(default_factory=list)
    events: list[bulk.Row] = field(default_factory=list)

    def write(self) -> None:
        bulk.write(Reservation, RESERVATION, self.reservations)
        bulk.write(Ticket, TICKET, self.tickets)
        bulk.write(Payment, PAYMENT, self.payments)
        bulk.write(Refund, REFUND, self.refunds)
        bulk.write(WebhookEvent, EVENT, self.events)


def code(number: int) -> str:
    """The reservation code of that number; no two are the same."""
    rest = number * SCATTER % len(CODE_ALPHABET) ** CODE_LENGTH
    letters = []
    for _ in range(CODE_LENGTH):
        rest, letter = divmod(rest, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[letter])
    return "".join(letters)


class Sales:
    """Sells the shows, one after the other, to whom the dice say."""

    def __init__(
        self,
        size: Size,
        random: Random,
        *,
        at: datetime,
        ticket_types: dict[int, int],
        holds: bool,
    ) -> None:
        self._size, self._random, self._at = size, random, at
        self._types = list(ticket_types)
        self._percentages = ticket_types
        self._type_weights = [5] + [1] * (len(self._types) - 1)
        self._weights_ahead = WEIGHTS_AHEAD if holds else (*WEIGHTS_AHEAD[:3], 0)
        self._policy = json.dumps(settings.CANCELLATION_POLICY)
        self._reservations = self._tickets = self._refunds = 0
        self._batch = Batch()

    def batches(self, shows: Sequence[bulk.Row]) -> Iterator[tuple[int, Batch]]:
        """All that was bought, some shows at a time, with how many shows that makes so far."""
        for first in range(0, len(shows), SHOWS_PER_BATCH):
            self._batch = Batch()
            some = shows[first : first + SHOWS_PER_BATCH]
            for show in some:
                self._sell(show)
            yield first + len(some), self._batch

    def _sell(self, show: bulk.Row) -> None:
        is_past = show[3] <= self._at
        wanted = self._random.randrange(80, 221) if is_past else self._sold_ahead(show[3])
        weights = WEIGHTS_PAST if is_past else self._weights_ahead
        place = self._random.randrange(SEATS_PER_HALL)
        end = place + wanted
        while place < end:
            people = self._random.choices(GROUPS, GROUP_WEIGHTS)[0]
            state = self._random.choices(STATES, weights)[0]
            self._reserve(show, range(place, place + people), state)
            place += people

    def _sold_ahead(self, starts_at: datetime) -> int:
        days = min(max((starts_at - self._at).days, 0), DAYS_AHEAD)
        return self._random.randrange(110, 151) - days * 5

    def _reserve(self, show: bulk.Row, places: range, state: str) -> None:
        self._reservations += 1
        number, made = self._reservations, self._made_at(show[3], state)
        released = made + timedelta(hours=1) if state in STATES[1:3] else None
        total = sum(self._ticket(number, show, place, released) for place in places)
        expires = self._at + timedelta(minutes=15) if state == STATES[3] else made + HOLD
        row: bulk.Row = (
            number,
            code(number),
            self._random.randrange(1, self._size.users + 1),
            show[0],
        )
        row += (state, made, expires)
        row += (made if state in STATES[:2] else None,)
        row += (released if state == ReservationState.CANCELLED else None,)
        self._batch.reservations.append((*row, settings.CURRENCY, total, self._policy))
        self._pay(number, total, state, made)

    def _made_at(self, starts_at: datetime, state: str) -> datetime:
        """Some time in the fortnight before the show, or before now."""
        if state == ReservationState.HELD:
            return self._at - timedelta(minutes=self._random.randrange(1, 9))
        latest = min(starts_at, self._at) - timedelta(hours=3)
        return latest - timedelta(minutes=self._random.randrange(14 * 24 * 60))

    def _ticket(
        self, reservation: int, show: bulk.Row, place: int, released: datetime | None
    ) -> int:
        """Adds a ticket and returns its price."""
        self._tickets += 1
        place %= SEATS_PER_HALL
        ticket_type = self._random.choices(self._types, self._type_weights)[0]
        price = (show[4] + SURCHARGE_OF[place]) * self._percentages[ticket_type] // 100
        seat = (show[2] - 1) * SEATS_PER_HALL + place + 1
        row = (self._tickets, reservation, show[0], seat, ticket_type, price, released)
        self._batch.tickets.append(row)
        return price

    def _pay(self, reservation: int, total: int, state: str, made: datetime) -> None:
        if state == ReservationState.HELD:
            return
        # Of those that expired, a third never came as far as a payment page.
        if state == ReservationState.EXPIRED and reservation % 3 == 0:
            return
        has_paid = state != ReservationState.EXPIRED or reservation % 10 == 1
        key = f"{self._random.getrandbits(128):032x}"
        row: bulk.Row = (key, reservation, total, settings.CURRENCY)
        row += (PaymentState.PAID if has_paid else PaymentState.EXPIRED, total if has_paid else 0)
        row += (key, '{"mode": "payment"}', f"cs_{key}", f"pi_{key}" if has_paid else "")
        self._batch.payments.append((*row, made, made + HOLD, made))
        end = "completed" if has_paid else "expired"
        event: bulk.Row = (f"evt_{key}", f"checkout.session.{end}", made, made)
        self._batch.events.append((*event, f"payment {row[4]}", key))
        if has_paid and state != ReservationState.CONFIRMED:
            self._refund(key, total, made)

    def _refund(self, payment: str, amount: int, made: datetime) -> None:
        self._refunds += 1
        row: bulk.Row = (
            self._refunds,
            payment,
            amount,
            "Reservation cancelled",
            RefundState.SUCCEEDED,
        )
        row += (f"re_{payment}", f"refund-{payment}-1", made, made)
        self._batch.refunds.append(row)
