"""The sandbox's fault controls, in-process and over HTTP."""

import json
import time
from collections.abc import Iterator

import pytest
import requests
import stripe

from payments.sandbox import Sandbox
from payments.tests.test_sandbox_api import client_of, opened, order, paid


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return client_of(sandbox)


def types(sandbox: Sandbox) -> list[str]:
    return [event["type"] for event in sandbox.events]


def test_dropped_before_the_effect_leaves_nothing(sandbox, client):
    sandbox.drop_next("before")
    with pytest.raises(stripe.APIConnectionError):
        opened(client)
    assert sandbox.sessions == []
    assert sandbox.requests[-1].status == 0


def test_dropped_after_the_effect_leaves_one_session_for_the_retry(sandbox, client):
    sandbox.drop_next("after")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(order(), {"idempotency_key": "k-1"})
    session = client.v1.checkout.sessions.create(order(), {"idempotency_key": "k-1"})
    assert [kept["id"] for kept in sandbox.sessions] == [session.id]
    assert sandbox.requests[-1].replayed


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_packages_own_retries_make_one_session(sandbox, when):
    sandbox.drop_next(when)
    opened(client_of(sandbox, retries=2))
    assert len(sandbox.sessions) == 1
    assert len(sandbox.requests) == 2


def test_an_ordered_error_has_no_effect(sandbox, client):
    sandbox.fail_next(status=503, times=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            opened(client)
    assert sandbox.sessions == []
    opened(client)


def test_too_many_requests_arrive_as_such(sandbox, client):
    sandbox.fail_next(status=429)
    with pytest.raises(stripe.RateLimitError):
        opened(client)


def test_faults_hit_only_their_path_and_method(sandbox, client):
    sandbox.fail_next(path="/v1/refunds", method="POST")
    intent = paid(sandbox, client)
    assert client.v1.refunds.list({"payment_intent": intent.id}).data == []
    with pytest.raises(stripe.APIError):
        client.v1.refunds.create({"payment_intent": intent.id})
    assert client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_faults_can_be_forgotten(sandbox, client):
    sandbox.drop_next("before", times=5)
    sandbox.clear_faults()
    assert opened(client).status == "open"


def test_a_slow_answer_still_takes_effect(sandbox, client):
    sandbox.slow_next(0.3)
    began = time.monotonic()
    opened(client)
    assert time.monotonic() - began >= 0.3
    assert len(sandbox.sessions) == 1


def test_stopping_does_not_wait_for_a_slow_answer():
    began = time.monotonic()
    with Sandbox() as sandbox:
        sandbox.slow_next(30)
        with pytest.raises(requests.Timeout):
            requests.get(f"{sandbox.api_base}/v1/events", auth=("sk_test_1", ""), timeout=0.2)
    assert time.monotonic() - began < 5


def test_a_declined_card_changes_nothing(sandbox, client):
    session = opened(client)
    assert sandbox.pay(session.id, "declined")["status"] == "open"
    assert sandbox.charges == []


def test_a_pending_refund_ends_when_it_is_told(sandbox, client):
    sandbox.refunds_stay_pending()
    intent = paid(sandbox, client)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    assert sandbox.succeed_refund(refund.id)["status"] == "succeeded"
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert types(sandbox)[-3:] == ["refund.created", "charge.refunded", "refund.updated"]


def test_a_failed_refund_can_be_made_once_more(sandbox, client):
    intent = paid(sandbox, client)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    failed = sandbox.fail_refund(refund.id)
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert types(sandbox)[-2:] == ["refund.updated", "refund.failed"]
    assert sandbox.charges[0]["amount_refunded"] == 0
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 2500


def test_a_refund_in_the_dashboard_is_told_like_any_other(sandbox, client):
    intent = paid(sandbox, client)
    sandbox.refund_in_dashboard(intent.id, 700)
    assert client.v1.refunds.list({"payment_intent": intent.id}).data[0].amount == 700
    assert types(sandbox)[-2:] == ["refund.created", "charge.refunded"]


class TestOverHttp:
    """Other processes have the same controls, as JSON."""

    def call(self, sandbox: Sandbox, verb: str, **arguments: object) -> requests.Response:
        url = f"{sandbox.api_base}/_control/{verb}"
        return requests.post(url, data=json.dumps(arguments), timeout=5)

    def test_a_verb_answers_with_its_result(self, sandbox, client):
        session = opened(client)
        answer = self.call(sandbox, "pay", session_id=session.id, outcome="paid")
        assert answer.json()["result"]["payment_status"] == "paid"

    def test_listings_can_be_read(self, sandbox, client):
        opened(client)
        url = f"{sandbox.api_base}/_control"
        assert len(requests.get(f"{url}/sessions", timeout=5).json()["result"]) == 1
        log = requests.get(f"{url}/requests", timeout=5).json()["result"]
        assert log[0]["path"] == "/v1/checkout/sessions"

    def test_settings_take_a_value(self, sandbox):
        self.call(sandbox, "webhook_url", value="http://127.0.0.1:1/")
        assert sandbox.webhook_url == "http://127.0.0.1:1/"

    @pytest.mark.parametrize(
        ("verb", "arguments"),
        [
            ("pay", {}),
            ("pay", {"session_id": "cs_test_none"}),
            ("pay", {"session_id": "x", "outcome": "maybe"}),
            ("pay", {"session_id": 7}),
            ("pay", {"session_id": "\ud800"}),
            ("drop_next", {"when": "never"}),
            ("drop_next", {"when": ["before"]}),
            ("drop_next", {"when": "before", "times": 0}),
            ("fail_next", {"status": "500"}),
            ("fail_next", {"status": 200}),
            ("fail_next", {"times": True}),
            ("slow_next", {"seconds": "long"}),
            ("slow_next", {"seconds": float("nan")}),
            ("slow_next", {"seconds": 10**400}),
            ("advance", {"seconds": float("inf")}),
            ("advance", {"seconds": None}),
            ("deliver_at_once", {"event_ids": "evt_none"}),
            ("deliver_at_once", {"event_ids": [1]}),
            ("dispute", {"charge_or_payment_intent": {}}),
            ("drain", {"timeout": 10**400}),
            ("webhook_secret", {"value": None}),
            ("webhook_url", {"value": "ftp://127.0.0.1/"}),
            ("webhook_url", {"value": "http://"}),
            ("webhook_url", {"value": "http://127.0.0.1:port/"}),
            ("deliver", {"event_id": "evt_none"}),
        ],
    )
    def test_a_wrong_call_is_explained(self, sandbox, verb, arguments):
        answer = self.call(sandbox, verb, **arguments)
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert client_of(sandbox).v1.events.list().data == []

    def test_every_control_says_what_it_takes_and_does(self, sandbox):
        known = requests.get(f"{sandbox.api_base}/_control/", timeout=5).json()["result"]
        assert "buyer" in known["pay(session_id, outcome)"]
        assert {"events()", "webhook_url(value)", "advance(seconds)"} <= set(known)
        assert all(known.values())

    def test_an_unknown_verb_is_not_found(self, sandbox):
        answer = self.call(sandbox, "rob_the_bank")
        assert answer.status_code == 404
        assert "settle_later" in answer.json()["error"]

    def test_junk_is_explained(self, sandbox):
        url = f"{sandbox.api_base}/_control/pay"
        for body in (b"{", b"[1]", b"\xff", b"[" * 100_000):
            assert requests.post(url, data=body, timeout=5).status_code == 400
