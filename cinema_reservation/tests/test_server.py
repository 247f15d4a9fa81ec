"""The real web server as a process: stopping, slow clients, held locks, and too many at once."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import requests
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, override_settings

from cinema_reservation.api.overload import Lane, OverloadMiddleware
from cinema_reservation.tests.system import ROOT, System, database_of_its_own, eventually

CUSTOMERS = 120
# A show with two seats for each customer, and a token for each.
SCENE = f"""
import json
from django.utils import timezone
from reservation.tests.factories import show_with_seats
from users import sessions
from users.tests.factories import UserFactory
shows = []
for _ in range(12):
    show, seats = show_with_seats(2 * {CUSTOMERS})
    shows.append({{"id": show.pk, "seats": [seat.pk for seat in seats]}})
people = [UserFactory() for _ in range({CUSTOMERS})]
tokens = [sessions.open_login(user=one, at=timezone.now()).access for one in people]
print(json.dumps({{"shows": shows, "tokens": tokens}}))
"""
POST = (
    b"POST /api/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
HEAD = b"GET /api/movies/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class Scene:
    """A server over a database with shows and customers."""

    def __init__(self, system: System, told: dict) -> None:
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


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("server")
    with database_of_its_own() as database_url:
        system = System(folder, database_url)
        system.environment |= {"LOCK_SECONDS": "2", "WEB_CONCURRENCY": "2"}
        system.manage("migrate", "--verbosity", "0")
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SCENE],
            cwd=ROOT,
            env=system.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        yield Scene(system, json.loads(made.stdout.splitlines()[-1]))


@pytest.fixture
def server(scene, tmp_path) -> Iterator[subprocess.Popen]:
    with scene.system.serving(tmp_path / "log.txt") as process:
        yield process


def answers(scene: Scene, show: dict, customers: range) -> list[requests.Response | None]:
    """All of them at the same time."""
    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(lambda one: scene.hold(show, one), customers))


def statuses(found: list[requests.Response | None]) -> Counter:
    return Counter(answer.status_code if answer is not None else 0 for answer in found)


@pytest.mark.journey
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_a_stop_or_a_reload_under_load_loses_nothing(scene, server, told):
    show = scene.next_show()
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(scene.hold, show, one) for one in range(CUSTOMERS)]
        time.sleep(0.4)
        server.send_signal(told)
        found = [future.result() for future in asked]
    counted = statuses(found)
    assert counted[201] == scene.sold(show), counted
    assert set(counted) <= {201, 0}
    if told == signal.SIGHUP:
        assert counted[201] >= CUSTOMERS - 12, counted
    else:
        assert server.wait(30) == 0


@pytest.mark.journey
def test_requests_in_flight_are_answered_before_the_server_stops(scene, server):
    show = scene.next_show()
    with ThreadPoolExecutor(8) as pool:
        with scene.locked(show):
            asked = [pool.submit(scene.hold, show, one) for one in range(8)]
            time.sleep(0.8)
            server.send_signal(signal.SIGTERM)
            time.sleep(0.4)
        assert statuses([future.result() for future in asked]) == {201: 8}
    assert server.wait(30) == 0


@pytest.mark.journey
def test_a_server_that_is_told_to_stop_while_it_starts_stops(scene, tmp_path):
    with scene.system.starting("deploy.web", tmp_path / "log.txt") as process:
        eventually(lambda: "Spawning worker-2" in (tmp_path / "log.txt").read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


@pytest.mark.journey
def test_a_killed_process_is_replaced(scene, server):
    children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True)
    os.kill(int(children.stdout.split()[-1]), signal.SIGKILL)
    time.sleep(3)
    again = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True)
    assert len(again.stdout.split()) == len(children.stdout.split())
    assert scene.system.is_ready()


@contextmanager
def slow_clients(scene: Scene, number: int, head: bytes) -> Iterator[None]:
    """So many clients that have sent this much, and send a byte a second from now on."""
    slow = [socket.create_connection(("127.0.0.1", scene.system.port)) for _ in range(number)]
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


@pytest.mark.journey
def test_clients_that_send_their_head_slowly_keep_nobody_waiting(scene, server):
    with slow_clients(scene, 300, HEAD):
        for _ in range(10):
            begun = time.monotonic()
            assert scene.system.ask("GET", "movies/").ok
            assert time.monotonic() - begun < 2


@pytest.mark.journey
@pytest.mark.parametrize(
    ("path", "length"),
    [
        (b"reservation/", 300),
        (b"reservation/", 2_000_000),
        (b"create-checkout-session/1/", 300),
        (b"webhook/", 300),
    ],
)
def test_clients_that_send_their_body_slowly_keep_nobody_waiting(scene, server, path, length):
    show = scene.next_show()
    head = POST % (path, scene.tokens[-1].encode(), length)
    with slow_clients(scene, 150, head):
        time.sleep(1)
        begun = time.monotonic()
        assert statuses(answers(scene, show, range(10))) == {201: 10}
        assert scene.system.ask("GET", "movies/").ok
        assert scene.system.is_ready()
        assert time.monotonic() - begun < 5


@pytest.mark.journey
@pytest.mark.parametrize("sent", [b"", b"PRI * HT", b"GET /api/mov"])
def test_clients_that_send_nothing_more_are_hung_up_on(scene, tmp_path, monkeypatch, sent):
    monkeypatch.setitem(scene.system.environment, "WEB_IDLE_SECONDS", "1")
    with scene.system.serving(tmp_path / "log.txt"):
        with socket.create_connection(("127.0.0.1", scene.system.port), timeout=5) as line:
            line.sendall(sent)
            assert line.recv(65536) == b""


@pytest.mark.journey
def test_more_than_can_be_served_is_refused_at_once_and_the_rest_served_right(scene, server):
    show = scene.next_show()
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        with scene.locked(show):
            begun = time.monotonic()
            asked = [pool.submit(scene.hold, show, one) for one in range(CUSTOMERS)]
            time.sleep(1)
            refused = [future.result() for future in asked if future.done()]
            healthy = time.monotonic()
            assert scene.system.is_ready()
            assert time.monotonic() - healthy < 1
            assert time.monotonic() - begun < 2
            assert scene.connections() <= 2 * settings.WEB_DATABASE_CONNECTIONS
        found = [future.result() for future in asked]
    assert statuses(refused)[503] >= 20
    assert all("Retry-After" in answer.headers for answer in refused)
    assert all(answer.json()["errors"][0]["code"] == "service_unavailable" for answer in refused)
    assert statuses(found)[201] == scene.sold(show) > 0
    assert set(statuses(found)) == {201, 503}


@pytest.mark.journey
def test_a_lock_that_stays_held_is_503_in_bounded_time(scene, server):
    show = scene.next_show()
    with scene.locked(show):
        begun = time.monotonic()
        answer = scene.hold(show, 0)
        assert time.monotonic() - begun < 4
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert scene.hold(show, 0).status_code == 201


@pytest.mark.journey
def test_lost_connections_cost_each_process_one_503(scene, server):
    if not scene.system.environment["DATABASE_URL"]:
        pytest.skip("SQLite has no connections to lose")
    path = f"available-seats/?showtime={scene.next_show()['id']}"
    with scene.locked(show := scene.next_show()), ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(scene.hold, show, one) for one in range(12)]
        eventually(lambda: scene.connections() >= 6)
    assert {future.result().status_code for future in asked} <= {201, 503}
    scene.ask_database(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    found = [scene.system.ask("GET", path) for _ in range(40)]
    assert set(statuses(found)) <= {200, 503}
    assert statuses(found)[503] <= 2
    assert all("Retry-After" in answer.headers for answer in found if not answer.ok)


@pytest.mark.journey
@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01garbage\r\n\r\n",
        b"GET /api/movies/ HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n",
        b"GET /api/movies/?search=" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_4xx_without_html(scene, server, request_bytes):
    with socket.create_connection(("127.0.0.1", scene.system.port), timeout=5) as line:
        line.sendall(request_bytes)
        answer = line.recv(65536)
    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert b"<html" not in answer.lower()


def test_a_full_line_says_no_at_once_and_a_place_in_it_gets_the_next_turn():
    lane = Lane(at_once=1, waiting=1, arriving=1, patience=10)
    assert lane.enter()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lane.enter)
        time.sleep(0.1)
        begun = time.monotonic()
        assert not lane.enter()
        assert time.monotonic() - begun < 1
        lane.leave()
        assert waiting.result(5)


def test_patience_ends_and_leaves_the_place_to_others():
    lane = Lane(at_once=1, waiting=1, arriving=1, patience=0.01)
    assert lane.enter()
    assert not lane.enter()
    assert not lane.enter()
    lane.leave()
    assert lane.enter()


NO_ROOM = {
    "uploads": {"at_once": 1, "waiting": 0, "arriving": 0, "paths": ()},
    "webhook": {"at_once": 1, "waiting": 0, "arriving": 1, "paths": ("/api/webhook/",)},
    "all else": {"at_once": 1, "waiting": 0, "arriving": 1, "paths": ("/",)},
}


@override_settings(LANES=NO_ROOM)
def test_health_and_the_webhook_are_answered_while_everything_else_is_refused(rf):
    inside: list[int] = []

    def ask(path: str) -> int:
        return gate(rf.get(path)).status_code

    def view(request):
        if request.path == "/api/movies/":
            inside.extend(map(ask, ["/api/seats/", "/api/webhook/", "/health/live/"]))
        return HttpResponse("ok")

    gate = OverloadMiddleware(view)
    assert ask("/api/movies/") == 200
    assert inside == [503, 200, 200]
    assert ask("/api/seats/") == 200


def test_a_view_that_breaks_gives_its_turn_back(rf):
    def view(request):
        raise RuntimeError

    with override_settings(LANES=NO_ROOM):
        gate = OverloadMiddleware(view)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            gate(rf.get("/api/movies/"))


def test_overload_is_looked_at_before_anything_that_asks_the_database():
    names = settings.MIDDLEWARE
    gate = names.index("cinema_reservation.api.overload.OverloadMiddleware")
    assert gate < names.index("cinema_reservation.api.bypass.SessionMiddleware")
    assert Client().get("/health/live/").status_code == 200
