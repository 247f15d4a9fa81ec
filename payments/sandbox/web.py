"""One HTTP request and the answer to it, free of how a server reads and writes them."""

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from payments.sandbox.forms import Tree, decode


@dataclass(frozen=True)
class Request:
    """A request as it came in; names of headers are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def form(self) -> Tree:
        """The parameters: of the query for GET, else of the body."""
        if self.method == "GET":
            return decode(self.query)
        return decode(self.body.decode("utf-8", "replace"))


@dataclass
class Response:
    """An answer, complete but for its length."""

    status: int
    body: bytes
    headers: dict[str, str]


Application = Callable[[Request], Response]


def json_response(status: int, content: Any, headers: Mapping[str, str] = {}) -> Response:
    """An answer in JSON."""
    return encoded_json_response(status, json.dumps(content), headers)


def encoded_json_response(status: int, content: str, headers: Mapping[str, str] = {}) -> Response:
    """An answer in JSON that is text already."""
    return Response(status, content.encode(), {"Content-Type": "application/json", **headers})


def html_response(status: int, content: str) -> Response:
    """A page; nothing in it may run or be loaded from elsewhere."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Response(status, content.encode(), headers)


def see_other(url: str) -> Response:
    """A redirect that is followed with a GET."""
    # A header is ASCII; what is quoted already stays as it is.
    return Response(303, b"", {"Location": quote(url, safe=string.punctuation)})
