"""Who sends the mail that is queued, and what is never queued."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import STATUS, Email

from cinema_reservation import mail
from cinema_reservation.tests.racing import at_once

ALERT = "payments/mail/alert.txt"


def queue(count: int) -> None:
    for number in range(count):
        mail.write(to=f"guest{number}@example.com", template=ALERT, context={})


@pytest.fixture
def left(settings, monkeypatch) -> list[str]:
    """The addresses to which mail left."""
    sent: list[str] = []
    monkeypatch.setattr(Email, "dispatch", lambda email, **_: sent.extend(email.to))
    return sent


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_workers_that_send_at_once_each_mail_is_sent_by_one(left):
    queue(30)
    sent = at_once([mail.send_queued] * 4)
    assert sum(sent) == len(left) == len(set(left)) == 30


@pytest.mark.django_db
def test_what_a_killed_worker_had_taken_leaves_after_a_minute_the_rest_at_once(left):
    queue(3)
    mail._claim(Email.objects.filter(to="guest0@example.com"))  # and killed
    assert mail.send_queued() == 2
    assert "guest0@example.com" not in left
    assert mail.send_queued() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert mail.send_queued() == 1
    assert left.count("guest0@example.com") == 1


@pytest.mark.django_db
def test_no_lock_of_the_session_is_taken_for_it(left):
    """Behind PgBouncer, the statement that unlocks may get another connection."""
    queue(1)
    with CaptureQueriesContext(connection) as asked:
        mail.send_queued()
    assert len(asked) > 0
    assert not [query for query in asked if "advisory" in query["sql"].lower()]


@pytest.mark.django_db
def test_what_does_not_leave_is_tried_again_and_the_rest_waits(monkeypatch):
    tried = []

    def away(email, **_):
        tried.append(email)
        raise ConnectionRefusedError

    monkeypatch.setattr(Email, "dispatch", away)
    queue(mail.HANDFUL + 1)
    assert mail.send_queued() == 0
    assert len(tried) == mail.HANDFUL
    assert Email.objects.filter(status=STATUS.requeued).count() == mail.HANDFUL
    assert Email.objects.filter(status=STATUS.queued).count() == 1


def test_a_lease_is_longer_than_sending_a_handful_may_take(settings):
    assert mail.LEASE.total_seconds() > settings.POST_OFFICE["BATCH_DELIVERY_TIMEOUT"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "ops", "a b@example.com", "x@\x00.com", "<>"])
def test_an_unusable_address_undoes_nothing(owner, address, caplog):
    with transaction.atomic():
        owner.first_name = "Changed"
        owner.save()
        mail.write(to=address, template=ALERT, context={})
    owner.refresh_from_db()
    assert owner.first_name == "Changed"
    assert not Email.objects.exists()
    assert "is no e-mail address" in caplog.text
