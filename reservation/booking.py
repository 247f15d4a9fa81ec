"""What becomes of a hold: the verbs that extend, confirm, cancel and expire a reservation.

Every verb is one transaction, changes state under the reservation's lock, and talks to
nobody outside the database. Reservations are locked before shows, always; how seats stay
safe is told in `claims.py`, how a reservation begins in `holding.py`.
"""

from datetime import datetime

from django.db import transaction

from reservation import claims, errors, mail, replacements
from reservation.models import Channel, Reservation, ReservationState, ShowTime
from reservation.rules import cancellation


@transaction.atomic
def extend(*, reservation_id: int, until: datetime, at: datetime) -> Reservation:
    """Keep a living hold until `until`, so that its checkout can be finished. Once only.

    A hold that was extended before, or lasts longer anyway, is returned as it is. Raises
    `HoldExpired`, `ReservationCancelled`, `AlreadyConfirmed`, `ShowCancelled`.
    """
    reservation = lock(reservation_id)
    show = claims.lock_show(reservation.showtime_id)
    check_holding(reservation, at)
    if show.is_cancelled:
        raise errors.ShowCancelled
    if claims.has_lost_any(reservation):
        raise errors.HoldExpired
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
def await_payment(*, reservation_id: int, at: datetime) -> None:
    """Keep a living hold until its show begins: a bank has taken the order and needs days.

    One that is dead, or no hold, stays as it is.
    """
    reservation = lock(reservation_id)
    show = claims.lock_show(reservation.showtime_id)
    is_living = reservation.state_at(at) == ReservationState.HELD
    if is_living and not claims.has_lost_any(reservation):
        reservation.expires_at = max(reservation.expires_at, show.starts_at)
        reservation.save(update_fields=["expires_at"])


@transaction.atomic
def confirm(*, reservation_id: int, at: datetime) -> Reservation:
    """Make a paid hold the customer's for good; a dead one if all its seats are still free.

    Confirming again changes nothing. Raises `ReservationCancelled`; `ShowCancelled`; and
    for a dead hold `SeatsTaken`, `PromoCodeUsedUp` or `PromoCodeUsedUpByYou`, or
    `HoldExpired` once the show has begun. It is then owed nothing and its money goes back.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CONFIRMED:
        return reservation
    if reservation.state == ReservationState.CANCELLED:
        raise errors.ReservationCancelled
    show = claims.lock_show(reservation.showtime_id)
    if show.is_cancelled:
        raise errors.ShowCancelled
    is_dead = reservation.state_at(at) == ReservationState.EXPIRED
    if is_dead or claims.has_lost_any(reservation):
        claims.claim_again(reservation, show, at)
    reservation.state = ReservationState.CONFIRMED
    reservation.confirmed_at = at
    reservation.save(update_fields=["state", "confirmed_at"])
    mail.tell_confirmed(reservation)
    return reservation


@transaction.atomic
def cancel(*, reservation_id: int, at: datetime) -> Reservation:
    """Give the seats back at the customer's wish, for the fee that was promised at sale.

    A living hold costs nothing. Cancelling again changes nothing. Raises `HoldExpired`,
    and `ShowStarted` once the show has begun.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return reservation
    was_hold = reservation.state == ReservationState.HELD
    _cancel(reservation, fee=cancellation_fee(reservation, at=at), at=at)
    if not was_hold:
        mail.tell_cancelled(reservation, by_house=False)
    return reservation


def cancellation_fee(reservation: Reservation, *, at: datetime) -> int:
    """What cancelling costs at that instant, in minor units.

    Nothing of a hold, nor where the house cancelled the show. Raises `HoldExpired` and
    `ReservationCancelled` where there is nothing to cancel, and `ShowStarted`.
    """
    if reservation.state != ReservationState.CONFIRMED:
        check_holding(reservation, at)
        return 0
    if reservation.showtime.is_cancelled:
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
def cancel_by_house(
    *, reservation_id: int, at: datetime, reason: str = "", was_paid: bool | None = None
) -> Reservation:
    """Cancel for the house's reasons: nothing is kept, whatever the policy says.

    The reason is kept, and told to the customer; without one it is that of the show, where
    the show is cancelled. Money is spoken of where some was paid, which is worked out where
    nobody says. A reservation that is cancelled already stays as it is.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return reservation
    if was_paid is None:
        was_paid = _may_be_paid(reservation)
    reservation.cancellation_reason = reason or _reason_of_show(reservation.showtime)
    _cancel(reservation, fee=0, at=at)
    mail.tell_cancelled(reservation, by_house=True, was_paid=was_paid)
    return reservation


def _may_be_paid(reservation: Reservation) -> bool:
    """Unless it is a hold for which no money was seen: `settle_after` is set once some is."""
    return reservation.state != ReservationState.HELD or reservation.settle_after is not None


def _reason_of_show(show: ShowTime) -> str:
    return mail.show_cancelled(show.cancellation_reason) if show.is_cancelled else ""


def _cancel(reservation: Reservation, *, fee: int, at: datetime) -> None:
    if reservation.state == ReservationState.CONFIRMED:
        replacements.drop_waiting(reservation, at=at)
    reservation.state = ReservationState.CANCELLED
    reservation.cancelled_at = at
    reservation.cancellation_fee = fee
    reservation.settle_after = at
    reservation.save(
        update_fields=[
            "state",
            "cancelled_at",
            "cancellation_fee",
            "cancellation_reason",
            "settle_after",
        ]
    )
    _let_go(reservation, at)


@transaction.atomic
def expire(*, reservation_id: int, at: datetime) -> bool:
    """Tidy up a hold past its time. Says whether it was one."""
    reservation = lock(reservation_id)
    is_hold = reservation.state == ReservationState.HELD
    if not is_hold or reservation.state_at(at) != ReservationState.EXPIRED:
        return False
    _expire(reservation, at)
    if reservation.channel == Channel.WAITING_LIST:
        mail.tell_offer_lapsed(reservation, at=at)
    return True


@transaction.atomic
def end_unsold(*, reservation_id: int, at: datetime) -> None:
    """End a hold now that will not be sold: its payment failed, or its seats are gone.

    What is no hold stays as it is.
    """
    reservation = lock(reservation_id)
    if reservation.state == ReservationState.HELD:
        _expire(reservation, at)


def _expire(reservation: Reservation, at: datetime) -> None:
    reservation.state = ReservationState.EXPIRED
    reservation.expires_at = min(reservation.expires_at, at)
    reservation.save(update_fields=["state", "expires_at"])
    _let_go(reservation, at)


def _let_go(reservation: Reservation, at: datetime) -> None:
    """Free the seats; and if it was the last of a cancelled show, nobody looks for more."""
    claims.release(reservation, at)
    claims.note_cleared(reservation.showtime_id, at)


def settle_from(reservation: Reservation, when: datetime | None) -> None:
    """Note, under the reservation's lock, from when on its money has to be looked at, if ever."""
    if reservation.settle_after != when:
        reservation.settle_after = when
        reservation.save(update_fields=["settle_after"])
