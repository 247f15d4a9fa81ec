"""A Stripe for every test that asks for one, over real HTTP."""

from collections.abc import Iterator

import pytest
import time_machine

from payments import checkout
from payments.sandbox import Sandbox
from payments.tests.moments import NOW
from reservation.models import TicketType
from reservation.tests.factories import held, show_with_seats


@pytest.fixture
def stripe(settings) -> Iterator[Sandbox]:
    """The sandbox, with nobody to tell of its events unless a test gives it a URL."""
    with Sandbox() as sandbox:
        settings.STRIPE_API_BASE = sandbox.api_base
        settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
        settings.STRIPE_WEBHOOK_SECRETS = [sandbox.webhook_secret]
        yield sandbox


@pytest.fixture
def it_is_now() -> Iterator[None]:
    """However long the other tests took: Stripe's clock and ours tell the same."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def adult(transactional_db) -> None:
    """Tests with real transactions empty every table; a price needs a ticket type."""
    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})


@pytest.fixture
def place():
    """A show of tomorrow and its two seats."""
    return show_with_seats(2)


@pytest.fixture
def reservation(it_is_now, owner, place):
    """The owner's hold of both, made at `NOW`."""
    return held(owner, *place, at=NOW)


@pytest.fixture
def page(stripe, reservation):
    """Its open payment page."""
    return checkout.open_checkout(reservation_id=reservation.pk, at=NOW)


@pytest.fixture
def paid(stripe, page):
    """The payment, once the page was paid."""
    stripe.pay(page.session_id)
    return checkout.sync(page.session_id, at=NOW)
