"""The versions of a hall's plan: clients keep each for ever, and staff look back on them.

Every change of a hall's seats makes a version, and so does another name or colour of a
category: whoever has drawn version 5 has drawn what version 5 will always be.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F

from reservation import edition, programme
from reservation.models import Hall, HallPlan, Seat
from reservation.rules.plan import Plan, PlannedSeat, written

FACTS = ("id", "row", "number", "x", "y", "kind")


class Snapshot(NamedTuple):
    """A plan as clients draw it: seats name their category by its id."""

    seats: list[dict[str, Any]]
    categories: list[dict[str, Any]]

    @property
    def plan(self) -> Plan:
        names = {category["id"]: category["name"] for category in self.categories}
        return Plan(
            tuple(
                PlannedSeat(
                    row=seat["row"],
                    number=seat["number"],
                    x=seat["x"],
                    y=seat["y"],
                    category=names[seat["category"]],
                    kind=seat["kind"],
                )
                for seat in self.seats
            )
        )

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each category, by its name."""
        return {category["name"]: category["colour"] for category in self.categories}


def snapshot(seats: Iterable[Seat]) -> Snapshot:
    """Of seats with their categories loaded."""
    in_order = sorted(seats, key=lambda seat: (seat.y, seat.x, seat.pk))
    categories = {seat.category_id: seat.category for seat in in_order}
    return Snapshot(
        seats=[
            {name: getattr(seat, name) for name in FACTS} | {"category": seat.category_id}
            for seat in in_order
        ],
        categories=[
            {"id": pk, "name": category.name, "colour": category.colour}
            for pk, category in sorted(categories.items())
        ],
    )


def present(hall_id: int) -> Snapshot:
    """The plan of a hall as it is now."""
    seats = Seat.objects.in_use().filter(hall=hall_id).select_related("category")
    return snapshot(seats.order_by())


def find(hall: Hall, version: int) -> Snapshot | None:
    """A version of a hall's plan; `None` where there is none, or nobody kept it."""
    kept = _kept(hall, version)
    if kept or version != hall.plan_version:
        return kept
    shown = present(hall.pk)
    if Hall.objects.filter(pk=hall.pk, plan_version=version).exists():
        return shown
    # It changed while we looked. Who changes it keeps what was there before.
    return _kept(hall, version)


def _kept(hall: Hall, version: int) -> Snapshot | None:
    kept = HallPlan.objects.filter(hall=hall, version=version).first()
    return Snapshot(kept.seats, kept.categories) if kept else None


@contextmanager
def new_version(
    hall_ids: Iterable[int], *, at: datetime, by: int | None = None, note: str = ""
) -> Iterator[None]:
    """Make what is done to the seats of these halls inside it their next version.

    Within a transaction. Takes the halls' lock, so that versions follow each other. Raises
    `ChangedMeanwhile` where a hall is gone.
    """
    halls = sorted(set(hall_ids))
    programme.lock_halls(halls)
    # What was built without the verbs has no version in the books yet.
    for hall in Hall.objects.filter(pk__in=halls).exclude(plans__version=F("plan_version")):
        _keep(hall, at=at, by=None, note="")
    yield
    Hall.objects.filter(pk__in=halls).update(plan_version=F("plan_version") + 1)
    for hall in Hall.objects.filter(pk__in=halls):
        _keep(hall, at=at, by=by, note=note)
    edition.change()


def _keep(hall: Hall, *, at: datetime, by: int | None, note: str) -> None:
    shown = present(hall.pk)
    HallPlan.objects.create(
        hall=hall,
        version=hall.plan_version,
        text=written(shown.plan),
        seats=shown.seats,
        categories=shown.categories,
        created_at=at,
        created_by_id=by,
        note=note,
    )
