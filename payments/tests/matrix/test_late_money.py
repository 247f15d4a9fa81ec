"""Matrix: paid after the hold ended, while it is being expired, while it is being cancelled."""

from functools import partial

import pytest

from cinema_reservation.tests.racing import at_once
from payments import checkout
from payments.sandbox.errors import RefusedError
from payments.tests.matrix.house import CANCELLED, REFUND, SEATS

COMPLETED = "checkout.session.completed"
# The page lives for 35 minutes and the hold for 45.
AFTER_THE_HOLD = 46


@pytest.fixture
def paid_at_last(house, olivia):
    """Olivia pays as late as the page lets her, and no news of it come while the hold lives."""
    house.stripe.mute_webhooks()
    olivia.pay_page()
    house.wait(minutes=34)
    olivia.pay()
    house.wait(minutes=AFTER_THE_HOLD - 34)
    assert olivia.state == "expired"


@pytest.fixture
def news(house, olivia):
    """The ways in which we come to know of it at last."""

    def arrive(way):
        match way:
            case "webhook":
                assert house.stripe.deliver(house.event_of(olivia, COMPLETED)) == 200
            case "success page":
                olivia.come_back()
            case "poll":
                olivia.poll()
            case "worker":
                house.work()
            case "pay button":
                olivia.press_pay()

    return arrive


WAYS = ["webhook", "success page", "poll", "worker", "pay button"]


class TestPaidLateWithTheSeatsFree:
    @pytest.mark.parametrize("way", WAYS)
    def test_the_seats_are_sold_all_the_same(self, house, olivia, paid_at_last, news, way):
        news(way)
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_all_seats_are_claimed_again_where_one_was_another_s_for_a_while(
        self, house, olivia, simon, paid_at_last, news
    ):
        simon.hold("A2")
        simon.cancel()
        news("webhook")
        assert olivia.state == "confirmed"
        assert simon.try_to_hold("A2").status_code == 409
        house.work()
        olivia.was_told(SEATS)

    def test_a_page_that_outlived_its_hold_by_stripe_s_clock_sells_them(self, house, olivia):
        olivia.pay_page()
        house.stripe.advance(-30 * 60)
        house.wait(minutes=AFTER_THE_HOLD)
        olivia.pay()
        house.listen()
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_a_page_that_the_worker_closed_takes_no_money(self, house, olivia):
        olivia.pay_page()
        house.stripe.advance(-30 * 60)
        house.work(minutes=AFTER_THE_HOLD)
        with pytest.raises(RefusedError):
            olivia.pay()
        assert olivia.state == "expired"


class TestPaidLateWithTheSeatsResold:
    @pytest.mark.parametrize("way", WAYS)
    def test_all_goes_back_and_the_new_owner_never_notices(
        self, house, olivia, simon, paid_at_last, news, way
    ):
        simon.hold("A1")
        news(way)
        assert olivia.state == "expired"
        assert olivia.poll()["status"] == "refunded"
        house.stripe.unmute_webhooks()
        simon.pay_page()
        simon.pay()
        house.listen()
        assert simon.state == "confirmed"
        olivia.was_told(REFUND)
        simon.was_told(SEATS)

    def test_the_seat_that_was_not_resold_is_free(self, house, olivia, simon, paid_at_last, news):
        simon.hold("A1")
        news("webhook")
        simon.hold("A2")
        olivia.was_told(REFUND)

    def test_who_buys_at_the_same_moment_gets_all_or_nothing(
        self, house, olivia, simon, paid_at_last, news
    ):
        arrive = partial(news, "webhook")
        _, rival = at_once([arrive, partial(simon.try_to_hold, "A2", "A3")])
        if rival.status_code == 201:
            simon.reservation_id = rival.json()["id"]
            assert (olivia.state, simon.state) == ("expired", "held")
            olivia.was_told(REFUND)
        else:
            assert rival.json()["errors"][0]["code"] == "seats_taken"
            assert olivia.state == "confirmed"
            olivia.was_told(SEATS)


class TestPaidWhileTheHoldIsBeingExpired:
    def test_by_the_worker_who_comes_first(self, house, olivia, paid_at_last, news, intrude):
        """Between Stripe's answer and our writing it down the worker does all its rounds."""
        rival = intrude(checkout, "_move_forward", house.work)
        news("webhook")
        assert rival.outcome is None
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_by_the_worker_who_comes_under_the_lock(
        self, house, olivia, paid_at_last, news, intrude
    ):
        rival = intrude(checkout, "_state", house.work)
        news("webhook")
        assert rival.outcome is None
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_by_the_worker_at_any_moment(self, house, olivia, paid_at_last, news):
        outcomes = at_once([partial(news, "webhook"), house.work, house.work])
        assert outcomes == [None] * 3
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_while_stripe_can_t_say_the_hold_is_not_tidied_away(self, house, olivia, paid_at_last):
        house.stripe.fail_next(500, times=100)
        house.work()
        assert olivia.row.state == "held"
        house.stripe.clear_faults()
        house.work(minutes=1)
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)

    def test_the_buyer_is_faster_than_the_page_s_closing(self, house, olivia, intrude):
        """The page is paid after the worker found it unpaid and before it closes it."""
        house.stripe.advance(-30 * 60)
        house.stripe.mute_webhooks()
        olivia.pay_page()
        house.wait(minutes=AFTER_THE_HOLD)
        rival = intrude(checkout.gateway, "expire_session", olivia.pay)
        house.work()
        assert rival.outcome is None
        assert olivia.state == "confirmed"
        olivia.was_told(SEATS)


class TestPaidWhileItIsBeingCancelled:
    @pytest.fixture
    def unheard(self, house, olivia):
        house.stripe.mute_webhooks()
        olivia.pay_page()
        olivia.pay()

    def assert_all_went_back(self, house, olivia):
        house.work()
        assert olivia.state == "cancelled"
        assert olivia.poll()["status"] == "refunded"
        olivia.was_told(REFUND)

    @pytest.mark.parametrize("moment", ["_move_forward", "_state"])
    def test_before_we_write_the_payment_down_all_goes_back(
        self, house, olivia, unheard, news, intrude, moment
    ):
        rival = intrude(checkout, moment, olivia.cancel)
        news("webhook")
        assert rival.outcome.status_code == 200
        if olivia.row.confirmed_at:
            olivia.was_told(SEATS, CANCELLED)
        self.assert_all_went_back(house, olivia)

    def test_at_the_same_moment_all_goes_back(self, house, olivia, unheard, news):
        _, cancelled = at_once([partial(news, "webhook"), olivia.cancel])
        assert cancelled.status_code == 200
        if olivia.row.confirmed_at:
            olivia.was_told(SEATS, CANCELLED)
        self.assert_all_went_back(house, olivia)

    def test_after_the_reservation_was_cancelled_all_goes_back(self, house, olivia, news):
        olivia.pay_page()
        olivia.cancel()
        olivia.pay()
        house.listen()
        self.assert_all_went_back(house, olivia)

    def test_the_page_of_a_cancelled_reservation_takes_no_money(self, house, olivia):
        olivia.pay_page()
        olivia.cancel()
        house.work(minutes=1)
        with pytest.raises(RefusedError):
            olivia.pay()
        assert olivia.state == "cancelled"
