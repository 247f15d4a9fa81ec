"""What is taken from Stripe's hand, and what is not."""

import json
import time

import pytest
import stripe as stripe_package
from django.utils import timezone

from cinema_reservation.errors import ServiceUnavailable
from payments import checkout, webhook
from payments.models import WebhookEvent
from reservation.models import ReservationState
from reservation.tests.factories import held, show_with_seats

pytestmark = pytest.mark.django_db

SECRET = "whsec_of_the_tests"


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


def signed(body: str, *, secret: str = SECRET, at: float | None = None) -> str:
    at = int(time.time() if at is None else at)
    return stripe_package.WebhookSignature.generate_signature_header(body, secret, at)


def an_event(type_="customer.created", event_id="evt_1", **about) -> str:
    return json.dumps({"id": event_id, "type": type_, "data": {"object": {"id": "x", **about}}})


def post(client, body, signature=None, **headers):
    raw = body if isinstance(body, bytes) else body.encode()
    if signature is not None:
        headers["Stripe-Signature"] = signature
    return client.generic(
        "POST", "/api/webhook/", raw, content_type="application/json", headers=headers
    )


class TestVerification:
    def test_an_event_that_we_do_not_use_is_taken_and_noted(self, anyone):
        body = an_event()
        answer = post(anyone, body, signed(body))
        assert answer.status_code == 200
        assert WebhookEvent.objects.get().outcome == "not used"

    @pytest.mark.parametrize("age", [-290, 290])
    def test_clocks_may_differ_a_little(self, anyone, age):
        body = an_event()
        assert post(anyone, body, signed(body, at=time.time() - age)).status_code == 200

    @pytest.mark.parametrize("age", [-400, 400])
    def test_old_and_future_signatures_are_replays(self, anyone, age):
        body = an_event()
        answer = post(anyone, body, signed(body, at=time.time() - age))
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "invalid_webhook"

    def test_a_second_time_in_the_header_hides_no_replay(self, anyone):
        body = an_event()
        old = signed(body, at=time.time() - 4000)
        assert post(anyone, body, f"{old},t={int(time.time())}").status_code == 400
        assert post(anyone, body, f"t={int(time.time())},{old}").status_code == 400

    def test_old_secrets_are_accepted_while_they_are_listed(self, anyone, settings):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
        body = an_event()
        assert post(anyone, body, signed(body)).status_code == 200
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
        assert post(anyone, body, signed(body)).status_code == 400

    @pytest.mark.parametrize(
        "signature",
        [None, "", "junk", "t=,v1=", "t=abc,v1=00", "t=1,v1=é", "v1=00", "t=" + "9" * 5000],
    )
    def test_unsigned_and_wrongly_signed_bodies_are_refused(self, anyone, signature):
        assert post(anyone, an_event(), signature).status_code == 400
        assert not WebhookEvent.objects.exists()

    def test_a_signature_of_another_body_is_refused(self, anyone):
        assert post(anyone, an_event(event_id="evt_2"), signed(an_event())).status_code == 400

    @pytest.mark.parametrize(
        "body",
        ["", "null", "[]", "7", '"text"', "{}", '{"id": 1}', "{", "[" * 100_000]
        + ['{"id":"e","type":"t","data":[]}', '{"id":"e","type":"t","data":{"object":[]}}']
        + ['{"id":"e\\u0000","type":"t","data":{"object":{}}}'],
    )
    def test_signed_junk_is_refused(self, anyone, body):
        assert post(anyone, body, signed(body)).status_code == 400

    def test_bodies_that_are_no_text_are_refused(self, anyone):
        assert post(anyone, b"\xff\xfe{}", "t=1,v1=00").status_code == 400

    def test_huge_bodies_are_refused(self, anyone):
        body = an_event(filler="x" * 300_000)
        assert post(anyone, body, signed(body)).status_code == 400

    def test_only_post_is_taken(self, anyone):
        assert anyone.get("/api/webhook/").status_code == 405


class TestActing:
    @pytest.fixture
    def paid_session(self, stripe, owner):
        reservation = held(owner, *show_with_seats(1))
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        stripe.pay(payment.session_id)
        return payment.session_id, reservation

    def completed(self, session_id, event_id="evt_paid"):
        return json.dumps(
            {
                "id": event_id,
                "type": "checkout.session.completed",
                "data": {"object": {"id": session_id}},
            }
        )

    def post(self, client, body, settings):
        secret = settings.STRIPE_WEBHOOK_SECRETS[0]
        return post(client, body, signed(body, secret=secret))

    def test_payment_confirms_the_reservation(self, anyone, paid_session, settings):
        session_id, reservation = paid_session
        assert self.post(anyone, self.completed(session_id), settings).status_code == 200
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED

    def test_a_known_event_is_not_acted_on_again(self, anyone, stripe, paid_session, settings):
        session_id, _ = paid_session
        self.post(anyone, self.completed(session_id), settings)
        asked = len(stripe.requests)
        assert self.post(anyone, self.completed(session_id), settings).status_code == 200
        assert len(stripe.requests) == asked

    def test_an_event_is_no_evidence(self, anyone, stripe, owner, settings):
        reservation = held(owner, *show_with_seats(1))
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        answer = self.post(anyone, self.completed(payment.session_id), settings)
        assert answer.status_code == 200
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.HELD

    def test_foreign_sessions_are_none_of_our_business(self, anyone, stripe, settings):
        answer = self.post(anyone, self.completed("cs_test_of_somebody_else"), settings)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "not ours")

    def test_while_stripe_is_away_it_is_asked_to_come_again(
        self, anyone, stripe, paid_session, settings
    ):
        session_id, reservation = paid_session
        stripe.fail_next(500, times=3, path="/v1/checkout/sessions")
        answer = self.post(anyone, self.completed(session_id), settings)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert WebhookEvent.objects.get().processed_at is None
        assert self.post(anyone, self.completed(session_id), settings).status_code == 200
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED

    def test_a_refund_in_the_dashboard_is_learned_of(self, anyone, stripe, paid_session, settings):
        session_id, _ = paid_session
        payment = checkout.sync(session_id, at=timezone.now())
        stripe.refund_in_dashboard(payment.payment_intent_id, 500)
        body = json.dumps(
            {
                "id": "evt_refund",
                "type": "charge.refunded",
                "data": {"object": {"id": "ch", "payment_intent": payment.payment_intent_id}},
            }
        )
        assert self.post(anyone, body, settings).status_code == 200
        assert payment.refunds.get().amount == 500

    def test_the_event_is_marked_as_done_last(self, stripe, paid_session, monkeypatch):
        session_id, _ = paid_session
        event = webhook.Event("evt_1", "checkout.session.completed", session_id, "")

        def away(*args, **kwargs):
            raise ServiceUnavailable

        with monkeypatch.context() as patch:
            patch.setattr(checkout, "sync", away)
            with pytest.raises(ServiceUnavailable):
                webhook.receive(event, at=timezone.now())
        assert WebhookEvent.objects.get().processed_at is None
        assert webhook.receive(event, at=timezone.now()).outcome == "payment paid"
