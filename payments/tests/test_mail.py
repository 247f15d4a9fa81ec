"""What customers are told of their money."""

import pytest
from django.utils import timezone
from post_office.models import Email

from payments import checkout, rounds, settlement
from reservation import booking
from reservation.tests.factories import held, show_with_seats

pytestmark = pytest.mark.django_db

HOUR = timezone.timedelta(hours=1)


@pytest.fixture
def place():
    return show_with_seats(1)


@pytest.fixture
def page(stripe, owner, place):
    reservation = held(owner, *place)
    page = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
    stripe.pay(page.session_id)
    return page


def subjects():
    return list(Email.objects.order_by("pk").values_list("subject", flat=True))


def test_a_refund_is_told_once_however_often_it_is_settled(page):
    checkout.sync(page.session_id, at=timezone.now())
    booking.cancel(reservation_id=page.reservation_id, at=timezone.now())
    for _ in range(3):
        rounds.all_rounds(at=timezone.now())
        settlement.settle(reservation_id=page.reservation_id, at=timezone.now())
    code = page.reservation.code
    assert [subject for subject in subjects() if "on its way back" in subject] == [
        f"12.50 USD is on its way back to you ({code})"
    ]
    assert len(subjects()) == 3


def test_who_paid_too_late_is_told_why(page, stranger, place):
    late = timezone.now() + HOUR
    held(stranger, *place, at=late)
    checkout.sync(page.session_id, at=late)
    mail = Email.objects.get()
    assert "could not be kept for you" in mail.message
    assert mail.to == ["olivia@example.com"]
