"""The desk's first pages are read off an index, however long the ledger: the database's word."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from payments.models import Payment, PaymentState, Refund, WebhookEvent
from payments.tests.moments import NOW
from payments.tests.test_indexes import (
    Query,
    explained,
    payments_of,
    postgres_plan,
    refunds_of,
    reservations,
    rows_touched,
    shows,
)
from reservation.models import ReservationState

pytestmark = pytest.mark.django_db

ROWS, PAGE = 3000, 50
INDEXES = {
    Payment: ("payment_by_age", "created_at"),
    Refund: ("refund_by_age", "created_at"),
    WebhookEvent: ("event_by_age", "received_at"),
}


@pytest.fixture
def ledger(staff) -> None:
    paid = payments_of(
        reservations(shows(), ROWS, ReservationState.CONFIRMED, user=staff), PaymentState.PAID
    )
    refunds_of(paid, "succeeded")
    WebhookEvent.objects.bulk_create(
        WebhookEvent(stripe_id=f"evt_{n}", type="charge.refunded", payment=row)
        for n, row in enumerate(paid)
    )
    for model, (_, moment) in INDEXES.items():
        rows = list(model.objects.all())
        for n, row in enumerate(rows):
            setattr(row, moment, NOW - timedelta(minutes=n * 7919 % ROWS))
        model.objects.bulk_update(rows, [moment], batch_size=200)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def first_page(client: Client, model: Any) -> Query:
    """The query that finds the rows that are shown."""
    queries: list[Query] = []

    def note(execute, sql, parameters, many, context):
        queries.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    page = reverse(f"admin:payments_{model._meta.model_name}_changelist")
    with connection.execute_wrapper(note):
        assert client.get(page).status_code == 200
    table = f'FROM "{model._meta.db_table}"'
    (query,) = [q for q in queries if table in q.sql and q.sql.endswith(f"LIMIT {PAGE}")]
    return query


def is_read_off(query: Query, model: Any) -> bool:
    index, _ = INDEXES[model]
    if connection.vendor == "postgresql":
        nodes = postgres_plan(query)
        own = [n for n in nodes if n.get("Relation Name") == model._meta.db_table]
        return index in {n.get("Index Name") for n in nodes} and all(
            rows_touched(node) <= 2 * PAGE for node in own
        )
    steps = [row[3] for row in explained(query, "QUERY PLAN")]
    return any(index in step for step in steps) and not any("B-TREE" in step for step in steps)


@pytest.fixture
def desk(ledger, staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def test_the_first_page_touches_the_rows_that_it_shows(desk):
    for model in INDEXES:
        query = first_page(desk, model)
        assert is_read_off(query, model), query


def test_without_its_index_it_touches_more(desk):
    """The control: what the test above would see, had an index been forgotten."""
    with connection.cursor() as cursor:
        for index, _ in INDEXES.values():
            cursor.execute(f"DROP INDEX {index}")
    for model in INDEXES:
        assert not is_read_off(first_page(desk, model), model)
