"""Where the time of one booking goes: samples of a process that books alone, layer by layer.

A timer interrupts a thousand times a second and looks at what is being done. What it finds
in a C function, or in the standard library, counts for whoever called it.
"""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.test import Client

SAMPLE_SECONDS = 0.001
WARM_UPS = 20
DRF = "REST framework: the view, and the shapes of question and answer"
# The first whose mark is in the path of the frame's file; inner frames count before outer ones.
LAYERS = {
    "django/db/backends/sqlite3/base.py": "the database: statements",
    "/psycopg": "the database: statements",
    "django/db/backends": "Django: connections and cursors",
    "django/db/transaction.py": "Django: transactions",
    "django/db/": "Django's ORM: queries and rows",
    "/jwt/": "the access token",
    "rest_framework_simplejwt/": "the access token",
    "rest_framework/": DRF,
    "drf_standardized_errors/": DRF,
    "site-packages/django/": "Django: request, middleware, answer",
    "/api/": "ours: the API",
    "/users/": "ours: accounts and logins",
    "/reservation/": "ours: booking",
    "/cinema_reservation/prepared.py": "ours: compiled queries",
    "/cinema_reservation/": "ours: all else",
}
REST = "all else"


def of_one_booking(bookings: list[dict[str, Any]]) -> dict[str, float]:
    """The share of each layer, over all of these bookings but the first ones, which warm up."""
    client = Client(SERVER_NAME="localhost")
    for booking in bookings[:WARM_UPS]:
        _book(client, booking)
    with _sampling() as found:
        for booking in bookings[WARM_UPS:]:
            _book(client, booking)
    total = sum(found.values())
    return {layer: count / total for layer, count in found.most_common()}


@contextmanager
def _sampling() -> Iterator[Counter[str]]:
    found: Counter[str] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        layer = _layer(frame)
        if layer is not None:
            found[layer] += 1
        # Set anew after each look, so that none can interrupt another.
        signal.setitimer(signal.ITIMER_REAL, SAMPLE_SECONDS)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, SAMPLE_SECONDS)
    try:
        yield found
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _book(client: Client, booking: dict[str, Any]) -> None:
    answer = client.post(
        "/api/reservation/",
        json.dumps({"showtime": booking["show"], "seats": booking["seats"]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {booking['token']}"},
    )
    if answer.status_code != 201:
        raise ValueError(answer.content.decode())


def _layer(innermost: FrameType | None) -> str | None:
    """Whose work it is. `None` for the test client's own, which no server does."""
    frames = []
    while innermost is not None:
        frames.append((innermost.f_code.co_filename, innermost.f_code.co_name))
        innermost = innermost.f_back
    if any(function == "_commit" for _, function in frames):
        return "the database: commit"
    for path, _ in frames:
        if "django/test/" in path or path.endswith("tasks/anatomy.py"):
            return None
        for mark, layer in LAYERS.items():
            if mark in path:
                return layer
    return REST
