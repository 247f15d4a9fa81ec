"""Rows by the million, past the ORM yet with its columns and defaults: COPY, or executemany.

Values are what both drivers take without any conversion: moments are UTC and naive, UUIDs
are their 32 digits, JSON is text.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction

from benchmarks.house import indexes

Row = tuple[Any, ...]


def write(model: type[models.Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows that give the named columns; all others get their field's default."""
    fields = model._meta.concrete_fields
    others = [f for f in fields if f.column not in names and not _filled_by_database(f)]
    constants = tuple(f.get_db_prep_save(f.get_default(), connection) for f in others)
    columns = [*names, *(str(field.column) for field in others)]
    _insert(model._meta.db_table, columns, (row + constants for row in rows))


def _filled_by_database(field: Any) -> bool:
    return isinstance(field, models.AutoField) or field.db_default is not models.NOT_PROVIDED


def _insert(table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(columns))
            # The driver's own: Django's cursor would rewrite the statement for every row.
            cursor.connection.executemany(
                f'INSERT INTO "{table}" ({named}) VALUES ({marks})', rows
            )


@contextmanager
def loading() -> Iterator[None]:
    """One transaction without the checks that made-up rows pass anyway; all or nothing."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -400000")
        else:
            _without_triggers(cursor)
            cursor.execute("SET maintenance_work_mem = '256MB'")
    with transaction.atomic(), indexes.built_at_the_end():
        yield
    # The settings above end with their connection.
    connection.close()


def _without_triggers(cursor: Any) -> None:
    try:
        cursor.execute("SET session_replication_role = replica")
    except DatabaseError:
        # Superusers' privilege. Without it foreign keys are checked: slower, not different.
        return


def number_on(*tables: type[models.Model]) -> None:
    """Let the next rows get numbers after those that were written with their own."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(tables))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def look_over() -> None:
    """What PostgreSQL's autovacuum would come round to: statistics, and which rows all see."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
