"""Who wants which seats: the bookings that a load asks for, no seat twice."""

import base64
import itertools
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load.http import request

Customer = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """One customer, one show, some seats."""

    customer: Customer
    show: int
    seats: tuple[int, ...]

    def request(self) -> bytes:
        """As the API is asked for it."""
        body = {"showtime": self.show, "seats": self.seats}
        token = self.customer["token"]
        return request("POST", "/api/reservation/", token=token, body=body)

    def recorded(self) -> dict[str, Any]:
        """As `tasks.statements` wants it."""
        who = {"token": self.customer["token"], "user": self.customer["id"]}
        return who | {"show": self.show, "seats": list(self.seats)}

    def about(self, *, hex_logins: bool) -> dict[str, Any]:
        """As the bare script wants it. SQLite keeps UUIDs without dashes."""
        login = login_of(self.customer["token"])
        about = {"user": self.customer["id"], "show": self.show, "code": secrets.token_hex(5)}
        about |= {f"seat{n}": seat for n, seat in enumerate(self.seats)}
        return about | {"login": login.replace("-", "") if hex_logins else login}


def wishes(
    customers: Sequence[Customer], shows: Iterable[int], seats: Sequence[int]
) -> Iterator[Wish]:
    """Pairs of neighbours, each pair of each show once; one after another of another show."""
    pairs = [tuple(seats[n : n + 2]) for n in range(0, len(seats) - 1, 2)]
    people = itertools.cycle(customers)
    for pair, show in itertools.product(pairs, list(shows)):
        yield Wish(next(people), show, pair)


def login_of(token: str) -> str:
    """The login that an access token carries, read without checking anything."""
    payload = token.split(".")[1]
    padded = payload + "=" * (-len(payload) % 4)
    return str(json.loads(base64.urlsafe_b64decode(padded))["login"])
