"""A server over a database with shows and customers, for what is asked of the server itself."""

import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import requests

from cinema_reservation.tests.system import ROOT, System

CUSTOMERS = 120
# A show with two seats for each customer, and a token for each.
SCENE = f"""
import json
from django.utils import timezone
from reservation.tests.factories import show_with_seats
from users import sessions
from users.tests.factories import UserFactory
shows = []
for _ in range(16):
    show, seats = show_with_seats(2 * {CUSTOMERS})
    shows.append({{"id": show.pk, "seats": [seat.pk for seat in seats]}})
people = [UserFactory() for _ in range({CUSTOMERS})]
tokens = [sessions.open_login(user=one, at=timezone.now()).access for one in people]
print(json.dumps({{"shows": shows, "tokens": tokens}}))
"""


class Scene:
    """A server over a database with shows and customers."""

    def __init__(self, system: System) -> None:
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SCENE],
            cwd=ROOT,
            env=system.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        told = json.loads(made.stdout.splitlines()[-1])
        self.system, self.tokens = system, told["tokens"]
        self._shows = iter(told["shows"])

    def next_show(self) -> dict:
        """One of which nothing is sold."""
        return next(self._shows)

    def hold(self, show: dict, customer: int) -> requests.Response | None:
        """Two seats of the customer's own; `None` where the line is dead."""
        seats = show["seats"][2 * customer :][:2]
        try:
            return self.system.ask(
                "POST",
                "reservation/",
                token=self.tokens[customer],
                json={"showtime": show["id"], "seats": seats},
            )
        except requests.ConnectionError:
            return None

    def line(self) -> socket.socket:
        """A connection of its own to the server."""
        return socket.create_connection(("127.0.0.1", self.system.port), timeout=5)

    def sold(self, show: dict) -> int:
        """How many reservations of that show the database has."""
        query = f"SELECT count(*) FROM reservation_reservation WHERE showtime_id = {show['id']}"
        return self.ask_database(query)[0]

    def connections(self) -> int:
        """How many the server has to its PostgreSQL, beside the one that asks and the lock's."""
        if not self.system.environment["DATABASE_URL"]:
            return 0
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return self.ask_database(query)[0] - 2

    def ask_database(self, query: str) -> tuple:
        with self.database() as connection:
            return connection.execute(query).fetchone()

    @contextmanager
    def database(self) -> Iterator:
        if url := self.system.environment["DATABASE_URL"]:
            with psycopg.connect(url, autocommit=True) as connection:
                yield connection
        else:
            path = f"{self.system.environment['VAR_DIR']}/cinema.sqlite3"
            connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            yield connection
            connection.close()

    @contextmanager
    def locked(self, show: dict) -> Iterator[None]:
        """Somebody else holds what a booking of that show needs."""
        with self.database() as connection:
            if self.system.environment["DATABASE_URL"]:
                connection.execute("BEGIN")
                row = f"SELECT 1 FROM reservation_showtime WHERE id = {show['id']} FOR UPDATE"
                connection.execute(row)
            else:
                connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")


def answers(scene: Scene, show: dict, customers: range) -> list[requests.Response | None]:
    """All of them at the same time."""
    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(lambda one: scene.hold(show, one), customers))


def statuses(found: list[requests.Response | None]) -> Counter:
    return Counter(answer.status_code if answer is not None else 0 for answer in found)


@contextmanager
def slow_clients(scene: Scene, number: int, head: bytes) -> Iterator[None]:
    """So many clients that have sent this much, and send a byte a second from now on."""
    slow = [scene.line() for _ in range(number)]
    for one in slow:
        one.sendall(head)
    done = threading.Event()

    def drip() -> None:
        while not done.wait(1):
            for one in slow:
                one.send(b" ")

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    try:
        yield
    finally:
        done.set()
        dripping.join()
        for one in slow:
            one.close()
