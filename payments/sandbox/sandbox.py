"""The running sandbox: what it is put together from, and its start and stop."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from payments.sandbox import sessions
from payments.sandbox.account import Account
from payments.sandbox.api import Api
from payments.sandbox.clock import Clock
from payments.sandbox.control import Control
from payments.sandbox.controls import Controls
from payments.sandbox.delivery import Deliveries
from payments.sandbox.faults import Faults
from payments.sandbox.pay_page import PayPage
from payments.sandbox.routing import Router
from payments.sandbox.server import Server
from payments.sandbox.store import Store
from payments.sandbox.web import Request, Response

# Signs webhooks unless another secret is given; it protects nothing but pretended money.
TEST_SIGNER = "whsec_sandbox"
RETRY_DELAYS = (0.1, 0.4, 1.0)
TICK_SECONDS = 0.5
POLL_SECONDS = 0.02


class Sandbox(Controls):
    """A Stripe account on this machine; it serves between `start` and `stop`.

    Raises `ValueError` for a host that is not the loopback interface, `OSError` for a
    port that is taken.
    """

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        webhook_secret: str = TEST_SIGNER,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str = ":memory:",
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        # Binding comes first: a sandbox that can't serve leaves no database behind.
        self._server = Server(host, port, self._answer)
        self._store, self._faults = Store(database), Faults()
        clock = Clock()
        self._deliveries = Deliveries(
            store=self._store, clock=clock, secret=webhook_secret, retry_delays=retry_delays
        )
        self.webhook_url = webhook_url
        self._account = Account(self._store, clock, self.api_base, self._deliveries.queue)
        self._router = Router(
            api=Api(account=self._account, faults=self._faults),
            pages=PayPage(account=self._account),
            control=Control(self),
            faults=self._faults,
        )
        self._log = self._router.log
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,)),
            threading.Thread(target=self._tick),
        ]

    @property
    def api_base(self) -> str:
        """What to give to `stripe.StripeClient` as its base address."""
        return self._server.base_url

    def start(self) -> Self:
        """Serve in the background; deliver what an earlier run left undelivered."""
        for thread in self._threads:
            thread.start()
        for event in reversed(self._store.select("event", ("pending_webhooks", ">", 0))):
            self._deliveries.queue(event["id"])
        return self

    def stop(self) -> None:
        """Stop serving, ticking and delivering."""
        self._stopped.set()
        self._faults.stop()
        self._server.stop()
        for thread in self._threads:
            thread.join()
        self._deliveries.stop()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _answer(self, request: Request) -> Response:
        return self._router(request)

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            sessions.expire_due(self._account)
