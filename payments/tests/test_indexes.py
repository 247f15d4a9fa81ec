"""A round finds what is unsettled without looking at what is at rest: the database's own word.

Beside some thousand settled reservations stand a few that are due. Every query of every
round is explained: it has to go by its small index, and to touch the few rows only. On
PostgreSQL the query is carried out and its touched rows are counted; the planner is left
to choose freely (`enable_seqscan` stays on), with as many rows as make a wrong choice
dear. SQLite chooses by rule: its plan has to name the index, and no table may be scanned.
"""

import json
import uuid
from copy import copy
from typing import Any, NamedTuple

import pytest
from django.db import connection

from payments import rounds
from payments.models import (
    Dispute,
    DisputeState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from payments.tests.moments import DAY, HOUR, NOW
from reservation import programme
from reservation.models import Reservation, ReservationState, ShowState, ShowTime
from reservation.tests.factories import ShowTimeFactory

pytestmark = pytest.mark.django_db

SHOWS, AT_REST, DUE = 200, 1000, 3
INDEXES = {
    rounds.look_at_payments: {"payment_by_look", "one_live_payment_per_reservation"},
    # Of the few shows that are not cleared; which those are is a question of its own.
    rounds.clear_cancelled_shows: {"reservation_by_show"},
    rounds.settle_unsettled: {"reservation_unsettled"},
    # On SQLite also by the index of Stripe's ids: what Stripe has not heard of has none.
    rounds.send_refunds: {"refund_by_look", "sqlite_autoindex_payments_refund_1"},
    rounds.ask_after_disputes: {"dispute_by_look"},
    rounds.expire_holds: {"reservation_by_end"},
}
# What finds shows has tests of its own: a small table is read as a whole, whatever the index.
OF_SHOWS = {rounds.offer_seats}
ROUNDS = [
    pytest.param(round_, id=round_.__name__) for round_ in rounds.ROUNDS if round_ not in OF_SHOWS
]
LEDGER = {model._meta.db_table for model in (ShowTime, Reservation, Payment, Refund, Dispute)}


class Query(NamedTuple):
    sql: str
    parameters: Any


def shows() -> list[ShowTime]:
    """Many shows of one film in one hall, as if they did not overlap."""
    show = ShowTimeFactory()
    copies = [copy(show) for _ in range(SHOWS)]
    for row in copies:
        row.pk = None
    return ShowTime.objects.bulk_create(copies)


def reservations(of: list[ShowTime], count: int, state: str, **fields: Any) -> list[Reservation]:
    return Reservation.objects.bulk_create(
        Reservation(
            showtime=of[n % len(of)],
            state=state,
            created_at=NOW - DAY,
            expires_at=NOW - HOUR,
            currency="usd",
            total=1000,
            **fields,
        )
        for n in range(count)
    )


def payments_of(rows: list[Reservation], state: str) -> list[Payment]:
    return Payment.objects.bulk_create(
        Payment(
            reservation=row,
            amount=1000,
            currency="usd",
            state=state,
            idempotency_key=str(uuid.uuid4()),
            parameters={},
            created_at=NOW - DAY,
            expires_at=NOW - HOUR,
            looked_at=NOW - DAY,
        )
        for row in rows
    )


def refunds_of(rows: list[Payment], state: str) -> None:
    Refund.objects.bulk_create(
        Refund(
            payment=row,
            amount=500,
            state=state,
            stripe_id=None if n % 2 else str(uuid.uuid4()),
            idempotency_key=str(uuid.uuid4()),
            looked_at=NOW - DAY,
        )
        for n, row in enumerate(rows)
    )


def disputes_of(rows: list[Payment], state: str) -> None:
    Dispute.objects.bulk_create(
        Dispute(
            payment=row,
            stripe_id=str(uuid.uuid4()),
            amount=500,
            state=state,
            looked_at=NOW - 2 * DAY,
        )
        for row in rows
    )


@pytest.fixture
def house() -> None:
    """Thousands of rows at rest, and a few that each round has to find."""
    *played, cancelled = shows()
    gone, played = played[: SHOWS // 2], played[SHOWS // 2 :]
    ShowTime.objects.filter(pk__in=[show.pk for show in gone]).update(
        state=ShowState.CANCELLED, cleared_at=NOW - DAY
    )
    for state in (ReservationState.CANCELLED, ReservationState.EXPIRED):
        reservations(gone, 2 * AT_REST, state)
    for state in (ReservationState.CONFIRMED, ReservationState.CANCELLED):
        paid = payments_of(reservations(played, AT_REST, state), PaymentState.PAID)
        refunds_of(paid, RefundState.SUCCEEDED)
        disputes_of(paid, DisputeState.LOST)
    expired = reservations(played, AT_REST, ReservationState.EXPIRED)
    payments_of(expired, PaymentState.EXPIRED)
    reservations(played, DUE, ReservationState.HELD)
    reservations(played, DUE, ReservationState.CONFIRMED, settle_after=NOW - HOUR)
    live = payments_of(
        reservations([cancelled], DUE, ReservationState.CONFIRMED), PaymentState.OPEN
    )
    refunds_of(live, RefundState.PENDING)
    disputes_of(live, DisputeState.OPEN)
    programme.cancel(show_id=cancelled.pk, at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture
def many_shows(house) -> None:
    """A small table is read as a whole, whatever the index."""
    for _ in range(15):
        shows()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture
def asked(monkeypatch) -> list[Query]:
    """The queries with which rounds find their rows; what follows for each row is left out."""
    queries: list[Query] = []

    def note(execute, sql, parameters, many, context):
        queries.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    def find(rows, step):
        with connection.execute_wrapper(note):
            return len(list(rows))

    monkeypatch.setattr(rounds, "_each", find)
    return queries


def explained(query: Query, how: str) -> list[Any]:
    # Never the same text twice: the driver keeps an EXPLAIN, and SQLite its old answer.
    with connection.cursor() as cursor:
        cursor.execute(f"/* {uuid.uuid4()} */ EXPLAIN {how} {query.sql}", query.parameters)
        return cursor.fetchall()


def plan_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan of PostgreSQL and all that it consists of."""
    return [plan] + [node for part in plan.get("Plans", []) for node in plan_nodes(part)]


def postgres_plan(query: Query) -> list[dict[str, Any]]:
    ((answer,),) = explained(query, "(ANALYZE, FORMAT JSON)")
    found = json.loads(answer) if isinstance(answer, str) else answer
    return plan_nodes(found[0]["Plan"])


def rows_touched(node: dict[str, Any]) -> float:
    kept_or_not = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return kept_or_not * node["Actual Loops"]


def assert_few_are_touched(query: Query, indexes: set[str]) -> None:
    if connection.vendor == "postgresql":
        nodes = postgres_plan(query)
        assert indexes & {node.get("Index Name") for node in nodes}, nodes
        reads = [node for node in nodes if node.get("Relation Name") in LEDGER]
        assert all(rows_touched(node) <= DUE for node in reads), reads
    else:
        steps = [row[3] for row in explained(query, "QUERY PLAN")]
        assert indexes & {word for step in steps for word in step.split()}, steps
        assert not [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_round_finds_what_is_due_and_touches_nothing_else(round_, asked):
    assert round_(at=NOW) >= DUE
    assert asked
    for query in asked:
        assert_few_are_touched(query, INDEXES[round_])


@pytest.mark.usefixtures("house", "many_shows")
def test_shows_that_nobody_waits_for_are_not_looked_at(asked):
    on_sale = ShowTime.objects.scheduled().filter(sales_close_at__gt=NOW)
    few = list(on_sale.values_list("pk", flat=True)[:DUE])
    ShowTime.objects.filter(pk__in=few).update(is_waited_for=True)
    assert rounds.offer_seats(at=NOW) == DUE
    (query,) = asked
    assert_few_are_touched(query, {"show_waited_for"})


@pytest.mark.usefixtures("house", "many_shows")
def test_shows_that_were_cleared_long_ago_are_not_looked_at():
    sql, parameters = ShowTime.objects.uncleared().order_by().values("pk").query.sql_with_params()
    query = Query(sql, parameters)
    assert_few_are_touched(query, {"show_uncleared"})
    assert ShowTime.objects.uncleared().count() == 1


@pytest.mark.usefixtures("house")
def test_without_its_index_a_round_touches_everything(asked):
    """The control: what the tests above would see, had the index been forgotten."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX reservation_unsettled")
    rounds.settle_unsettled(at=NOW)
    (query,) = asked
    if connection.vendor == "postgresql":
        assert max(map(rows_touched, postgres_plan(query))) >= AT_REST
    else:
        assert explained(query, "QUERY PLAN")[0][3].startswith("SCAN")


def test_every_round_has_an_index():
    assert set(INDEXES) | OF_SHOWS == set(rounds.ROUNDS)
