"""A plan as staff enter it, in letters or as JSON, against the categories that there are."""

import json
from collections.abc import Iterable

from cinema_reservation.errors import DomainError
from reservation.models import SeatCategory
from reservation.rules import plan as rules
from reservation.rules.plan import Plan, PlanError, PlannedSeat, Problem


class InvalidPlan(DomainError):
    status = 400
    code = "invalid_plan"
    sentence = "This is no plan of a hall. `problems` says what is wrong, and where."

    def __init__(self, *, problems: Iterable[Problem], left_out: int = 0) -> None:
        self.problems = tuple(problems)
        told = [
            {"line": problem.line, "column": problem.column, "detail": problem.sentence}
            for problem in self.problems
        ]
        super().__init__(problems=told, left_out=left_out)


def read(text: str) -> Plan:
    """The plan that staff typed, in letters or as JSON. Raises `InvalidPlan`."""
    if text.lstrip().startswith("{"):
        return read_data(_read_json(text))
    try:
        plan = rules.parse(text)
    except PlanError as error:
        raise InvalidPlan(problems=error.problems, left_out=error.left_out) from error
    categories_of(plan, text)
    return plan


def read_data(data: object) -> Plan:
    """The plan that parsed JSON stands for. Raises `InvalidPlan`."""
    try:
        return rules.from_json(data)
    except PlanError as error:
        raise InvalidPlan(problems=error.problems, left_out=error.left_out) from error


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        sentence = f"Here this is no JSON any more: {error.msg}."
        problems = [Problem(error.lineno, error.colno, sentence)]
        raise InvalidPlan(problems=problems) from error
    except (ValueError, RecursionError) as error:
        problems = [Problem(0, 0, "This is no JSON that we can read.")]
        raise InvalidPlan(problems=problems) from error


def categories_of(plan: Plan, text: str = "") -> dict[str, SeatCategory]:
    """All categories by their names. Raises `InvalidPlan` where the plan names others.

    Given the plan's text, it says where that does.
    """
    known = {category.name: category for category in SeatCategory.objects.all()}
    unknown: dict[str, PlannedSeat] = {}
    for seat in plan.seats:
        if seat.category not in known:
            unknown.setdefault(seat.category, seat)
    if unknown:
        raise InvalidPlan(
            problems=sorted(
                Problem(*rules.place_of_category(text, name), _no_such_category(seat, known))
                for name, seat in unknown.items()
            )
        )
    return known


def _no_such_category(seat: PlannedSeat, known: Iterable[str]) -> str:
    names = ", ".join(sorted(known)) or "none yet"
    return (
        f'Seat {seat.label} is of category "{seat.category}", which there is not. Add it to the '
        f"seat categories first, or name one of them: {names}."
    )
