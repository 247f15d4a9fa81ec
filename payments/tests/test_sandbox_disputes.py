"""The sandbox's disputes and inquiries: the money they take, and what is told of them."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from payments.sandbox import Sandbox
from payments.sandbox.errors import RefusedError
from payments.tests.test_sandbox_api import client_of, opened, paid, refused


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return client_of(sandbox)


@pytest.fixture
def intent(sandbox: Sandbox, client: stripe.StripeClient) -> Any:
    """A payment of 25.00 USD."""
    return paid(sandbox, client)


def told(sandbox: Sandbox) -> list[str]:
    """What was told of disputes, without what all of it begins with."""
    beginning = "charge.dispute."
    types = [event["type"] for event in sandbox.events]
    return [kind.removeprefix(beginning) for kind in types if kind.startswith(beginning)]


def refund(client: stripe.StripeClient, intent: Any, **changes: Any) -> Any:
    return client.v1.refunds.create({"payment_intent": intent.id, **changes})


def test_a_dispute_takes_the_money_at_once(sandbox, client, intent):
    dispute = client.v1.disputes.retrieve(sandbox.dispute(intent.id)["id"])
    assert dispute.id.startswith("dp_")
    assert (dispute.status, dispute.amount, dispute.currency) == ("needs_response", 2500, "usd")
    assert (dispute.payment_intent, dispute.charge) == (intent.id, intent.latest_charge)
    assert dispute.evidence_details.due_by > dispute.created
    assert [moved.amount for moved in dispute.balance_transactions] == [-2500]
    assert not dispute.is_charge_refundable
    assert client.v1.charges.retrieve(intent.latest_charge).disputed
    assert told(sandbox) == ["created", "funds_withdrawn"]


@pytest.mark.parametrize("lost", [False, True])
def test_what_the_bank_took_cannot_be_refunded(sandbox, client, intent, lost):
    dispute = sandbox.dispute(intent.id)
    if lost:
        assert sandbox.close_dispute(dispute["id"], won=False)["status"] == "lost"
        assert told(sandbox)[2:] == ["closed"]
    assert refused(lambda: refund(client, intent)).code == "charge_disputed"
    assert refused(lambda: refund(client, intent, amount=1)).code == "charge_disputed"
    assert sandbox.refunds == []


def test_what_was_won_can_be_refunded(sandbox, client, intent):
    won = sandbox.close_dispute(sandbox.dispute(intent.id)["id"], won=True)
    assert (won["status"], won["is_charge_refundable"]) == ("won", True)
    assert [moved["amount"] for moved in won["balance_transactions"]] == [-2500, 2500]
    assert told(sandbox)[2:] == ["funds_reinstated", "closed"]
    assert refund(client, intent).amount == 2500


def test_the_undisputed_part_can_be_refunded_and_no_more(sandbox, client, intent):
    assert sandbox.dispute(intent.id, amount=1000)["is_charge_refundable"]
    assert refused(lambda: refund(client, intent, amount=1501)).param == "amount"
    assert refund(client, intent).amount == 1500
    assert refused(lambda: refund(client, intent)).code == "charge_disputed"


def test_what_was_refunded_already_is_said_to_be_refunded(sandbox, client, intent):
    refund(client, intent)
    sandbox.dispute(intent.id)
    assert refused(lambda: refund(client, intent)).code == "charge_already_refunded"


def test_an_inquiry_takes_nothing(sandbox, client, intent):
    inquiry = sandbox.dispute(intent.id, inquiry=True)
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    assert inquiry["is_charge_refundable"]
    assert sandbox.close_dispute(inquiry["id"], won=True)["status"] == "warning_closed"
    assert told(sandbox) == ["created", "closed"]
    assert refund(client, intent).amount == 2500


def test_an_escalated_inquiry_takes_the_money(sandbox, client, intent):
    inquiry = sandbox.dispute(intent.id, inquiry=True)
    assert sandbox.escalate_dispute(inquiry["id"])["status"] == "needs_response"
    assert told(sandbox) == ["created", "updated", "funds_withdrawn"]
    assert refused(lambda: refund(client, intent)).code == "charge_disputed"
    with pytest.raises(RefusedError, match="no open inquiry"):
        sandbox.escalate_dispute(inquiry["id"])


def test_an_inquiry_is_lost_by_way_of_a_dispute(sandbox, intent):
    inquiry = sandbox.dispute(intent.id, inquiry=True)
    assert sandbox.close_dispute(inquiry["id"], won=False)["status"] == "lost"
    assert told(sandbox) == ["created", "updated", "funds_withdrawn", "closed"]


@pytest.mark.parametrize("inquiry", [False, True])
def test_a_dispute_is_decided_once(sandbox, intent, inquiry):
    dispute = sandbox.dispute(intent.id, inquiry=inquiry)
    sandbox.close_dispute(dispute["id"], won=True)
    with pytest.raises(RefusedError, match="already"):
        sandbox.close_dispute(dispute["id"], won=False)


def test_a_charge_has_one_open_dispute_and_another_after_a_won_one(sandbox, intent):
    first = sandbox.dispute(intent.id)
    with pytest.raises(RefusedError, match="disputed already"):
        sandbox.dispute(intent.id, inquiry=True)
    sandbox.close_dispute(first["id"], won=True)
    assert sandbox.dispute(intent.id)["id"] != first["id"]


@pytest.mark.parametrize("amount", [0, -1, 2501])
def test_a_dispute_is_about_a_part_of_the_charge(sandbox, intent, amount):
    with pytest.raises(RefusedError, match="can be disputed"):
        sandbox.dispute(intent.id, amount=amount)


def test_what_was_never_charged_cannot_be_disputed(sandbox, client):
    sandbox.pay(opened(client).id, "later")
    with pytest.raises(RefusedError, match="is pending"):
        sandbox.dispute(sandbox.payment_intents[0]["id"])


def test_disputes_are_listed_by_payment_charge_and_time(sandbox, client, intent):
    first = sandbox.dispute(intent.id)
    sandbox.advance(3600)
    second = sandbox.dispute(paid(sandbox, client).id)

    def listed(**asked: Any) -> list[str]:
        return [dispute.id for dispute in client.v1.disputes.list(asked).data]

    assert listed() == [second["id"], first["id"]]
    assert listed(payment_intent=intent.id) == [first["id"]]
    assert listed(charge=second["charge"]) == [second["id"]]
    assert listed(created={"gt": first["created"]}) == [second["id"]]
    assert listed(payment_intent="pi_other") == []
    assert [d.id for d in client.v1.disputes.list({"limit": 1}).auto_paging_iter()] == listed()


def test_an_unknown_dispute_is_a_404(client):
    refusal = refused(lambda: client.v1.disputes.retrieve("dp_nothing"))
    assert (refusal.http_status, refusal.code) == (404, "resource_missing")
