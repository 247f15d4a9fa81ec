"""The verbs on exchanges: ask for other seats or another show, drop it, prolong it, make it.

What costs no more is made at once. What is dearer waits, with the new seats held and the old
ones kept, until whoever keeps the money says that it is covered. Locked are the reservation,
then its replacement, then the shows of both by primary key.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from cinema_reservation.money import written
from reservation import (
    booking,
    choosing,
    claims,
    errors,
    facts,
    holding,
    limits,
    mail,
    promotions,
    replacements,
    sale,
)
from reservation.choosing import Ruling, Wish
from reservation.facts import Facts
from reservation.models import (
    Channel,
    Exchange,
    Reservation,
    ReservationState,
    ShowTime,
)
from reservation.rules import exchange as rules
from reservation.rules.exchange import Cheaper, Dearer, Difference, Even
from reservation.rules.pricing import Quote

Answer = TypeVar("Answer")


def exchange(
    *, reservation_id: int, wish: Wish, at: datetime, show_id: int | None = None
) -> Exchange | None:
    """Have these seats in place of those that were paid for, of the same show or another one.

    Returns the exchange: made, where nothing is to be paid, or waiting for its `difference`;
    asked again for the same, the one that waits. `None` where these are the very seats that
    one has. An earlier one that waits is dropped. Raises `Reservation.DoesNotExist`,
    `NotConfirmed`, `ReservationCancelled`, `HoldExpired`, `AlreadyAdmitted`, `ExchangeAfterStart`,
    `ExchangeClosed`, `DifferenceTooSmall`, `WorthLessThanGivenBack`, and what `holding.hold`
    raises but `PromoCodeRefused` and `TotalTooSmall`.
    """
    return choosing.settled(
        lambda ruling: exchange_once(
            reservation_id=reservation_id, wish=wish, at=at, show_id=show_id, ruling=ruling
        )
    )


@transaction.atomic
def exchange_once(
    *,
    reservation_id: int,
    wish: Wish,
    at: datetime,
    ruling: Ruling,
    show_id: int | None = None,
) -> Exchange | None:
    """`exchange` in one transaction, for `choosing.settled`. Raises `LeavesLonely` too."""
    limits.check_size(wish.seats)
    reservation = booking.lock(reservation_id)
    _check_paid(reservation, at)
    new_id = show_id or reservation.showtime_id
    earlier = replacements.waiting_for(reservation)
    shows = claims.lock_shows([reservation.showtime_id, new_id, *_shows_of(earlier)])
    show = shows[new_id]
    _check_shows(shows[reservation.showtime_id], show, at)
    known = facts.of(show)
    if earlier is not None:
        if earlier.is_living_at(at) and _is_for(earlier.replacement, wish, show, known):
            return earlier
        replacements.drop(earlier, at=at)
    if _is_for(reservation, wish, show, known):
        return None
    made = _insert(reservation, wish, show, known, at, ruling)
    if made.difference <= 0:
        _make(made, {pk: shows[pk] for pk in {reservation.showtime_id, new_id}}, at)
    return made


def _shows_of(exchange: Exchange | None) -> list[int]:
    return [exchange.replacement.showtime_id] if exchange else []


def _check_paid(reservation: Reservation, at: datetime) -> None:
    if reservation.state != ReservationState.CONFIRMED:
        booking.check_holding(reservation, at)
        raise errors.NotConfirmed
    if reservation.tickets.exclude(admitted_at=None).exists():
        raise errors.AlreadyAdmitted


def _check_shows(old: ShowTime, new: ShowTime, at: datetime) -> None:
    if old.is_cancelled:
        raise errors.ShowCancelled
    if at >= old.starts_at:
        raise errors.ExchangeAfterStart
    holding.check_on_sale(new, at)


def _is_for(reservation: Reservation, wish: Wish, show: ShowTime, known: Facts) -> bool:
    """Whether these are its seats, each for whom it is; never, where the house is to choose."""
    if wish.best or reservation.showtime_id != show.pk:
        return False
    default = known.default_type_id
    wanted = {(choice.seat_id, choice.ticket_type_id or default) for choice in wish.choices}
    return wanted == set(reservation.tickets.values_list("seat_id", "ticket_type_id"))


def _insert(
    reservation: Reservation,
    wish: Wish,
    show: ShowTime,
    known: Facts,
    at: datetime,
    ruling: Ruling,
) -> Exchange:
    """Hold what is wanted, whatever comes of it."""
    own = replacements.own_seats(reservation, show)
    if reservation.user_id is not None:
        seats = wish.seats
        limits.check_seats_of(reservation.user_id, show, seats, at, besides=reservation.pk)
    choices = choosing.choose(wish, show=show, known=known, at=at, ruling=ruling, own=own)
    promotion, quote = promotions.keep(reservation, sale.quote(known, choices), show=show, at=at)
    difference = _check_price(reservation, show, quote.total, at)
    claims.note_change(show.pk)
    replacement = _replacement(reservation, show, quote, at)
    replacement.promotion = promotion
    tickets = sale.tickets(show, known, quote)
    for ticket in tickets:
        # The seat's one live ticket is the old one, until they change places.
        ticket.released_at = at if ticket.seat_id in own else None
    return Exchange.objects.create(
        reservation=reservation,
        replacement=holding.insert(replacement, tickets),
        difference=difference,
        created_at=at,
    )


def _replacement(
    reservation: Reservation, show: ShowTime, quote: Quote, at: datetime
) -> Reservation:
    """Unsaved. The same show keeps its promise; another one makes the promise of a sale."""
    is_same = show.pk == reservation.showtime_id
    return Reservation(
        user_id=reservation.user_id,
        showtime=show,
        channel=Channel.EXCHANGE,
        created_at=at,
        expires_at=at + timedelta(minutes=settings.HOLD_MINUTES),
        currency=reservation.currency,
        total=quote.total,
        price_rules=sale.rules_named(quote.show),
        cancellation_policy=(reservation.cancellation_policy if is_same else show.promised_policy),
    )


def _check_price(reservation: Reservation, show: ShowTime, total: int, at: datetime) -> int:
    """What it costs more, by what is due; with a minus, less."""
    change = rules.difference(
        old_total=reservation.total, waived=reservation.waived, new_total=total
    )
    if not rules.is_open(
        change=change,
        same_show=show.pk == reservation.showtime_id,
        cancelling_costs=booking.cancellation_fee(reservation, at=at),
    ):
        raise errors.ExchangeClosed
    if total < reservation.waived:
        given_back = written(reservation.waived, reservation.currency)
        raise errors.WorthLessThanGivenBack(given_back=given_back)
    difference = _signed(change)
    if 0 < difference < settings.MINIMUM_CHARGE:
        raise errors.DifferenceTooSmall(
            difference=written(difference, reservation.currency),
            at_least=written(settings.MINIMUM_CHARGE, reservation.currency),
        )
    return difference


def _signed(change: Difference) -> int:
    match change:
        case Dearer(pay):
            return pay
        case Cheaper(refund):
            return -refund
        case Even():
            return 0


def _make(exchange: Exchange, shows: dict[int, ShowTime], at: datetime) -> None:
    replacements.change_places(exchange, shows, at)
    mail.tell_exchanged(exchange.reservation)


def foreseen(ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers, of which nothing is done: a price that is the price to the cent."""
    with transaction.atomic():
        answer = ask()
        transaction.set_rollback(True)
    return answer


