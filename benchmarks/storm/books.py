"""The database's own books of one show, read past all of our code by its driver alone."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks.load.raw import sqlite_path

QUERY = """
    SELECT r.id, r.user_id, r.state, r.created_at, t.seat_id, t.released_at
    FROM reservation_ticket t JOIN reservation_reservation r ON r.id = t.reservation_id
    WHERE t.showtime_id = {show}
"""


@dataclass(frozen=True)
class Entry:
    """One ticket, with the reservation that it belongs to."""

    reservation: int
    user: int
    state: str
    made_at: float
    seat: int
    is_live: bool


def entries(database_url: str, show: int) -> list[Entry]:
    """Every ticket of that show that is in the database now."""
    return [_entry(row) for row in _rows(database_url, QUERY.format(show=int(show)))]


def _rows(database_url: str, query: str) -> list[Any]:
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(sqlite_path(database_url), timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    with psycopg.connect(database_url) as postgres:
        return postgres.execute(query).fetchall()


def _entry(row: Any) -> Entry:
    reservation, user, state, made_at, seat, released_at = row
    if isinstance(made_at, str):
        made_at = datetime.fromisoformat(made_at).replace(tzinfo=UTC)
    return Entry(reservation, user, state, made_at.timestamp(), seat, released_at is None)
