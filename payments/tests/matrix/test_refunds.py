"""Matrix: refund call lost; refund pending; refund fails; refunded in Stripe's dashboard."""

import pytest
from django.utils import timezone

from payments import gateway
from payments.models import Alert, Refund
from payments.tests.matrix.house import (
    CANCELLED,
    REFUND,
    REFUND_FAILED,
    SEATS,
    STUCK,
    TOO_LITTLE,
    Crash,
)
from reservation import waivers

REFUNDS = "/v1/refunds"


@pytest.fixture
def confirmed(house, olivia):
    """Olivia has paid 25.00 for her seats."""
    olivia.pay_page()
    olivia.pay()
    house.listen()
    olivia.was_told(SEATS)


@pytest.fixture
def cancelled(olivia, confirmed):
    """She wants her money back, in time for all of it."""
    assert olivia.cancel().status_code == 200
    olivia.was_told(CANCELLED, REFUND)


@pytest.fixture
def on_its_way(house, olivia, cancelled):
    """Her bank takes its time."""
    house.stripe.refunds_stay_pending()
    house.work()
    assert olivia.poll()["status"] == "refunding"
    return house.refunds_of(olivia)[0]["id"]


def assert_refunded_once(house, olivia):
    (refund,) = house.refunds_of(olivia)
    assert (refund["amount"], refund["status"]) == (2500, "succeeded")
    assert olivia.poll()["status"] == "refunded"


class TestALostCall:
    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_is_made_again_with_the_same_key(self, house, olivia, cancelled, moment):
        house.stripe.mute_webhooks()
        house.stripe.drop_next(moment, path=REFUNDS, method="POST", times=6)
        house.work()
        assert olivia.poll()["status"] == "refunding"
        house.work(minutes=1)
        assert_refunded_once(house, olivia)
        # Asked first, Stripe knows of the one that it made.
        assert len(house.refund_keys()) == (7 if moment == "before" else 6)
        assert len(set(house.refund_keys())) == 1

    @pytest.mark.parametrize("after", [False, True])
    def test_because_the_worker_died_is_made_again_with_the_same_key(
        self, house, olivia, cancelled, crash, after
    ):
        crash(gateway, "create_refund", after=after)
        with pytest.raises(Crash):
            house.work()
        house.work(minutes=2)
        assert_refunded_once(house, olivia)
        assert len(set(house.refund_keys())) == 1

    def test_to_a_stripe_that_is_away_for_hours_is_made_in_the_end(self, house, olivia, cancelled):
        house.stripe.fail_next(500, times=10_000)
        for _ in range(2):
            house.work(hours=1)
        house.stripe.clear_faults()
        house.work(hours=1)
        assert_refunded_once(house, olivia)


class TestAPendingRefund:
    def test_counts_as_on_its_way(self, house, olivia, on_its_way):
        for _ in range(3):
            house.work(minutes=10)
        assert len(house.refunds_of(olivia)) == 1
        assert olivia.poll()["refunding"]["amount"] == 2500
        house.stripe.succeed_refund(on_its_way)
        house.listen()
        assert_refunded_once(house, olivia)

    def test_is_asked_after_where_its_news_are_lost(self, house, olivia, on_its_way):
        house.stripe.mute_webhooks()
        house.stripe.succeed_refund(on_its_way)
        house.work(minutes=6)
        assert_refunded_once(house, olivia)


