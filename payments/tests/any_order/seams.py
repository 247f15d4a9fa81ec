"""Where a process can die, or another one can come between.

Every function named here is wrapped once. What was planned for it happens at its next call:
the process dies before or after it, or somebody else acts in the meantime.
"""

from collections.abc import Callable
from typing import Any, Literal
from unittest.mock import patch

from django.db import connection
from django.utils.module_loading import import_string

# Questions to Stripe: no transaction may be open, so others may act while they are asked.
QUESTIONS = (
    "payments.gateway.create_session",
    "payments.gateway.retrieve_session",
    "payments.gateway.expire_session",
    "payments.gateway.create_refund",
    "payments.gateway.list_refunds",
    "payments.gateway.list_disputes",
    "payments.gateway.list_undelivered_events",
)
STEPS = (
    "payments.checkout._prepare",
    "payments.checkout._move_forward",
    "payments.settlement.settle",
    "payments.settlement._decide",
    "payments.settlement._write_refunds",
    "payments.refunds._move",
    "payments.disputes._import",
    "payments.webhook._act",
    "reservation.booking.extend",
    "reservation.booking.confirm",
    "reservation.booking.cancel_by_house",
    "reservation.booking.settle_from",
    "reservation.claims.release",
    "cinema_reservation.mail.write",
)
SEAMS = QUESTIONS + STEPS

When = Literal["before", "after"]
Act = Callable[[], object]


class Crash(BaseException):
    """The process dies here; nothing catches this but the end of the verb."""


class Seams:
    """All seams, wrapped from `sew` to `undo`; what was planned happens once."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, When], Act] = {}
        self._patches: list[Any] = []
        self._depth = 0
        # Questions that were asked inside a transaction.
        self.sins: list[str] = []

    def sew(self) -> None:
        """Wrap everything. Transactions that are open now are the test's own."""
        self._depth = len(connection.savepoint_ids)
        for name in SEAMS:
            patched = patch(name, self._wrapped(name, import_string(name)))
            patched.start()
            self._patches.append(patched)

    def undo(self) -> None:
        """Leave everything as it was."""
        for patched in self._patches:
            patched.stop()
        self._patches.clear()

    def plan(self, name: str, when: When, act: Act) -> None:
        """Let this happen at the next call of that function."""
        self._plans[name, when] = act

    def forget(self) -> None:
        """Nothing unexpected happens any more."""
        self._plans.clear()

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def seam(*args: Any, **kwargs: Any) -> Any:
            if name in QUESTIONS and len(connection.savepoint_ids) != self._depth:
                self.sins.append(f"{name} was called inside a transaction")
            self._happen(name, "before")
            result = function(*args, **kwargs)
            self._happen(name, "after")
            return result

        return seam

    def _happen(self, name: str, when: When) -> None:
        act = self._plans.pop((name, when), None)
        if act is not None:
            act()


def crash() -> None:
    """The end of the process."""
    raise Crash
