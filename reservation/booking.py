"""The verbs on reservations: hold, extend, confirm, cancel, expire.

How seats stay safe. Whoever *relies* on seats (hold, extend, confirm) first locks the
show, then looks. Whoever only *frees* seats (cancel, expire) needs no lock on the show:
at worst a rival finds a seat taken a moment longer. Reservations are locked before
shows, always. On SQLite a transaction is alone from its first statement on, which
settles the same questions; `select_for_update` does nothing there. Behind it all stands
the constraint `one_live_ticket_per_seat`.

Every verb is one transaction, changes state under the reservation's lock, and talks to
nobody outside the database.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from reservation import errors
from reservation.models import (
    Channel,
    Reservation,
    ReservationState,
    Seat,
    ShowTime,
    Ticket,
    TicketType,
)
from reservation.rules import cancellation, pricing


class SeatChoice(NamedTuple):
    """A seat, and who is to sit there; the default ticket type where nobody says."""

    seat_id: int
    ticket_type_id: int | None = None


@transaction.atomic
def hold(
    *,
    user_id: int | None,
    show_id: int,
    choices: Sequence[SeatChoice],
    at: datetime,
    channel: Channel = Channel.ONLINE,
) -> Reservation:
    """Hold all of these seats for `HOLD_MINUTES`, or none.

    Returns the reservation with its show, film, hall and cinema loaded, and its tickets
    prefetched. Raises `UnknownShow`, `ShowCancelled`, `SalesClosed`, `TooManySeats`,
    `UnknownSeats`, `UnknownTicketType`, `TooManyHolds`, and `SeatsTaken` with the seats
    that are.
    """
    if len(choices) > settings.MAX_SEATS_PER_RESERVATION:
        raise errors.TooManySeats(limit=settings.MAX_SEATS_PER_RESERVATION)
    show = _lock_show(show_id)
    _check_on_sale(show, at)
    seats = _find_seats(show, choices)
    prices = _price(show, seats, choices)
    if user_id is not None:
        _check_holds_of(user_id, show, at)
    _free_or_refuse(show, seats.values(), at)
    return _insert(user_id, show, prices, at, channel)


def _lock_show(show_id: int) -> ShowTime:
    """Lock the show, so that one at a time looks for its free seats and takes them."""
    shows = ShowTime.objects.select_related("movie", "hall__cinema")
    try:
        return shows.select_for_update(of=("self",), no_key=True).get(pk=show_id)
    except ShowTime.DoesNotExist:
        raise errors.UnknownShow from None


def _check_on_sale(show: ShowTime, at: datetime) -> None:
    if show.is_cancelled:
        raise errors.ShowCancelled
    if not show.sells_at(at):
        raise errors.SalesClosed


def _find_seats(show: ShowTime, choices: Iterable[SeatChoice]) -> dict[int, Seat]:
    ids = [choice.seat_id for choice in choices]
    seats = Seat.objects.in_use().filter(hall=show.hall_id, pk__in=ids)
    found = {seat.pk: seat for seat in seats.select_related("category")}
    if unknown := [pk for pk in ids if pk not in found]:
        raise errors.UnknownSeats(seats=unknown)
    return found


def _price(
    show: ShowTime, seats: Mapping[int, Seat], choices: Sequence[SeatChoice]
) -> list[Ticket]:
    """Unsaved tickets, each with the price that is promised from now on."""
    types = {ticket_type.pk: ticket_type for ticket_type in TicketType.objects.on_sale()}
    default = next((pk for pk, ticket_type in types.items() if ticket_type.is_default), None)
    wanted = [choice.ticket_type_id or default for choice in choices]
    if unknown := [pk for pk in wanted if pk not in types]:
        raise errors.UnknownTicketType(ticket_types=unknown)
    return [
        _ticket(show, seats[choice.seat_id], types[pk])
        for choice, pk in zip(choices, wanted, strict=True)
        if pk is not None
    ]


def _ticket(show: ShowTime, seat: Seat, ticket_type: TicketType) -> Ticket:
    price = pricing.ticket_price(
        show_price=show.price,
        surcharge=seat.category.surcharge,
        percentage=ticket_type.percentage,
    )
    return Ticket(showtime=show, seat=seat, ticket_type=ticket_type, price=price)


def _check_holds_of(user_id: int, show: ShowTime, at: datetime) -> None:
    limit = settings.MAX_HOLDS_PER_SHOW
    if Reservation.objects.of(user_id).filter(showtime=show).holding(at).count() >= limit:
        raise errors.TooManyHolds(limit=limit)


def _free_or_refuse(show: ShowTime, seats: Collection[Seat], at: datetime) -> None:
    """Release what dead holds still keep of these seats; `SeatsTaken` names the others'.

    Only tickets are touched: locking the dead reservation here, after the show, would
    turn the order of locks around.
    """
    tickets = Ticket.objects.live().filter(showtime=show, seat__in=seats)
    dead, rivals = [], set()
    for ticket in tickets.select_related("reservation"):
        if ticket.reservation.state_at(at) == ReservationState.EXPIRED:
            dead.append(ticket.pk)
        else:
            rivals.add(ticket.seat_id)
    if rivals:
        raise errors.SeatsTaken(seats=named(seat for seat in seats if seat.pk in rivals))
    if dead:
        Ticket.objects.filter(pk__in=dead).update(released_at=at)


def named(seats: Iterable[Seat]) -> list[dict[str, object]]:
    """Seats as errors name them."""
    return [{"id": seat.pk, "label": seat.label} for seat in seats]


def _insert(
    user_id: int | None,
    show: ShowTime,
    tickets: list[Ticket],
    at: datetime,
    channel: Channel,
) -> Reservation:
    reservation = Reservation.objects.create(
        user_id=user_id,
        showtime=show,
        channel=channel,
        created_at=at,
        expires_at=at + timedelta(minutes=settings.HOLD_MINUTES),
        currency=settings.CURRENCY,
        total=sum(ticket.price for ticket in tickets),
        cancellation_policy=settings.CANCELLATION_POLICY,
    )
    for ticket in tickets:
        ticket.reservation = reservation
    try:
        tickets = Ticket.objects.bulk_create(tickets)
    except IntegrityError as error:
        # The constraint caught what the lock should have; the loser's answer stays polite.
        raise errors.SeatsTaken(seats=named(ticket.seat for ticket in tickets)) from error
    _remember_tickets(reservation, tickets)
    return reservation


def _remember_tickets(reservation: Reservation, tickets: list[Ticket]) -> None:
    """As `prefetch_related` would, without asking for rows that were just written."""
    fetched = Ticket.objects.filter(reservation=reservation)
    fetched._result_cache = tickets
    reservation._prefetched_objects_cache = {"tickets": fetched}  # type: ignore[attr-defined]


@transaction.atomic
def extend(*, reservation_id: int, until: datetime, at: datetime) -> Reservation:
    """Keep a living hold until `until`, so that its checkout can be finished. Once only.

    A hold that was extended before, or lasts longer anyway, is returned as it is. Raises
    `HoldExpired`, `ReservationCancelled`, `AlreadyConfirmed`, `ShowCancelled`.
    """
    reservation = lock(reservation_id)
    show = _lock_show(reservation.showtime_id)
    check_holding(reservation, at)
    if show.is_cancelled:
        raise errors.ShowCancelled
    if reservation.extended_at is None and until > reservation.expires_at:
        reservation.extended_at = at
        reservation.expires_at = until
        reservation.save(update_fields=["extended_at", "expires_at"])
    return reservation


def lock(reservation_id: int) -> Reservation:
    """Lock a reservation for a change of its state. Raises `Reservation.DoesNotExist`."""
    return Reservation.objects.select_for_update(no_key=True).get(pk=reservation_id)


def check_holding(reservation: Reservation, at: datetime) -> None:
    """Raise the domain error that says why this is no living hold, if it is none."""
    match reservation.state_at(at):
        case ReservationState.CONFIRMED:
            raise errors.AlreadyConfirmed
        case ReservationState.CANCELLED:
            raise errors.ReservationCancelled
        case ReservationState.EXPIRED:
            raise errors.HoldExpired


@transaction.atomic
def confirm(*, reservation_id: int, at: datetime) -> Reservation:
    """Make a paid hold the customer's for good; a dead one if all its seats are still free.

    Confirming again changes nothing. Raises `ReservationCancelled`; `ShowCancelled`; and
    for a dead hold `SeatsTaken`, or `HoldExpired` once the show has begun. The
    reservation is then owed nothing and its money goes back.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CONFIRMED:
        return reservation
    if reservation.state == ReservationState.CANCELLED:
        raise errors.ReservationCancelled
    show = _lock_show(reservation.showtime_id)
    if show.is_cancelled:
        raise errors.ShowCancelled
    if reservation.state_at(at) == ReservationState.EXPIRED:
        _claim_again(reservation, show, at)
    reservation.state = ReservationState.CONFIRMED
    reservation.confirmed_at = at
    reservation.save(update_fields=["state", "confirmed_at"])
    return reservation