class TestAFailedRefund:
    def assert_retried_with_a_new_key(self, house, olivia):
        house.stripe.refunds_stay_pending(pending=False)
        house.work()
        assert len(house.refunds_of(olivia)) == 1  # not at once, or it would be a loop
        house.work(hours=2)
        failed, sent = house.refunds_of(olivia)
        assert (failed["status"], sent["status"]) == ("failed", "succeeded")
        assert len(set(house.refund_keys())) == 2
        assert olivia.poll()["status"] == "refunded"
        self.assert_all_were_told(olivia)

    def assert_all_were_told(self, olivia):
        olivia.was_told(REFUND_FAILED, REFUND)
        olivia.staff_were_told(STUCK)
        assert not Alert.objects.open().exists()

    def test_is_tried_again_later_with_a_new_key(self, house, olivia, on_its_way):
        house.stripe.fail_refund(on_its_way)
        house.listen()
        self.assert_retried_with_a_new_key(house, olivia)

    def test_of_which_no_news_came_is_found_and_tried_again(self, house, olivia, on_its_way):
        house.stripe.mute_webhooks()
        house.stripe.fail_refund(on_its_way)
        house.work(minutes=6)
        self.assert_retried_with_a_new_key(house, olivia)

    def test_days_after_it_had_succeeded_is_tried_again(self, house, olivia, cancelled):
        house.work()
        assert_refunded_once(house, olivia)
        house.wait(days=3)
        house.stripe.fail_refund(house.refunds_of(olivia)[0]["id"])
        house.listen()
        self.assert_retried_with_a_new_key(house, olivia)

    def test_that_stripe_refused_is_tried_again(self, house, olivia, cancelled):
        house.stripe.fail_next(400, path=REFUNDS, method="POST")
        house.work()
        assert house.refunds_of(olivia) == []
        house.work(hours=2)
        assert_refunded_once(house, olivia)
        assert len(set(house.refund_keys())) == 2
        self.assert_all_were_told(olivia)

    def test_fails_again_and_again_and_is_told_once(self, house, olivia, on_its_way):
        """After an hour, two hours, four: never at once, never given up."""
        last = on_its_way
        for tries, hours in enumerate((1, 2, 4), start=1):
            house.stripe.fail_refund(last)
            house.listen()
            house.work(hours=hours, minutes=-1)
            assert len(house.refunds_of(olivia)) == tries
            house.work(minutes=2)
            assert len(house.refunds_of(olivia)) == tries + 1
            last = house.refunds_of(olivia)[-1]["id"]
        house.stripe.fail_refund(last)
        house.listen()
        house.stripe.refunds_stay_pending(pending=False)
        house.work(hours=9)
        assert len(set(house.refund_keys())) == 5
        self.assert_all_were_told(olivia)


class TestRefundedInTheDashboard:
    def assert_imported(self, house, olivia, *, amount):
        (refund,) = Refund.objects.filter(payment__reservation=olivia.reservation_id)
        assert refund.amount == amount
        assert olivia.state == "confirmed"
        assert olivia.poll()["refunded"]["amount"] == amount

    @pytest.mark.parametrize("amount", [1250, 2500])
    def test_is_imported_and_no_seat_is_guessed(self, house, olivia, confirmed, amount):
        house.stripe.refund_in_dashboard(olivia.payment_intent_id, amount)
        house.listen()
        self.assert_imported(house, olivia, amount=amount)
        house.work(hours=2)
        self.assert_imported(house, olivia, amount=amount)
        olivia.taken_by_hand = amount
        olivia.staff_were_told(TOO_LITTLE)

    def test_and_no_webhook_came_is_learned_by_asking(self, house, olivia, confirmed):
        house.stripe.mute_webhooks()
        house.stripe.refund_in_dashboard(olivia.payment_intent_id)
        house.ask_what_we_missed()
        self.assert_imported(house, olivia, amount=2500)
        olivia.taken_by_hand = 2500
        olivia.staff_were_told(TOO_LITTLE)

    def test_before_cancelling_leaves_the_rest_to_refund(self, house, olivia, confirmed):
        house.stripe.refund_in_dashboard(olivia.payment_intent_id, 1000)
        house.listen()
        olivia.cancel()
        house.work()
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [1000, 1500]
        olivia.was_told(CANCELLED)
        olivia.was_told(REFUND, total="15.00 USD")
        olivia.staff_were_told(TOO_LITTLE)

    def test_after_cancelling_and_before_us_is_understood(self, house, olivia, cancelled):
        """We ask for what staff have sent already; Stripe refuses, and we see why."""
        house.stripe.mute_webhooks()
        house.stripe.refund_in_dashboard(olivia.payment_intent_id)
        house.work()
        assert_refunded_once(house, olivia)
        house.work(hours=2)
        assert_refunded_once(house, olivia)

    def test_and_waived_at_our_desk_goes_back_once(self, house, olivia, confirmed):
        house.stripe.refund_in_dashboard(olivia.payment_intent_id, 500)
        house.listen()
        waivers.waive(
            reservation_id=olivia.reservation_id,
            amount=500,
            reason="The sound failed",
            staff_id=None,
            at=timezone.now(),
        )
        house.work()
        self.assert_imported(house, olivia, amount=500)
        olivia.staff_were_told(TOO_LITTLE)

    def test_before_we_hear_of_the_payment_buys_nothing(self, house, olivia):
        house.stripe.mute_webhooks()
        olivia.pay_page()
        olivia.pay()
        house.stripe.refund_in_dashboard(olivia.payment_intent_id)
        refunded = house.stripe.events_of("charge.refunded")[-1]["id"]
        assert house.stripe.deliver(refunded) == 200
        house.stripe.deliver(house.event_of(olivia, "checkout.session.completed"))
        for _ in range(2):
            house.work(hours=1)
        assert olivia.state == "expired"
