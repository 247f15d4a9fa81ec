"""The verbs on the waiting list: join it, leave it, and offer seats that came back.

An offer is a hold like any other, of the customer who was first in line, for as long as
`WAITING_OFFER_MINUTES`: its seats are kept by the same lock and constraint, it is paid for in the
same way, and it lapses at the same instant. Locked is the show, then the places in its line.
"""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from reservation import best_seats, booking, claims, errors, facts, holding, limits, line, mail
from reservation.claims import Occupied
from reservation.facts import Facts
from reservation.line import Turn
from reservation.models import (
    Channel,
    PlaceInLine,
    Reservation,
    ReservationState,
    SeatKind,
    ShowTime,
)
from reservation.rules import waiting
from reservation.sale import SeatChoice

# Each costs a few statements, while everybody else waits for the show.
OFFERS_AT_ONCE = 20


@transaction.atomic
def join(
    *, user_id: int, show_id: int, seats: int, at: datetime, category_id: int | None = None
) -> PlaceInLine:
    """Stand in line for so many seats of a show, of one category or of any.

    Raises `UnknownShow`, `NoSeats`, `TooManySeats`, `ShowCancelled`, `SalesNotOpen`,
    `SalesClosed`, `TooManySeatsOfShow`, `NeverSoManySeats`, `AlreadyInLine`, and
    `SeatsAvailable` where there are enough to be held now.
    """
    limits.check_size(seats)
    show = claims.lock_show(show_id)
    holding.check_on_sale(show, at)
    known = facts.of(show)
    limits.check_seats_of(user_id, show, seats, at, is_offer=True)
    _check_no_offer(user_id, show, at)
    _check_hall(known, seats, category_id)
    _check_sold_out(show, known, seats, category_id, at)
    place = PlaceInLine(
        showtime=show, user_id=user_id, seats=seats, category_id=category_id, joined_at=at
    )
    _insert(place)
    _note_line(show)
    return place


def _check_no_offer(user_id: int, show: ShowTime, at: datetime) -> None:
    """Whoever has seats kept for them does not wait for more."""
    mine = PlaceInLine.objects.of(user_id).filter(showtime=show)
    if mine.filter(offer__in=Reservation.objects.holding(at)).exists():
        raise errors.AlreadyInLine


def _check_hall(known: Facts, seats: int, category_id: int | None) -> None:
    # Accessible places are nobody's to wait for.
    suitable = [
        seat
        for seat in known.seats.values()
        if seat.kind == SeatKind.STANDARD and category_id in {None, seat.category_id}
    ]
    if len(suitable) < seats:
        raise errors.NeverSoManySeats


def _check_sold_out(
    show: ShowTime, known: Facts, seats: int, category_id: int | None, at: datetime
) -> None:
    occupied = _occupied(show, known, at)
    taken = occupied.beside(line.next_seats(show, known, occupied, at)).taken
    found = best_seats.find(
        seats, show=show, places=known.places, taken=taken, at=at, category_id=category_id
    )
    if found is not None:
        raise errors.SeatsAvailable


def _occupied(show: ShowTime, known: Facts, at: datetime) -> Occupied:
    return claims.occupied(show, at, blocked=known.blocked_at(at))


def _insert(place: PlaceInLine) -> None:
    try:
        with transaction.atomic():
            place.save(force_insert=True)
    except IntegrityError as error:
        raise errors.AlreadyInLine from error


def _note_line(show: ShowTime) -> None:
    """Whether anybody stands in line now. Under the show's lock; no edition is made of it."""
    is_waited_for = PlaceInLine.objects.waiting().filter(showtime=show).exists()
    if is_waited_for != show.is_waited_for:
        ShowTime.objects.filter(pk=show.pk).update(is_waited_for=is_waited_for)


def leave(*, place_id: int, at: datetime) -> None:
    """Give up one's place in line, or the offer that came of it.

    What is over already, or was paid for, stays as it is. Raises `PlaceInLine.DoesNotExist`.
    """
    place = PlaceInLine.objects.get(pk=place_id)
    if place.offer_id is None:
        if _step_out(place, at):
            return
        # Its turn may have come while we waited.
        place.refresh_from_db(fields=["offer"])
    # In a transaction of its own: reservations are locked before shows.
    if place.offer_id is not None:
        _decline(place.offer_id, at)


@transaction.atomic
def _step_out(place: PlaceInLine, at: datetime) -> bool:
    """Leave the line, where one still stands in it. Says whether that was so."""
    show = claims.lock_show(place.showtime_id)
    if not PlaceInLine.objects.waiting().filter(pk=place.pk).update(left_at=at):
        return False
    _note_line(show)
    return True


@transaction.atomic
def _decline(reservation_id: int, at: datetime) -> None:
    """Cancel an offer that nobody has paid for."""
    offer = booking.lock(reservation_id)
    if offer.state_at(at) == ReservationState.HELD:
        booking.cancel(reservation_id=reservation_id, at=at)


def has_turns(*, show_id: int, at: datetime) -> bool:
    """Whether somebody in line could be offered seats, as it looks without any lock."""
    show = ShowTime.objects.select_related("hall__cinema").filter(pk=show_id).first()
    if show is None or not show.sells_at(at):
        return False
    known = facts.of(show)
    return bool(line.turns(show, known, _occupied(show, known, at), at))


@transaction.atomic
def make_offers(*, show_id: int, at: datetime) -> int:
    """Hold what came back for those whose turn it is, and tell them. Returns how many.

    The first `OFFERS_AT_ONCE` of them; ask again for the rest. None once the show's
    sales have closed. Twice in a row, or by two at once, makes none twice.
    """
    show = claims.lock_show(show_id)
    until = waiting.offer_until(
        at=at, minutes=settings.WAITING_OFFER_MINUTES, sales_close_at=show.sales_close_at
    )
    if until is None or not show.sells_at(at):
        return 0
    known = facts.of(show)
    occupied = _occupied(show, known, at)
    turns = line.turns(show, known, occupied, at)[:OFFERS_AT_ONCE]
    made = [_offer(turn, show, known, occupied, at, until) for turn in turns]
    _note_line(show)
    return sum(made)


def _offer(
    turn: Turn, show: ShowTime, known: Facts, occupied: Occupied, at: datetime, until: datetime
) -> bool:
    place = turn.place
    try:
        limits.check_seats_of(place.user_id, show, place.seats, at, is_offer=True)
        claims.free_or_refuse([known.seats[pk] for pk in turn.seats], occupied, at)
        place.offer = holding.hold_choices(
            [SeatChoice(pk) for pk in turn.seats],
            show=show,
            known=known,
            user_id=place.user_id,
            at=at,
            until=until,
            channel=Channel.WAITING_LIST,
        )
    except (errors.TooManySeatsOfShow, errors.TotalTooSmall):
        # They have got as many meanwhile as one may have: it is the next one's turn.
        place.left_at = at
    place.save(update_fields=["offer", "left_at"])
    if place.offer is not None:
        mail.tell_offer(place.offer)
    return place.offer is not None