@transaction.atomic
def make(*, exchange_id: int, at: datetime) -> Reservation:
    """Make an exchange that is covered: the new seats are the customer's, the old ones free.

    One that has lapsed is made if all of its seats are still free. Raises `ExchangeLapsed`
    where it does not wait, `SeatsTaken`, `ShowCancelled`, `ExchangeAfterStart`,
    `AlreadyAdmitted`, and `ReservationCancelled`. It is then to be given up.
    """
    reservation = booking.lock(_reservation_of(exchange_id))
    exchange = replacements.waiting_for(reservation)
    if exchange is None or exchange.pk != exchange_id:
        raise errors.ExchangeLapsed
    replacement = exchange.replacement
    _check_paid(reservation, at)
    if replacement.state == ReservationState.CANCELLED:
        raise errors.ReservationCancelled
    shows = claims.lock_shows([reservation.showtime_id, replacement.showtime_id])
    for show in shows.values():
        if show.is_cancelled:
            raise errors.ShowCancelled
        if at >= show.starts_at:
            raise errors.ExchangeAfterStart
    _make(exchange, shows, at)
    return reservation


def _reservation_of(exchange_id: int) -> int:
    return Exchange.objects.values_list("reservation_id", flat=True).get(pk=exchange_id)


@transaction.atomic
def drop(*, reservation_id: int, at: datetime) -> None:
    """Give up the exchange that waits, if one does. Raises `Reservation.DoesNotExist`."""
    replacements.drop_waiting(booking.lock(reservation_id), at=at)


@transaction.atomic
def give_up(*, exchange_id: int, at: datetime) -> None:
    """The same for one exchange, whether or not it waits any more: it can't be made."""
    reservation = booking.lock(_reservation_of(exchange_id))
    if reservation.exchanges.waiting().filter(pk=exchange_id).exists():
        replacements.drop_waiting(reservation, at=at)


@transaction.atomic
def prolong(*, reservation_id: int, until: datetime, at: datetime) -> Exchange:
    """Hold what waits to be paid until `until`, once, as `booking.extend` does with a hold.

    Raises `AlreadyConfirmed` where nothing waits, `ExchangeLapsed` and `ShowCancelled`.
    """
    exchange, shows = _lock_waiting(reservation_id)
    if exchange is None:
        raise errors.AlreadyConfirmed
    if any(show.is_cancelled for show in shows.values()):
        raise errors.ShowCancelled
    if not _keeps_its_seats(exchange, shows, at):
        raise errors.ExchangeLapsed
    held = exchange.replacement
    if held.extended_at is None and until > held.expires_at:
        held.extended_at, held.expires_at = at, until
        held.save(update_fields=["extended_at", "expires_at"])
    return exchange


@transaction.atomic
def await_payment(*, exchange_id: int, at: datetime) -> None:
    """Keep what waits until the first of its shows begins: a bank works on its payment.

    One that is dead, or does not wait, stays as it is.
    """
    exchange, shows = _lock_waiting(_reservation_of(exchange_id))
    if exchange is None or exchange.pk != exchange_id:
        return
    if _keeps_its_seats(exchange, shows, at):
        held, begins = exchange.replacement, min(show.starts_at for show in shows.values())
        held.expires_at = max(held.expires_at, begins)
        held.save(update_fields=["expires_at"])


def _lock_waiting(reservation_id: int) -> tuple[Exchange | None, dict[int, ShowTime]]:
    reservation = booking.lock(reservation_id)
    exchange = replacements.waiting_for(reservation)
    ids = _shows_of(exchange)
    return exchange, claims.lock_shows([reservation.showtime_id, *ids]) if ids else {}


def _keeps_its_seats(exchange: Exchange, shows: dict[int, ShowTime], at: datetime) -> bool:
    show = shows[exchange.replacement.showtime_id]
    return exchange.is_living_at(at) and not replacements.has_lost_seats(exchange, show)
