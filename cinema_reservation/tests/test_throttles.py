"""The counter behind the limits on holds."""

import pytest
from django.core.cache import caches
from rest_framework.test import APIRequestFactory

from cinema_reservation.api.throttles import RateThrottle
from cinema_reservation.errors import ServiceUnavailable
from cinema_reservation.tests.racing import at_once


class Asks(RateThrottle):
    scope = "asks"


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.RATE_LIMITS = {"asks": (5, 3600)}


def ask(address="192.0.2.1") -> bool:
    request = APIRequestFactory().get("/", REMOTE_ADDR=address)
    return Asks().allow_request(request, None)


def test_lets_the_limit_through_and_no_more():
    assert [ask() for _ in range(7)] == [True] * 5 + [False] * 2


def test_counts_each_address_by_itself():
    assert all(ask(f"192.0.2.{n}") for n in range(20))


def test_many_at_once_get_exactly_the_limit():
    assert at_once([ask] * 40).count(True) == 5


def test_an_address_can_t_be_made_up_without_proxies():
    for n in range(7):
        request = APIRequestFactory().get(
            "/", REMOTE_ADDR="192.0.2.9", headers={"X-Forwarded-For": f"203.0.113.{n}"}
        )
        passed = Asks().allow_request(request, None)
    assert not passed


def test_a_dead_counter_is_no_open_door(monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError("cache is away")

    monkeypatch.setattr(caches["counters"], "add", fail)
    with pytest.raises(ServiceUnavailable):
        ask()


def test_any_number_of_kept_answers_pushes_no_counter_out():
    for _ in range(5):
        assert ask()
    for number in range(3000):
        caches["default"].set(f"answer-{number}", number)
    assert not ask()
