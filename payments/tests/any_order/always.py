"""What is true after every step."""

from collections.abc import Iterable

from post_office.models import Email

from payments.models import Payment, PaymentState, Refund, RefundReason, RefundState
from payments.tests.any_order.books import Books, live
from payments.tests.any_order.world import LONGEST_LAG
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
        assert new.is_final or not new.amount_received, f"{new.state}, though money came"
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


def assert_nobody_is_forgotten(books: Books) -> None:
    """Where money is kept above what is due, or bought nothing yet, a time to look is noted."""
    for reservation in books.reservations:
        paid = [
            payment
            for payment in books.payments_of(reservation)
            if payment.state == PaymentState.PAID
        ]
        kept, due = sum(payment.kept for payment in paid), reservation.amount_due
        if kept > due or (kept and reservation.state == HELD):
            assert reservation.settle_after is not None, (
                f"{reservation.pk} ({reservation.state}): {kept} kept, {due} due, forgotten"
            )


def assert_banks_are_waited_for(before: Books, after: Books) -> None:
    """Seats stay while a bank works on their payment, and are free when it has failed."""
    reservations = {row.pk: row for row in after.reservations}
    payments = {row.pk: row for row in after.payments}
    for old in before.payments:
        new, reservation = payments[old.pk], reservations[old.reservation_id]
        if old.state != PaymentState.PROCESSING:
            continue
        if new.state == PaymentState.FAILED:
            assert reservation.state != HELD, f"{reservation.pk} holds seats nobody pays for"
        was_alive = old.reservation_id in {hold.pk for hold in before.holds}
        is_waiting = new.state == PaymentState.PROCESSING and reservation.state == HELD
        if was_alive and is_waiting and after.at < reservation.showtime.starts_at:
            assert reservation.state_at(after.at) == HELD, f"{reservation.pk} was not waited for"


def assert_only_untouched_money_buys(before: Books, after: Books) -> None:
    """What went back, was promised back or was taken by a bank confirms nothing."""
    waiting = {row.pk for row in before.reservations if row.state != CONFIRMED}
    given_up = {str(p.pk) for p in before.payments if p.refunds.all() or p.disputes.all()}
    for reservation in after.sold:
        if reservation.pk in waiting:
            assert any(
                charge["metadata"]["payment"] not in given_up
                and not before.refunded(charge)
                and not before.taken(charge)
                for charge in after.charges_of(reservation=reservation.pk)
            ), f"{reservation.pk} was bought with money that is gone"


def assert_nobody_is_turned_away(before: Books, after: Books) -> None:
    """Who paid late is refunded only where somebody else lives on the seats, or the show began."""
    for reservation in after.reservations:
        refunds = [refund for p in after.payments_of(reservation) for refund in p.refunds.all()]
        if [refund.reason for refund in refunds] != [RefundReason.TOO_LATE]:
            continue
        if _was_written(refunds[0], before) or reservation.showtime.starts_at <= after.at:
            continue
        if any(payment.disputes.all() for payment in after.payments_of(reservation)):
            continue
        rivals = _seats_of_others(reservation, before) | _seats_of_others(reservation, after)
        assert rivals & {ticket.seat_id for ticket in reservation.tickets.all()}, (
            f"{reservation.pk} was turned away, though its seats are free"
        )


def _was_written(refund: Refund, books: Books) -> bool:
    return any(refund == known for p in books.payments for known in p.refunds.all())


def _seats_of_others(reservation: Reservation, books: Books) -> set[int]:
    """What others live on; for a clock that is behind, who just died is alive."""
    return {
        seat
        for other in books.reservations
        if other.pk != reservation.pk and other.showtime_id == reservation.showtime_id
        if other.state_at(books.at - LONGEST_LAG) in {HELD, CONFIRMED}
        for seat in live(other)
    }


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
