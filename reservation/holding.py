"""Holding seats: the one way in which a reservation begins.

One transaction under the lock of the show; how seats stay safe is told in `claims.py`, and
what becomes of a hold in `booking.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from cinema_reservation import prepared
from reservation import (
    choosing,
    claims,
    errors,
    facts,
    limits,
    promotions,
    sale,
)
from reservation.choosing import BestAvailable, Ruling, Wish
from reservation.facts import Facts
from reservation.models import (
    Channel,
    Reservation,
    ShowTime,
    Ticket,
)
from reservation.sale import SeatChoice


def hold(
    *,
    user_id: int | None,
    show_id: int,
    at: datetime,
    choices: Sequence[SeatChoice] = (),
    best: BestAvailable | None = None,
    wheelchair_need: bool = False,
    promo_code: str = "",
    channel: Channel = Channel.ONLINE,
) -> Reservation:
    """Hold all of these seats for `HOLD_MINUTES`, or none; or else the best ones.

    Returns the reservation with its show, film, hall and cinema loaded, and its tickets
    prefetched. Raises `UnknownShow`, `ShowCancelled`, `SalesNotOpen`, `SalesClosed`, `NoSeats`,
    `TooManySeats`, `UnknownSeats`, `UnknownTicketType`, `TooManyHolds`, `TooManySeatsOfShow`,
    `NotEnoughSeats`, `WheelchairNeedNotStated`, `CompanionAlone`, `LonelySeats`,
    `PromoCodeRefused`, `TotalTooSmall`, and `SeatsTaken` with the seats that are.

    At the box office a person decides whether a seat is left lonely, and takes small change.
    """
    wish = Wish(choices, best, wheelchair_need, promo_code)
    return choosing.settled(
        lambda ruling: hold_once(
            user_id=user_id, show_id=show_id, wish=wish, at=at, channel=channel, ruling=ruling
        )
    )


def hold_within(
    *,
    user_id: int | None,
    show_id: int,
    wish: Wish,
    at: datetime,
    ruling: Ruling,
    channel: Channel = Channel.ONLINE,
) -> Reservation:
    """`hold` within the caller's transaction, for `choosing.settled`.

    What it raises must end that transaction. Raises `LeavesLonely` too.
    """
    limits.check_size(wish.seats)
    show = claims.lock_show(show_id)
    check_on_sale(show, at)
    known = facts.of(show)
    if user_id is not None:
        limits.check_seats_of(user_id, show, wish.seats, at)
    heeded = None if channel == Channel.BOX_OFFICE else ruling
    choices = choosing.choose(wish, show=show, known=known, at=at, ruling=heeded)
    return hold_choices(
        choices,
        show=show,
        known=known,
        user_id=user_id,
        at=at,
        until=at + timedelta(minutes=settings.HOLD_MINUTES),
        channel=channel,
        promo_code=wish.promo_code,
    )


hold_once = transaction.atomic(hold_within)


def hold_choices(
    choices: Sequence[SeatChoice],
    *,
    show: ShowTime,
    known: Facts,
    user_id: int | None,
    at: datetime,
    until: datetime,
    channel: Channel,
    promo_code: str = "",
) -> Reservation:
    """Hold seats that were found to be free under the show's lock, at what they cost now.

    Raises `PromoCodeRefused`, `TotalTooSmall` and `SeatsTaken`.
    """
    quote = sale.quote(known, choices)
    promotion, quote = promotions.claim(promo_code, quote, show=show, user_id=user_id, at=at)
    if channel != Channel.BOX_OFFICE:
        sale.check_payable(quote)
    claims.note_change(show.pk)
    reservation = Reservation(
        user_id=user_id,
        showtime=show,
        channel=channel,
        created_at=at,
        expires_at=until,
        currency=settings.CURRENCY,
        total=quote.total,
        promotion=promotion,
        price_rules=sale.rules_named(quote.show),
        cancellation_policy=show.promised_policy,
    )
    return insert(reservation, sale.tickets(show, known, quote))


def check_on_sale(show: ShowTime, at: datetime) -> None:
    """Raises `ShowCancelled`, `SalesNotOpen` and `SalesClosed`."""
    if show.is_cancelled:
        raise errors.ShowCancelled
    if show.is_awaited_at(at) and show.sales_open_at:
        opens_at = show.sales_open_at.isoformat().replace("+00:00", "Z")
        raise errors.SalesNotOpen(sales_open_at=opens_at)
    if not show.sells_at(at):
        raise errors.SalesClosed


def insert(reservation: Reservation, tickets: list[Ticket]) -> Reservation:
    """Save what was found to be free under the show's lock. Raises `SeatsTaken`."""
    prepared.insert([reservation])
    for ticket in tickets:
        ticket.reservation = reservation
    try:
        prepared.insert(tickets)
    except IntegrityError as error:
        # The constraint caught what the lock should have; the loser's answer stays polite.
        raise errors.SeatsTaken(seats=claims.named(ticket.seat for ticket in tickets)) from error
    _remember_tickets(reservation, tickets)
    return reservation


def _remember_tickets(reservation: Reservation, tickets: list[Ticket]) -> None:
    """As `prefetch_related` would, without asking for rows that were just written."""
    fetched = reservation.tickets.all()
    fetched._result_cache = tickets
    reservation._prefetched_objects_cache = {"tickets": fetched}  # type: ignore[attr-defined]
