"""Matrix: webhooks before the redirect, doubled, at once, out of order, lost; unpaid redirects."""

import pytest

from cinema_reservation.tests.racing import at_once
from payments import gateway, settlement
from payments.models import PaymentState, WebhookEvent
from payments.tests.matrix.house import CANCELLED, REFUND, SEATS

COMPLETED = "checkout.session.completed"


@pytest.fixture
def lost_news(house, olivia):
    """Olivia has paid, and Stripe has told nobody."""
    house.stripe.mute_webhooks()
    olivia.pay_page()
    olivia.pay()
    assert olivia.state == "held"
    olivia.was_told(SEATS)


class TestEarlyNews:
    def test_before_the_redirect_settle_and_the_page_only_reads(self, house, olivia):
        olivia.pay_page()
        olivia.pay()
        house.listen()
        assert olivia.state == "confirmed"
        asked = len(house.stripe.requests)
        page = olivia.come_back()
        assert (page["status"], page["reservation_state"]) == ("paid", "confirmed")
        assert len(house.stripe.requests) == asked
        olivia.was_told(SEATS)

    def test_before_the_session_s_id_is_stored_settle(self, house, olivia, intrude):
        """Stripe has made the page, and it is paid before we have read Stripe's answer."""

        def pay_and_tell():
            house.stripe.pay(house.stripe.sessions[-1]["id"])
            house.listen()
            return olivia.row.state

        rival = intrude(gateway, "create_session", pay_and_tell, after=True)
        olivia.press_pay()
        assert rival.outcome == "confirmed"
        assert [payment.state for payment in olivia.payments] == [PaymentState.PAID]
        assert olivia.poll()["status"] == "paid"
        olivia.was_told(SEATS)

    def test_while_we_can_t_ask_stripe_come_again(self, house, olivia, lost_news):
        house.stripe.fail_next(500, times=3, path="/v1/checkout/sessions")
        event = house.event_of(olivia, COMPLETED)
        assert house.stripe.deliver(event) == 503
        assert olivia.state == "held"
        assert house.stripe.deliver(event) == 200
        assert olivia.state == "confirmed"

    def test_are_tried_again_by_stripe_until_we_answer(self, house, olivia):
        olivia.pay_page()
        house.stripe.fail_next(500, times=3, path="/v1/checkout/sessions", method="GET")
        olivia.pay()
        house.listen()
        assert house.stripe.attempts(house.event_of(olivia, COMPLETED)) == [503, 200]
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_of_which_we_forgot_the_end_are_finished_by_the_next(self, house, olivia, crash):
        """The process dies between the money that it counted and the reservation."""
        olivia.pay_page()
        house.stripe.mute_webhooks()
        olivia.pay()
        crash(settlement, "settle")
        event = house.event_of(olivia, COMPLETED)
        assert house.stripe.deliver(event) == 500
        assert olivia.state == "held"
        assert house.stripe.deliver(event) == 200
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)


class TestDoubledNews:
    def test_the_same_event_twice_is_one_transition(self, house, olivia, lost_news):
        event = house.event_of(olivia, COMPLETED)
        assert [house.stripe.deliver(event) for _ in range(2)] == [200, 200]
        assert WebhookEvent.objects.filter(stripe_id=event).count() == 1
        assert olivia.state == "confirmed"

    def test_twenty_at_once_are_one_transition(self, house, olivia, lost_news):
        event = house.event_of(olivia, COMPLETED)
        assert house.stripe.deliver_at_once([event] * 20) == [200] * 20
        assert WebhookEvent.objects.filter(stripe_id=event).count() == 1
        assert olivia.state == "confirmed"

    def test_two_events_for_one_change_are_one_transition(self, house, olivia, lost_news):
        kinds = ("payment_intent.succeeded", COMPLETED)
        house.stripe.deliver(house.event_of(olivia, COMPLETED))
        both = [house.stripe.events_of(kind)[-1]["id"] for kind in kinds]
        assert house.stripe.deliver_at_once(both) == [200, 200]
        assert olivia.state == "confirmed"

    def test_two_events_for_one_refund_are_one_refund(self, house, olivia, lost_news):
        house.stripe.deliver(house.event_of(olivia, COMPLETED))
        olivia.cancel()
        house.work()
        kinds = ("refund.created", "charge.refunded")
        both = [house.event_of(olivia, kind) for kind in kinds] * 3
        assert house.stripe.deliver_at_once(both) == [200] * 6
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(CANCELLED, REFUND)

    def test_webhook_redirect_poll_and_worker_at_once_are_one_transition(
        self, house, olivia, lost_news
    ):
        event = house.event_of(olivia, COMPLETED)
        house.wait(minutes=6)
        news = [lambda: house.stripe.deliver(event), olivia.come_back, olivia.poll, house.work]
        outcomes = at_once(news * 2)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert olivia.state == "confirmed"


