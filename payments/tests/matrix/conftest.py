"""Opens the house before each test and asks, after it, what holds of all of them."""

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import stripe as stripe_package
import time_machine
from django.utils import timezone

from payments.tests.matrix.closing import assert_all_is_right
from payments.tests.matrix.house import STAFF, Crash, Customer, House
from users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    """The library's pauses between its tries would take longer than all the rest."""
    monkeypatch.setattr(stripe_package.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe_package.HTTPClient, "MAX_DELAY", 0.02)


@pytest.fixture
def house(live_server, stripe, adult, settings) -> Iterator[House]:
    settings.PUBLIC_URL = live_server.url
    settings.ALERT_EMAILS = [STAFF]
    with time_machine.travel(timezone.now(), tick=True) as clock:
        house = House(url=live_server.url, stripe=stripe, clock=clock)
        house.opens(house.customer(UserFactory(username="ines", email="ines@example.com")))
        stripe.webhook_url = f"{live_server.url}/api/webhook/"
        yield house
        assert_all_is_right(house)


@pytest.fixture
def olivia(house, owner) -> Customer:
    """The customer to whom it happens, with a hold of A1 and A2."""
    customer = house.customer(owner)
    customer.hold("A1", "A2")
    return customer


@pytest.fixture
def simon(house, stranger) -> Customer:
    """Who may want the same seats."""
    return house.customer(stranger)


@pytest.fixture
def crash(monkeypatch) -> Callable[..., None]:
    """Let the process that calls a function next end before, or after, the call."""

    def plan(module: ModuleType, name: str, *, after: bool = False) -> None:
        call = getattr(module, name)

        def crashing(*args, **kwargs):
            monkeypatch.setattr(module, name, call)
            if after:
                call(*args, **kwargs)
            raise Crash

        monkeypatch.setattr(module, name, crashing)

    return plan
