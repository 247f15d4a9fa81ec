"""What changes when a hall gets another plan."""

from dataclasses import dataclass

from reservation.rules.plan.planned import Plan, PlannedSeat


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Seats that come, seats that go, and those that stay as something else: before, after."""

    added: tuple[PlannedSeat, ...] = ()
    removed: tuple[PlannedSeat, ...] = ()
    changed: tuple[tuple[PlannedSeat, PlannedSeat], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(old: Plan, new: Plan) -> PlanChange:
    """What the new plan changes. A seat is the same one while its row and number are."""
    before = {(seat.row, seat.number): seat for seat in old.seats}
    after = {(seat.row, seat.number): seat for seat in new.seats}
    both = [(before[label], seat) for label, seat in after.items() if label in before]
    return PlanChange(
        added=tuple(seat for label, seat in after.items() if label not in before),
        removed=tuple(seat for label, seat in before.items() if label not in after),
        changed=tuple((was, is_now) for was, is_now in both if was != is_now),
    )
