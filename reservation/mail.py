"""What customers are told of their reservations, written in the transaction that it tells of."""

from datetime import datetime
from typing import Any

from django.conf import settings

from cinema_reservation import mail
from cinema_reservation.money import written
from reservation.models import Channel, Reservation, ShowTime


def show_cancelled(words: str = "") -> str:
    """Why a reservation ended whose show was cancelled, in staff's words where they gave any."""
    return f"The show was cancelled: {words}" if words else "The show was cancelled."


def tell_confirmed(reservation: Reservation) -> None:
    """The seats are theirs: the code to show, and where and when to be."""
    _tell(reservation, "confirmed")


def tell_exchanged(reservation: Reservation) -> None:
    """Other seats are theirs now, by the same code."""
    _tell(reservation, "exchanged")


def tell_cancelled(reservation: Reservation, *, by_house: bool, was_paid: bool = True) -> None:
    """The seats are free again; by whose wish, and what the house keeps of what was paid."""
    what = "cancelled_by_house" if by_house else "cancelled"
    _tell(reservation, what, was_paid=was_paid)


def tell_offer(reservation: Reservation) -> None:
    """Seats came back, and whoever was first in line has them until then, if they pay."""
    zone = reservation.showtime.hall.cinema.zone
    _tell(reservation, "offer", until=reservation.expires_at.astimezone(zone))


def tell_offer_lapsed(reservation: Reservation, *, at: datetime) -> None:
    """Their time is over, and the seats are the next one's, as long as any are sold."""
    _tell(reservation, "offer_lapsed", is_open=reservation.showtime.is_open_at(at))


def _tell(reservation: Reservation, what: str, **more: Any) -> None:
    """Nobody is told of what the box office sold: it has no address.

    Nor of the seats that wait for an exchange: nobody was told that they are theirs.
    """
    if reservation.user is None or reservation.channel == Channel.EXCHANGE:
        return
    mail.write(
        to=reservation.user.email,
        template=f"reservation/mail/{what}.txt",
        context=_facts(reservation) | more,
    )


def _facts(reservation: Reservation) -> dict[str, Any]:
    show = _show_of(reservation)
    hall = show.hall
    seats = reservation.tickets.select_related("seat")
    fee = reservation.less_waived(reservation.cancellation_fee)
    return {
        "code": reservation.code,
        "movie": show.movie.title,
        "cinema": hall.cinema,
        "hall": hall.name,
        "starts_at": show.starts_at.astimezone(hall.cinema.zone),
        "seats": [ticket.seat.label for ticket in seats],
        "total": written(reservation.total, reservation.currency),
        "fee": written(fee, reservation.currency),
        "keeps_fee": fee > 0,
        "keeps_all": fee > 0 and fee == reservation.total,
        "waived": written(reservation.waived, reservation.currency),
        "gave_back": reservation.waived > 0,
        "reason": reservation.cancellation_reason,
        "url": settings.PUBLIC_URL,
    }


def _show_of(reservation: Reservation) -> ShowTime:
    """With film, hall and cinema, by one question: whoever has a mail written holds locks."""
    if not Reservation.showtime.is_cached(reservation):
        told = ShowTime.objects.select_related("movie", "hall__cinema")
        reservation.showtime = told.get(pk=reservation.showtime_id)
    return reservation.showtime
