"""Refusals, in the form in which Stripe words them."""

from typing import Any


class RefusedError(Exception):
    """Stripe executed the request and says no; the idempotency key remembers the answer."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param
        self.kind, self.status = kind, status

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer: only the keys that have something to say."""
        error = {
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "type": self.kind,
        }
        return {"error": {name: value for name, value in error.items() if value is not None}}


class InvalidRequestError(RefusedError):
    """The request was refused before it was executed, so its key stays free for another try."""


class ConnectionDroppedError(Exception):
    """The connection is to be cut without an answer."""


def no_such(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> RefusedError:
    """The refusal for an object that does not exist."""
    return RefusedError(
        f"No such {kind}: '{object_id}'", code="resource_missing", param=param, status=status
    )


def missing(name: str) -> InvalidRequestError:
    """The refusal for a parameter that has to be there."""
    return InvalidRequestError(
        f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def unsupported(name: str) -> InvalidRequestError:
    """The refusal for what Stripe would accept and this stand-in does not act upon.

    Silence would let a mistake pass here that Stripe turns into money.
    """
    return InvalidRequestError(f"The sandbox does not support {name}.", param=name)
