"""The cast and the stage of all tests."""

import pytest
from django.core.cache import cache, caches
from rest_framework.test import APIClient

from cinema_reservation.api import hot
from cinema_reservation.tests.rivals import PATIENCE_SECONDS, Intruder
from reservation import facts
from users import authentication
from users.models import User
from users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _nothing_is_remembered(settings) -> None:
    """Neither answers, nor logins, nor the house. Tests of what is believed name it themselves."""
    cache.clear()
    hot.forget_all()
    caches["counters"].clear()
    authentication.forget_all()
    facts.forget_all()
    settings.LOGIN_TRUSTED_SECONDS = 0


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Argon2 is slow by design; tests of it name it themselves."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def owner(db) -> User:
    """A customer; what is booked in a test is theirs."""
    return UserFactory(username="olivia", email="olivia@example.com")


@pytest.fixture
def stranger(db) -> User:
    """Another customer, who may see and touch nothing of the owner's."""
    return UserFactory(username="simon", email="simon@example.com")


@pytest.fixture
def staff(db) -> User:
    """Somebody who runs the house."""
    return UserFactory(
        username="stella", email="stella@example.com", is_staff=True, is_superuser=True
    )


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
        # As every client that says who it is; what it says is not looked at here.
        client.credentials(HTTP_AUTHORIZATION="Bearer of-nobody-in-particular")
    return client


@pytest.fixture
def anyone() -> APIClient:
    """A client that has not said who it is."""
    return client_of(None)


@pytest.fixture
def owner_client(owner) -> APIClient:
    return client_of(owner)


@pytest.fixture
def stranger_client(stranger) -> APIClient:
    return client_of(stranger)


@pytest.fixture
def staff_client(staff) -> APIClient:
    return client_of(staff)


@pytest.fixture
def intrude(monkeypatch):
    """Let a rival in before, or after, the first call of a function."""

    def plan(module, name, act, *, after=False, **how) -> Intruder:
        rival, call = Intruder(act, **how), getattr(module, name)

        def interrupted(*args, **kwargs):
            if not after:
                rival.comes()
            result = call(*args, **kwargs)
            if after:
                rival.comes()
            return result

        monkeypatch.setattr(module, name, interrupted)
        return rival

    return plan


@pytest.fixture
def let_in(intrude):
    """Let a rival in at a moment, and watch whether it waits."""

    def plan(moment, act) -> Intruder:
        where, name, after = moment
        return intrude(where, name, act, after=after, patience=PATIENCE_SECONDS)

    return plan
