"""What the database is asked for one booking, so that a bare script can ask the same.

Two bookings are recorded as the API makes them, by different people of different seats.
What differs between the two is what a booking is about (its customer, show, seats, code …)
and becomes a name; all else is asked for every booking alike.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from users.sessions import LOGIN_CLAIM

Step = dict[str, Any]
Booking = dict[str, Any]
WARM_UPS = 2


class NotRepeatable(Exception):
    """Two bookings asked different questions, or of something that has no name here."""


def record(bookings: list[Booking]) -> list[Step]:
    """The steps of one booking: `sql` with `parameters`, "begin" or "commit" told by `do`.

    Each booking is `{"token", "user", "show", "seats"}`. The first ones only warm up. A
    parameter that is a name is `{"name": …}`. Raises `NotRepeatable`.
    """
    *warm_ups, first, second = bookings
    for booking in warm_ups:
        _recorded(booking)
    steps, about = _recorded(first)
    others, about_others = _recorded(second)
    if [step["sql"] for step in steps] != [step["sql"] for step in others]:
        raise NotRepeatable("the two bookings asked different statements")
    return [
        step | {"parameters": _named(step, other, about, about_others)}
        for step, other in zip(steps, others, strict=True)
    ]


def _recorded(booking: Booking) -> tuple[list[Step], dict[str, Any]]:
    with _recording() as steps:
        answer = Client(SERVER_NAME="localhost").post(
            "/api/reservation/",
            json.dumps({"showtime": booking["show"], "seats": booking["seats"]}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {booking['token']}"},
        )
    if answer.status_code != 201:
        raise NotRepeatable(answer.content.decode())
    return steps, _about(booking, answer.json())


def _about(booking: Booking, answer: dict[str, Any]) -> dict[str, Any]:
    """What this booking is about, by name, as it comes among the parameters."""
    login = uuid.UUID(AccessToken(booking["token"])[LOGIN_CLAIM])
    seats = {f"seat{n}": seat for n, seat in enumerate(booking["seats"])}
    named = {"user": booking["user"], "show": booking["show"], "login": str(login)}
    return seats | named | {"reservation": answer["id"], "code": answer["code"]}


@contextmanager
def _recording() -> Iterator[list[Step]]:
    """Notes every statement, and where transactions begin and end."""
    steps: list[Step] = []
    commit = connection._commit  # type: ignore[attr-defined]

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if sql.startswith("BEGIN"):
            steps.append({"sql": "begin", "parameters": []})
            return execute(sql, parameters, many, context)
        # psycopg begins by itself with the first statement of a transaction.
        if connection.in_atomic_block and not _is_in_transaction(steps):
            steps.append({"sql": "begin", "parameters": []})
        steps.append({"sql": sql, "parameters": [_plain(p) for p in parameters or ()]})
        return execute(sql, parameters, many, context)

    def note_commit() -> Any:
        if _is_in_transaction(steps):
            steps.append({"sql": "commit", "parameters": []})
        return commit()

    with connection.execute_wrapper(note), patch.object(connection, "_commit", note_commit):
        yield steps


def _is_in_transaction(steps: list[Step]) -> bool:
    told = [step["sql"] for step in steps if step["sql"] in ("begin", "commit")]
    return bool(told) and told[-1] == "begin"


def _plain(value: Any) -> Any:
    """As JSON can carry it; both databases read moments and UUIDs from text."""
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "obj"):
        return json.dumps(value.obj)  # psycopg's wrapper of JSON
    return str(value)


def _named(step: Step, other: Step, about: Booking, about_others: Booking) -> list[Any]:
    pairs = zip(step["parameters"], other["parameters"], strict=True)
    return [_name(one, two, about, about_others) for one, two in pairs]


def _name(one: Any, two: Any, about: Booking, about_others: Booking) -> Any:
    if one == two or _is_moment(one):
        return one
    if isinstance(one, list):
        return [_name(*parts, about, about_others) for parts in zip(one, two, strict=True)]
    for name, value in about.items():
        if _same(one, value) and _same(two, about_others[name]):
            return {"name": name}
    raise NotRepeatable(f"nothing here is called {one!r} and then {two!r}")


def _same(parameter: Any, value: Any) -> bool:
    return str(parameter).replace("-", "") == str(value).replace("-", "")


def _is_moment(value: Any) -> bool:
    """The time of the recording serves as well as any other."""
    return isinstance(value, str) and value[:2] == "20" and value[10:11] in (" ", "T")
