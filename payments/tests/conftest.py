"""A Stripe for every test that asks for one, over real HTTP."""

from collections.abc import Iterator

import pytest

from payments.sandbox import Sandbox


@pytest.fixture
def stripe(settings) -> Iterator[Sandbox]:
    """The sandbox, with nobody to tell of its events unless a test gives it a URL."""
    with Sandbox() as sandbox:
        settings.STRIPE_API_BASE = sandbox.api_base
        settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
        settings.STRIPE_WEBHOOK_SECRETS = [sandbox.webhook_secret]
        yield sandbox
