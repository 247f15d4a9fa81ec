"""Matrix: amount, currency or livemode differ; foreign or unknown objects."""

import json
import uuid

import pytest
import stripe as stripe_package

from payments.models import PaymentState, WebhookEvent
from payments.tests.matrix.house import NOT_AS_ASKED, REFUND, SEATS, answer

UNKNOWN = [
    ("checkout.session.completed", {"id": "cs_test_nowhere"}),
    ("checkout.session.completed", {}),
    ("checkout.session.completed", {"id": None}),
    ("checkout.session.completed", {"id": ["cs_test_1"]}),
    ("checkout.session.completed", {"id": "../../v1/refunds"}),
    ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_nowhere"}),
    ("charge.refunded", {"id": "ch_1", "payment_intent": {"id": "pi_1"}}),
    ("charge.refunded", {"id": "ch_1", "payment_intent": None}),
    ("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_nowhere"}),
    ("customer.created", {"id": "cus_1"}),
    ("a.type.of.tomorrow", {"id": "x"}),
]


class TestMoneyThatDiffers:
    def assert_not_confirmed(self, olivia):
        olivia.staff_were_told(NOT_AS_ASKED)
        assert [payment.state for payment in olivia.payments] == [PaymentState.REJECTED]
        assert olivia.state == "held"

    @pytest.mark.parametrize("amount", [1, 2499, 2501, 9999])
    def test_in_its_amount_is_never_confirmed_and_goes_back(self, house, olivia, amount):
        olivia.pay_page()
        house.change_at_stripe(olivia.session_id, amount_total=amount)
        olivia.pay()
        house.listen()
        self.assert_not_confirmed(olivia)
        house.work()
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [amount]
        olivia.was_told(REFUND, total=f"{amount / 100:.2f} USD")

    def test_is_no_obstacle_to_paying_as_asked(self, house, olivia):
        olivia.pay_page()
        house.change_at_stripe(olivia.session_id, amount_total=1)
        olivia.pay()
        house.listen()
        house.wait(seconds=10)
        olivia.pay_page()
        olivia.pay()
        house.listen()
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)
        olivia.was_told(REFUND, total="0.01 USD")
        olivia.staff_were_told(NOT_AS_ASKED)

    def test_in_its_currency_is_never_confirmed_nor_counted(self, house, olivia):
        olivia.pay_page()
        house.change_at_stripe(olivia.session_id, currency="eur")
        olivia.pay()
        house.listen()
        self.assert_not_confirmed(olivia)
        assert olivia.poll()["paid"]["amount"] == 0

    def test_in_its_livemode_is_never_confirmed_nor_counted(self, house, olivia):
        olivia.pay_page()
        house.stripe.mute_webhooks()
        olivia.pay()
        house.change_at_stripe(olivia.session_id, livemode=True)
        house.change_at_stripe(house.stripe.charges[-1]["id"], livemode=True)
        event = house.event_of(olivia, "checkout.session.completed")
        assert house.stripe.deliver(event) == 200
        self.assert_not_confirmed(olivia)
        assert olivia.poll()["paid"]["amount"] == 0

    def test_in_its_mode_is_never_confirmed_and_goes_back(self, house, olivia):
        olivia.pay_page()
        house.change_at_stripe(olivia.session_id, mode="setup")
        olivia.pay()
        house.listen()
        self.assert_not_confirmed(olivia)
        olivia.was_told(REFUND)


class TestForeignObjects:
    def open_page(self, house, **metadata):
        """A page that somebody else opened on the same account, for a dollar."""
        client = stripe_package.StripeClient(
            "sk_test_shop", base_addresses={"api": house.stripe.api_base}
        )
        product = {"currency": "usd", "unit_amount": 100, "product_data": {"name": "Popcorn"}}
        return client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"quantity": 1, "price_data": product}],
                "success_url": house.url,
                "metadata": metadata,
            }
        ).id

    def assert_all_taken_and_none_used(self, house, before):
        """Every event of it is answered 200, and none of them is ours."""
        house.listen()
        new = [event["id"] for event in house.stripe.events[before:]]
        assert new
        assert {house.stripe.deliver(event) for event in new} == {200}
        outcomes = WebhookEvent.objects.filter(stripe_id__in=new)
        assert set(outcomes.values_list("outcome", flat=True)) <= {"not ours", "not used"}

    def test_are_answered_and_ignored(self, house, olivia):
        before = len(house.stripe.events)
        for named in ({}, {"payment": ""}, {"payment": "7"}, {"payment": str(uuid.uuid4())}):
            house.stripe.pay(self.open_page(house, **named))
            house.stripe.refund_in_dashboard(house.stripe.payment_intents[-1]["id"], 40)
            house.stripe.dispute(house.stripe.payment_intents[-1]["id"])
        self.assert_all_taken_and_none_used(house, before)
        assert olivia.state == "held"

    def test_that_claim_to_be_a_payment_of_ours_confirm_nothing(self, house, olivia):
        olivia.pay_page()
        before = len(house.stripe.events)
        payment, _ = house.sessions_of(olivia)[0]["metadata"].values()
        session_id = self.open_page(house, payment=payment)
        house.stripe.pay(session_id)
        self.assert_all_taken_and_none_used(house, before)
        assert olivia.state == "held"

    def test_in_place_of_a_page_that_never_was_are_refused_for_their_amount(self, house, olivia):
        """The one moment in which a foreign page can pass for ours: before ours has an id."""
        house.stripe.drop_next("before", path="/v1/checkout/sessions", method="POST", times=3)
        assert olivia.press_pay().status_code == 503
        (payment,) = olivia.payments
        session_id = self.open_page(house, payment=str(payment.pk))
        house.stripe.pay(session_id)
        house.listen()
        assert [payment.state for payment in olivia.payments] == [PaymentState.REJECTED]
        assert olivia.state == "held"
        house.work()
        assert [refund["amount"] for refund in house.stripe.refunds] == [100]
        olivia.was_told(REFUND, total="1.00 USD")
        olivia.staff_were_told(NOT_AS_ASKED)


class TestUnknownObjects:
    def test_are_answered_and_ignored(self, house, olivia):
        for number, (kind, about) in enumerate(UNKNOWN):
            event = {"id": f"evt_{number}", "type": kind, "data": {"object": about}}
            taken = answer(house.post_event(json.dumps(event).encode()))
            assert taken["outcome"] in {"not ours", "not used"}
        assert olivia.state == "held"

    def test_of_a_paid_reservation_are_no_evidence(self, house, olivia):
        """An event says paid; Stripe, asked, says open."""
        olivia.pay_page()
        about = {"id": olivia.session_id, "status": "complete", "payment_status": "paid"}
        event = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": about}}
        answer(house.post_event(json.dumps(event).encode()))
        assert olivia.state == "held"
