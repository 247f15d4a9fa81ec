"""The desk's list of reservations is read off indexes, however long it is: the database's word.

On PostgreSQL the query is carried out and the rows that it touched are counted; SQLite tells
its plan, which has to name the index and to sort nothing.
"""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reservation import promotions
from reservation.models import Reservation, ReservationState
from reservation.tests import factories

pytestmark = pytest.mark.django_db

ROWS, PAGE = 3000, 50
LIST = reverse("admin:reservation_reservation_changelist")
STATES = (ReservationState.CONFIRMED, ReservationState.CANCELLED, ReservationState.EXPIRED)


@pytest.fixture
def desk(staff, owner) -> Client:
    """The desk beside thousands of reservations, of some age or other."""
    show, at = factories.ShowTimeFactory(), timezone.now()
    Reservation.objects.bulk_create(
        Reservation(
            user=owner,
            showtime=show,
            state=STATES[n % len(STATES)],
            created_at=at - timedelta(minutes=n * 7919 % ROWS),
            expires_at=at - timedelta(hours=1),
            currency="usd",
            total=1000,
        )
        for n in range(ROWS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(staff)
    return client


def asked(desk: Client, **words: str) -> list[tuple[str, Any]]:
    """The queries for reservations that the list takes: the rows shown last."""
    queries: list[tuple[str, Any]] = []

    def note(execute, sql, parameters, many, context):
        queries.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        assert desk.get(LIST, words).status_code == 200
    return [query for query in queries if 'FROM "reservation_reservation"' in query[0]]


def nodes_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan] + [node for part in plan.get("Plans", []) for node in nodes_of(part)]


def is_read_off(query: tuple[str, Any], index: str, *, most: int) -> bool:
    """Whether the query goes by that index, and touches so many reservations at most."""
    sql, parameters = query
    how = "(ANALYZE, FORMAT JSON)" if connection.vendor == "postgresql" else "QUERY PLAN"
    with connection.cursor() as cursor:
        # Never the same text twice: the driver keeps an EXPLAIN, and SQLite its old answer.
        cursor.execute(f"/* {uuid.uuid4()} */ EXPLAIN {how} {sql}", parameters)
        answer = cursor.fetchall()
    if connection.vendor != "postgresql":
        steps = [row[3] for row in answer]
        return any(index in step for step in steps) and not any("B-TREE" in s for s in steps)
    nodes = nodes_of(answer[0][0][0]["Plan"])
    own = [node for node in nodes if node.get("Relation Name") == "reservation_reservation"]
    touched = (
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in own
    )
    return index in {node.get("Index Name") for node in nodes} and max(touched) <= most


def without(index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")


@pytest.mark.parametrize("state", ["", *map(str, STATES)])
def test_the_first_page_touches_little_more_than_it_shows(desk, state):
    query = asked(desk, state=state)[-1]
    assert is_read_off(query, "reservation_by_age", most=PAGE * 2 * len(STATES))


def test_without_its_index_it_touches_more(desk):
    """The control: what the test above would see, had the index been forgotten."""
    without("reservation_by_age")
    query = asked(desk)[-1]
    assert not is_read_off(query, "reservation_by_age", most=PAGE * 2 * len(STATES))


def test_a_code_is_found_by_its_index(desk):
    code = Reservation.objects.all()[ROWS // 2].code
    by_code = asked(desk, q=code.lower())[0]
    if connection.vendor == "postgresql":
        assert is_read_off(by_code, "reservation_reservation_code_key", most=PAGE)
    else:
        assert is_read_off(by_code, "sqlite_autoindex_reservation_reservation_1", most=PAGE)


def test_a_customers_reservations_are_found_by_theirs(desk, stranger):
    """Whose own index was given up: another begins with the customer."""
    query = Reservation.objects.filter(user__in=[stranger.pk]).order_by().values("pk")
    assert is_read_off(query.query.sql_with_params(), "reservation_by_user", most=PAGE)
    without("reservation_by_user")
    assert not is_read_off(query.query.sql_with_params(), "reservation_by_user", most=PAGE)


def test_the_count_goes_no_further_than_the_pages_do(desk, monkeypatch):
    monkeypatch.setattr("cinema_reservation.desk.MOST_LISTED", 2 * PAGE)
    page = desk.get(LIST)
    assert page.context["cl"].result_count == 2 * PAGE
    assert "There are more" in page.content.decode()
    assert desk.get(LIST, {"p": 2}).status_code == 200
    assert desk.get(LIST, {"p": 3}).status_code == 302
    few = desk.get(LIST, {"q": Reservation.objects.all()[0].code})
    assert few.context["cl"].result_count == 1
    assert "There are more" not in few.content.decode()


def test_what_has_no_index_can_not_be_sorted_by(desk):
    """Not by its heading, nor by an address that somebody kept."""
    assert "channel" not in asked(desk, o="9")[-1][0].partition("ORDER BY")[2]
    by_code = list(desk.get(LIST, {"o": "1"}).context["cl"].result_list)
    assert by_code == sorted(by_code, key=lambda row: row.code)


def test_uses_of_a_code_are_counted_without_other_reservations(desk, owner, stranger):
    promotion = factories.PromotionFactory(limit=PAGE, limit_per_user=PAGE)
    rows = Reservation.objects.order_by("pk").values("pk")[:PAGE]
    Reservation.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
        promotion=promotion
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    queries: list[tuple[str, Any]] = []

    def note(execute, sql, parameters, many, context):
        queries.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        promotions._count(promotion, user_id=stranger.pk, at=timezone.now())
    assert len(queries) == 2
    for query in queries:
        assert is_read_off(query, "reservation_by_promotion", most=PAGE)
    without("reservation_by_promotion")
    assert not is_read_off(queries[0], "reservation_by_promotion", most=PAGE)


def test_the_holds_of_a_show_are_found_without_those_of_others(desk, owner):
    """Every booking and every look at free seats asks for them."""
    at, shows = timezone.now(), [factories.ShowTimeFactory() for _ in range(2)]
    Reservation.objects.bulk_create(
        Reservation(
            user=owner,
            showtime=shows[n == 0],
            state=ReservationState.HELD,
            created_at=at,
            expires_at=at + timedelta(minutes=9),
            currency="usd",
            total=1000,
        )
        for n in range(ROWS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    holds = Reservation.objects.filter(showtime=shows[1]).holding(at).order_by()
    of_the_show = holds.values("expires_at").query.sql_with_params()
    assert is_read_off(of_the_show, "reservation_by_show", most=PAGE)
    without("reservation_by_show")
    assert not is_read_off(of_the_show, "reservation_by_show", most=PAGE)
