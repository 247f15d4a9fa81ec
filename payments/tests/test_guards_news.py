"""Small guards of what Stripe tells us and of what we tell, each with the test that misses it."""

import uuid

import pytest

from payments import settlement, status, webhook
from payments.gateway import Event
from payments.models import Payment, PaymentState
from payments.status import PaymentStatus
from payments.tests.moments import HOUR, INSTANT, NOW, SECOND
from payments.tests.rows import paid_row, refund_row
from reservation import booking
from reservation.models import Reservation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]


class TestWebhook:
    def refund_event(self, kind, intent):
        return webhook.receive(Event(str(uuid.uuid4()), kind, "ch_1", intent), at=NOW)

    @pytest.mark.parametrize("intent", ["", "pi_of_somebody_else"])
    def test_a_refund_of_nobody_we_know_is_not_ours(self, page, intent):
        assert self.refund_event("refund.updated", intent).outcome == "not ours"

    @pytest.mark.parametrize(
        "kind",
        ["completed", "async_payment_succeeded", "async_payment_failed", "expired"],
    )
    def test_all_that_can_happen_to_a_page_is_looked_at(self, stripe, reservation, page, kind):
        stripe.pay(page.session_id)
        event = Event("evt_1", f"checkout.session.{kind}", page.session_id, "")
        assert webhook.receive(event, at=NOW).outcome == "payment paid"

    @pytest.mark.parametrize(
        "kind",
        ["charge.refunded", "refund.updated", "refund.failed"]
        + ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"],
    )
    def test_all_that_can_happen_to_a_refund_is_looked_at(self, stripe, paid, kind):
        asked = len(stripe.requests)
        assert self.refund_event(kind, paid.payment_intent_id).outcome == "looked at what left"
        assert len(stripe.requests) > asked

    def test_other_events_of_a_payment_are_not_used(self, stripe, paid):
        asked = len(stripe.requests)
        answer = self.refund_event("charge.succeeded", paid.payment_intent_id)
        assert (answer.outcome, len(stripe.requests)) == ("not used", asked)


class TestStatus:
    def asked(self, stripe, reservation, at):
        before = len(stripe.requests)
        status.bring_up_to_date(Reservation.objects.get(pk=reservation.pk), at=at)
        return len(stripe.requests) - before

    def test_asks_three_seconds_after_the_last_look(self, stripe, reservation, page):
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN - INSTANT) == 0
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN) == 1
        assert self.asked(stripe, reservation, NOW + status.ASK_AGAIN + SECOND) == 0

    def test_asks_nothing_about_a_page_that_stripe_may_not_know(self, stripe, reservation, page):
        Payment.objects.update(session_id=None, state=PaymentState.CREATING)
        assert self.asked(stripe, reservation, NOW + HOUR) == 0

    def test_settles_what_is_to_be_settled_by_now(self, reservation, monkeypatch, stripe):
        settled = []
        monkeypatch.setattr(settlement, "settle", lambda **_: settled.append(True))
        for moment, times in ((None, 0), (NOW + INSTANT, 0), (NOW, 1)):
            booking.settle_from(reservation, moment)
            self.asked(stripe, reservation, NOW)
            assert len(settled) == times

    @pytest.mark.parametrize(
        ("refunds_", "standing"),
        [
            ([], (PaymentStatus.PAID, 0, 0)),
            ([("failed", 2500)], (PaymentStatus.PAID, 0, 0)),
            ([("pending", 2500)], (PaymentStatus.REFUNDING, 0, 2500)),
            ([("succeeded", 2499), ("pending", 1)], (PaymentStatus.REFUNDING, 2499, 1)),
            ([("succeeded", 2499)], (PaymentStatus.PARTIALLY_REFUNDED, 2499, 0)),
            ([("succeeded", 2499), ("succeeded", 1)], (PaymentStatus.REFUNDED, 2500, 0)),
        ],
    )
    def test_tells_what_went_back_and_what_is_on_its_way(self, reservation, refunds_, standing):
        payment = paid_row(reservation)
        for state, amount in refunds_:
            refund_row(payment, state=state, amount=amount)
        told = status.standing(reservation, at=NOW)
        assert (told.status, told.refunded, told.refunding) == standing
        assert told.paid == 2500

    def test_tells_that_a_bank_is_at_work(self, reservation, page):
        Payment.objects.update(state=PaymentState.PROCESSING)
        told = status.standing(reservation, at=NOW)
        assert (told.status, told.checkout_url) == (PaymentStatus.PROCESSING, "")

    def test_leads_nobody_to_pay_for_a_dead_hold(self, reservation, page):
        reservation.refresh_from_db()
        end = reservation.expires_at
        assert status.standing(reservation, at=end - INSTANT).checkout_url == page.checkout_url
        assert status.standing(reservation, at=end).checkout_url == ""
