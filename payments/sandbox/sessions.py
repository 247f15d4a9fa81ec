"""Checkout sessions: opened by the API, ended by the buyer or by time."""

import re

from payments.sandbox import events, line_items, payments
from payments.sandbox.account import Account
from payments.sandbox.errors import InvalidRequestError, RefusedError, missing, unsupported
from payments.sandbox.objects import StripeObject, new_id
from payments.sandbox.params import Params

WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+")
SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60

# What can be asked of a session here; everything else Stripe knows is refused.
CREATE_SUPPORTED = frozenset(
    {
        "adaptive_pricing[enabled]",
        "cancel_url",
        "client_reference_id",
        "customer_creation",
        "customer_email",
        "expires_at",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data[description]",
        "payment_intent_data[metadata]",
        "payment_intent_data[receipt_email]",
        "payment_intent_data[statement_descriptor]",
        "payment_intent_data[statement_descriptor_suffix]",
        "allowed_payment_method_types",
        "submit_type",
        "success_url",
        "ui_mode",
        "line_items[][quantity]",
        "line_items[][price_data][currency]",
        "line_items[][price_data][tax_behavior]",
        "line_items[][price_data][unit_amount]",
        "line_items[][price_data][product_data][description]",
        "line_items[][price_data][product_data][images]",
        "line_items[][price_data][product_data][metadata]",
        "line_items[][price_data][product_data][name]",
    }
)


def create(account: Account, params: Params) -> StripeObject:
    """Open a session. Raises `InvalidRequestError` for what Stripe or the sandbox can't do."""
    _check_kind(params)
    _check_urls(params)
    now, session_id = account.clock.now(), new_id("cs_test_", 58)
    items = line_items.build(params, session_id=session_id, now=now)
    amount = line_items.total(items["data"])
    session: StripeObject = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": True}),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": amount,
        "amount_total": amount,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": items["data"][0]["currency"],
        "customer": None,
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": _end(params, now),
        "line_items": items,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_types": params.get("allowed_payment_method_types", ["card"]),
        "payment_status": "unpaid",
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": params.get("ui_mode", "hosted_page"),
        "url": f"{account.base_url}/c/pay/{session_id}",
        "_payment_intent_data": params.get("payment_intent_data", {}),
    }
    account.store.add(session)
    return session


def get(account: Account, session_id: str) -> StripeObject:
    """The session with that id. Raises `RefusedError` if there is none."""
    return account.get("checkout.session", session_id)


def expire(account: Account, session_id: str) -> StripeObject:
    """End an open session. Raises `RefusedError` if it isn't open any more."""
    with account.store.transaction():
        session = get(account, session_id)
        if session["status"] != "open":
            raise RefusedError(
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of `{session['status']}`."
            )
        return _end_unpaid(account, session)


def expire_due(account: Account) -> None:
    """End every open session whose time is over."""
    with account.store.transaction():
        due = account.store.select(
            "checkout.session",
            ("status", "=", "open"),
            ("expires_at", "<=", account.clock.now()),
        )
        for session in due:
            _end_unpaid(account, session)


def pay(account: Account, session_id: str) -> StripeObject:
    """The buyer pays with a test card. Raises `RefusedError` if the session isn't open."""
    with account.store.transaction():
        session = _open_session(account, session_id)
        if not session["amount_total"]:
            return _complete(account, session, None, "no_payment_required")
        return _complete(account, session, payments.take(account, session), "paid")


def decline(account: Account, session_id: str) -> StripeObject:
    """The buyer's card is declined: nothing changes. Raises `RefusedError` if it isn't open."""
    return _open_session(account, session_id)


def pay_later(account: Account, session_id: str) -> StripeObject:
    """The buyer pays by a method that takes days. Raises `RefusedError` if it isn't open."""
    with account.store.transaction():
        session = _open_session(account, session_id)
        if not session["amount_total"]:
            return _complete(account, session, None, "no_payment_required")
        return _complete(account, session, payments.promise(account, session), "unpaid")


def settle_later(account: Account, session_id: str, *, succeeded: bool) -> StripeObject:
    """The payment that takes days arrives or fails. Raises `RefusedError` if none is awaited."""
    with account.store.transaction():
        session = get(account, session_id)
        if not is_awaiting_payment(account, session):
            raise RefusedError("This Checkout Session awaits no payment.")
        payments.settle(account, session["payment_intent"], succeeded=succeeded)
        outcome = "succeeded" if succeeded else "failed"
        session["payment_status"] = "paid" if succeeded else "unpaid"
        account.store.save(session)
        events.record(account, f"checkout.session.async_payment_{outcome}", session)
        return session


def is_awaiting_payment(account: Account, session: StripeObject) -> bool:
    """Whether the session was completed with a payment that has not arrived yet."""
    if session["payment_status"] != "unpaid" or not session["payment_intent"]:
        return False
    intent = account.get("payment_intent", session["payment_intent"])
    return bool(intent["status"] == "processing")


def success_url(session: StripeObject) -> str:
    """Where the buyer goes after paying."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _open_session(account: Account, session_id: str) -> StripeObject:
    session = get(account, session_id)
    if session["status"] != "open":
        raise RefusedError(f"This Checkout Session is {session['status']}.")
    return session


def _complete(
    account: Account, session: StripeObject, intent: StripeObject | None, payment_status: str
) -> StripeObject:
    email = session["customer_email"] or "buyer@example.com"
    session.update(
        status="complete",
        payment_status=payment_status,
        payment_intent=intent["id"] if intent else None,
        customer_details={"email": email, "name": "Test Buyer", "phone": None},
        url=None,
    )
    account.store.save(session)
    events.record(account, "checkout.session.completed", session)
    return session


def _end_unpaid(account: Account, session: StripeObject) -> StripeObject:
    session.update(status="expired", url=None)
    account.store.save(session)
    events.record(account, "checkout.session.expired", session)
    return session


def _check_kind(params: Params) -> None:
    if "mode" not in params:
        raise missing("mode")
    if params["mode"] != "payment":
        raise unsupported(f"mode={params['mode']}")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported(f"ui_mode={params['ui_mode']}")


def _check_urls(params: Params) -> None:
    if "success_url" not in params:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and not WEB_ADDRESS.fullmatch(params[name]):
            raise InvalidRequestError("Not a valid URL", code="url_invalid", param=name)


def _end(params: Params, now: int) -> int:
    end = int(params.get("expires_at", now + LONGEST))
    since = "from Checkout Session creation."
    if end < now + SHORTEST:
        message = f"The `expires_at` timestamp must be at least 30 minutes {since}"
        raise InvalidRequestError(message, param="expires_at")
    if end > now + LONGEST:
        message = f"The `expires_at` timestamp must be less than 24 hours {since}"
        raise InvalidRequestError(message, param="expires_at")
    return end
