"""The door to the staff's desk."""

import pytest
import time_machine
from django.urls import reverse

from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def log_in(client, name, password):
    return client.post(reverse("admin:login"), {"username": name, "password": password})


@pytest.fixture(autouse=True)
def _one_window():
    with time_machine.travel(1_800_000_000, tick=False):
        yield


@pytest.mark.parametrize("name", ["stella", "STELLA@example.com"])
def test_staff_come_in_by_username_or_e_mail(client, staff, name):
    assert log_in(client, name, PASSWORD).status_code == 302


def test_customers_do_not(client, owner):
    assert log_in(client, "olivia", PASSWORD).status_code == 200


@pytest.mark.parametrize("scope", ["login_account", "login_address"])
def test_guessing_is_stopped_also_with_the_right_password_at_last(client, staff, settings, scope):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {scope: (3, 600)}
    for _ in range(3):
        log_in(client, "stella", "wrong")
    answer = log_in(client, "stella", PASSWORD)
    assert answer.status_code == 200
    assert "Too many attempts" in answer.content.decode()
