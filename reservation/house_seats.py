"""The verbs on house seats: seats of a show that staff keep from sale, and give back.

Both run under the show's lock, as all that relies on its seats being free or not. A block is
part of what staff look after, so that it makes a new edition: whoever keeps an answer about
free seats makes it anew, and the next hold reads the blocks again.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from cinema_reservation.errors import DomainError
from reservation import claims, edition, errors, facts
from reservation.models import BlockKind, Seat, SeatBlock, ShowTime, Ticket


class SeatsInUse(DomainError):
    """`seats` names the seats, each with the code of the reservation that has it."""

    code = "seats_in_use"
    sentence = "Some of these seats are sold or held: {conflicts}. None was blocked."
    attr = "seats"

    def __init__(self, *, seats: list[dict[str, Any]]) -> None:
        conflicts = ", ".join(f"{seat['label']} ({seat['reservation']})" for seat in seats)
        super().__init__(seats=seats, conflicts=conflicts)


class SeatsBlocked(DomainError):
    code = "seats_blocked"
    sentence = "Some of these seats are blocked already: {labels}. None was blocked."
    attr = "seats"

    def __init__(self, *, seats: list[dict[str, object]]) -> None:
        super().__init__(seats=seats, labels=", ".join(str(seat["label"]) for seat in seats))


class ReleaseIsPast(DomainError):
    status = 400
    code = "release_is_past"
    sentence = "Give a release that is still to come, or none."
    attr = "release_at"


@transaction.atomic
def block(
    *,
    show_id: int,
    seat_ids: Collection[int],
    kind: BlockKind,
    reason: str,
    at: datetime,
    release_at: datetime | None = None,
    staff_id: int | None = None,
) -> list[SeatBlock]:
    """Keep these seats of a show from everybody until `release_at`, or for good; all or none.

    Raises `UnknownShow`, `ShowCancelled`, `NoSeats`, `UnknownSeats`, `ReleaseIsPast`,
    `SeatsBlocked`, and `SeatsInUse` with the reservations that have them.
    """
    if release_at is not None and release_at <= at:
        raise ReleaseIsPast
    show = claims.lock_show(show_id)
    if show.is_cancelled:
        raise errors.ShowCancelled
    seats = _find(facts.of(show), seat_ids)
    _lift_what_is_over(show, at)
    _check_unblocked(show, seats)
    _check_unsold(show, seats, at)
    blocks = [
        SeatBlock(
            showtime=show,
            seat=seat,
            kind=kind,
            reason=reason,
            release_at=release_at,
            created_by_id=staff_id,
            created_at=at,
        )
        for seat in seats
    ]
    return _insert(show, blocks)


@transaction.atomic
def lift(*, block_id: int, at: datetime) -> SeatBlock:
    """Give a seat back to sale. Lifting again changes nothing.

    Raises `SeatBlock.DoesNotExist`.
    """
    show_id = SeatBlock.objects.values_list("showtime_id", flat=True).get(pk=block_id)
    claims.lock_show(show_id)
    standing = SeatBlock.objects.select_related("seat").get(pk=block_id)
    if standing.lifted_at is None:
        standing.lifted_at = at
        standing.save(update_fields=["lifted_at"])
        claims.note_change(show_id)
    return standing


def _find(known: facts.Facts, seat_ids: Collection[int]) -> list[Seat]:
    if not seat_ids:
        raise errors.NoSeats
    if unknown := [pk for pk in seat_ids if pk not in known.seats]:
        raise errors.UnknownSeats(seats=unknown)
    return [known.seats[pk] for pk in seat_ids]


def _lift_what_is_over(show: ShowTime, at: datetime) -> None:
    """Tidy up, so that a seat can be blocked anew; it was free since its release."""
    over = SeatBlock.objects.filter(showtime=show).over(at)
    over.update(lifted_at=F("release_at"))


def _check_unblocked(show: ShowTime, seats: Collection[Seat]) -> None:
    blocks = SeatBlock.objects.standing().filter(showtime=show, seat__in=seats)
    if blocked := set(blocks.values_list("seat_id", flat=True)):
        raise SeatsBlocked(seats=claims.named(seat for seat in seats if seat.pk in blocked))


def _check_unsold(show: ShowTime, seats: Collection[Seat], at: datetime) -> None:
    """What dead holds still keep of them is released."""
    try:
        occupied = claims.occupied(show, at, blocked=frozenset(), seats=seats)
        claims.free_or_refuse(seats, occupied, at)
    except errors.SeatsTaken as error:
        taken = [seat["id"] for seat in error.facts["seats"]]
        tickets = Ticket.objects.live().filter(showtime=show, seat__in=taken)
        rows = tickets.select_related("seat", "reservation").order_by("seat__y", "seat__x")
        raise SeatsInUse(seats=[_conflict(ticket) for ticket in rows]) from error


def _conflict(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.seat_id,
        "label": ticket.seat.label,
        "reservation": ticket.reservation.code,
        "state": ticket.reservation.state,
    }


def _insert(show: ShowTime, blocks: list[SeatBlock]) -> list[SeatBlock]:
    try:
        made = SeatBlock.objects.bulk_create(blocks)
    except IntegrityError as error:
        raise SeatsBlocked(seats=claims.named(block.seat for block in blocks)) from error
    claims.note_change(show.pk)
    # Many rows at once pass by the signal that makes one.
    edition.change()
    return made
