"""The controls over HTTP, for tests and people in other processes.

`POST /_control/pay` with `{"session_id": "cs_test_…"}` is `sandbox.pay("cs_test_…")`, and
so on for every verb of `Controls`; listings (`GET /_control/events`) take nothing, settings
take a `value`. `GET /_control/` tells what there is. The answer is `{"result": …}`, or
`{"error": …}` with status 400.
"""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

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

WRONG_CALLS = (
    RefusedError,
    KeyError,
    OverflowError,
    RecursionError,
    TimeoutError,
    TypeError,
    ValueError,
)


class Control:
    """Answers requests below /_control/ by calling the verb that they name."""

    def __init__(self, controls: Controls) -> None:
        self._functions = _by_name(controls)

    def __call__(self, request: Request) -> Response:
        """The verb's result as JSON."""
        name = request.path.removeprefix(PREFIX)
        if not name:
            return json_response(200, {"result": self._known()})
        verb = self._functions.get(name)
        if verb is None:
            return json_response(404, {"error": f"Known are: {', '.join(self._functions)}."})
        try:
            result = _call(verb, _arguments(request))
        except WRONG_CALLS as error:
            return json_response(400, {"error": f"{type(error).__name__}: {error}"})
        return json_response(200, {"result": _plain(result)})

    def _known(self) -> dict[str, str]:
        """Every control, with what it takes and what it does."""
        return {
            f"{name}({', '.join(inspect.signature(function).parameters)})": _promise(name)
            for name, function in self._functions.items()
        }


def _arguments(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.form())
    arguments = json.loads(request.body or b"{}")
    if not isinstance(arguments, dict):
        raise TypeError("The arguments are to be a JSON object.")
    return arguments


def _call(verb: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    inspect.signature(verb).bind(**arguments)
    hints = get_type_hints(verb)
    for name, value in arguments.items():
        if not _fits(value, hints[name]):
            raise TypeError(f"{name} is to be {_named(hints[name])}.")
    return verb(**arguments)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value of JSON is what the verb was written for: a fault may act much later."""
    if get_origin(hint) is UnionType:
        return any(_fits(value, option) for option in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is Sequence:
        return isinstance(value, list) and all(_fits(item, get_args(hint)[0]) for item in value)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _promise(name: str) -> str:
    """The first sentence of what a control's own docstring says."""
    return str(getattr(Controls, name).__doc__).partition("\n")[0]


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


def _setter(controls: Controls, name: str) -> Callable[..., None]:
    def change(value: str | None) -> None:
        setattr(controls, name, value)

    return change
