"""The desk's first pages are read off an index, however long the ledger: the database's word."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
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


def first_page(client: Client, model: Any, **asked: str) -> Query:
    """The query that finds the rows that are shown."""
    queries: list[Query] = []

    def note(execute, sql, parameters, many, context):
        queries.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    page = reverse(f"admin:payments_{model._meta.model_name}_changelist")
    with connection.execute_wrapper(note):
        assert client.get(page, asked).status_code == 200
    table = f'FROM "{model._meta.db_table}"'
    (query,) = [q for q in queries if table in q.sql and q.sql.endswith(f"LIMIT {PAGE}")]
    return query


def is_read_off(query: Query, model: Any, index: str = "") -> bool:
    index = index or INDEXES[model][0]
    if connection.vendor == "postgresql":
        nodes = postgres_plan(query)
        own = [n for n in nodes if n.get("Relation Name") == model._meta.db_table]
        return index in {n.get("Index Name") for n in nodes} and all(
            rows_touched(node) <= 2 * PAGE for node in own
        )
    steps = [row[3] for row in explained(query, "QUERY PLAN")]
    return any(index in step for step in steps) and not any("B-TREE" in step for step in steps)


def analyzed(is_so: Callable[[], bool]) -> bool:
    """Whether it is so by fresh statistics.

    PostgreSQL's own ANALYZE may come between ours and the question, and sees no row of a test.
    """
    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        if is_so():
            return True
    return False


@pytest.fixture
def desk(ledger, staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def test_the_first_page_touches_the_rows_that_it_shows(desk):
    for model in INDEXES:
        assert analyzed(lambda model=model: is_read_off(first_page(desk, model), model))


def test_without_its_index_it_touches_more(desk):
    """The control: what the test above would see, had an index been forgotten."""
    with connection.cursor() as cursor:
        for index, _ in INDEXES.values():
            cursor.execute(f"DROP INDEX {index}")
    for model in INDEXES:
        assert not is_read_off(first_page(desk, model), model)


NARROWED = [
    (Payment, {"state__exact": "paid"}, "payment_by_state"),
    (Refund, {"state__exact": "succeeded"}, "refund_by_state"),
    (WebhookEvent, {"type": "charge.refunded"}, "event_by_type"),
    (WebhookEvent, {"processed_at__isempty": "1"}, "event_unprocessed"),
]


@pytest.mark.parametrize(("model", "asked", "index"), NARROWED)
def test_what_is_narrowed_down_has_an_index_too_and_needs_it(desk, model, asked, index):
    others = model.objects.order_by("pk")[2 * PAGE :].values("pk")
    elsewhere = {"state": "expired" if model is Payment else "failed"}
    if model is WebhookEvent:
        elsewhere = {"type": "refund.updated", "processed_at": NOW}
    model.objects.filter(pk__in=list(others.values_list("pk", flat=True))).update(**elsewhere)
    assert analyzed(lambda: is_read_off(first_page(desk, model, **asked), model, index))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    assert not is_read_off(first_page(desk, model, **asked), model, index)


def test_a_payment_is_found_without_looking_at_the_others(desk):
    Payment.objects.update(payment_intent_id=F("idempotency_key"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    payment = Payment.objects.all()[ROWS // 2]
    queries: list[Query] = []

    def note(execute, sql, parameters, many, context):
        queries.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    page = reverse("admin:payments_payment_changelist")
    with connection.execute_wrapper(note):
        found = desk.get(page, {"q": payment.reservation.code}).context["cl"].result_list
    assert list(found) == [payment]
    asked = [q for q in queries if "payments_" in q.sql or "reservation_" in q.sql]
    assert asked
    if connection.vendor == "postgresql":
        reads = [n for q in asked for n in postgres_plan(q) if "Relation Name" in n]
        ledgers = [n for n in reads if n["Relation Name"] in {"payments_payment", CLAIMS}]
        assert max(map(rows_touched, ledgers)) <= PAGE
    else:
        steps = [row[3] for q in asked for row in explained(q, "QUERY PLAN")]
        assert not [
            s for s in steps if s.startswith("SCAN") and ("payments_payment" in s or CLAIMS in s)
        ], (asked, steps)


CLAIMS = "reservation_reservation"


def test_days_are_whole_and_both_of_them_count(desk):
    Payment.objects.update(created_at=NOW - timedelta(days=9))
    first, last = Payment.objects.order_by("pk")[:2]
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for payment, at in ((first, midnight), (last, midnight + timedelta(hours=47, minutes=59))):
        Payment.objects.filter(pk=payment.pk).update(created_at=at)
    days = {
        "created_at_from": f"{midnight:%Y-%m-%d}",
        "created_at_to": f"{midnight + timedelta(days=1):%Y-%m-%d}",
    }
    page = reverse("admin:payments_payment_changelist")
    assert set(desk.get(page, days).context["cl"].result_list) == {first, last}
    days["created_at_to"] = days["created_at_from"]
    assert list(desk.get(page, days).context["cl"].result_list) == [first]
