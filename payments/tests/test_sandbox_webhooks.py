"""The sandbox's webhooks: signed, tried again, muted, delivered late or many times."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from payments.sandbox import Sandbox
from payments.tests.test_sandbox_api import client_of, opened

SECRET = "whsec_test"


class Server(ThreadingHTTPServer):
    # Twenty webhooks may knock at the same moment; five is the default.
    request_queue_size = 128


class Receiver:
    """What the project's webhook is to the sandbox: takes posts, answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/webhook/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def types(self) -> list[str]:
        return sorted(self.event(n)["type"] for n in range(len(self.taken)))

    def event(self, number: int) -> Any:
        return stripe.Webhook.construct_event(*self.taken[number], SECRET)

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (the handler has a self)
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.taken.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[Sandbox]:
    # The address is set after the start, as tests do that learn their server's port late.
    with Sandbox(webhook_secret=SECRET, retry_delays=(0.01, 0.02, 0.03)) as running:
        running.webhook_url = receiver.url
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return client_of(sandbox)


def test_paying_is_told_in_signed_events(sandbox, client, receiver):
    session = opened(client)
    sandbox.pay(session.id)
    sandbox.drain()
    assert receiver.types == ["checkout.session.completed", "payment_intent.succeeded"]
    told = {event.data.object.id for event in map(receiver.event, range(2))}
    assert session.id in told
    assert all(receiver.event(n).api_version == stripe.api_version for n in range(2))


def test_a_wrong_secret_does_not_verify(sandbox, client, receiver):
    sandbox.webhook_secret = "whsec_other"
    sandbox.pay(opened(client).id)
    sandbox.drain()
    with pytest.raises(stripe.SignatureVerificationError):
        receiver.event(0)


def test_signatures_are_fresh_however_far_the_clock_was_moved(sandbox, client, receiver):
    opened(client)
    sandbox.advance(2 * 24 * 60 * 60)
    sandbox.drain()
    assert receiver.types == ["checkout.session.expired"]


def test_a_bank_payment_is_completed_first_and_settled_later(sandbox, client, receiver):
    session = opened(client)
    assert sandbox.pay(session.id, "later")["payment_status"] == "unpaid"
    assert sandbox.settle_later(session.id)["payment_status"] == "paid"
    sandbox.drain()
    assert receiver.types == [
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "payment_intent.succeeded",
    ]
    with pytest.raises(Exception, match="awaits no payment"):
        sandbox.settle_later(session.id)


def test_a_bank_payment_may_fail(sandbox, client, receiver):
    session = opened(client)
    sandbox.pay(session.id, "later")
    sandbox.settle_later(session.id, succeeded=False)
    sandbox.drain()
    assert "checkout.session.async_payment_failed" in receiver.types
    after = client.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", "unpaid")
    assert sandbox.charges[0]["status"] == "failed"


def test_an_event_is_posted_again_until_it_is_taken(sandbox, client, receiver):
    receiver.answers = [503, 302]
    opened(client)
    sandbox.advance(24 * 60 * 60)
    sandbox.drain()
    event = sandbox.events[0]
    assert sandbox.attempts(event["id"]) == [503, 302, 200]
    assert len({body for body, _ in receiver.taken}) == 1
    assert event["pending_webhooks"] == 0


def test_an_event_is_given_up_after_a_few_tries(sandbox, client, receiver):
    receiver.answers = [500] * 10
    opened(client)
    sandbox.advance(24 * 60 * 60)
    sandbox.drain()
    assert sandbox.attempts(sandbox.events[0]["id"]) == [500] * 4
    assert sandbox.events[0]["pending_webhooks"] == 1


def test_nobody_listening_is_a_failed_attempt(sandbox, client):
    sandbox.webhook_url = "http://127.0.0.1:9/"
    sandbox.pay(opened(client).id)
    sandbox.drain()
    assert sandbox.attempts(sandbox.events[0]["id"]) == [0, 0, 0, 0]


def test_muted_events_are_recorded_and_can_be_delivered_late(sandbox, client, receiver):
    sandbox.mute_webhooks()
    sandbox.pay(opened(client).id)
    sandbox.drain()
    assert receiver.taken == []
    completed = sandbox.events_of("checkout.session.completed")[0]
    assert sandbox.deliver(completed["id"]) == 200
    sandbox.unmute_webhooks()
    opened(client)
    sandbox.advance(24 * 60 * 60)
    sandbox.drain()
    assert receiver.types == ["checkout.session.completed", "checkout.session.expired"]


def test_undelivered_events_are_those_that_nobody_has_taken(sandbox, client, receiver):
    def undelivered() -> list[str]:
        found = client.v1.events.list({"delivery_success": False}).data
        return sorted(event.type for event in found)

    sandbox.pay(opened(client).id)
    sandbox.drain()
    delivered = client.v1.events.list({"delivery_success": True}).data
    assert (undelivered(), len(delivered)) == ([], 2)
    sandbox.mute_webhooks()
    sandbox.pay(opened(client).id)
    assert undelivered() == ["checkout.session.completed", "payment_intent.succeeded"]
    sandbox.unmute_webhooks()
    receiver.answers = [500] * 4
    client.v1.checkout.sessions.expire(opened(client).id)
    sandbox.drain()
    assert "checkout.session.expired" in undelivered()
    for event in client.v1.events.list({"delivery_success": False}).data:
        sandbox.deliver(event.id)
    assert undelivered() == []


def test_one_event_can_be_delivered_many_times_at_once(sandbox, client, receiver):
    sandbox.mute_webhooks()
    sandbox.pay(opened(client).id)
    event = sandbox.events[0]["id"]
    assert sandbox.deliver_at_once([event] * 20) == [200] * 20
    assert len(receiver.taken) == 20
    assert sandbox.attempts(event) == [200] * 20


def test_delivering_an_unknown_event_is_an_error(sandbox):
    with pytest.raises(KeyError):
        sandbox.deliver("evt_nothing")


def test_events_name_the_request_that_caused_them(sandbox, client):
    session = opened(client)
    client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "k-7"})
    sandbox.pay(opened(client).id)
    by_request, by_buyer = sandbox.events[0], sandbox.events[1]
    assert by_request["request"]["idempotency_key"] == "k-7"
    assert by_request["request"]["id"].startswith("req_")
    assert by_buyer["request"] == {"id": None, "idempotency_key": None}


def test_draining_gives_up_in_the_end(sandbox, client):
    sandbox.webhook_url = f"{sandbox.api_base}/v1/events"
    sandbox.slow_next(0.6)
    sandbox.pay(opened(client).id)
    with pytest.raises(TimeoutError):
        sandbox.drain(timeout=0.01)


def test_what_was_not_delivered_is_delivered_after_a_restart(tmp_path, receiver):
    database = str(tmp_path / "sandbox.sqlite3")
    with Sandbox(database=database, webhook_secret=SECRET) as first:
        first.pay(opened(client_of(first)).id)
    with Sandbox(database=database, webhook_secret=SECRET, webhook_url=receiver.url) as second:
        second.drain()
    assert receiver.types == ["checkout.session.completed", "payment_intent.succeeded"]
