"""What is owed decides what staff may note, who is alarmed, and when the trouble is over."""

import pytest
from post_office.models import Email

from payments import checkout, refunds, rounds, settlement
from payments.models import Alert, AlertKind, Payment, Refund, RefundState
from payments.tests.books import assert_settled, balance
from payments.tests.moments import DAY, HOUR, MINUTE, NOW
from reservation import booking
from reservation.tests.factories import confirmed, show_with_seats
from reservation.waivers import waive
from users.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]

HALF = [{"hours_before": 0, "refund_percent": 50}]


@pytest.fixture
def reservation(reservation):
    reservation.cancellation_policy = HALF
    reservation.save()
    return reservation


@pytest.fixture
def refuse(stripe):
    def _refuse(times=1):
        stripe.fail_next(400, times=times, path="/v1/refunds", method="POST")

    return _refuse


@pytest.fixture
def half_failed(reservation, paid, refuse) -> Refund:
    """Cancelled for half of 25.00; the refund of the other half was refused."""
    refuse()
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    rounds.all_rounds(at=NOW)
    return Refund.objects.get()


def give(reservation, amount, *, at=NOW):
    waive(reservation_id=reservation.pk, amount=amount, reason="Cold", staff_id=None, at=at)


def noted(refund):
    try:
        refunds.paid_by_other_means(refund_id=refund.pk, at=NOW + DAY)
    except refunds.NotOwed:
        return False
    return True


class TestPaidByOtherMeans:
    def test_one_debt_that_failed_twice_is_paid_once(self, half_failed, refuse):
        refuse()
        rounds.all_rounds(at=NOW + 2 * HOUR)
        first, second = Refund.objects.order_by("pk")
        assert (noted(first), noted(second)) == (True, False)

    def test_the_same_failure_is_noted_once(self, half_failed):
        assert (noted(half_failed), noted(half_failed)) == (True, False)

    def test_what_arrived_by_the_next_try_is_not_owed(self, half_failed):
        rounds.all_rounds(at=NOW + 2 * HOUR)
        assert not noted(half_failed)

    def test_what_came_back_from_the_dashboard_is_not_owed(self, stripe, paid, half_failed):
        stripe.refund_in_dashboard(paid.payment_intent_id, 1250)
        settlement.import_from_stripe(paid, at=NOW)
        assert not noted(half_failed)

    def test_only_a_failure_is_noted(self, reservation, paid, refuse):
        give(reservation, 500)
        rounds.all_rounds(at=NOW)
        refuse()
        give(reservation, 500)
        rounds.all_rounds(at=NOW)
        arrived, failed = Refund.objects.order_by("pk")
        assert (noted(arrived), noted(failed)) == (False, True)

    def test_a_failure_that_was_noted_is_not_noted_for_the_next_one(
        self, reservation, paid, refuse
    ):
        refuse()
        give(reservation, 500)
        rounds.all_rounds(at=NOW)
        first = Refund.objects.get()
        assert noted(first)
        refuse()
        give(reservation, 500)
        rounds.all_rounds(at=NOW)
        second = Refund.objects.order_by("pk").last()
        assert (noted(first), noted(second)) == (False, True)


class TestSending:
    def test_what_is_not_there_any_more_is_given_up_without_alarm(self, stripe, reservation, paid):
        stripe.fail_next(500, times=3, path="/v1/refunds", method="POST")
        booking.cancel_by_house(reservation_id=reservation.pk, at=NOW)
        rounds.settle_unsettled(at=NOW)
        stripe.refund_in_dashboard(paid.payment_intent_id, 1500)
        rounds.all_rounds(at=NOW + HOUR)
        assert not Alert.objects.exists()
        assert not Email.objects.filter(subject__startswith="We could not send").exists()
        rounds.all_rounds(at=NOW + 3 * HOUR)
        assert_settled(stripe, reservation)

    def test_what_staff_sent_meanwhile_is_not_sent_once_more(self, stripe, reservation, paid):
        stripe.fail_next(500, times=3, path="/v1/refunds", method="POST")
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.settle_unsettled(at=NOW)
        stripe.refund_in_dashboard(paid.payment_intent_id, 1250)
        for hours in (1, 3, 9):
            rounds.all_rounds(at=NOW + hours * HOUR)
        assert_settled(stripe, reservation)
        assert not Alert.objects.open().exists()

    def test_a_payment_that_was_not_as_asked_goes_back_after_an_outage_though_none_is_kept(
        self, stripe, reservation, page
    ):
        Payment.objects.update(amount=page.amount - 1)
        stripe.pay(page.session_id)
        stripe.fail_next(500, times=3, path="/v1/refunds", method="POST")
        checkout.sync(page.session_id, at=NOW)
        rounds.send_refunds(at=NOW + MINUTE)
        assert [refund["amount"] for refund in stripe.refunds] == [2500]
        assert Refund.objects.get().state == RefundState.SUCCEEDED

    def test_what_was_not_tried_yet_does_not_wait_for_what_failed(
        self, stripe, reservation, paid, refuse
    ):
        refuse()
        give(reservation, 100)
        rounds.all_rounds(at=NOW)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.all_rounds(at=NOW)
        assert [refund["amount"] for refund in stripe.refunds] == [1250]
        rounds.all_rounds(at=NOW + 2 * HOUR)
        assert_settled(stripe, reservation)

    def test_what_fails_together_waits_together(self, stripe, reservation, paid, refuse):
        give(reservation, 100)
        refuse(times=9)
        rounds.all_rounds(at=NOW)
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        for _ in range(5):
            rounds.all_rounds(at=NOW)
        assert Refund.objects.filter(state=RefundState.FAILED).count() == 2


