"""A process believes for a moment what it read of a login, and no longer."""

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from users import authentication, sessions
from users.models import Login
from users.sessions import LOGIN_CLAIM

pytestmark = pytest.mark.django_db


@pytest.fixture
def asks(owner, settings):
    """How the owner's client is answered. The login is trusted for two seconds."""
    settings.LOGIN_TRUSTED_SECONDS = 2
    tokens = sessions.open_login(user=owner, at=timezone.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    return lambda: client.get("/api/users/me/").status_code


@pytest.fixture
def moved(monkeypatch):
    """The clock of the process, moved on at will."""
    clock = {"now": 100.0}
    monkeypatch.setattr(authentication.time, "monotonic", lambda: clock["now"])
    return lambda seconds: clock.update(now=clock["now"] + seconds)


def test_within_the_moment_nobody_asks_for_the_login(asks, moved, django_assert_num_queries):
    assert asks() == 200
    moved(1.9)
    with django_assert_num_queries(0):
        assert asks() == 200


@pytest.mark.parametrize("how", ["logged out", "switched off", "password changed"])
def test_after_it_the_end_of_a_login_counts(asks, moved, owner, how):
    assert asks() == 200
    if how == "logged out":
        Login.objects.all().end()
    elif how == "switched off":
        owner.is_active = False
        owner.save()
    else:
        owner.set_password("another-one-4")
        owner.save()
    moved(2)
    assert asks() == 401
    assert asks() == 401


def test_being_believed_prolongs_nothing(asks, moved):
    assert asks() == 200
    Login.objects.all().end()
    moved(1.9)
    assert asks() == 200
    moved(0.2)
    assert asks() == 401


def test_a_token_that_ran_out_is_refused_though_its_login_is_believed(asks, settings):
    assert asks() == 200
    later = timezone.now() + settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"] * 1.1
    with time_machine.travel(later):
        assert asks() == 401


def test_what_one_request_does_to_its_user_is_not_seen_by_the_next(asks, owner):
    asks()
    ((login_id, _),) = authentication._trusted.items()
    token = {LOGIN_CLAIM: str(login_id)}
    mine, next_one = (authentication.LoginAuthentication().get_user(token) for _ in range(2))
    mine.username = "mallory"
    assert next_one.username == owner.username


def test_the_memory_is_bounded(asks, owner, monkeypatch):
    monkeypatch.setattr(authentication, "MOST_TRUSTED", 2)
    for _ in range(5):
        login = sessions.open_login(user=owner, at=timezone.now())
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.access}")
        assert client.get("/api/users/me/").status_code == 200
    assert len(authentication._trusted) <= 2
