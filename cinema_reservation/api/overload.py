"""More asks than can be served: a bounded number at work, a bounded number waiting, the rest 503.

Each process counts for itself. Requests queue here rather than in the server, because here a
request that would wait too long can be told so at once. A body is read before its turn: whoever
sends slowly holds a thread, of which there are enough, and no turn.
"""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cinema_reservation.api.errors import unavailable_response


class Lane:
    """Requests that wait for each other: so many at once, so many more in line.

    Before them, so many may still be sending their body.
    """

    def __init__(self, *, at_once: int, waiting: int, arriving: int, patience: float) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(waiting) if waiting else None
        self._arriving = BoundedSemaphore(arriving) if arriving else None
        self._patience = patience

    def take_in(self, request: HttpRequest) -> bool:
        """Wait for the whole body. False at once where too many are sending."""
        if self._arriving is None or not self._arriving.acquire(blocking=False):
            return False
        try:
            # Read here, it is kept for whoever asks for it.
            return request.body is not None
        finally:
            self._arriving.release()

    def enter(self) -> bool:
        """Wait for a turn. False at once where the line is full, or when patience ends."""
        if self._turns.acquire(blocking=False):
            return True
        if self._places is None or not self._places.acquire(blocking=False):
            return False
        try:
            return self._turns.acquire(timeout=self._patience)
        finally:
            self._places.release()

    def leave(self) -> None:
        """Give the turn that `enter` gave to the next in line."""
        self._turns.release()


class OverloadMiddleware:
    """Lets requests in by the lanes of `settings.LANES`, the first whose path begins alike.

    Health is told without a lane, so that a busy process is not taken for a dead one. Stripe's
    webhook has a lane of its own: no crowd of customers can keep the news of money out. What is
    too large to be kept in memory while it arrives, a poster, has one too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        lanes = {name: _lane(about) for name, about in settings.LANES.items()}
        self._uploads = lanes["uploads"]
        self._lanes = [(about["paths"], lanes[name]) for name, about in settings.LANES.items()]
        # Every request comes by here: no setting is looked up anew.
        self._always = settings.ALWAYS_ANSWERED
        self._limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self._always):
            return self.get_response(request)
        length = _length(request)
        large = length > self._limit
        lane = self._uploads if large else self._lane_of(request.path_info)
        if length and not large and not lane.take_in(request):
            return unavailable_response()
        if not lane.enter():
            return unavailable_response()
        try:
            return self.get_response(request)
        finally:
            lane.leave()

    def _lane_of(self, path: str) -> Lane:
        for paths, lane in self._lanes:
            if path.startswith(paths):
                return lane
        # The last one takes whatever is left.
        return lane


def _length(request: HttpRequest) -> int:
    """How long the body is said to be. Nothing is read of one that does not say."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() else 0


def _lane(about: dict[str, Any]) -> Lane:
    numbers = {name: about[name] for name in ("at_once", "waiting", "arriving")}
    return Lane(**numbers, patience=settings.WEB_PATIENCE_SECONDS)
