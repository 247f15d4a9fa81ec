"""The one place that the sandbox takes its time from."""

import time

FURTHEST = 50 * 366 * 24 * 60 * 60


class Clock:
    """The sandbox's time: the machine's, moved by an offset that tests control."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> int:
        """Seconds since the epoch, in the sandbox's own time."""
        return int(time.time() + self._offset)

    def unmoved(self) -> int:
        """Seconds since the epoch without the offset.

        Signatures carry this one: whoever receives a webhook lives in the machine's time
        and would refuse a signature from a sandbox that has been moved.
        """
        return int(time.time())

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time by so many seconds; `ValueError` for more than 50 years."""
        if not -FURTHEST <= self._offset + seconds <= FURTHEST:
            raise ValueError(f"The clock can't be moved by {seconds} seconds.")
        self._offset += seconds
