"""What customers are told of their money, written in the transaction that it tells of."""

from cinema_reservation import mail
from cinema_reservation.money import written
from payments.models import Refund, RefundReason
from reservation.models import Reservation, ReservationState


def tell_refund(refund: Refund, reservation: Reservation, *, failed_before: bool = False) -> None:
    """Money is on its way back; and why, where the customer has seats or waits for them."""
    _tell(
        "refund",
        refund,
        reservation,
        failed_before=failed_before,
        came_too_late=refund.reason == RefundReason.TOO_LATE,
        paid_twice=refund.reason == RefundReason.PAID_TWICE,
        is_cheaper=refund.reason == RefundReason.EXCHANGED,
        not_exchanged=refund.reason == RefundReason.NOT_EXCHANGED,
        is_goodwill=refund.reason == RefundReason.GOODWILL
        and reservation.state == ReservationState.CONFIRMED,
    )


def tell_refund_failed(refund: Refund, reservation: Reservation) -> None:
    """Money did not arrive; we go on trying."""
    _tell("refund_failed", refund, reservation)


def _tell(what: str, refund: Refund, reservation: Reservation, **why: bool) -> None:
    """Nobody is told of what the box office sold: it has no address."""
    if reservation.user is None:
        return
    mail.write(
        to=reservation.user.email,
        template=f"payments/mail/{what}.txt",
        context={
            "amount": written(refund.amount, reservation.currency),
            "code": reservation.code,
            "movie": reservation.showtime.movie.title,
            **why,
        },
    )
