"""Hello world: what the server itself costs, with no framework behind it."""

from collections.abc import Callable, Iterable
from typing import Any

BODY = b"Hello, world\n"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Length", str(len(BODY))), ("Content-Type", "text/plain")])
    return [BODY]