def _claim_again(reservation: Reservation, show: ShowTime, at: datetime) -> None:
    """Take back the seats of a dead hold under the show's lock, all or none."""
    if at >= show.starts_at:
        raise errors.HoldExpired
    lost = reservation.tickets.exclude(released_at=None)
    seats = [ticket.seat for ticket in lost.select_related("seat")]
    _free_or_refuse(show, seats, at)
    try:
        lost.update(released_at=None)
    except IntegrityError as error:
        raise errors.SeatsTaken(seats=named(seats)) from error


@transaction.atomic
def cancel(*, reservation_id: int, at: datetime) -> Reservation:
    """Give the seats back at the customer's wish, for the fee that was promised at sale.

    A living hold costs nothing. Cancelling again changes nothing. Raises `HoldExpired`,
    and `ShowStarted` once the show has begun.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return reservation
    return _cancel(reservation, fee=cancellation_fee(reservation, at=at), at=at)


def cancellation_fee(reservation: Reservation, *, at: datetime) -> int:
    """What cancelling costs at that instant, in minor units.

    Raises `HoldExpired` and `ReservationCancelled` where there is nothing to cancel, and
    `ShowStarted`.
    """
    if reservation.state != ReservationState.CONFIRMED:
        check_holding(reservation, at)
        return 0
    starts_at = reservation.showtime.starts_at
    if at >= starts_at:
        raise errors.ShowStarted
    return cancellation.cancellation_fee(
        total=reservation.total,
        policy=reservation.cancellation_policy,
        starts_at=starts_at,
        at=at,
    )


@transaction.atomic
def cancel_by_house(*, reservation_id: int, at: datetime) -> Reservation:
    """Cancel for the house's reasons: nothing is kept, whatever the policy says.

    A reservation that is cancelled already stays as it is.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return reservation
    return _cancel(reservation, fee=0, at=at)


