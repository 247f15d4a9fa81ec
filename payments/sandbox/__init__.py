"""A stand-in for Stripe, for development and tests: no keys, no internet, no money.

It is a small HTTP server on the loopback interface that speaks the part of Stripe's API
which this project uses, so that the real `stripe` package works against it unchanged.
It imports neither Django nor the rest of the project: a peer on the wire, not a mock.

    with Sandbox(webhook_url="http://127.0.0.1:8000/api/webhook/") as sandbox:
        client = stripe.StripeClient("sk_test_1", base_addresses={"api": sandbox.api_base})
        sandbox.drop_next("after", path="/v1/checkout/sessions")

What can be made to happen is in `controls.py`: buyers and their banks, refunds and their fate,
time, lost and repeated webhooks, faults of the connection. Another process has the same verbs
at `/_control/`:

    curl http://127.0.0.1:8421/_control/
    curl http://127.0.0.1:8421/_control/drop_next -d '{"when": "after"}'
"""

from payments.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
