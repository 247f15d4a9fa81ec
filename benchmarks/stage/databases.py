"""Databases of their own, thrown away in the end: SQLite files, or one real PostgreSQL."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cinema_reservation.tests.postgres import postgres_url

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
KINDS = (SQLITE, POSTGRESQL)
NewDatabase = Callable[[str], str]


@contextmanager
def databases(kind: str) -> Iterator[NewDatabase]:
    """A function that makes an empty database of a name and returns its URL."""
    if kind == SQLITE:
        with tempfile.TemporaryDirectory(prefix="cinema-benchmark-") as folder:
            yield lambda name: f"sqlite:///{Path(folder) / name}.sqlite3"
        return
    with postgres_url() as server:
        yield lambda name: _create(server, f"benchmark_{name}")


def _create(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    # As cinema_reservation/tests/system.py does: the path of the URL is the database.
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", server, count=1)
