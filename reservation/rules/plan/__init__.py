"""A hall's plan: as staff type it, as JSON, as a picture, and what differs between two.

    from reservation.rules import plan
    plan.parse(text)

How the text is written: see `reading.py`.
"""

from reservation.rules.plan.as_json import from_json, to_json
from reservation.rules.plan.changes import PlanChange, compare
from reservation.rules.plan.drawing import Dressing, draw
from reservation.rules.plan.planned import Plan, PlanError, PlannedSeat, Problem
from reservation.rules.plan.reading import parse, place_of_category
from reservation.rules.plan.writing import written

__all__ = [
    "Dressing",
    "Plan",
    "PlanChange",
    "PlanError",
    "PlannedSeat",
    "Problem",
    "compare",
    "draw",
    "from_json",
    "parse",
    "place_of_category",
    "to_json",
    "written",
]
