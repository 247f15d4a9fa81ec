"""HTTP/1.1 as far as a load client needs it: requests in bytes, answers cut from a stream."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


class Answer(NamedTuple):
    """What came back, and when (by the machine's clock, which the server shares)."""

    status: int
    head: bytes
    body: bytes
    sent_at: float
    received_at: float

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        """The value of a header, or an empty string."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode("latin-1").lower() == name.lower():
                return value.strip().decode("latin-1")
        return ""


def request(
    method: str,
    path: str,
    *,
    token: str = "",
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole request. A body of bytes goes as it is, anything else as JSON."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(raw)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD + raw


def cut_answer(received: bytes) -> tuple[int, bytes, bytes] | None:
    """Status, head and body, once all of an answer is there.

    Raises `ValueError` for an answer without a length, which no keep-alive client can read.
    """
    end = received.find(END_OF_HEAD)
    if end < 0:
        return None
    head = received[:end]
    status = int(head[9:12])
    length = 0 if status in (204, 304) else _length(head)
    begin = end + len(END_OF_HEAD)
    if len(received) < begin + length:
        return None
    return status, head, received[begin : begin + length]


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(LENGTH)
    if at < 0:
        raise ValueError(f"an answer without Content-Length: {head!r}")
    end = lowered.find(b"\r\n", at)
    return int(lowered[at + len(LENGTH) : end if end > 0 else None])
