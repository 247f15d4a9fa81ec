"""What every booking asks and writes: said with the ORM like all else, compiled only once.

Django writes the SQL of a queryset anew whenever it is asked, and that of an INSERT whenever
rows are saved. For a question that an index answers, and for two rows, this takes several times
as long as the database does, and who waits for a show's lock waits for that too.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, connections
from django.db.models import AutoField, Expression, Model, QuerySet, UUIDField
from django.db.models.lookups import In
from django.db.models.query import ValuesListIterable, get_related_populators
from django.db.models.sql import InsertQuery
from django.db.models.sql.where import WhereNode
from django.db.transaction import TransactionManagementError, mark_for_rollback_on_error

P = ParamSpec("P")
Row = TypeVar("Row")
UUIDS: "UUIDField[UUID, UUID]" = UUIDField()


class Given(Expression):
    """Stands in a query for a value that is known only when it is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class Compiled:
    """One queryset's SQL, and how rows become what the queryset gives."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        _refuse_unsafe(queryset)
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = self._compiler.as_sql()
        can_lock = connection.features.has_select_for_update
        self._locks = can_lock and queryset.query.select_for_update
        columns = [column for column, *_ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)
        self._instance = None if queryset.query.values_select else Instance(self._compiler)

    def ask(self, given: dict[str, Any]) -> list[Any]:
        if self._locks and connection.get_autocommit():
            raise TransactionManagementError("A lock holds until its transaction ends; begin one.")
        told = [_told(part, given) for part in self._parameters]
        # A list takes as many places as it has values; nothing is in an empty one.
        places = tuple(", ".join(["%s"] * len(values)) or "NULL" for values in told)
        with connection.cursor() as cursor:
            cursor.execute(self._sql % places, [value for values in told for value in values])
            rows = cursor.fetchall()
        if self._converters:
            rows = [tuple(row) for row in self._compiler.apply_converters(rows, self._converters)]
        return rows if self._instance is None else [self._instance.of(row) for row in rows]


class Instance:
    """Makes model instances of rows, with those that `select_related` names."""

    def __init__(self, compiler: Any) -> None:
        info, select = compiler.klass_info, compiler.select
        places = info["select_fields"]
        self._model = info["model"]
        self._own = slice(places[0], places[-1] + 1)
        self._names = [column.target.attname for column, *_ in select[self._own]]
        self._related = get_related_populators(info, select, connection.alias)  # type: ignore[call-arg]  # Django 6's

    def of(self, row: Any) -> Any:
        made = self._model.from_db(connection.alias, self._names, row[self._own])
        for related in self._related:
            related.populate(row, made)
        return made


def prepared(question: Callable[P, QuerySet[Any, Row]]) -> Callable[P, list[Row]]:
    """Make of a function that returns a queryset one that returns its rows, compiled once.

    The function is called once, with stand-ins for its arguments: they may stand in the query
    wherever a value may, after `__in` for a list, and nothing else may depend on them. Arguments
    are given by name: integers, text, moments or UUIDs, not `None`.
    Rows are what the queryset would give: model instances, or the tuples of `values_list`.
    """
    names = tuple(inspect.signature(question).parameters)

    @functools.cache
    def compiled() -> Compiled:
        return Compiled(question(**{name: Given(name) for name in names}))  # type: ignore[arg-type, call-arg]

    @functools.wraps(question)
    def ask(*args: P.args, **given: P.kwargs) -> list[Row]:
        return compiled().ask(given)

    return ask


class Insertion:
    """The INSERT of so many new rows of a model whose keys the database draws."""

    def __init__(self, model: type[Model], count: int) -> None:
        key = model._meta.pk
        if not isinstance(key, AutoField):
            raise TypeError("Only keys that the database draws are told to the rows.")
        self._fields = [field for field in model._meta.concrete_fields if field is not key]
        if any(field.has_db_default() and not field.has_default() for field in self._fields):
            raise TypeError("Give a field's default in Python too; what the database has is SQL.")
        query = InsertQuery(model)
        query.insert_values(self._fields, [model() for _ in range(count)])
        compiler = query.get_compiler(connection=connection)
        # All else that the database could tell was just told to it.
        compiler.returning_fields = [key]
        [(self._sql, _)] = compiler.as_sql()
        places = self._sql.count("%s")
        # PostgreSQL takes several rows column by column.
        self._by_column = places == len(self._fields) and count > 1

    def write(self, rows: Sequence[Model]) -> None:
        here = connections[connection.alias]
        values = [
            [field.get_db_prep_save(field.pre_save(row, add=True), here) for field in self._fields]
            for row in rows
        ]
        # Whoever catches what this raises can't go on as if the rows were there, on SQLite either.
        with mark_for_rollback_on_error(using=here.alias), here.cursor() as cursor:
            cursor.execute(self._sql, self._parameters(values))
            keys = cursor.fetchall()
        for row, (key,) in zip(rows, keys, strict=True):
            row.pk = key
            row._state.adding = False
            row._state.db = here.alias

    def _parameters(self, values: list[list[Any]]) -> list[Any]:
        if self._by_column:
            return [list(column) for column in zip(*values, strict=True)]
        return list(chain.from_iterable(values))


def insert(rows: Sequence[Model]) -> None:
    """Save new rows of one model in one statement, and tell them their keys.

    As `bulk_create` does, no `save` is called and no signal sent. Raises `IntegrityError`, after
    which a transaction can only be rolled back.
    """
    if rows:
        _insertion(type(rows[0]), len(rows)).write(rows)


@functools.cache
def _insertion(model: type[Model], count: int) -> Insertion:
    return Insertion(model, count)


def _refuse_unsafe(queryset: QuerySet[Any, Any]) -> None:
    """Raise `TypeError` for what would be answered otherwise than by the queryset itself."""
    query = queryset.query
    of_model = query.values_select == () and not query.annotation_select
    if not of_model and getattr(queryset, "_iterable_class", None) is not ValuesListIterable:
        raise TypeError("Ask for whole models or for values_list(…), neither flat nor named.")
    if _has_negated_list([query.where, *query.annotations.values()]):
        # Nothing is in NULL, but nothing is outside of it either.
        raise TypeError("Don't exclude a list: an empty one would exclude everything.")


def _has_negated_list(nodes: Iterable[Any], *, is_negated: bool = False) -> bool:
    for node in nodes:
        negated = is_negated or getattr(node, "negated", False)
        if isinstance(node, In) and isinstance(node.rhs, Given) and negated:
            return True
        if isinstance(node, WhereNode) and _has_negated_list(node.children, is_negated=negated):
            return True
    return False


def _told(part: Any, given: dict[str, Any]) -> list[Any]:
    """The values of one place in the SQL, as the database's driver takes them."""
    if not isinstance(part, Given):
        return [part]
    value = given[part.name]
    return [_plain(one) for one in value] if isinstance(value, list) else [_plain(value)]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case UUID():
            return UUIDS.get_db_prep_value(value, connection)
        case None:
            raise TypeError("Nothing equals NULL. Ask another question where there is no value.")
        case _:
            return value
