from datetime import timedelta

import pytest
from django.utils import timezone

from users.models import CodeRequest, Login, OneTimeCode, Purpose, RateCount, User
from users.tests.factories import UserFactory
from users.tidy import tidy

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)


def login(owner, **times):
    return Login.objects.create(user=owner, refresh_jti="x", auth_hash="x", **times)


def test_counts_go_when_their_window_ends():
    RateCount.objects.create(key="old", count=1, expires_at=NOW)
    RateCount.objects.create(key="new", count=1, expires_at=NOW + timedelta(seconds=1))
    assert tidy(at=NOW) == 1
    assert RateCount.objects.get().key == "new"


def test_codes_go_a_day_after_they_expired(owner):
    for expires_at in (NOW - DAY - timedelta(seconds=1), NOW - DAY):
        owner.one_time_codes.create(
            purpose=Purpose.VERIFY_EMAIL, secret="x", expires_at=expires_at
        )
    assert tidy(at=NOW) == 1
    assert OneTimeCode.objects.get().expires_at == NOW - DAY


def test_requests_that_nobody_answered_go_after_a_day():
    for requested_at in (NOW - DAY - timedelta(seconds=1), NOW - DAY):
        CodeRequest.objects.create(
            email="x@example.com", purpose=Purpose.VERIFY_EMAIL, requested_at=requested_at
        )
    assert tidy(at=NOW) == 1
    assert CodeRequest.objects.get().requested_at == NOW - DAY


def test_logins_go_a_month_after_they_ended_or_expired(owner):
    kept = [login(owner), login(owner, refreshed_at=NOW - 44 * DAY), login(owner, ended_at=NOW)]
    login(owner, ended_at=NOW - 31 * DAY)
    login(owner, refreshed_at=NOW - 45 * DAY)
    assert tidy(at=NOW) == 2
    assert set(Login.objects.all()) == set(kept)


def test_accounts_go_that_never_verified_in_time(owner, settings):
    lifetime = settings.UNVERIFIED_ACCOUNT_LIFETIME
    unproven = {"is_active": False, "email_verified_at": None}
    UserFactory(date_joined=NOW - lifetime - timedelta(seconds=1), **unproven)
    fresh = UserFactory(date_joined=NOW - lifetime, **unproven)
    off = UserFactory(is_active=False, date_joined=NOW - 9 * lifetime)
    User.objects.filter(pk=owner.pk).update(date_joined=NOW - 9 * lifetime)
    assert tidy(at=NOW) == 1
    assert set(User.objects.all()) == {owner, fresh, off}


def test_tidying_a_tidy_house_does_nothing(owner):
    assert tidy() == 0
