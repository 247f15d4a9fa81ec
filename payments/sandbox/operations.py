"""The table of what the API can do: method, path, parameters, verb."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stripe import params as schemas

from payments.sandbox import events, payments, refunds, sessions
from payments.sandbox.account import Account
from payments.sandbox.errors import RefusedError
from payments.sandbox.lists import PAGING, Filter, equal, lister
from payments.sandbox.objects import StripeObject
from payments.sandbox.params import Params
from payments.sandbox.web import Request

SESSIONS = "/v1/checkout/sessions"
BY_PAYMENT = frozenset({"charge", "payment_intent"})
BY_STATUS = frozenset({"payment_intent", "status"})

# Takes the account, the parameters and the ids in the path.
Verb = Callable[..., StripeObject]


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked of the API."""

    method: str
    path: re.Pattern[str]
    schema: type
    supported: frozenset[str]
    verb: Verb


def find(request: Request) -> tuple[Operation, tuple[str, ...]]:
    """The operation for a request and the ids in its path; `RefusedError` if there is none."""
    for operation in OPERATIONS:
        match = operation.path.fullmatch(request.path)
        if match and operation.method == request.method:
            return operation, match.groups()
    url = f"{request.method}: {request.path}"
    raise RefusedError(f"Unrecognized request URL ({url}). The sandbox serves less.", status=404)


def _retrieve(kind: str) -> Verb:
    def retrieve(account: Account, params: Params, object_id: str) -> StripeObject:
        return account.get(kind, object_id)

    return retrieve


def _expire(account: Account, params: Params, session_id: str) -> StripeObject:
    return sessions.expire(account, session_id)


def _line_items(account: Account, params: Params, session_id: str) -> StripeObject:
    items: StripeObject = sessions.get(account, session_id)["line_items"]
    return items


def _operation(
    method: str, path: str, schema: type, verb: Verb, supported: frozenset[str] = frozenset()
) -> Operation:
    pattern = re.compile(path.replace("{id}", "([A-Za-z0-9_]+)"))
    return Operation(method, pattern, schema, supported | {"expand"}, verb)


def _listing(
    path: str, kind: str, schema: type, names: frozenset[str], asked: Filter | None = None
) -> Operation:
    verb = lister(kind, path, asked or equal(*names))
    return _operation("GET", path, schema, verb, PAGING | names)


def _reading(path: str, kind: str, schema: type) -> Operation:
    return _operation("GET", path, schema, _retrieve(kind))


OPERATIONS = (
    _operation(
        "POST", SESSIONS, schemas.checkout.SessionCreateParams,
        sessions.create, sessions.CREATE_SUPPORTED,
    ),
    _listing(SESSIONS, "checkout.session", schemas.checkout.SessionListParams, BY_STATUS),
    _reading(SESSIONS + "/{id}", "checkout.session", schemas.checkout.SessionRetrieveParams),
    _operation(
        "POST", SESSIONS + "/{id}/expire", schemas.checkout.SessionExpireParams, _expire
    ),
    _operation(
        "GET", SESSIONS + "/{id}/line_items", schemas.checkout.SessionListLineItemsParams,
        _line_items,
    ),
    _operation(
        "POST", "/v1/payment_intents", schemas.PaymentIntentCreateParams,
        payments.create, payments.CREATE_SUPPORTED,
    ),
    _reading("/v1/payment_intents/{id}", "payment_intent", schemas.PaymentIntentRetrieveParams),
    _reading("/v1/charges/{id}", "charge", schemas.ChargeRetrieveParams),
    _operation(
        "POST", "/v1/refunds", schemas.RefundCreateParams,
        refunds.create, refunds.CREATE_SUPPORTED,
    ),
    _listing("/v1/refunds", "refund", schemas.RefundListParams, BY_PAYMENT),
    _reading("/v1/refunds/{id}", "refund", schemas.RefundRetrieveParams),
    _listing("/v1/events", "event", schemas.EventListParams, events.LISTED_BY, events.asked),
    _reading("/v1/events/{id}", "event", schemas.EventRetrieveParams),
    _listing("/v1/disputes", "dispute", schemas.DisputeListParams, BY_PAYMENT),
    _reading("/v1/disputes/{id}", "dispute", schemas.DisputeRetrieveParams),
)  # fmt: skip
