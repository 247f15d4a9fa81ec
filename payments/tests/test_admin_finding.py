"""Staff find money by any of Stripe's ids, get from page to page, and meet no dead end."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments import alerts, webhook
from payments.models import Alert, AlertKind, Dispute, Payment, Refund, WebhookEvent
from payments.tests.test_admin import page_of, payment_for
from payments.tests.test_admin_trouble import listed
from reservation import booking

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ANY = ["{code}", "olivia@example", "cs_test_1", "pi_test_1"]


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def payment(owner, stranger) -> Payment:
    """The owner's, with a refund that failed, a dispute, an alert and an event; and another's."""
    for user, number in ((stranger, 2), (owner, 1)):
        payment = payment_for(
            user,
            state="paid",
            amount_received=1250,
            session_id=f"cs_test_{number}",
            payment_intent_id=f"pi_test_{number}",
        )
        payment.refunds.create(
            amount=450, state="failed", idempotency_key=f"r{number}", stripe_id=f"re_test_{number}"
        )
        payment.disputes.create(stripe_id=f"dp_test_{number}", amount=1, state="open")
        payment.events.create(stripe_id=f"evt_{number}", type="charge.refunded")
        alerts.alert(
            kind=AlertKind.REFUND_FAILED, payment=payment, sentence="Look!", at=timezone.now()
        )
    return payment


def found(desk, model, words, payment) -> list:
    page = reverse(f"admin:payments_{model._meta.model_name}_changelist")
    asked = {"q": words.format(code=payment.reservation.code)}
    return list(desk.get(page, asked).context["cl"].result_list)


@pytest.mark.parametrize("words", [*ANY, "re_test_1", "dp_test_1"])
@pytest.mark.parametrize("model", [Payment, Alert])
def test_payments_and_alerts_are_found_by_what_happened_to_them(desk, payment, model, words):
    (row,) = found(desk, model, words, payment)
    assert getattr(row, "payment", row) == payment


@pytest.mark.parametrize(
    ("model", "own"), [(Refund, "re_test_1"), (Dispute, "dp_test_1"), (WebhookEvent, "evt_1")]
)
def test_what_happened_is_found_by_its_payment_or_its_own_id(desk, payment, model, own):
    for words in [*ANY, own]:
        (row,) = found(desk, model, words, payment)
        assert row.payment == payment


@pytest.mark.parametrize("model", [Payment, Refund, Dispute, WebhookEvent, Alert])
def test_an_id_is_compared_as_its_index_has_it(desk, payment, model):
    """Without case no index could be used."""
    assert found(desk, model, "CS_TEST_1", payment) == []


@pytest.mark.parametrize("event_type", ["checkout.session.completed", "charge.refunded"])
def test_an_event_keeps_which_payment_it_was_about(stripe, paid, event_type):
    event = webhook.Event("evt_9", event_type, paid.session_id, paid.payment_intent_id)
    webhook.receive(event, at=NOW)
    assert WebhookEvent.objects.get().payment == paid


def test_an_event_that_is_not_ours_has_no_payment(stripe, desk):
    webhook.receive(webhook.Event("evt_9", "charge.refunded", "ch_1", "pi_other"), at=NOW)
    assert WebhookEvent.objects.get().payment is None
    assert "not ours" in listed(desk, "webhookevent")


def test_pages_lead_to_the_payment_and_the_refund_that_failed(desk, payment):
    for row in (payment.alerts.get(), payment.events.get()):
        assert f'href="{page_of(payment)}"' in desk.get(page_of(row)).content.decode()
    assert f'href="{page_of(payment)}"' in listed(desk, "webhookevent")
    refund = payment.refunds.get()
    assert f'href="{page_of(refund)}"' in desk.get(page_of(payment.alerts.get())).content.decode()


def test_what_is_unsettled_leads_to_its_payments(desk, stripe, paid, reservation):
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    assert f'href="{page_of(paid)}"' in listed(desk, "unsettled")


@pytest.mark.parametrize("words", ["re_test_1", "dp_test_1"])
def test_what_is_unsettled_is_found_by_what_happened_to_its_payment(desk, payment, words):
    rows = desk.get(reverse("admin:payments_unsettled_changelist"), {"q": words})
    assert [row.pk for row in rows.context["cl"].result_list] == [payment.reservation_id]


@pytest.mark.parametrize("junk", ["zzz", "9" * 40, "_00", "0", "%F0%28"])
@pytest.mark.parametrize("page", ["payment_ask_stripe_about_this", "alert_dealt_with_this"])
def test_a_button_of_no_row_leads_back_to_the_list(desk, page, junk):
    url = reverse(f"admin:payments_{page}", args=["zzz"]).replace("zzz", junk)
    answer = desk.get(url)
    assert answer.status_code == 302
    assert answer.url == reverse(f"admin:payments_{page.split('_')[0]}_changelist")


@pytest.mark.parametrize("model", ["payment", "refund", "dispute", "alert", "unsettled"])
def test_an_empty_list_tells_nobody_to_create_what_nobody_may(desk, model):
    for query in ({}, {"q": "nothing"}):
        words = listed(desk, model, **query)
        assert "Nothing here" in words
        assert "Create a new item" not in words
        assert reverse("admin:payments_payment_add") not in words


def test_an_empty_list_of_what_staff_write_offers_to(desk):
    page = desk.get(reverse("admin:reservation_genre_changelist")).content.decode()
    assert "Nothing here" in page
    assert reverse("admin:reservation_genre_add") in page


def test_the_list_of_events_costs_the_same_however_long(
    desk, payment, django_assert_max_num_queries
):
    listed(desk, "webhookevent")
    with django_assert_max_num_queries(EVENTS_COST):
        listed(desk, "webhookevent")
    for number in range(5):
        payment.events.create(stripe_id=f"evt_more_{number}", type="charge.refunded")
    with django_assert_max_num_queries(EVENTS_COST):
        listed(desk, "webhookevent")


EVENTS_COST = 6
