from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from users import throttles
from users.models import RateCount
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


class Twice(throttles.DatabaseRateThrottle):
    scope = "twice"


@pytest.fixture(autouse=True)
def _limits(settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"twice": (2, 3600), "register": (2, 60)}


def asked_from(address: str) -> Request:
    return Request(APIRequestFactory().get("/", REMOTE_ADDR=address))


def test_a_limit_lets_exactly_so_many_through():
    assert [Twice().allows("ada") for _ in range(4)] == [True, True, False, False]
    assert Twice().allows("bob")


def test_the_count_is_in_the_database_and_outlives_every_cache():
    Twice().allows("ada")
    Twice().allows("ada")
    cache.clear()
    assert not Twice().allows("ada")


def test_counting_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        Twice().allows("ada")


def test_a_count_says_when_it_may_go():
    Twice().allows("ada")
    ends = RateCount.objects.get().expires_at
    assert abs(ends - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)


def test_nobody_is_named_in_the_counts():
    Twice().allows("ada@example.com")
    assert "ada" not in RateCount.objects.get().key


@pytest.mark.parametrize(
    ("address", "ident"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_an_ipv6_network_is_one_customer(address, ident):
    assert throttles.RegisterThrottle().ident(asked_from(address)) == ident


@pytest.mark.parametrize("name", [None, [], {}, ["ada"], {"a": 1}, 1.5])
def test_what_is_no_name_is_not_counted_and_breaks_nothing(anyone, name):
    body = {"username": name, "password": "x"}
    assert anyone.post("/api/token/", body).status_code in (400, 401)


def test_a_number_counts_as_the_name_that_it_is_taken_for(anyone, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login_account": (1, 600)}
    assert anyone.post("/api/token/", {"username": 7, "password": "x"}).status_code == 401
    assert anyone.post("/api/token/", {"username": "7", "password": "x"}).status_code == 429


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/users/register/", "register"),
        ("/api/users/generate_otp/", "otp_address"),
        ("/api/users/verify_otp/", "verify_address"),
        ("/api/reset-password/", "verify_address"),
        ("/api/token/", "login_address"),
    ],
)
def test_one_address_may_ask_so_often_whatever_it_says(anyone, settings, path, scope):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {scope: (2, 60)}
    for _ in range(2):
        assert anyone.post(path, {}).status_code == 400
    response = anyone.post(path, {})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert response.json()["errors"][0]["code"] == "throttled"


@pytest.mark.django_db
def test_right_passwords_are_no_guesses_however_often(anyone, owner, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login_account": (3, 600)}
    body = {"username": "olivia", "password": PASSWORD}
    with time_machine.travel(1_800_000_000, tick=False):
        for _ in range(6):
            assert anyone.post("/api/token/", body).status_code == 200
        for _ in range(3):
            assert anyone.post("/api/token/", body | {"password": "wrong"}).status_code == 401
        assert anyone.post("/api/token/", body).status_code == 429