def _cancel(reservation: Reservation, *, fee: int, at: datetime) -> Reservation:
    reservation.state = ReservationState.CANCELLED
    reservation.cancelled_at = at
    reservation.cancellation_fee = fee
    reservation.needs_settling = True
    reservation.save(update_fields=["state", "cancelled_at", "cancellation_fee", "needs_settling"])
    _release(reservation, at)
    return reservation


@transaction.atomic
def expire(*, reservation_id: int, at: datetime) -> bool:
    """Tidy up a hold past its time. Says whether it was one."""
    reservation = lock(reservation_id)
    if not (
        reservation.state == ReservationState.HELD
        and reservation.state_at(at) == ReservationState.EXPIRED
    ):
        return False
    reservation.state = ReservationState.EXPIRED
    reservation.save(update_fields=["state"])
    _release(reservation, at)
    return True


def need_settling(reservation: Reservation, *, needed: bool = True) -> None:
    """Note, under the reservation's lock, whether its money has to be looked at."""
    if reservation.needs_settling != needed:
        reservation.needs_settling = needed
        reservation.save(update_fields=["needs_settling"])


def _release(reservation: Reservation, at: datetime) -> None:
    """Free the seats that this reservation holds, and nobody else's."""
    reservation.tickets.live().update(released_at=at)
