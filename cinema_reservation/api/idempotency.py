"""The `Idempotency-Key` header: the same question twice has one effect and one answer."""

import hashlib
import json
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

HEADER = "Idempotency-Key"
MAX_LENGTH = 255


def key_of(request: Request) -> str | None:
    """The client's key, or `None` where it sent none.

    Raises `ValidationError` for a key that is empty, longer than 255 characters, or not
    printable ASCII.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_LENGTH or not (key.isascii() and key.isprintable()):
        raise ValidationError({HEADER: f"Use 1 to {MAX_LENGTH} printable ASCII characters."})
    return key


def fingerprint(body: Any) -> str:
    """A digest of a parsed body: equal for equal JSON, whatever its spacing and order."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
