"""Matrix: disputed in Stripe's dashboard: imported, counted as gone, told to staff."""

import pytest

from payments.models import Alert, AlertKind
from payments.tests.matrix.house import CANCELLED, DISPUTED, REFUND, SEATS, TOO_LITTLE


@pytest.fixture
def disputed(house, olivia):
    """Olivia's bank takes her 25.00 back."""
    olivia.pay_page()
    olivia.pay()
    house.listen()
    dispute = house.stripe.dispute(olivia.payment_intent_id)
    house.listen()
    olivia.was_told(SEATS)
    olivia.staff_were_told(DISPUTED)
    assert olivia.state == "confirmed"
    return dispute["id"]


def open_alerts():
    return set(Alert.objects.open().values_list("kind", flat=True))


class TestADisputedPayment:
    def test_leaves_the_seats_and_tells_staff(self, house, olivia, simon, disputed):
        house.work(days=2)
        assert olivia.state == "confirmed"
        assert simon.try_to_hold("A1").status_code == 409
        assert open_alerts() == {AlertKind.DISPUTED}
        assert house.refunds_of(olivia) == []
        olivia.taken_by_hand = 2500

    def test_that_is_won_is_as_if_nothing_had_been(self, house, olivia, disputed):
        house.stripe.close_dispute(disputed, won=True)
        house.listen()
        assert olivia.state == "confirmed"
        assert open_alerts() == set()

    def test_that_is_lost_waits_for_staff(self, house, olivia, disputed):
        house.stripe.close_dispute(disputed, won=False)
        house.listen()
        house.work(days=2)
        assert olivia.state == "confirmed"
        assert open_alerts() == {AlertKind.TOO_LITTLE_KEPT}
        olivia.taken_by_hand = 2500
        olivia.staff_were_told(TOO_LITTLE)

    @pytest.mark.parametrize("is_lost", [False, True])
    def test_is_not_refunded_too_when_it_is_cancelled(self, house, olivia, disputed, is_lost):
        if is_lost:
            house.stripe.close_dispute(disputed, won=False)
            house.listen()
            olivia.staff_were_told(TOO_LITTLE)
        olivia.cancel()
        for _ in range(3):
            house.work(hours=2)
        assert house.refund_keys() == []
        olivia.was_told(CANCELLED)

    def test_goes_back_when_it_is_won_after_cancelling(self, house, olivia, disputed):
        olivia.cancel()
        house.work()
        house.stripe.close_dispute(disputed, won=True)
        house.listen()
        house.work()
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [2500]
        olivia.was_told(CANCELLED, REFUND)

    @pytest.mark.parametrize("won", [True, False])
    def test_whose_decision_nobody_told_is_asked_after(self, house, olivia, disputed, won):
        house.stripe.mute_webhooks()
        house.stripe.close_dispute(disputed, won=won)
        house.work(days=1, minutes=1)
        assert AlertKind.DISPUTED not in open_alerts()
        if not won:
            olivia.taken_by_hand = 2500
            olivia.staff_were_told(TOO_LITTLE)


class TestNewsOfADispute:
    @pytest.fixture
    def confirmed(self, house, olivia):
        olivia.pay_page()
        olivia.pay()
        house.listen()
        olivia.was_told(SEATS)

    def test_that_never_come_are_learned_by_asking(self, house, olivia, confirmed):
        house.stripe.mute_webhooks()
        house.stripe.dispute(olivia.payment_intent_id)
        house.ask_what_we_missed()
        olivia.staff_were_told(DISPUTED)
        olivia.taken_by_hand = 2500

    def test_out_of_order_and_doubled_come_to_the_same(self, house, olivia, confirmed):
        house.stripe.mute_webhooks()
        before = len(house.stripe.events)
        dispute = house.stripe.dispute(olivia.payment_intent_id)
        house.stripe.close_dispute(dispute["id"], won=True)
        events = [event["id"] for event in reversed(house.stripe.events[before:])]
        assert house.stripe.deliver_at_once(events * 3) == [200] * 3 * len(events)
        assert open_alerts() == set()

    def test_that_come_after_cancelling_stop_the_refund(self, house, olivia, confirmed):
        """Stripe refuses to refund what the bank has taken, and we see why."""
        house.stripe.mute_webhooks()
        house.stripe.dispute(olivia.payment_intent_id)
        olivia.cancel()
        for _ in range(2):
            house.work(hours=2)
        assert len(house.refund_keys()) == 1
        olivia.was_told(CANCELLED, REFUND)
        olivia.staff_were_told(DISPUTED)

    def test_of_a_part_leave_the_rest_to_refund(self, house, olivia, confirmed):
        house.stripe.dispute(olivia.payment_intent_id, amount=1000)
        house.listen()
        olivia.cancel()
        house.work()
        assert [refund["amount"] for refund in house.refunds_of(olivia)] == [1500]
        olivia.was_told(CANCELLED)
        olivia.was_told(REFUND, total="15.00 USD")
        olivia.staff_were_told(DISPUTED)

    def test_that_are_only_a_question_take_nothing(self, house, olivia, confirmed):
        house.stripe.dispute(olivia.payment_intent_id, inquiry=True)
        house.listen()
        assert open_alerts() == {AlertKind.DISPUTED}
        olivia.cancel()
        house.work()
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(CANCELLED, REFUND)
        olivia.staff_were_told(DISPUTED)

    def test_that_come_before_we_hear_of_the_payment_buy_nothing(self, house, olivia):
        house.stripe.mute_webhooks()
        olivia.pay_page()
        olivia.pay()
        house.stripe.dispute(olivia.payment_intent_id)
        disputed = house.stripe.events_of("charge.dispute.created")[-1]["id"]
        assert house.stripe.deliver(disputed) == 200
        house.stripe.deliver(house.event_of(olivia, "checkout.session.completed"))
        for _ in range(2):
            house.work(hours=1)
        assert olivia.state == "expired"
        olivia.staff_were_told(DISPUTED)
