"""Matrix: two sessions paid; a payment method that takes days."""

import pytest

from cinema_reservation.tests.racing import at_once
from payments.models import Payment, PaymentState
from payments.tests.matrix.house import CANCELLED, REFUND, SEATS, answer


class TestTwoSessions:
    @pytest.fixture
    def two_pages(self, olivia):
        """Our code opens no second page beside the first; a hand in the database can."""
        olivia.pay_page()
        first = olivia.session_id
        ours = Payment.objects.filter(reservation=olivia.reservation_id)
        ours.update(state=PaymentState.EXPIRED)
        olivia.pay_page()
        assert olivia.session_id != first
        return first, olivia.session_id

    def assert_one_is_kept(self, house, olivia):
        assert olivia.state == "confirmed"
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [2500]
        olivia.was_told(SEATS, REFUND)

    def test_paid_one_after_the_other_the_second_goes_back(self, house, olivia, two_pages):
        for session_id in two_pages:
            house.stripe.pay(session_id)
            house.listen()
        self.assert_one_is_kept(house, olivia)
        (refund,) = house.refunds_of(olivia)
        second = Payment.objects.get(session_id=two_pages[1])
        assert refund["payment_intent"] == second.payment_intent_id

    def test_paid_at_once_one_goes_back(self, house, olivia, two_pages):
        house.stripe.mute_webhooks()
        for session_id in two_pages:
            house.stripe.pay(session_id)
        events = house.stripe.events_of("checkout.session.completed")[-2:]
        assert house.stripe.deliver_at_once([e["id"] for e in events] * 5) == [200] * 10
        self.assert_one_is_kept(house, olivia)

    def test_paid_and_cancelled_both_go_back(self, house, olivia, two_pages):
        for session_id in two_pages:
            house.stripe.pay(session_id)
        house.listen()
        olivia.cancel()
        house.work()
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [2500, 2500]
        olivia.was_told(SEATS, REFUND, CANCELLED, REFUND)


class TestAPaymentThatTakesDays:
    @pytest.fixture
    def ordered(self, house, olivia):
        """We ask for cards only; should Stripe take a slow method all the same, we wait."""
        olivia.pay_page()
        olivia.pay("later")
        house.listen()
        assert olivia.poll()["status"] == olivia.come_back()["status"] == "processing"

    def assert_the_seats_wait(self, house, olivia, simon):
        house.work(days=2)
        assert olivia.poll()["status"] == "processing"
        assert simon.try_to_hold("A2").status_code == 409
        refused = answer(olivia.press_pay(), 409)
        assert refused["errors"][0]["code"] == "payment_processing"

    def test_keeps_the_seats_until_it_arrives(self, house, olivia, simon, ordered):
        self.assert_the_seats_wait(house, olivia, simon)
        house.stripe.settle_later(olivia.session_id)
        house.listen()
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_keeps_the_seats_until_it_fails(self, house, olivia, simon, ordered):
        self.assert_the_seats_wait(house, olivia, simon)
        house.stripe.settle_later(olivia.session_id, succeeded=False)
        house.listen()
        assert olivia.state == "expired"
        simon.hold("A1", "A2")

    @pytest.mark.parametrize(("succeeded", "state"), [(True, "confirmed"), (False, "expired")])
    def test_whose_news_are_lost_is_asked_after(self, house, olivia, ordered, succeeded, state):
        house.stripe.mute_webhooks()
        house.stripe.settle_later(olivia.session_id, succeeded=succeeded)
        house.work(minutes=6)
        assert olivia.state == state
        olivia.was_told(*[SEATS] * succeeded)

    def test_that_arrives_after_cancelling_goes_back(self, house, olivia, ordered):
        assert olivia.cancel().status_code == 200
        house.work(minutes=1)
        house.stripe.settle_later(olivia.session_id)
        house.listen()
        assert olivia.state == "cancelled"
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(REFUND)

    def test_that_never_arrives_ends_with_the_show(self, house, olivia, ordered):
        """Should it still arrive, nothing is sold of a show that has begun: all goes back."""
        house.work(days=11)
        house.stripe.settle_later(olivia.session_id)
        house.listen()
        assert olivia.state == "expired"
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(REFUND)

    def test_told_by_the_webhook_and_the_worker_at_once_settles_once(self, house, olivia, ordered):
        house.stripe.mute_webhooks()
        house.stripe.settle_later(olivia.session_id)
        event = house.event_of(olivia, "checkout.session.async_payment_succeeded")
        house.wait(minutes=6)
        outcomes = at_once([lambda: house.stripe.deliver(event), house.work] * 3)
        assert outcomes == [200, None] * 3
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)
