"""A rival at the worst moment, which luck would have to bring about.

It is let in between two lines and gets the time to do all that it wants; what guards the
lines makes it wait. Without the guard it is through before the first one goes on, and the
test sees what it broke.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from django.db import connections

# Far more than a rival needs whom nothing keeps waiting.
LONG_ENOUGH_SECONDS = 0.5


class Intruder:
    """A rival who comes once, at the worst moment, and is given time to do everything."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._came = threading.Lock()
        self._outcome: Future[Any] = Future()

    def comes(self) -> None:
        if self._came.acquire(blocking=False):
            threading.Thread(target=self._run).start()
            self._wait(LONG_ENOUGH_SECONDS)

    def _run(self) -> None:
        try:
            self._outcome.set_result(self._act())
        except Exception as error:
            self._outcome.set_result(error)
        finally:
            connections.close_all()

    def _wait(self, seconds: float) -> None:
        done = threading.Event()
        self._outcome.add_done_callback(lambda _: done.set())
        done.wait(seconds)

    @property
    def outcome(self) -> Any:
        """What the rival got, or the exception that it met."""
        assert self._came.locked(), "nobody came"
        return self._outcome.result(timeout=30)
