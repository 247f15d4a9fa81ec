"""How long a show keeps its hall."""

from datetime import datetime, timedelta
from typing import NamedTuple


class Slot(NamedTuple):
    """The times of one screening, all aware."""

    starts_at: datetime
    ends_at: datetime
    hall_free_at: datetime


def slot(
    *, starts_at: datetime, runtime_minutes: int, trailer_minutes: int, cleaning_minutes: int
) -> Slot:
    """The slot of a film announced for `starts_at`: trailers first, cleaning after."""
    ends_at = starts_at + timedelta(minutes=trailer_minutes + runtime_minutes)
    return Slot(starts_at, ends_at, ends_at + timedelta(minutes=cleaning_minutes))


def overlap(one: Slot, other: Slot) -> bool:
    """Whether both need the hall at the same time. One may begin as the other is cleaned up."""
    return one.starts_at < other.hall_free_at and other.starts_at < one.hall_free_at
