"""The bare script: the statements of a booking, asked of the database by its driver alone."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg


@dataclass(frozen=True)
class Script:
    """The statements, and the bookings that one process is to make with them."""

    database_url: str
    steps: Sequence[dict[str, Any]]
    bookings: Sequence[dict[str, Any]]
    seconds: float
    threads: int = 1


def book(script: Script) -> tuple[int, float]:
    """Make bookings until time is up. Returns how many, and in how many seconds."""
    source, lock = iter(script.bookings), threading.Lock()
    begun = time.perf_counter()

    def next_booking() -> dict[str, Any] | None:
        with lock:
            return next(source, None)

    def work(_: int) -> int:
        booker = _Postgres(script) if script.database_url.startswith("post") else _Sqlite(script)
        made = 0
        while time.perf_counter() < begun + script.seconds and (about := next_booking()):
            booker.book(dict(about))
            made += 1
        booker.close()
        return made

    with ThreadPoolExecutor(script.threads) as threads:
        made = sum(threads.map(work, range(script.threads)))
    return made, time.perf_counter() - begun


def sqlite_path(database_url: str) -> str:
    """The file that a URL of SQLite names."""
    return "/" + urlsplit(database_url).path.lstrip("/")


def _filled_in(parameter: Any, about: dict[str, Any]) -> Any:
    if isinstance(parameter, dict):
        return about[parameter["name"]]
    if isinstance(parameter, list):
        return [_filled_in(part, about) for part in parameter]
    return parameter


class _Booker:
    def __init__(self, script: Script) -> None:
        self._steps = [(step["sql"], step["parameters"]) for step in script.steps]

    def book(self, about: dict[str, Any]) -> None:
        for sql, parameters in self._steps:
            if sql in ("begin", "commit"):
                self.ask(sql, ())
                continue
            rows = self.ask(sql, [_filled_in(parameter, about) for parameter in parameters])
            # The one row whose number is not known before: the reservation's.
            if sql.startswith('INSERT INTO "reservation_reservation"'):
                about["reservation"] = rows[0][0]

    def ask(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _Sqlite(_Booker):
    def __init__(self, script: Script) -> None:
        super().__init__(script)
        path = sqlite_path(script.database_url)
        self._connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA foreign_keys=ON")
        words = {"begin": "BEGIN IMMEDIATE", "commit": "COMMIT"}
        self._steps = [
            (words.get(sql, sql.replace("%s", "?").replace("%%", "%")), parameters)
            for sql, parameters in self._steps
        ]

    def ask(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        self._connection.close()


class _Postgres(_Booker):
    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self._connection = psycopg.connect(script.database_url, autocommit=True)
        self._cursor = self._connection.cursor()

    def ask(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        cursor = self._cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self._connection.close()
