"""A stand-in for Stripe, for development and tests: no keys, no internet, no money.

It is a small HTTP server on the loopback interface that speaks the part of Stripe's API
which this project uses, so that the real `stripe` package works against it unchanged.
It imports neither Django nor the rest of the project: a peer on the wire, not a mock.

    with Sandbox(webhook_url="http://127.0.0.1:8000/api/webhook/") as sandbox:
        client = stripe.StripeClient("sk_test_1", base_addresses={"api": sandbox.api_base})
"""

from payments.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
