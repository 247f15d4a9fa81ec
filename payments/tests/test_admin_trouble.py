"""Money in trouble at the desk: alerts, disputes, what is unsettled, what staff can do."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema_reservation import sidebar
from payments import alerts, checkout, rounds
from payments.models import Alert, AlertKind, Refund, RefundReason
from payments.tests.test_admin import page_of, payment_for
from reservation import booking
from reservation.tests.factories import held, show_with_seats
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def clerk_with(*rights) -> Client:
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(clerk)
    return client


def listed(client, model, **query) -> str:
    answer = client.get(reverse(f"admin:payments_{model}_changelist"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client, model, action, *rows, **more) -> str:
    form = {"action": action, "_selected_action": [row.pk for row in rows]} | more
    page = reverse(f"admin:payments_{model}_changelist")
    return client.post(page, form, follow=True).content.decode()


class TestAlerts:
    @pytest.fixture
    def alert(self, owner) -> Alert:
        payment = payment_for(owner, state="paid", amount_received=1250)
        alerts.alert(kind=AlertKind.DISPUTED, payment=payment, sentence="Look!", at=NOW)
        return Alert.objects.get()

    def test_the_list_shows_what_is_open_unless_asked_for_more(self, desk, alert):
        code = alert.payment.reservation.code
        assert code in listed(desk, "alert")
        act(desk, "alert", "dealt_with", alert)
        assert code not in listed(desk, "alert")
        assert code in listed(desk, "alert", standing="closed")
        assert code in listed(desk, "alert", standing="all")

    def test_who_dealt_with_it_is_kept(self, desk, alert, staff):
        act(desk, "alert", "dealt_with", alert)
        alert.refresh_from_db()
        assert (alert.closed_by, alert.closed_at is None) == (staff, False)

    def test_its_page_has_a_button_that_asks_first(self, desk, alert):
        button = reverse("admin:payments_alert_dealt_with_this", args=[alert.pk])
        assert button in desk.get(page_of(alert)).content.decode()
        words = desk.get(button).content.decode()
        assert "Has this been dealt with?" in words
        assert Alert.objects.open().exists()

    def test_who_was_first_stays_so(self, desk, alert):
        other = UserFactory()
        Alert.objects.update(closed_at=NOW, closed_by=other)
        act(desk, "alert", "dealt_with", alert, standing="all")
        alert.refresh_from_db()
        assert alert.closed_by == other

    def test_who_may_only_look_closes_nothing(self, alert):
        act(clerk_with("view_alert"), "alert", "dealt_with", alert)
        alert.refresh_from_db()
        assert alert.closed_at is None

    def test_its_page_says_what_to_do(self, desk, alert):
        words = desk.get(page_of(alert)).content.decode()
        assert "Answer in Stripe&#x27;s dashboard" in words
        reservation = alert.payment.reservation
        assert reverse("admin:reservation_reservation_change", args=[reservation.pk]) in words

    def test_the_sidebar_counts_them(self, rf, staff, alert):
        def badges():
            request = rf.get("/")
            request.user = staff
            sections = sidebar.navigation(request)
            return [item["badge"] for s in sections for item in s["items"] if "badge" in item]

        assert badges() == ["1"]
        Alert.objects.update(closed_at=NOW)
        assert badges() == []

    def test_the_list_costs_the_same_however_long(
        self, desk, alert, owner, stranger, django_assert_num_queries
    ):
        listed(desk, "alert")
        with django_assert_num_queries(COST["alert"]):
            listed(desk, "alert")
        for user in (owner, stranger):
            alerts.alert(
                kind=AlertKind.NOT_AS_ASKED,
                payment=payment_for(user, state="paid"),
                sentence="?",
                at=NOW,
            )
        with django_assert_num_queries(COST["alert"]):
            listed(desk, "alert")


COST = {"alert": 5, "unsettled": 8}


class TestUnsettled:
    @pytest.fixture
    def waiting(self, stripe, paid, reservation):
        """A cancelled reservation whose refund is on its way."""
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        return reservation

    def test_what_is_at_rest_is_not_there(self, desk, reservation, paid):
        assert reservation.code not in listed(desk, "unsettled")

    def test_it_says_what_a_reservation_waits_for(self, desk, waiting):
        words = listed(desk, "unsettled")
        assert waiting.code in words
        assert "a refund of 25.00 USD to arrive" in words

    def test_a_bank_payment_is_waited_for(self, desk, stripe, page, reservation):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=timezone.now())
        assert "the customer&#x27;s bank" in listed(desk, "unsettled")

    def test_a_dispute_is_waited_for(self, desk, paid, reservation):
        paid.disputes.create(stripe_id="dp_1", amount=1, state="open")
        assert "a bank to decide a dispute" in listed(desk, "unsettled")
        paid.disputes.update(state="lost")
        assert reservation.code not in listed(desk, "unsettled")

    def test_a_failed_refund_waits_for_its_next_try(self, desk, stripe, paid, reservation):
        stripe.fail_next(400, path="/v1/refunds", method="POST")
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        assert "another try of a refund that failed" in listed(desk, "unsettled")

    def test_what_nobody_has_looked_at_yet_waits_for_the_worker(self, desk, paid, reservation):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        assert "the worker" in listed(desk, "unsettled")

    @pytest.mark.parametrize("words", ["{code}", "olivia@example", "{intent}", "{session}"])
    def test_it_is_found_by_code_address_or_id(self, desk, waiting, paid, stranger, words):
        other = held(stranger, *show_with_seats(1))
        booking.cancel(reservation_id=other.pk, at=timezone.now())
        ids = {"intent": paid.payment_intent_id, "session": paid.session_id}
        found = listed(desk, "unsettled", q=words.format(code=waiting.code, **ids))
        assert waiting.code in found
        assert other.code not in found

    def test_the_list_costs_the_same_however_long(
        self, desk, waiting, owner, stranger, django_assert_num_queries
    ):
        listed(desk, "unsettled")
        with django_assert_num_queries(COST["unsettled"]):
            listed(desk, "unsettled")
        for user in (owner, stranger):
            payment = payment_for(user, state="paid", amount_received=1250)
            payment.refunds.create(amount=1, idempotency_key=f"r-{user.pk}")
        with django_assert_num_queries(COST["unsettled"]):
            assert listed(desk, "unsettled").count("to arrive") == 3


class TestRefunds:
    @pytest.fixture
    def failed(self, stripe, paid, reservation) -> Refund:
        stripe.fail_next(400, path="/v1/refunds", method="POST")
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        return Refund.objects.get()

    def test_staff_are_asked_before_one_counts_as_paid_by_other_means(self, desk, failed):
        words = act(desk, "refund", "paid_by_other_means", failed)
        assert "Were the customers of 1 refund paid back by other means?" in words
        assert Refund.objects.count() == 1

    def test_it_is_noted_and_who_said_so(self, desk, failed, staff):
        words = act(desk, "refund", "paid_by_other_means", failed, confirmed="yes")
        note = Refund.objects.get(reason=RefundReason.OTHER_MEANS)
        assert "noted as paid back" in words
        assert LogEntry.objects.get(object_id=str(note.pk)).user == staff

    def test_what_is_not_owed_is_refused_in_words(self, desk, failed):
        for _ in range(2):
            words = act(desk, "refund", "paid_by_other_means", failed, confirmed="yes")
        assert "Only a refund that failed" in words
        assert Refund.objects.count() == 2

    def test_who_may_only_look_notes_nothing(self, failed):
        clerk = clerk_with("view_refund")
        act(clerk, "refund", "paid_by_other_means", failed, confirmed="yes")
        assert Refund.objects.count() == 1


class TestOnePayment:
    def test_a_button_asks_stripe_about_it_and_all_that_left_it(self, desk, stripe, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id, 500)
        stripe.dispute(paid.payment_intent_id, amount=700)
        button = reverse("admin:payments_payment_ask_stripe_about_this", args=[paid.pk])
        words = desk.get(button, follow=True).content.decode()
        assert "Stripe says: Paid" in words
        assert "5.00 USD" in words
        assert "7.00 USD" in words

    def test_who_may_only_look_has_no_button(self, stripe, paid):
        clerk = clerk_with("view_payment")
        button = reverse("admin:payments_payment_ask_stripe_about_this", args=[paid.pk])
        assert clerk.get(button).status_code == 403
        assert button not in clerk.get(page_of(paid)).content.decode()
