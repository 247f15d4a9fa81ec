"""A Stripe for every test that asks for one, over real HTTP."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from payments import checkout
from payments.sandbox import Sandbox
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
def place():
    """A show of tomorrow and its two seats."""
    return show_with_seats(2)


@pytest.fixture
def reservation(owner, place):
    """The owner's hold of both."""
    return held(owner, *place)


@pytest.fixture
def page(stripe, reservation):
    """Its open payment page."""
    return checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())


@pytest.fixture
def paid(stripe, page):
    """The payment, once the page was paid."""
    stripe.pay(page.session_id)
    return checkout.sync(page.session_id, at=timezone.now())
