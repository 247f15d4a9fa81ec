"""Events: what happened, recorded in the same transaction as the happening itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from payments.sandbox.account import Account
from payments.sandbox.errors import InvalidRequestError
from payments.sandbox.objects import StripeObject, new_id, public
from payments.sandbox.params import Params
from payments.sandbox.store import Condition

LISTED_BY = frozenset({"delivery_success", "type", "types"})
MOST_TYPES = 20


@dataclass(frozen=True)
class Cause:
    """The API request that made something happen; empty for the dashboard and for time."""

    request_id: str | None = None
    idempotency_key: str | None = None

    def shown(self) -> dict[str, str | None]:
        """As an event's `request` shows it."""
        return {"id": self.request_id, "idempotency_key": self.idempotency_key}


_cause: ContextVar[Cause] = ContextVar("cause", default=Cause())  # noqa: B039 (it is frozen)


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Events recorded inside name this request as their cause."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


def record(account: Account, event_type: str, about: StripeObject) -> None:
    """Record an event about an object; it is delivered once the change is kept."""
    event: StripeObject = {
        "id": new_id("evt_"),
        "object": "event",
        "api_version": account.api_version,
        "created": account.clock.now(),
        "data": {"object": public(about)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": _cause.get().shown(),
        "type": event_type,
        "_attempts": [],
    }
    account.store.add(event)
    account.store.after_commit(partial(account.announce, event["id"]))


def asked(params: Params) -> list[Condition]:
    """What a list of events is asked for. Raises `InvalidRequestError`.

    Not delivered is what no webhook has taken: still under way, given up, or muted.
    """
    conditions: list[Condition] = []
    if "type" in params:
        conditions.append(("type", "GLOB", params["type"]))
    if "types" in params:
        conditions.append(("type", "IN", _types(params)))
    if "delivery_success" in params:
        conditions.append(("pending_webhooks", "=" if params["delivery_success"] else ">", 0))
    return conditions


def _types(params: Params) -> list[str]:
    if "type" in params:
        message = "You may only specify one of these parameters: type, types."
        raise InvalidRequestError(message, code="parameters_exclusive", param="types")
    types: list[str] = params["types"]
    if len(types) > MOST_TYPES:
        raise InvalidRequestError(f"At most {MOST_TYPES} types.", param="types")
    return types
