"""Stripe's post: signed events over HTTP, against a bare view that answers the same bytes.

The sandbox runs beside the server: an event that tells of a payment makes the server ask
Stripe, confirm the reservation and write the mail, all within its answer.
"""

import itertools
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.load.crowd import ask
from benchmarks.load.http import request
from benchmarks.load.processes import Helpers, helpers
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.bare import bare_views
from benchmarks.stage.house import House
from benchmarks.stage.questions import fetch
from benchmarks.stage.server import free_port, running, wait_for
from benchmarks.stage.turns import Side, by_turns
from payments.sandbox.delivery import signature

SUITE = "webhooks"
SETTLES, AGAIN, UNUSED = "a payment settles", "the same event again", "an event of no use"
LONGEST_SECONDS = 60.0


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Adds a figure for each kind of event."""
    with _with_sandbox(house) as here, helpers(1) as ready, here.serving() as port:
        count = plan.payments_per_turn * (plan.rounds + 1) + 1
        pages = iter(here.do("money.paid_pages", count=count))
        post = Post(here.do("money.webhook_secret"))
        known = post.signed("checkout.session.completed", next(pages))
        first = {SETTLES: known, AGAIN: known, UNUSED: post.signed("customer.created", "cus_1")}
        answers = [fetch(port, question) for question in first.values()]
        turn = partial(_turn, ready, plan)
        with bare_views(here, answers) as bare:
            sides = _to_us(turn, port, post, pages, plan) | _to_bare_views(turn, bare, first)
            measured = by_turns(sides, rounds=plan.rounds)
    for name in first:
        both = (measured[name], measured[f"bare {name}"])
        results.add(compared(SUITE, kind, name, "bare Django view", both))


Turn = Callable[[int, Sequence[bytes]], float]


def _to_us(
    turn: Turn, port: int, post: "Post", pages: Iterator[str], plan: Plan
) -> dict[str, Side]:
    count = plan.payments_per_turn
    return {
        SETTLES: lambda: turn(port, post.completed(itertools.islice(pages, count))),
        AGAIN: lambda: turn(port, [post.newest]),
        UNUSED: lambda: turn(port, post.unused(count * 5)),
    }


def _to_bare_views(turn: Turn, port: int, first: dict[str, bytes]) -> dict[str, Side]:
    """The same bodies, to views that read them and answer what ours answered."""
    ours, theirs = b"/api/webhook/", "/answer/{}/"
    return {
        f"bare {name}": partial(turn, port, [asked.replace(ours, theirs.format(n).encode())])
        for n, (name, asked) in enumerate(first.items())
    }


@dataclass
class Post:
    """Signs events as Stripe does, in the moment in which they are made."""

    secret: str
    newest: bytes = b""

    def signed(self, type_: str, object_id: str) -> bytes:
        """A whole request with an event that nobody has seen yet."""
        about = {"object": {"id": object_id}}
        event = {"id": f"evt_{secrets.token_hex(12)}", "type": type_, "data": about}
        body = json.dumps(event).encode()
        signed = signature(body, secret=self.secret, timestamp=int(time.time()))
        self.newest = request(
            "POST", "/api/webhook/", body=body, headers={"Stripe-Signature": signed}
        )
        return self.newest

    def completed(self, pages: Iterable[str]) -> list[bytes]:
        return [self.signed("checkout.session.completed", page) for page in pages]

    def unused(self, count: int) -> list[bytes]:
        return [self.signed("customer.created", "cus_1") for _ in range(count)]


@contextmanager
def _with_sandbox(house: House) -> Iterator[House]:
    """The same house, with a Stripe of its own."""
    port = free_port()
    here = replace(house, more=house.more | {"SANDBOX_PORT": str(port)})
    command = [sys.executable, "-m", "payments.sandbox", "--port", str(port)]
    log = here.folder / "sandbox.log"
    with running(command, here.environment(), log=log) as process:
        wait_for(port, process, log)
        yield here


def _turn(ready: Helpers, plan: Plan, port: int, questions: Sequence[bytes]) -> float:
    """One question is asked over and over, several are asked once each."""
    over_and_over = len(questions) == 1
    tally = ready.do(
        ask,
        port,
        questions,
        connections=plan.connections,
        seconds=plan.short_seconds if over_and_over else LONGEST_SECONDS,
        repeat=over_and_over,
    )
    return tally.expect(200).rate
