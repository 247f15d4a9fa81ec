"""Cancellation policies as people at the desk read and write them, one step per line."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from reservation.rules import cancellation
from reservation.rules.cancellation import EARLIEST_HOURS, PolicyStep

NEVER = "none"
LONGEST = 5000
LINE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(?:h|hours?)? *: *([0-9]{1,9}) *%?", re.IGNORECASE)


def policy_written(steps: Iterable[PolicyStep]) -> str:
    """For people: `100 % back until 2 hours before the show; nothing later`."""
    in_time = sorted(steps, key=lambda step: -step["hours_before"])
    promises = [
        f"{step['refund_percent']} % back until {_hours(step)} before the show" for step in in_time
    ]
    return "; ".join([*promises, "nothing later"]) if promises else "nothing back at any time"


def house_policy_written() -> str:
    """What holds where neither show nor cinema has a policy of its own."""
    return policy_written(cast("list[PolicyStep]", settings.CANCELLATION_POLICY))


def _hours(step: PolicyStep) -> str:
    # Never 1e-05: what is shown can be typed.
    number = f"{Decimal(repr(step['hours_before'])):f}".removesuffix(".0")
    return f"{number} hour{'' if number == '1' else 's'}"


def how_to_write(inherited: str) -> str:
    """What stands below the field, with whose policy it is where the field is empty."""
    return (
        f"Empty: {inherited}. Else one step per line: “24 hours: 100 %” gives all of it back to "
        "whoever cancels at least 24 hours before the show, and after the last step nothing goes "
        "back. “none” means never anything. A change counts for whoever reserves from now on."
    )


class PolicyField(forms.CharField):
    """Lines such as `24 hours: 100 %`. Empty is None: another's policy. `none` has no steps."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})
        named = {"label": "Cancellation policy"} | kwargs
        super().__init__(widget=widget, required=False, max_length=LONGEST, **named)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        lines = [f"{_hours(step)}: {step['refund_percent']} %" for step in value]
        return "\n".join(lines) or NEVER

    def clean(self, value: Any) -> Any:
        return self._read(super().clean(value).splitlines())

    def _read(self, lines: Sequence[str]) -> list[PolicyStep] | None:
        numbered = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
        filled = [(number, line) for number, line in numbered if line]
        if not filled:
            return None
        if [line.lower() for _, line in filled] == [NEVER]:
            return []
        steps = [_step(number, line) for number, line in filled]
        try:
            cancellation.check_policy(steps)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid_policy") from error
        return steps

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


def _step(number: int, line: str) -> PolicyStep:
    """One line's step. Raises `ValidationError`, which names the line."""
    match = LINE.fullmatch(line)
    if match is None:
        raise _wrong(number, "write hours and percent, such as “24 hours: 100 %”")
    hours, percent = float(match[1]), int(match[2])
    if not hours <= EARLIEST_HOURS:
        raise _wrong(number, f"give at most {EARLIEST_HOURS} hours, a year")
    if not 1 <= percent <= 100:
        raise _wrong(
            number,
            "give 1 to 100 %. Leave out a step with 0 %: after the last one nothing goes back",
        )
    return {"hours_before": int(hours) if hours.is_integer() else hours, "refund_percent": percent}


def _wrong(number: int, what_to_do: str) -> ValidationError:
    return ValidationError(f"Line {number}: {what_to_do}.", code="invalid_policy")
