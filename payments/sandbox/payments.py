"""Payment intents and their charges: the money behind a completed session."""

from payments.sandbox import disputes, events, line_items
from payments.sandbox.account import Account
from payments.sandbox.errors import InvalidRequestError, unsupported
from payments.sandbox.objects import StripeObject, new_id
from payments.sandbox.params import Params

CARD = {"type": "card", "card": {"brand": "visa", "funding": "credit", "last4": "4242"}}
BANK = {"type": "us_bank_account", "us_bank_account": {"bank_name": "TEST BANK", "last4": "6789"}}

CREATE_SUPPORTED = frozenset(
    {
        "amount",
        "automatic_payment_methods[allow_redirects]",
        "automatic_payment_methods[enabled]",
        "confirm",
        "currency",
        "description",
        "metadata",
        "payment_method",
    }
)
# Stripe's test cards, and how their bank disputes the charge (`inquiry`) if it does.
# https://docs.stripe.com/testing#disputes
TEST_CARDS = {
    "pm_card_visa": None,
    "pm_card_createDispute": False,
    "pm_card_createDisputeInquiry": True,
}


def create(account: Account, params: Params) -> StripeObject:
    """Charge a test card at once and without a buyer, as tests do at Stripe.

    Raises `InvalidRequestError` for all other ways to make a payment intent.
    """
    card = params.get("payment_method")
    if card not in TEST_CARDS or not params.get("confirm"):
        raise unsupported("payment intents but confirmed ones of test cards")
    with account.store.transaction():
        intent = take(account, _order(params))
        inquiry = TEST_CARDS[card]
        if inquiry is not None:
            disputes.open_dispute(
                account, intent["id"], amount=None, reason="fraudulent", inquiry=inquiry
            )
        return intent


def _order(params: Params) -> StripeObject:
    """What a session says of the money to take."""
    amount, currency = (
        params["amount"],
        line_items.checked_currency(params["currency"], "currency"),
    )
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param="amount")
    line_items.check_total(amount, currency)
    about = {"description": params.get("description"), "metadata": params.get("metadata", {})}
    return {"amount_total": amount, "currency": currency, "_payment_intent_data": about}


def take(account: Account, session: StripeObject) -> StripeObject:
    """Charge a session's total to a test card; gives the payment intent, succeeded."""
    intent = _open(account, session, means=CARD)
    _succeed(account, intent)
    return intent


def promise(account: Account, session: StripeObject) -> StripeObject:
    """Start a bank payment that ends later; gives the payment intent, processing."""
    return _open(account, session, means=BANK)


def settle(account: Account, intent_id: str, *, succeeded: bool) -> None:
    """Let a promised payment arrive or fail."""
    intent = account.get("payment_intent", intent_id)
    if succeeded:
        _succeed(account, intent)
    else:
        _fail(account, intent)


def _open(account: Account, session: StripeObject, *, means: StripeObject) -> StripeObject:
    intent = _intent(account, session, means)
    charge = _charge(account, intent, means)
    intent["latest_charge"] = charge["id"]
    account.store.add(charge)
    account.store.add(intent)
    return intent


def _succeed(account: Account, intent: StripeObject) -> None:
    charge = account.get("charge", intent["latest_charge"])
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    charge["balance_transaction"] = new_id("txn_")
    intent.update(status="succeeded", amount_received=intent["amount"])
    account.store.save(charge)
    account.store.save(intent)
    events.record(account, "payment_intent.succeeded", intent)


def _fail(account: Account, intent: StripeObject) -> None:
    charge = account.get("charge", intent["latest_charge"])
    charge.update(status="failed", failure_code="insufficient_funds", failure_message="No funds.")
    intent["status"] = "requires_payment_method"
    account.store.save(charge)
    account.store.save(intent)


def _intent(account: Account, session: StripeObject, means: StripeObject) -> StripeObject:
    data = session["_payment_intent_data"]
    intent_id = new_id("pi_")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('', 25)}",
        "confirmation_method": "automatic",
        "created": account.clock.now(),
        "currency": session["currency"],
        "customer": None,
        "description": data.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "next_action": None,
        "payment_method": new_id("pm_"),
        "payment_method_types": [means["type"]],
        "receipt_email": data.get("receipt_email"),
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "processing",
    }


def _charge(account: Account, intent: StripeObject, means: StripeObject) -> StripeObject:
    return {
        "id": new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": False,
        "created": account.clock.now(),
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": means,
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "status": "pending",
    }
