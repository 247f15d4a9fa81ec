"""Trouble with money reaches people: once by mail, and on a list until it is dealt with."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from payments import alerts, checkout, rounds, settlement
from payments.models import Alert, AlertKind, Payment
from payments.tests.test_trouble import HOUR
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _named(settings):
    settings.ALERT_EMAILS = ["money@example.com", "boss@example.com"]


def alert(payment, **facts):
    given = {"kind": AlertKind.REFUND_FAILED, "sentence": "It came back.", "at": timezone.now()}
    alerts.alert(payment=payment, **(given | facts))


def alert_mails():
    return Email.objects.filter(subject__startswith="A ", to__contains="money@")


def test_everybody_who_is_named_gets_one_mail(paid):
    alert(paid)
    alert(paid, sentence="It came back again.")
    mails = Email.objects.filter(subject__startswith="A refund failed")
    assert [mail.to for mail in mails] == [["money@example.com"], ["boss@example.com"]]


def test_the_mail_says_what_it_is_what_to_do_and_where(paid, settings):
    alert(paid)
    mail = Email.objects.filter(subject=f"A refund failed ({paid.reservation.code})").first()
    for words in ("It came back.", "Paid back by other means", f"/payments/payment/{paid.pk}/"):
        assert words in mail.message


def test_all_superusers_are_told_where_nobody_is_named(paid, settings):
    settings.ALERT_EMAILS = []
    UserFactory(is_superuser=True, email="root@example.com")
    UserFactory(is_superuser=True, is_active=False, email="gone@example.com")
    UserFactory(is_staff=True, email="clerk@example.com")
    Email.objects.all().delete()
    alert(paid)
    assert [mail.to for mail in Email.objects.all()] == [["root@example.com"]]


def test_trouble_that_comes_back_after_it_was_dealt_with_is_told_again(paid):
    alert(paid)
    Alert.objects.update(closed_at=timezone.now())
    alert(paid)
    assert Alert.objects.open().count() == 1
    assert Email.objects.filter(subject__startswith="A refund failed").count() == 4


def test_no_two_alerts_of_one_trouble_are_open_whatever_the_code_does(paid):
    alert(paid)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(
            kind=AlertKind.REFUND_FAILED, payment=paid, sentence="?", created_at=timezone.now()
        )


def test_an_alert_and_its_mail_are_undone_with_what_they_tell(paid):
    with transaction.atomic():
        alert(paid)
        transaction.set_rollback(True)
    assert not Alert.objects.exists()
    assert not Email.objects.filter(subject__startswith="A refund failed").exists()


class TestOccasions:
    def test_another_amount_than_asked_for(self, stripe, page):
        Payment.objects.update(amount=page.amount - 1)
        stripe.pay(page.session_id)
        checkout.sync(page.session_id, at=timezone.now())
        told = Alert.objects.get()
        assert told.kind == AlertKind.NOT_AS_ASKED
        assert "25.00 USD came where 24.99 USD was asked for" in told.sentence

    def test_pretended_money_where_real_was_asked_for(self, stripe, page, settings):
        stripe.pay(page.session_id)
        session = checkout.gateway.retrieve_session(page.session_id)
        settings.STRIPE_SECRET_KEY = "sk_live_1"
        checkout._move_forward(page.pk, session, timezone.now())
        assert "came in another mode than ours" in Alert.objects.get().sentence

    def test_a_page_that_stripe_does_not_know(self, stripe, page):
        Payment.objects.update(session_id="cs_test_of_another_account")
        rounds.all_rounds(at=timezone.now() + HOUR)
        rounds.all_rounds(at=timezone.now() + 2 * HOUR)
        assert [told.kind for told in Alert.objects.all()] == [AlertKind.UNKNOWN_TO_STRIPE]

    def test_a_refund_from_the_dashboard_of_a_reservation_that_stands(self, stripe, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id, 1000)
        settlement.import_from_stripe(paid, at=timezone.now())
        told = Alert.objects.get()
        assert told.kind == AlertKind.TOO_LITTLE_KEPT
        assert "10.00 USD is missing of the 25.00 USD" in told.sentence

    def test_nothing_is_told_where_nothing_is_wrong(self, stripe, paid):
        rounds.all_rounds(at=timezone.now() + HOUR)
        assert not Alert.objects.exists()
