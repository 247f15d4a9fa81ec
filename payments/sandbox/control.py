"""The controls over HTTP, for tests and people in other processes.

`POST /_control/pay` with `{"session_id": "cs_test_…"}` is `sandbox.pay("cs_test_…")`, and
so on for every verb of `Sandbox.controls()`; The answer is `{"result": …}`, or
`{"error": …}` with status 400.
"""

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

from payments.sandbox.controls import Controls
from payments.sandbox.errors import RefusedError
from payments.sandbox.web import Request, Response, json_response

PREFIX = "/_control/"

VERBS = (
    "advance",
    "attempts",
    "clear_faults",
    "close_dispute",
    "deliver",
    "deliver_at_once",
    "dispute",
    "drain",
    "drop_next",
    "escalate_dispute",
    "events_of",
    "expire",
    "fail_next",
    "fail_refund",
    "mute_webhooks",
    "pay",
    "refund_in_dashboard",
    "refunds_stay_pending",
    "settle_later",
    "slow_next",
    "succeed_refund",
    "unmute_webhooks",
)
LISTINGS = (
    "charges",
    "disputes",
    "events",
    "payment_intents",
    "refunds",
    "requests",
    "sessions",
)
SETTINGS = ("webhook_secret", "webhook_url")


class Control:
    """Answers requests below /_control/ by calling the verb that they name."""

    def __init__(self, controls: Controls) -> None:
        self._functions = _by_name(controls)

    def __call__(self, request: Request) -> Response:
        """The verb's result as JSON."""
        verb = self._functions.get(request.path.removeprefix(PREFIX))
        if verb is None:
            return json_response(404, {"error": f"Known are: {', '.join(self._functions)}."})
        try:
            result = _call(verb, _arguments(request))
        except (RefusedError, KeyError, TypeError, ValueError, TimeoutError) as error:
            return json_response(400, {"error": f"{type(error).__name__}: {error}"})
        return json_response(200, {"result": _plain(result)})


def _arguments(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.form())
    arguments = json.loads(request.body or b"{}")
    if not isinstance(arguments, dict):
        raise TypeError("The arguments are to be a JSON object.")
    return arguments


def _call(verb: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    inspect.signature(verb).bind(**arguments)
    return verb(**arguments)


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(item) for item in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


def _by_name(controls: Controls) -> dict[str, Callable[..., Any]]:
    named = {name: getattr(controls, name) for name in VERBS}
    named |= {name: _reader(controls, name) for name in LISTINGS}
    return named | {name: _setter(controls, name) for name in SETTINGS}


def _reader(controls: Controls, name: str) -> Callable[[], Any]:
    return lambda: getattr(controls, name)


def _setter(controls: Controls, name: str) -> Callable[[str | None], None]:
    def change(value: str | None) -> None:
        setattr(controls, name, value)

    return change
