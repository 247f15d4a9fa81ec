"""What customers are told of their money, written in the transaction that it tells of."""

from cinema_reservation import mail
from cinema_reservation.money import written
from payments.models import Refund
from reservation.models import Reservation, ReservationState


def tell_refund(refund: Refund, reservation: Reservation) -> None:
    """Money is on its way back; and why, where the customer waits for seats instead."""
    if reservation.user is None:
        return
    mail.write(
        to=reservation.user.email,
        template="payments/mail/refund.txt",
        context={
            "amount": written(refund.amount, reservation.currency),
            "code": reservation.code,
            "movie": reservation.showtime.movie.title,
            "came_too_late": reservation.state == ReservationState.EXPIRED,
            "paid_twice": reservation.state == ReservationState.CONFIRMED,
        },
    )
