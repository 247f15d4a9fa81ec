"""Lanes: who is let in, who waits, who is told no."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, override_settings

from cinema_reservation.api.overload import Lane, OverloadMiddleware


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
    lane = Lane(at_once=1, waiting=1, arriving=1, patience=0.05)
    assert lane.enter()
    for _ in range(3):
        begun = time.monotonic()
        assert not lane.enter()
        assert time.monotonic() - begun >= 0.05
    lane.leave()
    assert lane.enter()


def test_first_come_is_first_served():
    lane, served = Lane(at_once=1, waiting=10, arriving=1, patience=10), []

    def come(number: int) -> None:
        assert lane.enter()
        served.append(number)
        lane.leave()

    assert lane.enter()
    with ThreadPoolExecutor(10) as pool:
        for number in range(10):
            pool.submit(come, number)
            while len(lane._line) <= number:
                time.sleep(0.001)
        lane.leave()
    assert served == list(range(10))


def test_no_turn_is_lost_and_none_is_given_twice():
    """Many more than there are places, some of whom lose patience as their turn comes."""
    lane = Lane(at_once=3, waiting=20, arriving=1, patience=0.002)
    inside, most = [], []

    def come(_: int) -> bool:
        if not lane.enter():
            return False
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()
        lane.leave()
        return True

    with ThreadPoolExecutor(40) as pool:
        served = sum(pool.map(come, range(2000)))
    assert 0 < served < 2000
    assert max(most) <= 3
    assert (lane._free, len(lane._line)) == (3, 0)


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_a_large_body_is_refused_at_once_where_no_poster_is_expected(rf):
    gate = OverloadMiddleware(lambda request: HttpResponse("ok"))
    assert gate(rf.post("/api/token/", {"name": "x" * 100})).status_code == 413
    assert gate(rf.post("/api/movies/", {"name": "x" * 100})).status_code == 200


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_posters_that_arrive_wait_among_themselves_and_keep_nobody_else_waiting(rf):
    inside: list[int] = []

    def view(request):
        if request is poster:
            inside.extend(gate(one).status_code for one in (rf.get("/api/movies/"), another))
        return HttpResponse("ok")

    poster, another = (rf.post("/api/movies/1/poster/", {"image": "x" * 100}) for _ in "12")
    with override_settings(LANES=NO_ROOM):
        gate = OverloadMiddleware(view)
    assert gate(poster).status_code == 200
    assert inside == [200, 503]


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


@override_settings(LANES=settings.LANES)
def test_reads_do_not_wait_behind_those_who_wait_for_a_lock(rf):
    """Nor staff, nor Stripe, however many bookings are stuck."""
    release, stuck = threading.Event(), []

    def view(request):
        if request.path == "/api/reservation/" and request.method == "POST":
            stuck.append(1)
            release.wait(10)
        return HttpResponse("ok")

    gate = OverloadMiddleware(view)
    bookings = settings.LANES["all else"]["at_once"]
    with ThreadPoolExecutor(bookings) as pool:
        for _ in range(bookings):
            pool.submit(gate, rf.post("/api/reservation/"))
        while len(stuck) < bookings:
            time.sleep(0.001)
        begun = time.monotonic()
        asked = [rf.get("/api/movies/"), rf.post("/admin/login/"), rf.post("/api/webhook/")]
        assert [gate(request).status_code for request in asked] == [200, 200, 200]
        assert time.monotonic() - begun < 1
        release.set()


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
