"""Indexes are built once all rows are there: row by row, random keys would cost the most."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection


class Index(NamedTuple):
    """What takes an index away, and what brings it back as it was."""

    drop: str
    create: str


@contextmanager
def built_at_the_end() -> Iterator[None]:
    """Without the indexes that can be taken away; those of primary keys stay."""
    with connection.cursor() as cursor:
        find = _of_postgresql if connection.vendor == "postgresql" else _of_sqlite
        indexes = find(cursor)
        for index in indexes:
            cursor.execute(index.drop)
        yield
        for index in indexes:
            cursor.execute(index.create)


def _of_sqlite(cursor: Any) -> list[Index]:
    """Those of `UNIQUE` columns belong to their tables and have no text of their own."""
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''")
    return [Index(f'DROP INDEX "{name}"', text) for name, text in cursor.fetchall()]


def _of_postgresql(cursor: Any) -> list[Index]:
    cursor.execute(
        """
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
               format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
                      pg_get_constraintdef(oid))
        FROM pg_constraint
        WHERE contype = 'u' AND connamespace = current_schema()::regnamespace
        UNION ALL
        SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = current_schema()::regnamespace AND NOT indisprimary
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        """
    )
    return [Index(*row) for row in cursor.fetchall()]
