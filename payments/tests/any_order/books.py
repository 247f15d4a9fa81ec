"""What stands in our books and in Stripe's, and what has to be true of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from post_office.models import Email

from payments.models import Alert, AlertKind, Payment, PaymentState, Refund, RefundState
from payments.sandbox import Sandbox
from reservation.models import Reservation, ReservationState

HELD, CONFIRMED, CANCELLED, EXPIRED = (
    ReservationState.HELD,
    ReservationState.CONFIRMED,
    ReservationState.CANCELLED,
    ReservationState.EXPIRED,
)
# What may follow what, directly or by way of others.
RESERVATIONS_FORWARD = {
    HELD: {HELD, CONFIRMED, CANCELLED, EXPIRED},
    EXPIRED: {EXPIRED, CONFIRMED, CANCELLED},
    CONFIRMED: {CONFIRMED, CANCELLED},
    CANCELLED: {CANCELLED},
}
ENDED_UNPAID = {PaymentState.FAILED, PaymentState.EXPIRED}
ENDED = ENDED_UNPAID | {PaymentState.PAID}
PAYMENTS_FORWARD = {
    PaymentState.CREATING: set(PaymentState),
    PaymentState.OPEN: ENDED | {PaymentState.OPEN, PaymentState.PROCESSING},
    PaymentState.PROCESSING: ENDED | {PaymentState.PROCESSING},
    PaymentState.FAILED: {PaymentState.FAILED, PaymentState.PAID},
    PaymentState.EXPIRED: {PaymentState.EXPIRED, PaymentState.PAID},
    PaymentState.PAID: {PaymentState.PAID},
    PaymentState.REJECTED: set(),
}


class Books:
    """Ours and Stripe's, at one moment."""

    def __init__(self, stripe: Sandbox, at: datetime) -> None:
        self.at = at
        rows = Reservation.objects.select_related("showtime").prefetch_related("tickets")
        self.reservations = list(rows.order_by("pk"))
        payments = Payment.objects.prefetch_related("refunds", "disputes")
        self.payments = list(payments.order_by("created_at"))
        self.sessions, self.charges = stripe.sessions, stripe.charges
        self.refunds, self.disputes = stripe.refunds, stripe.disputes
        self.events = stripe.events

    @property
    def holds(self) -> list[Reservation]:
        """Those that are alive."""
        return [r for r in self.reservations if r.state_at(self.at) == HELD]

    @property
    def sold(self) -> list[Reservation]:
        return [r for r in self.reservations if r.state == CONFIRMED]

    def sessions_in(self, status: str) -> list[dict[str, Any]]:
        return [session for session in self.sessions if session["status"] == status]

    def charges_in(self, status: str) -> list[dict[str, Any]]:
        return [charge for charge in self.charges if charge["status"] == status]

    def charges_of(self, **metadata: Any) -> Iterator[dict[str, Any]]:
        """What Stripe received for that reservation, or by that payment."""
        for charge in self.charges_in("succeeded"):
            if all(charge["metadata"][name] == str(value) for name, value in metadata.items()):
                yield charge

    def refunded(self, charge: dict[str, Any], *, by_us: bool | None = None) -> int:
        """What went back of it, or is on its way."""
        return sum(
            refund["amount"]
            for refund in self.refunds
            if refund["charge"] == charge["id"]
            and refund["status"] != "failed"
            and by_us in {None, "refund" in refund["metadata"]}
        )

    def taken(self, charge: dict[str, Any]) -> int:
        """What banks took of it and did not return."""
        return -sum(
            moved["amount"]
            for dispute in self.disputes
            if dispute["charge"] == charge["id"]
            for moved in dispute["balance_transactions"]
        )

    def kept(self, charge: dict[str, Any]) -> int:
        """What is left of it. More can be gone than came: that loss is nobody else's."""
        return max(charge["amount"] - self.refunded(charge) - self.taken(charge), 0)


def live(reservation: Reservation) -> list[int]:
    """The seats that it holds."""
    return [t.seat_id for t in reservation.tickets.all() if t.released_at is None]


def assert_seats_are_safe(books: Books) -> None:
    """One live ticket per seat and show; who holds or bought seats has all, the dead none."""
    taken = [(r.showtime_id, seat) for r in books.reservations for seat in live(r)]
    assert len(taken) == len(set(taken)), "a seat was sold twice"
    for reservation in books.reservations:
        state = reservation.state_at(books.at)
        if state in {HELD, CONFIRMED}:
            assert len(live(reservation)) == len(reservation.tickets.all()), (
                f"{reservation.pk} is {state} and lost a seat"
            )
        elif reservation.state != HELD:
            assert not live(reservation), f"{reservation.pk} is {state} and keeps seats"


