"""A plan as JSON: {"seats": [{"row": "A", "number": 1, "x": 0, "y": 0, ...}]}."""

from collections.abc import Iterator
from typing import Any

from reservation.rules.plan.planned import (
    MOST_SEATS,
    Plan,
    PlanError,
    PlannedSeat,
    Problem,
    faults,
)

TYPES = {"row": str, "number": int, "x": int, "y": int, "category": str, "kind": str}
TYPE_NAMES = {str: "a text", int: "a whole number"}
LIKE_THIS = (
    'such as {"row": "A", "number": 1, "x": 0, "y": 0, "category": "Standard", "kind": "standard"}'
)


def to_json(plan: Plan) -> dict[str, list[dict[str, str | int]]]:
    """What `from_json` makes the same plan of."""
    return {
        "seats": [{name: getattr(seat, name) for name in TYPES} for seat in plan.seats],
    }


def from_json(data: object) -> Plan:
    """The plan that parsed JSON stands for. Raises `PlanError` for anything else.

    A problem's line is the place of its seat in the list, counted from 1.
    """
    if not isinstance(data, dict) or set(data) != {"seats"}:
        raise PlanError([Problem(0, 0, 'Give an object with a list: {"seats": […]}.')])
    entries = data["seats"]
    if not isinstance(entries, list):
        raise PlanError([Problem(0, 0, f"`seats` is a list of seats, {LIKE_THIS}.")])
    if len(entries) > MOST_SEATS:
        raise PlanError([Problem(0, 0, f"A plan has at most {MOST_SEATS} seats.")])
    return _checked(entries)


def _checked(entries: list[Any]) -> Plan:
    problems = [
        Problem(place, 0, sentence)
        for place, entry in enumerate(entries, start=1)
        for sentence in _type_faults(entry)
    ]
    malformed = {problem.line for problem in problems}
    placed = [
        (place, 0, PlannedSeat(**entry))
        for place, entry in enumerate(entries, start=1)
        if place not in malformed
    ]
    if placed or not malformed:
        problems += faults(placed)
    if problems:
        raise PlanError(problems)
    return Plan(tuple(seat for _, _, seat in placed))


def _type_faults(entry: object) -> Iterator[str]:
    if not isinstance(entry, dict) or set(entry) != set(TYPES):
        yield f"A seat is an object with exactly these members, {LIKE_THIS}."
        return
    for name, expected in TYPES.items():
        # `True` is an int to Python, and no number to anybody else.
        if not isinstance(entry[name], expected) or isinstance(entry[name], bool):
            yield f"`{name}` is {TYPE_NAMES[expected]}."
