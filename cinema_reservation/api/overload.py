"""More asks than can be served: a bounded number at work, a bounded number waiting, the rest 503.

Each process counts for itself. Requests queue here rather than in the server, because here a
request that would wait too long can be told so at once. A body is read before its turn: whoever
sends slowly holds a thread, of which there are enough, and no turn.
"""

from collections import deque
from collections.abc import Callable
from threading import BoundedSemaphore, Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cinema_reservation.api.errors import payload_too_large_response, unavailable_response


class Lane:
    """Requests that wait for each other: so many at once, so many more in line.

    Before them, so many may still be sending their body.
    """

    def __init__(self, *, at_once: int, waiting: int, arriving: int, patience: float) -> None:
        self._free = at_once
        self._line: deque[Lock] = deque()
        self._places = waiting
        self._door = Lock()
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
        """Wait for a turn, first come first served.

        False at once where the line is full, or when patience ends.
        """
        with self._door:
            if self._free:
                self._free -= 1
                return True
            if len(self._line) >= self._places:
                return False
            turn = Lock()
            turn.acquire()
            self._line.append(turn)
        return turn.acquire(timeout=self._patience) or self._has_got(turn)

    def _has_got(self, turn: Lock) -> bool:
        """Whether the turn came after all, between the end of patience and this."""
        with self._door:
            if turn not in self._line:
                return True
            self._line.remove(turn)
            return False

    def leave(self) -> None:
        """Give the turn that `enter` gave to the next in line."""
        with self._door:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


class OverloadMiddleware:
    """Lets requests in by `settings.LANES`: the first that is for their path and method.

    Health is told without a lane, so that a busy process is not taken for a dead one. Stripe's
    webhook has a lane of its own: no crowd of customers can keep the news of money out. What is
    too large to be kept in memory while it arrives, a poster, has one too, and is refused wherever
    no poster is expected.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        lanes = {name: _lane(about) for name, about in settings.LANES.items()}
        self._uploads, self._uploads_at = lanes["uploads"], settings.UPLOADS_AT
        self._lanes = [
            (about["paths"], about.get("methods"), lanes[name])
            for name, about in settings.LANES.items()
        ]
        # Every request comes by here: no setting is looked up anew.
        self._always = settings.ALWAYS_ANSWERED
        self._limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self._always):
            return self.get_response(request)
        length = _length(request)
        large = length > self._limit
        if large and not request.path_info.startswith(self._uploads_at):
            return payload_too_large_response()
        lane = self._uploads if large else self._lane_of(request)
        if length and not large and not lane.take_in(request):
            return unavailable_response()
        if not lane.enter():
            return unavailable_response()
        try:
            return self.get_response(request)
        finally:
            lane.leave()

    def _lane_of(self, request: HttpRequest) -> Lane:
        for paths, methods, lane in self._lanes:
            if request.path_info.startswith(paths) and (not methods or request.method in methods):
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
