"""The desk's lists of people and logins are read off indexes: the database's word."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from users.models import Login, User

pytestmark = pytest.mark.django_db

ROWS = 3000
USERS, LOGINS = (reverse(f"admin:users_{model}_changelist") for model in ("user", "login"))
PAGES = [
    pytest.param(USERS, {}, "user_by_age", id="people"),
    pytest.param(USERS, {"is_staff__exact": "1"}, "user_of_staff", id="staff"),
    pytest.param(USERS, {"is_active__exact": "0"}, "user_inactive", id="inactive"),
    pytest.param(LOGINS, {}, "login_by_age", id="logins"),
]


@pytest.fixture
def desk(staff) -> Client:
    """The desk beside thousands of customers and their logins."""
    at = timezone.now()
    joined = [at - timedelta(minutes=n * 7919 % ROWS) for n in range(ROWS)]
    people = User.objects.bulk_create(
        User(
            username=f"customer{n}",
            email=f"customer{n}@example.com",
            password="!",
            date_joined=since,
            email_verified_at=since,
        )
        for n, since in enumerate(joined)
    )
    Login.objects.bulk_create(
        Login(user=user, refresh_jti="0", auth_hash="0", created_at=user.date_joined)
        for user in people
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(staff)
    return client


def plan_of_the_rows(desk: Client, page: str, asked: dict[str, str]) -> str:
    """How the database finds the rows that are shown, in its words."""
    queries: list[tuple[str, Any]] = []

    def note(execute, sql, parameters, many, context):
        queries.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        assert desk.get(page, asked).status_code == 200
    sql, parameters = [q for q in queries if "ORDER BY" in q[0] and "LIMIT" not in q[0][:40]][-1]
    how = "" if connection.vendor == "postgresql" else "QUERY PLAN"
    with connection.cursor() as cursor:
        # Never the same text twice: the driver keeps an EXPLAIN, and SQLite its old answer.
        cursor.execute(f"/* {uuid.uuid4()} */ EXPLAIN {how} {sql}", parameters)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def is_read_off(plan: str, index: str) -> bool:
    """Whether it goes by that index; what is in an index of few may be sorted."""
    sorts = "B-TREE" in plan or "Sort" in plan
    return index in plan and not (sorts and index.endswith("by_age"))


@pytest.mark.parametrize(("page", "asked", "index"), PAGES)
def test_a_page_is_read_off_its_index_and_not_without_it(desk, page, asked, index):
    assert is_read_off(plan_of_the_rows(desk, page, asked), index), plan_of_the_rows(
        desk, page, asked
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    assert not is_read_off(plan_of_the_rows(desk, page, asked), index)


def test_a_whole_address_is_looked_for_in_no_other_account(desk, django_assert_num_queries):
    page = desk.get(USERS, {"q": "Customer1@example.com"})
    assert [user.username for user in page.context["cl"].result_list] == ["customer1"]
    found = User.objects.resembling("customer1@example.com").values("pk")
    how = "" if connection.vendor == "postgresql" else "QUERY PLAN"
    sql, parameters = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {how} {sql}", parameters)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "Index" in plan or "USING INDEX" in plan


@pytest.mark.parametrize("words", ["customer77", "CUSTOMER77", "77@example", "77@EXAMPLE.com"])
def test_a_part_of_a_name_or_address_still_finds_people(desk, words):
    page = desk.get(USERS, {"q": words})
    names = {user.username for user in page.context["cl"].result_list}
    assert "customer77" in names
    logins = desk.get(LOGINS, {"q": words}).context["cl"].queryset
    assert "customer77" in {login.user.username for login in logins}
