"""Matrix: crash or timeout before, during, after creating the session; double click on pay."""

import pytest
import stripe as stripe_package

from cinema_reservation.tests.racing import at_once
from payments import checkout, gateway
from payments.models import PaymentState
from payments.tests.matrix.house import SEATS, answer

PAGES = "/v1/checkout/sessions"


def assert_one_page_sells_the_seats(house, olivia):
    """However often it was tried: Stripe has one session, we have one payment, it is paid."""
    page = olivia.pay_page()
    assert olivia.pay_page() == page
    (session,) = house.sessions_of(olivia)
    (payment,) = olivia.payments
    assert (session["id"], session["url"]) == (payment.session_id, page)
    olivia.pay()
    house.listen()
    assert olivia.state == "confirmed"
    olivia.was_told(SEATS)


POINTS = {
    "before the payment is committed": (checkout, "_insert", True),
    "before Stripe is asked": (gateway, "create_session", False),
    "while Stripe answers": (gateway, "create_session", True),
    "after all is stored": (checkout, "finish_creating", True),
}


class TestACrash:
    @pytest.mark.parametrize("point", POINTS)
    def test_at_any_point_leaves_one_page_to_those_who_ask_again(
        self, house, olivia, crash, point
    ):
        module, name, after = POINTS[point]
        crash(module, name, after=after)
        assert olivia.press_pay().status_code == 500
        assert_one_page_sells_the_seats(house, olivia)

    @pytest.mark.parametrize("point", POINTS)
    def test_at_any_point_frees_the_seats_of_those_who_go_away(
        self, house, olivia, simon, crash, point
    ):
        module, name, after = POINTS[point]
        crash(module, name, after=after)
        olivia.press_pay()
        for _ in range(2):
            house.work(minutes=50)
        assert olivia.state == "expired"
        assert {s["status"] for s in house.sessions_of(olivia)} <= {"expired"}
        assert not any(payment.is_live for payment in olivia.payments)
        simon.hold("A1", "A2")

    def test_while_stripe_answers_is_mended_by_the_worker(self, house, olivia, crash):
        crash(gateway, "create_session", after=True)
        olivia.press_pay()
        house.work(minutes=6)
        (payment,) = olivia.payments
        assert payment.state == PaymentState.OPEN
        assert_one_page_sells_the_seats(house, olivia)

    def test_before_stripe_is_asked_leaves_nothing_that_is_in_the_way(self, house, olivia, crash):
        """What Stripe was to be asked for is out of date by then."""
        crash(gateway, "create_session")
        olivia.press_pay()
        house.work(minutes=6)
        assert [payment.state for payment in olivia.payments] == [PaymentState.FAILED]
        olivia.pay_page()
        olivia.pay()
        house.listen()
        assert len(house.sessions_of(olivia)) == 1
        olivia.was_told(SEATS)


class TestALostCall:
    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_is_tried_again_behind_the_scenes(self, house, olivia, moment):
        house.stripe.drop_next(moment, path=PAGES, method="POST", times=2)
        assert_one_page_sells_the_seats(house, olivia)

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_asks_for_patience_and_then_gives_the_same_page(self, house, olivia, moment):
        house.stripe.drop_next(moment, path=PAGES, method="POST", times=3)
        refused = olivia.press_pay()
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert_one_page_sells_the_seats(house, olivia)

    def test_to_a_stripe_that_fails_asks_for_patience(self, house, olivia):
        house.stripe.fail_next(500, times=3, path=PAGES, method="POST")
        assert olivia.press_pay().status_code == 503
        assert_one_page_sells_the_seats(house, olivia)


class TestATimeout:
    @pytest.fixture
    def hasty(self, monkeypatch):
        """Waiting for real patience to end would take the tests minutes."""
        monkeypatch.setattr(gateway, "CONNECT_AND_READ_SECONDS", (3, 0.3))
        monkeypatch.setattr(stripe_package, "max_network_retries", 0)
        gateway._client.cache_clear()
        yield
        gateway._client.cache_clear()

    def test_while_stripe_works_on_it_leaves_one_page(self, hasty, house, olivia):
        """The retries meet a key that is in use; once Stripe is through they meet its answer."""
        house.stripe.slow_next(4, path=PAGES, method="POST")
        assert olivia.press_pay().status_code == 503
        assert len(olivia.payments) == 1
        house.stripe._faults.stop()
        assert_one_page_sells_the_seats(house, olivia)


class TestADoubleClick:
    def test_opens_one_page(self, house, olivia):
        answers = at_once([olivia.press_pay] * 2)
        assert len({answer(click)["checkout_url"] for click in answers}) == 1
        assert_one_page_sells_the_seats(house, olivia)

    def test_of_ten_devices_opens_one_page(self, house, olivia):
        answers = at_once([olivia.press_pay] * 10)
        assert len({answer(click)["checkout_url"] for click in answers}) == 1
        assert_one_page_sells_the_seats(house, olivia)

    def test_after_paying_opens_nothing(self, house, olivia):
        olivia.pay_page()
        olivia.pay()
        house.listen()
        refused = olivia.press_pay()
        assert answer(refused, 409)["errors"][0]["code"] == "already_confirmed"
        assert len(house.sessions_of(olivia)) == 1
        olivia.was_told(SEATS)
