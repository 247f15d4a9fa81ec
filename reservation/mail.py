"""What customers are told of their reservations, written in the transaction that it tells of."""

from typing import Any

from django.conf import settings

from cinema_reservation import mail
from cinema_reservation.money import written
from reservation.models import Reservation


def tell_confirmed(reservation: Reservation) -> None:
    """The seats are theirs: the code to show, and where and when to be."""
    _tell(reservation, "confirmed")


def tell_cancelled(reservation: Reservation, *, by_house: bool) -> None:
    """The seats are free again; by whose wish, and what the house keeps."""
    _tell(reservation, "cancelled_by_house" if by_house else "cancelled")


def _tell(reservation: Reservation, what: str) -> None:
    """Nobody is told of what the box office sold: it has no address."""
    if reservation.user is None:
        return
    mail.write(
        to=reservation.user.email,
        template=f"reservation/mail/{what}.txt",
        context=_facts(reservation),
    )


def _facts(reservation: Reservation) -> dict[str, Any]:
    show = reservation.showtime
    hall = show.hall
    seats = reservation.tickets.select_related("seat")
    return {
        "code": reservation.code,
        "movie": show.movie.title,
        "cinema": hall.cinema,
        "hall": hall.name,
        "starts_at": show.starts_at.astimezone(hall.cinema.zone),
        "seats": [ticket.seat.label for ticket in seats],
        "total": written(reservation.total, reservation.currency),
        "fee": written(reservation.cancellation_fee, reservation.currency),
        "keeps_fee": reservation.cancellation_fee > 0,
        "url": settings.PUBLIC_URL,
    }