def assert_only_forward(before: Books, after: Books) -> None:
    """No state comes back that was left, and what was received is never forgotten."""
    states = {row.pk: row.state for row in after.reservations}
    for row in before.reservations:
        assert states[row.pk] in RESERVATIONS_FORWARD[row.state], (
            f"{row.pk} went from {row.state} to {states[row.pk]}"
        )
    payments = {row.pk: row for row in after.payments}
    for old in before.payments:
        new = payments[old.pk]
        assert new.state in PAYMENTS_FORWARD[old.state], f"{old.state} payment is {new.state}"
        assert new.amount_received >= old.amount_received
        _assert_refunds_only_forward(old.refunds.all(), new)


def _assert_refunds_only_forward(before: Iterable[Refund], after: Payment) -> None:
    refunds = {refund.pk: refund for refund in after.refunds.all()}
    for old in before:
        new = refunds[old.pk]
        assert new.amount == old.amount
        if old.stripe_id is None:
            continue
        assert new.stripe_id == old.stripe_id
        if old.state != RefundState.PENDING:
            assert new.state in {old.state, RefundState.FAILED}


def assert_nothing_is_given_away(books: Books) -> None:
    """Stripe was never asked to send back what it did not receive, nor what is due."""
    for charge in books.charges:
        assert books.refunded(charge) <= charge["amount"]
    for reservation in books.reservations:
        if reservation.confirmed_at is None:
            continue
        charges = list(books.charges_of(reservation=reservation.pk))
        received = sum(charge["amount"] for charge in charges)
        returned = sum(books.refunded(charge, by_us=True) for charge in charges)
        assert received - returned >= reservation.amount_due, (
            f"{reservation.pk}: {returned} of {received} went back, "
            f"{reservation.amount_due} are due"
        )


def assert_promises_are_kept(books: Books, called_off: set[int]) -> None:
    """Who was told that the seats are theirs keeps them, unless somebody called it off."""
    for reservation in books.reservations:
        if reservation.pk in called_off or reservation.showtime.is_cancelled:
            continue
        if mails(reservation, "Your seats for"):
            assert reservation.state == CONFIRMED, f"{reservation.pk} was promised its seats"


def mails(reservation: Reservation, words: str) -> int:
    """How many mails about it have these words in their subject."""
    about = Email.objects.filter(subject__contains=reservation.code)
    return about.filter(subject__contains=words).count()


def assert_everything_is_settled(books: Books) -> None:
    """At rest: what is kept is what is due, our books say what Stripe's say, all were told."""
    for reservation in books.reservations:
        assert reservation.settle_after is None, f"{reservation.pk} is still to be settled"
        assert reservation.state != HELD, f"{reservation.pk} is still held"
        if reservation.state == CONFIRMED:
            assert not reservation.showtime.is_cancelled, f"{reservation.pk} has no show"
        _assert_equation(books, reservation)
        _assert_told(reservation)
    for payment in books.payments:
        assert not payment.is_live, f"a payment is still {payment.state}"
        at_stripe = [books.kept(charge) for charge in books.charges_of(payment=payment.pk)]
        assert payment.kept == sum(at_stripe), (
            f"{payment.kept} in our books, {at_stripe} at Stripe"
        )
        assert not payment.refunds.filter(state=RefundState.PENDING).exists()


def _assert_equation(books: Books, reservation: Reservation) -> None:
    charges = list(books.charges_of(reservation=reservation.pk))
    kept = sum(books.kept(charge) for charge in charges)
    without_us = sum(books.refunded(c, by_us=False) + books.taken(c) for c in charges)
    due, what = reservation.amount_due, f"{reservation.pk} ({reservation.state})"
    assert kept <= due, f"{what}: {kept} kept, {due} due"
    assert due - kept <= without_us, (
        f"{what}: {kept} kept, {due} due, {without_us} left without us"
    )
    if kept < due and reservation.state == CONFIRMED:
        alerts = Alert.objects.open().filter(payment__reservation=reservation)
        assert alerts.filter(kind=AlertKind.TOO_LITTLE_KEPT).exists(), f"{what}: nobody knows"


def _assert_told(reservation: Reservation) -> None:
    was_sold = reservation.confirmed_at is not None
    assert mails(reservation, "Your seats for") == was_sold
    cancelled = mails(reservation, "is cancelled") + mails(reservation, "had to be cancelled")
    assert cancelled <= 1
    if was_sold and reservation.state == CANCELLED:
        assert cancelled == 1
    ours = Refund.objects.filter(payment__reservation=reservation).exclude(
        idempotency_key__startswith="imported"
    )
    if ours.filter(state=RefundState.SUCCEEDED).exists():
        assert mails(reservation, "on its way back"), f"{reservation.pk} heard of no refund"
