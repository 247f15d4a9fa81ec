"""The sandbox's API, asked by the real `stripe` package over HTTP."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from payments.sandbox import Sandbox

HALF_AN_HOUR, A_DAY = 30 * 60, 24 * 60 * 60
SECRET_KEY = "sk_test_sandbox"


def client_of(sandbox: Sandbox, *, retries: int = 0, key: str = SECRET_KEY) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": sandbox.api_base}, max_network_retries=retries
    )


def item(**changes: Any) -> dict[str, Any]:
    product = {"name": "Metropolis: seat C7 (Adult)", "description": "Rex, Great Hall"}
    price = {"currency": "usd", "unit_amount": 1250, "product_data": product}
    return {"quantity": 2, "price_data": price | changes}


def order(**changes: Any) -> dict[str, Any]:
    """The parameters of a session for two seats, 25.00 USD."""
    return {
        "mode": "payment",
        "success_url": "http://cinema.test/paid/?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://cinema.test/back/",
        "client_reference_id": "K7QX2M",
        "line_items": [item()],
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "metadata": {"payment": "17"},
        "payment_intent_data": {"metadata": {"payment": "17"}, "description": "Seats"},
    } | changes


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return client_of(sandbox)


def opened(client: stripe.StripeClient, **changes: Any) -> Any:
    return client.v1.checkout.sessions.create(order(**changes))


def paid(sandbox: Sandbox, client: stripe.StripeClient, **changes: Any) -> Any:
    sandbox.pay(opened(client, **changes).id)
    return client.v1.payment_intents.retrieve(sandbox.payment_intents[-1]["id"])


def refused(call: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    return caught.value


def test_a_new_session_is_open_and_unpaid(client):
    session = opened(client)
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.currency, session.livemode) == (2500, "usd", False)
    assert session.payment_intent is None
    assert session.metadata.to_dict() == {"payment": "17"}
    assert session.client_reference_id == "K7QX2M"
    assert session.url.endswith(f"/c/pay/{session.id}")
    assert "line_items" not in session


def test_paying_makes_an_intent_and_a_charge_that_carry_the_metadata(sandbox, client):
    session = opened(client)
    sandbox.pay(session.id)
    expand = ["payment_intent.latest_charge", "line_items"]
    after = client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})
    assert (after.status, after.payment_status, after.url) == ("complete", "paid", None)
    assert after.payment_intent.status == "succeeded"
    assert after.payment_intent.amount_received == 2500
    assert after.payment_intent.latest_charge.paid
    assert after.payment_intent.latest_charge.metadata.to_dict() == {"payment": "17"}
    assert after.line_items.data[0].quantity == 2


def test_ids_stay_ids_unless_they_are_expanded(sandbox, client):
    intent = paid(sandbox, client)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert charge.id == intent.latest_charge
    assert charge.payment_intent == intent.id
    session = client.v1.checkout.sessions.list({"payment_intent": intent.id}).data[0]
    assert session.payment_intent == intent.id


def test_expanding_what_is_no_reference_is_refused(client):
    session = opened(client)
    refusal = refused(
        lambda: client.v1.checkout.sessions.retrieve(session.id, {"expand": ["metadata"]})
    )
    assert refusal.param == "expand"


def test_what_costs_nothing_requires_no_payment(sandbox, client):
    session = opened(client, line_items=[item(unit_amount=0)])
    assert sandbox.pay(session.id)["payment_status"] == "no_payment_required"
    assert sandbox.payment_intents == []


@pytest.mark.parametrize("key", ["sk_live_1", "pk_test_1", "whatever"])
def test_only_test_keys_are_accepted(sandbox, key):
    with pytest.raises(stripe.AuthenticationError) as caught:
        opened(client_of(sandbox, key=key))
    assert key not in str(caught.value)
    assert sandbox.sessions == []


def test_basic_authentication_works_and_none_does_not(sandbox):
    url = f"{sandbox.api_base}/v1/events"
    assert requests.get(url, auth=("rk_test_1", ""), timeout=5).status_code == 200
    assert requests.get(url, timeout=5).status_code == 401


def test_answers_name_the_request_and_echo_the_version(sandbox):
    headers = {"Authorization": f"Bearer {SECRET_KEY}", "Stripe-Version": "2026-01-01.test"}
    answer = requests.get(f"{sandbox.api_base}/v1/events", headers=headers, timeout=5)
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-01-01.test"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"sucess_url": "http://cinema.test/"}, "parameter_unknown", "sucess_url"),
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"metadata": "17"}, None, "metadata"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"cancel_url": ""}, "parameter_invalid_empty", "cancel_url"),
        ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
        ({"adaptive_pricing": {"enabled": "maybe"}}, None, "adaptive_pricing[enabled]"),
        ({"mode": "gift"}, None, "mode"),
        ({"mode": "subscription"}, None, "mode=subscription"),
        ({"discounts": [{"coupon": "x"}]}, None, "discounts[][coupon]"),
        ({"line_items": []}, "parameter_missing", "line_items"),
        ({"line_items": [{"quantity": 1}]}, "parameter_missing", "line_items[0][price_data]"),
        ({"line_items": [item(unit_amount=20)]}, "amount_too_small", None),
        ({"line_items": [item(unit_amount=10**9)]}, "amount_too_large", None),
        ({"line_items": [item(), item(currency="eur")]}, None, None),
        ({"line_items": [item(weight=1)]}, "parameter_unknown", None),
        ({"line_items": [item(product_data={})]}, "parameter_missing", None),
    ],
)  # fmt: skip
def test_what_stripe_would_not_take_is_refused(sandbox, client, changes, code, param):
    refusal = refused(lambda: opened(client, **changes))
    assert refusal.http_status == 400
    assert refusal.code == code
    if param:
        assert refusal.param == param
    assert sandbox.sessions == []


def test_a_required_parameter_inside_a_list_is_missed_by_its_name(client):
    refusal = refused(lambda: opened(client, line_items=[item(product_data={"images": ["x"]})]))
    assert refusal.code == "parameter_missing"
    assert refusal.param == "line_items[0][price_data][product_data][name]"


@pytest.mark.parametrize("life", [HALF_AN_HOUR - 60, A_DAY + 60])
def test_a_session_lives_half_an_hour_to_a_day(client, life):
    refusal = refused(lambda: opened(client, expires_at=int(time.time()) + life))
    assert refusal.param == "expires_at"


def test_a_session_expires_by_the_clock(sandbox, client):
    session = opened(client, expires_at=int(time.time()) + HALF_AN_HOUR + 60)
    sandbox.advance(HALF_AN_HOUR + 59)
    assert client.v1.checkout.sessions.retrieve(session.id).status in {"open", "expired"}
    sandbox.advance(2)
    after = client.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status, after.url) == ("expired", "unpaid", None)
    assert len(sandbox.events_of("checkout.session.expired")) == 1


def test_an_open_session_can_be_expired_once(client):
    session = opened(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert "status of `expired`" in str(
        refused(lambda: client.v1.checkout.sessions.expire(session.id))
    )


def test_a_paid_session_can_be_neither_paid_again_nor_expired(sandbox, client):
    session = opened(client)
    sandbox.pay(session.id)
    assert "complete" in str(refused(lambda: client.v1.checkout.sessions.expire(session.id)))
    with pytest.raises(Exception, match="is complete"):
        sandbox.pay(session.id)
    assert len(sandbox.charges) == 1


def test_an_unknown_object_is_a_404(client):
    refusal = refused(lambda: client.v1.checkout.sessions.retrieve("cs_test_nothing"))
    assert (refusal.http_status, refusal.code) == (404, "resource_missing")


def test_an_id_of_another_kind_is_not_found(sandbox, client):
    intent = paid(sandbox, client)
    assert refused(lambda: client.v1.charges.retrieve(intent.id)).code == "resource_missing"


def intent_of(client: stripe.StripeClient, **changes: Any) -> Any:
    card = {"amount": 2500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
    return client.v1.payment_intents.create(card | changes)


def test_a_test_card_can_be_charged_without_a_page(client):
    intent = intent_of(client, metadata={"payment": "17"})
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 2500


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("pm_card_createDispute", "needs_response"),
        ("pm_card_createDisputeInquiry", "warning_needs_response"),
    ],
)
def test_a_test_card_can_have_a_bank_that_disputes(client, card, status):
    intent = intent_of(client, payment_method=card)
    found = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert [dispute.status for dispute in found] == [status]


@pytest.mark.parametrize(
    "changes",
    [
        {"confirm": False},
        {"payment_method": "pm_card_other"},
        {"amount": 0},
        {"amount": 10},
        {"currency": "dollars"},
        {"capture_method": "manual"},
    ],
)
def test_no_other_charge_can_be_made_without_a_page(sandbox, client, changes):
    refused(lambda: intent_of(client, **changes))
    assert sandbox.charges == []


def test_refunds_in_parts_never_exceed_the_charge(sandbox, client):
    intent = paid(sandbox, client)
    first = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    assert (first.status, first.amount, first.charge) == ("succeeded", 1000, intent.latest_charge)
    over = {"payment_intent": intent.id, "amount": 1501}
    assert refused(lambda: client.v1.refunds.create(over)).param == "amount"
    rest = client.v1.refunds.create({"charge": intent.latest_charge})
    assert rest.amount == 1500
    again = refused(lambda: client.v1.refunds.create({"charge": intent.latest_charge}))
    assert again.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (2500, True)


def test_many_refunds_at_once_never_exceed_the_charge(sandbox, client):
    intent = paid(sandbox, client)

    def refund() -> None:
        try:
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
        except stripe.InvalidRequestError:
            return

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sandbox.refunds) == 2
    assert sandbox.charges[0]["amount_refunded"] == 2000


def test_what_was_never_paid_cannot_be_refunded(sandbox, client):
    sandbox.pay(opened(client).id, "later")
    intent = sandbox.payment_intents[0]["id"]
    refusal = refused(lambda: client.v1.refunds.create({"payment_intent": intent}))
    assert "does not have a successful charge" in str(refusal)


def test_refunds_are_listed_page_by_page_newest_first(sandbox, client):
    intent = paid(sandbox, client)
    made = [
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}).id for _ in range(5)
    ]
    page = client.v1.refunds.list({"payment_intent": intent.id, "limit": 2})
    assert [refund.id for refund in page.data] == made[:-3:-1]
    assert page.has_more
    assert [refund.id for refund in page.auto_paging_iter()] == made[::-1]
    assert client.v1.refunds.list({"payment_intent": "pi_other"}).data == []


def test_events_can_be_listed_by_type_and_retrieved(sandbox, client):
    paid(sandbox, client)
    found = client.v1.events.list({"type": "checkout.session.*"}).data
    assert [event.type for event in found] == ["checkout.session.completed"]
    assert client.v1.events.retrieve(found[0].id).data.object.status == "complete"


def test_events_can_be_listed_by_several_types(sandbox, client):
    intent = paid(sandbox, client)
    client.v1.refunds.create({"payment_intent": intent.id})
    types = ["charge.refunded", "checkout.session.completed"]
    assert [event.type for event in client.v1.events.list({"types": types}).data] == types
    assert client.v1.events.list({"types": ["charge.*"]}).data == []
    both = {"types": types, "type": types[0]}
    assert refused(lambda: client.v1.events.list(both)).code == "parameters_exclusive"
    assert refused(lambda: client.v1.events.list({"types": ["x"] * 21})).param == "types"


def test_a_key_and_the_same_parameters_replay_the_first_answer(sandbox, client):
    part, key = {"payment_intent": paid(sandbox, client).id, "amount": 100}, "k-1"
    first, second = (client.v1.refunds.create(part, {"idempotency_key": key}) for _ in "12")
    assert first.to_dict() == second.to_dict()
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.refunds) == 1
    assert [request.replayed for request in sandbox.requests[-2:]] == [False, True]


def test_a_refusal_from_execution_is_replayed_too(sandbox, client):
    intent = paid(sandbox, client)
    over, key = {"payment_intent": intent.id, "amount": 9999}, {"idempotency_key": "k-1"}
    for _ in range(2):
        refused(lambda: client.v1.refunds.create(over, key))
    assert sandbox.requests[-1].replayed


def test_a_key_with_other_parameters_is_refused(sandbox, client):
    key = {"idempotency_key": "k-1"}
    client.v1.checkout.sessions.create(order(), key)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(order(client_reference_id="other"), key)
    assert len(sandbox.sessions) == 1


def test_a_key_is_free_after_bad_parameters(sandbox, client):
    key = {"idempotency_key": "k-1"}
    refused(lambda: client.v1.checkout.sessions.create(order(expires_at=1), key))
    assert client.v1.checkout.sessions.create(order(), key).status == "open"


def test_a_key_is_forgotten_after_a_day(sandbox, client):
    key = {"idempotency_key": "k-1"}
    first = client.v1.checkout.sessions.create(order(), key)
    sandbox.advance(A_DAY + 1)
    assert client.v1.checkout.sessions.create(order(), key).id != first.id


def test_a_key_in_use_is_a_conflict(sandbox, client):
    key = {"idempotency_key": "k-1"}
    sandbox.slow_next(1.0)
    slow = threading.Thread(target=lambda: client.v1.checkout.sessions.create(order(), key))
    slow.start()
    time.sleep(0.3)
    with pytest.raises(stripe.APIError) as caught:
        client.v1.checkout.sessions.create(order(), key)
    slow.join()
    assert caught.value.http_status == 409
    assert caught.value.json_body["error"]["code"] == "idempotency_key_in_use"
    assert len(sandbox.sessions) == 1


def test_what_is_stored_outlives_a_restart(tmp_path):
    database = str(tmp_path / "kept" / "sandbox.sqlite3")
    with Sandbox(database=database) as first:
        session = client_of(first).v1.checkout.sessions.create(order(), {"idempotency_key": "k-1"})
    with Sandbox(database=database) as second:
        again = client_of(second).v1.checkout.sessions.create(order(), {"idempotency_key": "k-1"})
        assert again.id == session.id
        assert len(second.sessions) == 1


@pytest.mark.parametrize(
    "body", [b"a[b=1", b"a=1&a[b]=2", b"a" + b"[b]" * 50 + b"=1", b"\xff\x00=%ff", b"&=1&"]
)
def test_junk_is_a_400_and_never_a_crash(sandbox, body):
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    url = f"{sandbox.api_base}/v1/refunds"
    assert requests.post(url, data=body, headers=headers, timeout=5).status_code == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_an_address_that_others_can_reach_is_refused(host):
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(host=host)
