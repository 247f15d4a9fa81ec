"""Matrix: malformed, unsigned, wrongly signed, not UTF-8, 300 kB, replayed; rotation."""

import json

import pytest

from payments.models import WebhookEvent
from payments.sandbox.delivery import signature
from payments.tests.matrix.house import CANCELLED, REFUND, SEATS, answer

COMPLETED = "checkout.session.completed"
MALFORMED = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{}",
    b'{"id": 1}',
    b"{",
    b"[" * 100_000,
    b'{"id":"e","type":"t","data":[]}',
    b'{"id":"e","type":"t","data":{"object":[]}}',
    b'{"id":"e\\u0000","type":"t","data":{"object":{}}}',
    b'{"id":"\\ud800","type":"t","data":{"object":{}}}',
]


@pytest.fixture
def unheard(house, olivia):
    """Olivia has paid, and Stripe has told nobody; gives its event's body."""
    house.stripe.mute_webhooks()
    olivia.pay_page()
    olivia.pay()
    about = {"object": {"id": olivia.session_id}}
    return json.dumps({"id": "evt_1", "type": COMPLETED, "data": about}).encode()


@pytest.fixture
def assert_refused(house, olivia, unheard):
    """A 400 in JSON, nothing noted, nothing done; and what is signed is taken afterwards."""
    noted = WebhookEvent.objects.count()

    def check(response):
        assert answer(response, 400)["errors"][0]["code"] == "invalid_webhook"
        assert WebhookEvent.objects.count() == noted
        assert olivia.state == "held"

    yield check
    answer(house.post_event(unheard))
    assert olivia.state == "confirmed"
    olivia.was_told(SEATS)


class TestRefused:
    def test_is_what_is_signed_but_malformed(self, house, assert_refused):
        for body in MALFORMED:
            assert_refused(house.post_event(body))

    def test_is_what_is_not_signed(self, house, assert_refused, unheard):
        for header in ("", "junk", "t=,v1=", "t=abc,v1=00", "v1=00", "t=1"):
            assert_refused(house.post_event(unheard, header))

    def test_is_what_has_no_signature_at_all(self, house, assert_refused, unheard):
        assert_refused(house.ask("POST", "webhook/", data=unheard))

    def test_is_what_is_signed_with_another_secret(self, house, assert_refused, unheard):
        assert_refused(house.post_event(unheard, secret="whsec_of_somebody_else"))

    def test_is_what_was_signed_for_another_body(self, house, assert_refused, unheard):
        header = signature(b"{}", secret=house.stripe.webhook_secret, timestamp=house.now())
        assert_refused(house.post_event(unheard, header))

    def test_is_what_is_not_utf_8(self, house, assert_refused, unheard):
        assert_refused(house.post_event(unheard.replace(b"evt_1", b"\xff\xfe")))

    def test_is_what_is_larger_than_stripe_ever_sends(self, house, assert_refused, unheard):
        assert_refused(house.post_event(unheard + b" " * 300_000))

    def test_is_what_was_signed_at_another_time(self, house, assert_refused, unheard):
        for age in (302, 3600, -305):
            assert_refused(house.post_event(unheard, age=age))


class TestReplays:
    def test_of_a_true_event_after_a_while_are_refused_and_change_nothing(
        self, house, olivia, unheard
    ):
        header = signature(unheard, secret=house.stripe.webhook_secret, timestamp=house.now())
        assert house.post_event(unheard, header).status_code == 200
        house.wait(seconds=302)
        assert house.post_event(unheard, header).status_code == 400
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_of_a_payment_do_not_bring_a_cancelled_reservation_back(self, house, olivia, unheard):
        answer(house.post_event(unheard))
        olivia.cancel()
        house.work()
        for body in (unheard, unheard.replace(b"evt_1", b"evt_2")):
            answer(house.post_event(body))
        assert olivia.state == "cancelled"
        olivia.was_told(SEATS, CANCELLED, REFUND)


class TestSecretsThatRotate:
    def test_the_old_one_is_accepted_while_it_is_listed(self, house, olivia, settings):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", house.stripe.webhook_secret]
        olivia.pay_page()
        olivia.pay()
        house.listen()
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_the_new_one_is_accepted_before_stripe_uses_it(self, house, olivia, settings):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", house.stripe.webhook_secret]
        house.stripe.webhook_secret = "whsec_new"
        olivia.pay_page()
        olivia.pay()
        house.listen()
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_the_old_one_is_refused_once_it_is_not_and_nothing_is_lost(
        self, house, olivia, unheard, settings
    ):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
        event = house.event_of(olivia, COMPLETED)
        assert house.stripe.deliver(event) == 400
        assert olivia.state == "held"
        house.work(minutes=6)
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)
