"""Who may buy wheelchair places and the places of companions, and until when.

Until a show's accessible places are released, wheelchair places are sold only to
customers who state that they need one, and companion places only in the same reservation
as a wheelchair place. From the release on they are sold like any other place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

STANDARD = "standard"
WHEELCHAIR = "wheelchair"
COMPANION = "companion"
KINDS = (STANDARD, WHEELCHAIR, COMPANION)


@dataclass(frozen=True, slots=True)
class Violations:
    """The seats of a choice that may not be sold so. False where there are none."""

    needs_statement: tuple[int, ...] = ()
    companion_without_wheelchair: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.needs_statement or self.companion_without_wheelchair)


def release_time(*, starts_at: datetime, minutes_before: int) -> datetime:
    """The instant from which a show's accessible places are sold to everyone."""
    return starts_at - timedelta(minutes=minutes_before)


def sellable_kinds(
    *, wheelchair_need: bool, released_at: datetime | None, at: datetime
) -> frozenset[str]:
    """The kinds of places that a customer may be offered at that instant.

    `released_at` is None where accessible places are never released. That a companion
    place comes with a wheelchair place is for `violations` to say: it knows the choice.
    """
    if wheelchair_need or _released(released_at, at):
        return frozenset(KINDS)
    return frozenset({STANDARD})


def violations(
    *, kinds: Mapping[int, str], wheelchair_need: bool, released_at: datetime | None, at: datetime
) -> Violations:
    """What forbids selling these seats, given as id and kind, in one reservation."""
    if _released(released_at, at):
        return Violations()
    wheelchairs = _of_kind(kinds, WHEELCHAIR)
    return Violations(
        needs_statement=() if wheelchair_need else wheelchairs,
        companion_without_wheelchair=() if wheelchairs else _of_kind(kinds, COMPANION),
    )


def _released(released_at: datetime | None, at: datetime) -> bool:
    return released_at is not None and at >= released_at


def _of_kind(kinds: Mapping[int, str], wanted: str) -> tuple[int, ...]:
    return tuple(sorted(seat for seat, kind in kinds.items() if kind == wanted))
