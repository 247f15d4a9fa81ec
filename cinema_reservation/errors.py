"""What the verbs raise when the cinema's rules say no.

Verbs know nothing of HTTP; `api/errors.py` makes responses of these in one place, and
the admin shows their sentence to staff.
"""

from typing import Any


class DomainError(Exception):
    """A refusal that its reader can act on.

    `code` is stable and for machines, `sentence` is for people and says what to do,
    `status` is the HTTP status that fits, `attr` the field that it is about, if any.
    Keyword arguments become extra members of the error in JSON (`seats`, for instance)
    and may be named in `sentence`.
    """

    status = 409
    code = "conflict"
    sentence = "This can't be done in the present state."
    attr: str | None = None

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence.format(**facts))


class ServiceUnavailable(DomainError):
    """Something that we depend on cannot answer now; the same request may succeed later."""

    status = 503
    code = "service_unavailable"
    sentence = "We can't answer just now. Please try again in a moment."
    retry_after = 2


class PayloadTooLarge(DomainError):
    status = 413
    code = "payload_too_large"
    sentence = "The request is larger than we accept. Send less at a time."


class PreconditionFailed(DomainError):
    status = 412
    code = "precondition_failed"
    sentence = "This is not, or no longer, what `If-Match` says. Look at it again, then ask again."
