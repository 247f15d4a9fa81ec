"""How long a show keeps its hall, and what a cinema's own days and hours are in UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

# Nothing outside of these years is a show; far enough from a datetime's own ends that no
# arithmetic of ours leaves them.
FIRST_YEAR, LAST_YEAR = 1900, 2200


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


def is_sensible(moment: date) -> bool:
    """Whether a date or datetime lies in the years that a programme can be made for."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The UTC instants at which a calendar day begins and the next one begins in that zone.

    Days of 23 and 25 hours come out right, and so does one whose midnight was skipped. A
    day that a zone left out altogether is empty: both instants are the same.
    """
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    # Of a midnight that comes twice the first (fold 0); of one that is skipped the instant
    # at which it would have been, which is when the clocks went forward.
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


class NotOneInstant(ValueError):
    """A local time that clocks show twice or never, where summer time begins or ends."""


def instant(local: datetime, zone: tzinfo) -> datetime:
    """The UTC instant of a naive local time. Raises `NotOneInstant`."""
    earlier = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    later = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if earlier != later:
        raise NotOneInstant(local.isoformat())
    return earlier
