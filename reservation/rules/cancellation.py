"""What a customer who cancels gets back, by the policy that was promised at the sale."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypedDict

MOST_STEPS = 10
EARLIEST_HOURS = 24 * 365
LEAST_HOURS = 0.01
LIKE_THIS = 'such as {"hours_before": 24, "refund_percent": 100}'


class PolicyStep(TypedDict):
    """`refund_percent` of the total is paid back until `hours_before` the show."""

    hours_before: float
    refund_percent: int


def check_policy(steps: Any) -> None:
    """Raise `ValueError`, in words for staff, for what is no policy that can be promised.

    Each step names other hours, and cancelling earlier never pays back less. No step at
    all is a policy too: nothing is ever paid back.
    """
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise ValueError(f"Give a list of at most {MOST_STEPS} steps {LIKE_THIS}.")
    for step in steps:
        _check_step(step)
    by_hours = sorted(steps, key=lambda step: step["hours_before"])
    for late, early in pairwise(by_hours):
        if early["hours_before"] == late["hours_before"]:
            raise ValueError(f"{early['hours_before']} hours are named twice.")
        if early["refund_percent"] <= late["refund_percent"]:
            raise ValueError("Whoever cancels earlier must get back more than later.")


def _check_step(step: Any) -> None:
    if not isinstance(step, dict) or set(step) != {"hours_before", "refund_percent"}:
        raise ValueError(f"Each step names two things, {LIKE_THIS}.")
    hours, percent = step["hours_before"], step["refund_percent"]
    if isinstance(hours, bool) or not isinstance(hours, int | float):
        raise ValueError(f"`hours_before` is a number of hours, {LIKE_THIS}.")  # noqa: TRY004  # one to catch
    if not 0 <= hours <= EARLIEST_HOURS:
        raise ValueError(f"`hours_before` lies between 0 and {EARLIEST_HOURS}.")
    # A number may be -0.0, which is 0 to every comparison.
    if math.copysign(1, hours) < 0 or 0 < hours < LEAST_HOURS or round(hours, 2) != hours:
        raise ValueError(
            f"`hours_before` is 0 or at least {LEAST_HOURS}, with at most two decimals."
        )
    if isinstance(percent, bool) or not isinstance(percent, int) or not 1 <= percent <= 100:
        raise ValueError(f"`refund_percent` is a whole number from 1 to 100, {LIKE_THIS}.")


def refund_percent(*, policy: Iterable[PolicyStep], starts_at: datetime, at: datetime) -> int:
    """The best step that is still open at that instant; 0 where none is."""
    left = starts_at - at
    return max(
        (
            step["refund_percent"]
            for step in policy
            if left >= timedelta(hours=step["hours_before"])
        ),
        default=0,
    )


def cancellation_fee(
    *, total: int, policy: Iterable[PolicyStep], starts_at: datetime, at: datetime
) -> int:
    """What the house keeps, in minor units; rounded in the customer's favour."""
    kept = 100 - refund_percent(policy=policy, starts_at=starts_at, at=at)
    return total * kept // 100
