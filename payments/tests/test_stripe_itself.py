"""What we ask of Stripe, asked of the sandbox and, with a key, of Stripe's real test mode.

    STRIPE_TEST_KEY=sk_test_… pytest payments/tests/test_stripe_itself.py

Both have to answer alike. Without the key, only the sandbox is asked.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone

from payments import checkout, gateway
from payments.models import Payment, PaymentState
from payments.sandbox import Sandbox
from reservation.tests.factories import held, show_with_seats

NAME = "STRIPE_TEST_KEY"
TEST_KEYS = ("sk_test_", "rk_test_")
AMOUNT = 2500
# A bank disputes a test card's charge some moments after it was made.
DISPUTE_SECONDS, LOOK_AGAIN_SECONDS = 60, 2


def key_of(environment: Mapping[str, str]) -> str:
    """The key of Stripe's test mode, or "". Raises `ValueError` for one that moves money."""
    key = environment.get(NAME, "")
    if key and not key.startswith(TEST_KEYS):
        raise ValueError(f"{NAME} is to be a test key (sk_test_… or rk_test_…), never a live one.")
    return key


@pytest.mark.parametrize("key", ["sk_live_51Abc", "rk_live_51Abc", "pk_test_51Abc", " ", "51Abc"])
def test_a_key_that_moves_money_is_refused_and_not_repeated(key):
    with pytest.raises(ValueError, match="never a live one") as caught:
        key_of({NAME: key})
    assert "51Abc" not in str(caught.value)


def test_a_test_key_is_taken_and_none_asks_nobody():
    assert key_of({NAME: "rk_test_51Abc"}) == "rk_test_51Abc"
    assert key_of({NAME: ""}) == key_of({}) == ""


@pytest.fixture(params=["the sandbox", "Stripe itself"])
def account(request, settings) -> Iterator[stripe.StripeClient]:
    """A client of the account that our own code is made to ask as well."""
    if request.param == "the sandbox":
        with Sandbox() as sandbox:
            yield _connect(settings, "sk_test_sandbox", {"api": sandbox.api_base})
        return
    yield _connect(settings, _key_or_skip(), {})


def _key_or_skip() -> str:
    try:
        key = key_of(os.environ)
    except ValueError as refusal:
        # Without a traceback, which would show the environment and the key in it.
        pytest.fail(str(refusal), pytrace=False)
    if not key:
        pytest.skip(f"{NAME} is not set")
    return key


def _connect(settings, key: str, addresses: Mapping[str, str]) -> stripe.StripeClient:
    settings.STRIPE_SECRET_KEY = key
    settings.STRIPE_API_BASE = addresses.get("api", "")
    return stripe.StripeClient(key, base_addresses=dict(addresses) or None, max_network_retries=2)


@pytest.fixture
def page(account, owner) -> Iterator[Payment]:
    """The payment page of a hold of two seats; nobody can pay it afterwards."""
    now = timezone.now()
    reservation = held(owner, *show_with_seats(2), at=now)
    payment = checkout.open_checkout(reservation_id=reservation.pk, at=now)
    yield payment
    if gateway.retrieve_session(payment.session_id).status == "open":
        gateway.expire_session(payment.session_id)


@pytest.fixture
def charged(account, settings) -> Callable[[str], str]:
    """Charge a test card as if its buyer had paid; gives the payment intent's id."""

    def charge(card: str = "pm_card_visa") -> str:
        intent = account.v1.payment_intents.create(
            {
                "amount": AMOUNT,
                "currency": settings.CURRENCY,
                "confirm": True,
                "payment_method": card,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "description": "Cinema Reservation's own test",
            }
        )
        assert (intent.status, intent.livemode) == ("succeeded", False)
        return intent.id

    return charge


def refund(intent: str, key: str, amount: int = 1000) -> gateway.StripeRefund:
    return gateway.create_refund(
        payment_intent_id=intent, amount=amount, idempotency_key=key, metadata={"refund": "17"}
    )


def a_key() -> str:
    return f"test-{uuid.uuid4()}"


def test_our_parameters_open_the_page_that_we_asked_for(page):
    session = gateway.retrieve_session(page.session_id)
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "payment")
    assert (session.amount, session.currency) == (page.amount, page.currency)
    assert session.metadata["payment"] == str(page.pk)
    assert not session.livemode
    assert page.checkout_url == session.url


def test_the_same_key_gets_the_same_page(page):
    parameters = Payment.objects.get(pk=page.pk).parameters
    again = gateway.create_session(parameters=parameters, idempotency_key=page.idempotency_key)
    assert (again.id, again.url) == (page.session_id, page.checkout_url)
    with pytest.raises(gateway.StripeRefused):
        gateway.create_session(
            parameters={**parameters, "client_reference_id": "other"},
            idempotency_key=page.idempotency_key,
        )


def test_a_page_is_closed_once_and_found_expired(page):
    checkout.close(page, at=timezone.now())
    assert gateway.retrieve_session(page.session_id).status == "expired"
    assert Payment.objects.get(pk=page.pk).state == PaymentState.EXPIRED
    with pytest.raises(gateway.StripeRefused):
        gateway.expire_session(page.session_id)


def test_a_page_that_does_not_exist_is_unknown(account):
    with pytest.raises(gateway.UnknownToStripe):
        gateway.retrieve_session(f"cs_test_{uuid.uuid4().hex}")


def test_the_same_key_refunds_once_and_no_refund_exceeds_the_charge(charged):
    intent, key = charged(), a_key()
    first, second = refund(intent, key), refund(intent, key)
    assert first.id == second.id
    assert [one.id for one in gateway.list_refunds(intent)] == [first.id]
    listed = gateway.list_refunds(intent)[0]
    assert (listed.amount, listed.metadata) == (1000, {"refund": "17"})
    assert listed.status in {"succeeded", "pending"}
    with pytest.raises(gateway.StripeRefused):
        refund(intent, a_key(), amount=AMOUNT)


def test_what_nobody_disputes_has_no_disputes(charged):
    assert gateway.list_disputes(charged()) == []


def test_a_disputed_charge_is_listed_and_not_refunded(charged):
    intent = charged("pm_card_createDispute")
    dispute = wait_for_dispute(intent)
    assert (dispute.amount, dispute.status) == (AMOUNT, "needs_response")
    assert dispute.answer_by is not None
    with pytest.raises(gateway.StripeRefused):
        refund(intent, a_key())


def test_an_inquiry_is_listed_and_can_be_refunded(charged):
    intent = charged("pm_card_createDisputeInquiry")
    assert wait_for_dispute(intent).status == "warning_needs_response"
    assert refund(intent, a_key()).amount == 1000


def wait_for_dispute(intent: str) -> gateway.StripeDispute:
    for _ in range(DISPUTE_SECONDS // LOOK_AGAIN_SECONDS):
        found = gateway.list_disputes(intent)
        if found:
            return found[0]
        time.sleep(LOOK_AGAIN_SECONDS)
    raise AssertionError("The test card's bank has not disputed the charge.")


def test_undelivered_events_can_be_asked_for(page):
    checkout.close(page, at=timezone.now())
    types = {"checkout.session.expired", "charge.dispute.created"}
    since = timezone.now() - timedelta(minutes=10)
    found = gateway.list_undelivered_events(types=types, since=since)
    assert {event.type for event in found} <= types
