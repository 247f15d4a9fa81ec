"""Lanes: who is let in, who waits, who is told no."""

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