class TestAlarms:
    def test_a_part_that_came_back_does_not_end_the_trouble(self, stripe, paid, half_failed):
        stripe.refund_in_dashboard(paid.payment_intent_id, 300)
        settlement.import_from_stripe(paid, at=NOW)
        assert Alert.objects.open().filter(kind=AlertKind.REFUND_FAILED).exists()
        assert not Email.objects.filter(subject__contains="3.00 USD is on its way").exists()

    def test_it_names_all_that_is_owed(self, stripe, reservation, paid, refuse):
        for amount in (500, 300):
            refuse()
            give(reservation, amount)
            rounds.all_rounds(at=NOW)
        assert "8.00 USD is owed" in Alert.objects.open().get().sentence

    def test_money_that_nobody_owed_alarms_nobody_when_it_fails(self, stripe, paid):
        stripe.refunds_stay_pending()
        stripe.refund_in_dashboard(paid.payment_intent_id, 500)
        settlement.import_from_stripe(paid, at=NOW)
        stripe.fail_refund(stripe.refunds[0]["id"])
        settlement.import_from_stripe(paid, at=NOW)
        assert not Alert.objects.filter(kind=AlertKind.REFUND_FAILED).exists()
        assert not Email.objects.filter(subject__startswith="We could not send").exists()

    def test_what_staff_dealt_with_stays_so(self, stripe, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id, 500)
        for _ in range(3):
            settlement.import_from_stripe(paid, at=NOW)
            Alert.objects.update(closed_at=NOW, closed_by=UserFactory())
        assert Alert.objects.count() == 1
        stripe.refund_in_dashboard(paid.payment_intent_id, 100)
        settlement.import_from_stripe(paid, at=NOW)
        assert "6.00 USD is missing" in Alert.objects.open().get().sentence

    def test_a_loss_after_cancelling_for_a_fee_is_told(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.all_rounds(at=NOW)
        stripe.refund_in_dashboard(paid.payment_intent_id, 1000)
        settlement.import_from_stripe(paid, at=NOW)
        assert "10.00 USD is missing of the 12.50 USD" in Alert.objects.open().get().sentence

    @pytest.mark.parametrize(("reached_stripe", "days"), [(True, 11), (False, 1)])
    def test_a_refund_that_is_late_is_told_once(
        self, stripe, reservation, paid, reached_stripe, days
    ):
        if reached_stripe:
            stripe.refunds_stay_pending()
        else:
            stripe.fail_next(403, times=10**6, path="/v1/refunds", method="POST")
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.all_rounds(at=NOW)
        assert not Alert.objects.exists()
        for more in range(3):
            rounds.all_rounds(at=NOW + (days + more) * DAY)
        assert Alert.objects.get().kind == AlertKind.REFUND_OVERDUE
        stripe.clear_faults()
        if reached_stripe:
            stripe.succeed_refund(stripe.refunds[0]["id"])
        rounds.all_rounds(at=NOW + 20 * DAY)
        assert balance(stripe) == 1250
        assert not Alert.objects.open().exists()


class TestRounds:
    def test_stripe_being_away_ends_a_round_of_settling(self, owner):
        rows = [confirmed(owner, *show_with_seats(1)) for _ in range(3)]
        asked = []

        def away(**what):
            asked.append(what)
            raise rounds.gateway.StripeUnavailable

        for row in rows:
            booking.settle_from(row, NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settlement, "settle_now", away)
            rounds.settle_unsettled(at=NOW)
        assert len(asked) == 1

    def test_a_round_ends_when_its_time_is_over(self, owner, monkeypatch):
        for row in [confirmed(owner, *show_with_seats(1)) for _ in range(3)]:
            booking.settle_from(row, NOW)
        clock = iter(range(0, 1000, 15))
        monkeypatch.setattr(rounds.time, "monotonic", lambda: next(clock))
        assert rounds.settle_unsettled(at=NOW) == 1
        assert rounds.settle_unsettled(at=NOW) == 1
