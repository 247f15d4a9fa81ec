"""Where the time of one booking goes: samples of one thread that books, layer by layer.

A second thread looks a thousand times a second at what the first one is doing. What it
finds in a C function, or in the standard library, counts for whoever called it.
"""

import json
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from django.test import Client

SAMPLE_SECONDS, SWITCH_SECONDS = 0.001, 0.0002
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
    "/cinema_reservation/": "ours: all else",
}
REST = "all else"


def of_one_booking(bookings: list[dict[str, Any]]) -> dict[str, float]:
    """The share of each layer, over all of these bookings but the first ones, which warm up."""
    sys.setswitchinterval(SWITCH_SECONDS)
    client = Client(SERVER_NAME="localhost")
    found: Counter[str] = Counter()
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(threading.get_ident(), found, ended))
    for booking in bookings[:WARM_UPS]:
        _book(client, booking)
    sampler.start()
    for booking in bookings[WARM_UPS:]:
        _book(client, booking)
    ended.set()
    sampler.join()
    total = sum(found.values())
    return {layer: count / total for layer, count in found.most_common()}


def _book(client: Client, booking: dict[str, Any]) -> None:
    answer = client.post(
        "/api/reservation/",
        json.dumps({"showtime": booking["show"], "seats": booking["seats"]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {booking['token']}"},
    )
    if answer.status_code != 201:
        raise ValueError(answer.content.decode())


def _sample(thread: int, found: Counter[str], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_SECONDS):
        frame = sys._current_frames().get(thread)
        layer = _layer(frame)
        if layer is not None:
            found[layer] += 1


def _layer(innermost: FrameType | None) -> str | None:
    """Whose work it is. `None` for the test client's own, which no server does."""
    frames = []
    while innermost is not None:
        frames.append((Path(innermost.f_code.co_filename).as_posix(), innermost.f_code.co_name))
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