class TestNewsOutOfOrder:
    def test_of_a_refund_before_its_payment_change_nothing(self, house, olivia, lost_news):
        """We cancel what we learned of by asking; Stripe's old news come after, backwards."""
        house.wait(seconds=10)
        olivia.poll()
        olivia.cancel()
        house.work()
        ours = [event["id"] for event in reversed(house.stripe.events)]
        assert {house.stripe.deliver(event) for event in ours} == {200}
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(CANCELLED, REFUND)

    def test_of_an_arrival_before_its_order_settle_once(self, house, olivia):
        house.stripe.mute_webhooks()
        olivia.pay_page()
        olivia.pay("later")
        house.stripe.settle_later(olivia.session_id)
        for kind in ("async_payment_succeeded", "completed"):
            event = house.event_of(olivia, f"checkout.session.{kind}")
            assert house.stripe.deliver(event) == 200
            assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_of_an_old_page_that_expired_do_not_undo_the_new_one(self, house, olivia):
        house.stripe.mute_webhooks()
        olivia.pay_page()
        house.stripe.expire(olivia.session_id)
        expired = house.event_of(olivia, "checkout.session.expired")
        house.wait(seconds=10)
        olivia.poll()
        olivia.pay_page()
        olivia.pay()
        assert house.stripe.deliver(house.event_of(olivia, COMPLETED)) == 200
        assert house.stripe.deliver(expired) == 200
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_of_an_answer_that_is_out_of_date_undo_nothing(self, house, olivia, intrude):
        """The poll has read `open` from Stripe when the page is paid and the webhook comes."""

        def pay_and_tell():
            olivia.pay()
            house.listen()
            return olivia.row.state

        olivia.pay_page()
        house.wait(seconds=10)
        rival = intrude(gateway, "retrieve_session", pay_and_tell, after=True)
        assert olivia.poll()["status"] == "paid"
        assert rival.outcome == "confirmed"
        assert [payment.state for payment in olivia.payments] == [PaymentState.PAID]
        olivia.was_told(SEATS)


class TestNewsThatNeverCome:
    def test_are_got_by_the_success_page(self, house, olivia, lost_news):
        house.wait(seconds=10)
        page = olivia.come_back()
        assert (page["status"], page["reservation_state"]) == ("paid", "confirmed")

    def test_are_got_by_the_status_poll(self, house, olivia, lost_news):
        house.wait(seconds=10)
        told = olivia.poll()
        assert (told["status"], told["reservation_state"]) == ("paid", "confirmed")

    def test_are_got_by_the_worker(self, house, olivia, lost_news):
        house.work(minutes=6)
        assert olivia.state == "confirmed"

    def test_are_got_by_the_worker_after_a_day_of_silence(self, house, olivia, lost_news):
        house.work(days=1)
        assert olivia.state == "confirmed"

    def test_keep_the_success_page_calm_while_stripe_is_away(self, house, olivia, lost_news):
        house.wait(seconds=10)
        house.stripe.fail_next(500, times=3)
        assert olivia.come_back()["status"] == "unpaid"
        house.wait(seconds=10)
        assert olivia.come_back()["status"] == "paid"


class TestARedirectWithoutPaying:
    def test_leaves_the_seats_held(self, house, olivia, simon):
        page = olivia.pay_page()
        house.wait(seconds=10)
        told = olivia.come_back()
        assert (told["status"], told["reservation_state"]) == ("unpaid", "held")
        assert told["checkout_url"] == page
        assert simon.try_to_hold("A1").status_code == 409

    def test_after_a_declined_card_leaves_the_seats_held(self, house, olivia):
        olivia.pay_page()
        olivia.pay("declined")
        house.listen()
        house.wait(seconds=10)
        assert olivia.come_back()["status"] == olivia.poll()["status"] == "unpaid"
        assert olivia.state == "held"
