"""JSON as RFC 8259 has it, and no larger, deeper or stranger than we can store."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from cinema_reservation.errors import PayloadTooLarge

# NUL as JSON writes it: an odd number of backslashes before the letter.
WRITTEN_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def parse_strict(raw: bytes) -> Any:
    """The value of a JSON document.

    Raises `ValueError` for what is no JSON, and for what no database column can hold:
    infinite numbers, NUL and lone surrogates in strings. The parser's own recursion
    limit bounds the depth.
    """
    try:
        data = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite
        )
        if b"\\u" in raw:
            _refuse_unstorable(json.dumps(data, ensure_ascii=False))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return data


def _refuse_unstorable(text: str) -> None:
    if WRITTEN_NUL.search(text):
        raise ValueError("a string holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a string holds half of a surrogate pair") from error


class StrictJSONParser(BaseParser):
    """Parses requests of `application/json` up to `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # One byte past the limit tells, without reading a huge body to its end.
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLarge()
        try:
            return parse_strict(raw)
        except ValueError as error:
            raise ParseError(f"This is not JSON that we can read: {error}.") from error
