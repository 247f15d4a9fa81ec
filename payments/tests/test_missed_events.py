"""What Stripe could not tell us is asked for."""

import pytest
from django.utils import timezone

from payments import gateway, rounds, webhook
from payments.management.commands import work
from payments.models import Dispute, Refund, WebhookEvent
from payments.tests.test_trouble import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(stripe, paid):
    """Two things that only events tell of, posted to nobody."""
    stripe.webhook_url = "http://127.0.0.1:9/"
    stripe.mute_webhooks()
    stripe.refund_in_dashboard(paid.payment_intent_id, 500)
    stripe.dispute(paid.payment_intent_id, amount=700)


def test_refunds_and_disputes_are_learned_of_though_every_event_was_lost(lost):
    rounds.collect_missed_events(at=timezone.now())
    assert Refund.objects.get().amount == 500
    assert Dispute.objects.get().amount == 700


def test_the_rounds_alone_would_not_learn_of_them(lost):
    """Why the question is asked at all: payments that ended are not looked at again."""
    rounds.all_rounds(at=timezone.now() + DAY)
    assert not Refund.objects.exists()
    assert not Dispute.objects.exists()


def test_an_event_is_dealt_with_once_however_often_it_is_asked_for(stripe, lost):
    rounds.collect_missed_events(at=timezone.now())
    recorded, asked = WebhookEvent.objects.count(), len(stripe.requests)
    rounds.collect_missed_events(at=timezone.now())
    assert WebhookEvent.objects.count() == recorded
    assert len(stripe.requests) == asked + 1


def test_only_events_that_are_used_are_asked_for(stripe, lost):
    missed = gateway.list_undelivered_events(types=webhook.USED_EVENTS, since=timezone.now() - DAY)
    assert {event.type for event in missed} <= webhook.USED_EVENTS
    assert [event.id for event in missed] == [
        event["id"] for event in stripe.events if event["type"] in webhook.USED_EVENTS
    ]


def test_no_more_are_read_than_can_be_borne(stripe, lost, monkeypatch):
    monkeypatch.setattr(gateway, "MOST_EVENTS", 1)
    missed = gateway.list_undelivered_events(types=webhook.USED_EVENTS, since=timezone.now() - DAY)
    assert len(missed) == 1


def test_the_worker_asks(lost, monkeypatch):
    monkeypatch.setattr(work.connections, "close_all", lambda: None)
    work.collect_missed_events()
    assert Dispute.objects.exists()


def test_a_stripe_that_is_away_stops_no_worker(stripe, lost, monkeypatch):
    monkeypatch.setattr(work.connections, "close_all", lambda: None)
    stripe.fail_next(500, times=9)
    assert not work._try(work.collect_missed_events)
    assert not Dispute.objects.exists()
