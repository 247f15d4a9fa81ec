"""Many keep-alive connections in one thread: each carries on a talk, all by turns.

A talk is a generator: it yields a request and is sent its answer (`None` where the server
hung up instead), or yields a `Pause` and is sent `None` after it.
"""

import heapq
import selectors
import socket
import time
from collections.abc import Generator, Iterable
from typing import NamedTuple

from benchmarks.load.http import Answer, cut_answer

RECEIVE_BYTES = 256 * 1024


class Pause(NamedTuple):
    """Ask nothing for so long."""

    seconds: float


Talk = Generator[bytes | Pause, Answer | None, None]


class Line:
    """One talk and the connection it is on."""

    def __init__(self, number: int, talk: Talk) -> None:
        self.number, self.talk = number, talk
        self.socket: socket.socket | None = None
        self.asked = False
        self.sent_at = 0.0
        self.received = b""


class Switchboard:
    """Carries all talks on with one server until they end or time is up."""

    def __init__(self, port: int, talks: Iterable[Talk]) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._lines = [Line(number, talk) for number, talk in enumerate(talks)]
        self._talking = len(self._lines)
        self._pauses: list[tuple[float, int]] = []
        for line in self._lines:
            self._connect(line)

    def carry_on(self, *, seconds: float) -> bool:
        """Start all talks at once. Says whether all came to their end in time.

        What is under way when time is up is dropped, unanswered.
        """
        deadline = time.perf_counter() + seconds
        try:
            for line in self._lines:
                self._go_on(line, None)
            while self._talking:
                now = time.perf_counter()
                if now >= deadline:
                    return False
                self._turn(now, deadline)
            return True
        finally:
            self._hang_up()

    def _turn(self, now: float, deadline: float) -> None:
        until = min(deadline, self._pauses[0][0]) if self._pauses else deadline
        for key, _ in self._selector.select(max(until - now, 0)):
            self._hear(key.data)
        while self._pauses and self._pauses[0][0] <= time.perf_counter():
            self._go_on(self._lines[heapq.heappop(self._pauses)[1]], None)

    def _go_on(self, line: Line, answer: Answer | None) -> None:
        """Let the talk hear the answer, and say what it wants said next."""
        try:
            said = line.talk.send(answer)
        except StopIteration:
            self._talking -= 1
            return
        if isinstance(said, Pause):
            heapq.heappush(self._pauses, (time.perf_counter() + said.seconds, line.number))
            return
        connection = line.socket or self._connect(line)
        line.asked, line.sent_at = True, time.time()
        connection.sendall(said)

    def _hear(self, line: Line) -> None:
        try:
            chunk = line.socket.recv(RECEIVE_BYTES) if line.socket else b""
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._disconnect(line)
            return
        line.received = line.received + chunk if line.received else chunk
        cut = cut_answer(line.received)
        if cut is not None:
            line.received, line.asked = b"", False
            self._go_on(line, Answer(*cut, line.sent_at, time.time()))

    def _connect(self, line: Line) -> socket.socket:
        # Loopback, and nothing else: that is all that a load may ever be aimed at.
        line.socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(line.socket, selectors.EVENT_READ, line)
        return line.socket

    def _disconnect(self, line: Line) -> None:
        """The server hung up: on an idle line it may, on a question it owes an answer."""
        if line.socket is not None:
            self._selector.unregister(line.socket)
            line.socket.close()
        line.socket, line.received = None, b""
        if line.asked:
            line.asked = False
            self._go_on(line, None)

    def _hang_up(self) -> None:
        for line in self._lines:
            if line.socket is not None:
                line.socket.close()
        self._selector.close()
