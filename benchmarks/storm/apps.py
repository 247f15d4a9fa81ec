"""Takes the guards away: the locks everywhere, and on SQLite the transaction round a booking."""

from typing import Any

from django.apps import AppConfig
from django.db import connection, transaction
from django.db.backends.signals import connection_created

from benchmarks.storm.unguarded import without_lock


class Unguarded(AppConfig):
    name = "benchmarks.storm"

    def ready(self) -> None:
        connection_created.connect(_without_locks)
        if connection.vendor == "sqlite":
            _without_transactions()


def _without_locks(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(without_lock)


def _nothing(*_: Any) -> None:
    """Neither begins nor ends a transaction."""


def _without_transactions() -> None:
    """There, a transaction is the lock."""
    transaction.Atomic.__enter__ = _nothing  # type: ignore[method-assign]
    transaction.Atomic.__exit__ = _nothing  # type: ignore[method-assign]
