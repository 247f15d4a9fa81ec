"""What goes wrong between the project and Stripe, at a test's command."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from payments.sandbox.errors import ConnectionDroppedError
from payments.sandbox.web import Request, Response, json_response

LONGEST_PAUSE = 60 * 60


class Kind(StrEnum):
    """The ways to go wrong."""

    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"
    FAIL = "fail"
    SLOW = "slow"


@dataclass
class Fault:
    """Something that goes wrong for the next `times` requests that it fits.

    Raises `ValueError` for what could not happen.
    """

    kind: Kind
    path: str
    method: str | None
    times: int
    status: int = 500
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"{self.status} is no status of an error.")
        if self.times < 1 or not 0 <= self.seconds <= LONGEST_PAUSE:
            raise ValueError("A fault happens at least once and takes at most an hour.")

    def fits(self, kind: Kind, request: Request) -> bool:
        """Whether this fault is of that kind and meant for that request."""
        return (
            self.kind is kind
            and request.path.startswith(self.path)
            and self.method in (None, request.method)
        )


class Faults:
    """The faults that have been ordered and have not all happened yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: list[Fault] = []
        self._stopped = threading.Event()

    def order(self, fault: Fault) -> None:
        """Let this happen to the next requests that it fits."""
        with self._lock:
            self._ordered.append(fault)

    def clear(self) -> None:
        """Forget all that has not happened yet."""
        with self._lock:
            self._ordered.clear()

    def stop(self) -> None:
        """End all pauses: the sandbox is going down."""
        self._stopped.set()

    def drop(self, kind: Kind, request: Request) -> None:
        """Raise `ConnectionDroppedError` if that was ordered for this request."""
        if self._take(kind, request):
            raise ConnectionDroppedError

    def failure(self, request: Request) -> Response | None:
        """The error that was ordered for this request, if any."""
        fault = self._take(Kind.FAIL, request)
        return json_response(fault.status, _error(fault.status)) if fault else None

    def pause(self, request: Request) -> None:
        """Take the time that was ordered for this request."""
        fault = self._take(Kind.SLOW, request)
        # Not `sleep`: a sandbox that is going down must not wait for its slowest answer.
        if fault and self._stopped.wait(fault.seconds):
            raise ConnectionDroppedError

    def _take(self, kind: Kind, request: Request) -> Fault | None:
        with self._lock:
            fault = _first(fault for fault in self._ordered if fault.fits(kind, request))
            if fault:
                fault.times -= 1
            self._ordered = [ordered for ordered in self._ordered if ordered.times > 0]
            return fault


def _first(faults: Iterable[Fault]) -> Fault | None:
    return next(iter(faults), None)


def _error(status: int) -> dict[str, dict[str, str]]:
    error = {"type": "api_error" if status >= 500 else "invalid_request_error"}
    if status == 429:
        error["code"] = "rate_limit"
    return {"error": {**error, "message": f"The sandbox was told to answer {status}."}}
