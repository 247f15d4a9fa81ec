"""The real web server as a process: stopping, slow clients, held locks, and too many at once."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from cinema_reservation.tests.scene import CUSTOMERS, Scene, answers, slow_clients, statuses
from cinema_reservation.tests.system import System, database_of_its_own, eventually

POST = (
    b"POST /api/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
HEAD = b"GET /api/movies/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("server")
    with database_of_its_own() as database_url:
        system = System(folder, database_url)
        system.environment |= {"LOCK_SECONDS": "2", "WEB_CONCURRENCY": "2"}
        system.manage("migrate", "--verbosity", "0")
        yield Scene(system)


@pytest.fixture
def server(scene, tmp_path) -> Iterator[subprocess.Popen]:
    with scene.system.serving(tmp_path / "log.txt") as process:
        yield process


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
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_make_run_answers_what_is_under_way_before_it_stops(scene, tmp_path, monkeypatch, told):
    monkeypatch.setitem(scene.system.environment, "LOCK_SECONDS", "20")
    monkeypatch.setitem(scene.system.environment, "WEB_PATIENCE_SECONDS", "20")
    show = scene.next_show()
    with scene.system.running(tmp_path / "log.txt") as process, ThreadPoolExecutor(8) as pool:
        with scene.locked(show):
            asked = [pool.submit(scene.hold, show, one) for one in range(8)]
            time.sleep(0.8)
            process.send_signal(told)
            time.sleep(6)
        assert statuses([future.result() for future in asked]) == {201: 8}
        assert process.wait(10) is not None
    assert "Python threads" not in (tmp_path / "log.txt").read_text()


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
    with scene.system.serving(tmp_path / "log.txt"), scene.line() as line:
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
    with scene.line() as line:
        line.sendall(request_bytes)
        answer = line.recv(65536)
    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert b"<html" not in answer.lower()
