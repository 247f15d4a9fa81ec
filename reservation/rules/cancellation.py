"""What a customer who cancels gets back, by the policy that was promised at the sale."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict


class PolicyStep(TypedDict):
    """`refund_percent` of the total is paid back until `hours_before` the show."""

    hours_before: float
    refund_percent: int


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
