"""The ledgers at the desk: found, read, never written; Stripe asked when staff ask."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments import checkout, gateway
from payments.admin import payments as page
from payments.models import Payment, Refund, WebhookEvent
from reservation.tests import factories
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAYMENTS = reverse("admin:payments_payment_changelist")


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def page_of(row, page: str = "change") -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_{page}", args=[row.pk])


def payment_for(user, **facts) -> Payment:
    show, seats = factories.show_with_seats(1)
    reservation = factories.held(user, show, seats)
    given = {"amount": 1250, "currency": "usd", "parameters": {}, "expires_at": timezone.now()}
    key = f"key-{reservation.pk}"
    return Payment.objects.create(
        reservation=reservation, **(given | {"idempotency_key": key} | facts)
    )


@pytest.fixture
def payment(owner) -> Payment:
    return payment_for(
        owner,
        state="paid",
        amount_received=1250,
        session_id="cs_test_1",
        payment_intent_id="pi_test_1",
    )


@pytest.fixture
def refund(payment) -> Refund:
    return payment.refunds.create(
        amount=450, reason="Goodwill", idempotency_key="r-1", stripe_id="re_test_1"
    )


@pytest.mark.parametrize("words", ["olivia@example", "cs_test_1", "pi_test_1", "{code}"])
def test_a_payment_is_found_by_code_address_or_id(desk, payment, stranger, words):
    payment_for(stranger)
    asked = {"q": words.format(code=payment.reservation.code)}
    assert list(desk.get(PAYMENTS, asked).context["cl"].result_list) == [payment]


@pytest.mark.parametrize("words", ["olivia@example", "re_test_1", "{code}"])
def test_a_refund_is_found_by_code_address_or_id(desk, refund, stranger, words):
    payment_for(stranger).refunds.create(amount=1, idempotency_key="r-2")
    asked = {"q": words.format(code=refund.payment.reservation.code)}
    page = desk.get(reverse("admin:payments_refund_changelist"), asked)
    assert list(page.context["cl"].result_list) == [refund]


def test_an_event_is_found_by_its_id(desk):
    event = WebhookEvent.objects.create(stripe_id="evt_1", type="charge.refunded")
    WebhookEvent.objects.create(stripe_id="evt_2", type="charge.refunded")
    page = desk.get(reverse("admin:payments_webhookevent_changelist"), {"q": "evt_1"})
    assert list(page.context["cl"].result_list) == [event]


def test_amounts_are_written_as_money_and_failed_refunds_do_not_count(desk, refund):
    refund.payment.refunds.create(amount=100, state="failed", idempotency_key="r-3")
    row = desk.get(PAYMENTS).context["cl"].result_list[0]
    assert row.refunded_amount == 450
    page = desk.get(page_of(refund.payment)).content.decode()
    for words in ("12.50 USD", "4.50 USD", "Goodwill", "re_test_1"):
        assert words in page


def test_a_reservations_page_shows_its_payments(desk, payment):
    url = reverse("admin:reservation_reservation_change", args=[payment.reservation_id])
    page = desk.get(url).content.decode()
    assert page_of(payment) in page
    assert "Paid" in page


@pytest.mark.parametrize("kind", ["payment", "refund", "event"])
def test_no_ledger_is_written_by_hand(desk, refund, kind):
    event = WebhookEvent.objects.create(stripe_id="evt_1", type="charge.refunded")
    row = {"payment": refund.payment, "refund": refund, "event": event}[kind]
    model = type(row)
    before = list(model.objects.values())
    form = {"amount": 1, "amount_received": 0, "state": "failed", "outcome": "x", "type": "x"}
    form |= {"refunds-TOTAL_FORMS": 1, "refunds-INITIAL_FORMS": 1, "refunds-0-DELETE": "on"}
    assert desk.post(page_of(row), form | {"refunds-0-id": refund.pk}).status_code == 403
    assert desk.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    add = reverse(f"admin:payments_{model._meta.model_name}_add")
    assert desk.get(add).status_code == desk.post(add, form).status_code == 403
    desk.post(
        reverse(f"admin:payments_{model._meta.model_name}_changelist"),
        {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
    )
    assert list(model.objects.values()) == before
    assert Refund.objects.filter(pk=refund.pk).exists()


def ask(desk, *payments) -> str:
    ids = [payment.pk for payment in payments]
    form = {"action": "ask_stripe", "_selected_action": ids}
    answer = desk.post(PAYMENTS, form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_staff_ask_stripe_and_what_was_paid_is_settled(desk, stripe, owner):
    show, seats = factories.show_with_seats(1)
    reservation = factories.held(owner, show, seats)
    payment = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
    assert "Waiting for the customer" in ask(desk, payment)
    stripe.pay(payment.session_id)
    assert f"{reservation.code}: Stripe says: Paid" in ask(desk, payment)
    reservation.refresh_from_db()
    assert reservation.state == "confirmed"


def test_a_payment_that_stripe_never_heard_of_is_said_to_be(desk, stripe, payment, stranger):
    words = ask(desk, payment, payment_for(stranger))
    assert "Stripe does not know this payment" in words
    assert "has not been told of this payment yet" in words


def test_a_stripe_that_cannot_answer_is_a_sentence_and_asked_once(
    desk, payment, stranger, monkeypatch
):
    asked = []

    def silent(session_id):
        asked.append(session_id)
        raise gateway.StripeUnavailable

    monkeypatch.setattr(gateway, "retrieve_session", silent)
    words = ask(desk, payment, payment_for(stranger, session_id="cs_test_2"))
    assert "Nothing more was asked" in words
    assert len(asked) == 1


def test_a_stripe_that_refuses_is_a_sentence(desk, payment, monkeypatch):
    def refusing(session_id):
        raise gateway.StripeRefused

    monkeypatch.setattr(gateway, "retrieve_session", refusing)
    assert "The payment provider refused" in ask(desk, payment)


def test_only_so_many_are_asked_about_at_a_time(desk, owner, stranger, monkeypatch):
    monkeypatch.setattr(page, "MOST_TO_ASK", 1)
    words = ask(desk, payment_for(owner), payment_for(stranger))
    assert words.count("has not been told of this payment yet") == 1
    assert "Only 1 are asked about" in words


def test_who_may_only_look_does_not_make_us_ask(payment, monkeypatch):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_payment"))
    client = Client()
    client.force_login(clerk)
    monkeypatch.setattr(gateway, "retrieve_session", lambda session_id: pytest.fail("asked"))
    assert "Stripe says" not in ask(client, payment)
