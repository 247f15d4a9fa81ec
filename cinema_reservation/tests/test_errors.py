"""No request is answered with HTML or a 500 under /api/, wherever it fails."""

import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import QuerySet
from rest_framework.test import APIClient

from cinema_reservation.errors import DomainError
from cinema_reservation.outages import is_outage
from reservation.models import Reservation


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("from SQLite")
    error.sqlite_errorcode = code
    return error


PASSING = [
    caused(OperationalError(), sqlite_error(sqlite3.SQLITE_BUSY)),
    caused(OperationalError(), sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT)),
    caused(OperationalError(), sqlite_error(sqlite3.SQLITE_LOCKED)),
    caused(OperationalError(), sqlite_error(sqlite3.SQLITE_FULL)),
    caused(OperationalError(), psycopg.errors.AdminShutdown()),
    caused(OperationalError(), psycopg.errors.DeadlockDetected()),
    caused(OperationalError(), psycopg.errors.LockNotAvailable()),
    caused(OperationalError(), psycopg.errors.TooManyConnections()),
    caused(OperationalError(), psycopg.errors.QueryCanceled()),
    caused(DatabaseError(), psycopg.errors.ReadOnlySqlTransaction()),
    caused(OperationalError(), psycopg.OperationalError("connection refused")),
    caused(InterfaceError(), psycopg.InterfaceError("the connection is closed")),
]
LASTING = [
    caused(DatabaseError(), sqlite_error(sqlite3.SQLITE_CORRUPT)),
    caused(DatabaseError(), sqlite_error(sqlite3.SQLITE_NOTADB)),
    caused(DatabaseError(), psycopg.errors.UndefinedTable()),
    DatabaseError("something else"),
    ValueError(),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: repr(error.__cause__)[:40])
def test_what_passes_by_itself_is_an_outage(error):
    assert is_outage(error)


@pytest.mark.parametrize("error", LASTING, ids=lambda error: repr(error.__cause__)[:40])
def test_what_stays_broken_is_not(error):
    assert not is_outage(error)


@pytest.fixture
def broken_database(monkeypatch):
    def fail(*args, **kwargs):
        raise caused(OperationalError(), sqlite_error(sqlite3.SQLITE_BUSY))

    monkeypatch.setattr(QuerySet, "__iter__", fail)
    monkeypatch.setattr(QuerySet, "get", fail)


def test_a_database_that_can_t_answer_is_a_503(owner_client, broken_database):
    answer = owner_client.get("/api/reservation/1/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["errors"][0]["code"] == "service_unavailable"


@pytest.mark.django_db
def test_a_defect_is_a_500_in_the_common_shape(owner, monkeypatch):
    def fail(*args):
        raise ValueError("a defect")

    monkeypatch.setattr(Reservation.objects, "of", fail)
    api = APIClient(raise_request_exception=False)
    api.force_authenticate(owner)
    answer = api.get("/api/reservation/")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert "a defect" not in answer.content.decode()


def test_domain_errors_bring_their_facts(owner_client, monkeypatch):
    class Full(DomainError):
        code = "hall_full"
        sentence = "Only {left} seats are left."
        attr = "seats"

    def refuse(*args):
        raise Full(left=2)

    monkeypatch.setattr(Reservation.objects, "of", refuse)
    answer = owner_client.get("/api/reservation/")
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "hall_full",
                "detail": "Only 2 seats are left.",
                "attr": "seats",
                "left": 2,
            }
        ],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/", "/api/nothing/", "/api/movies/1/nothing/", "/api/%00/"])
def test_unknown_addresses_are_404_in_json(anyone, path):
    answer = anyone.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


def test_a_missing_slash_is_said_and_not_redirected(anyone):
    answer = anyone.post("/api/reservation", {})
    assert answer.status_code == 404
    assert "slash" in answer.json()["errors"][0]["detail"]


def test_a_host_that_is_not_ours_is_a_400_in_json(anyone):
    answer = anyone.get("/api/movies/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_request"


@pytest.mark.django_db
def test_what_we_can_t_write_is_406_in_json(owner_client):
    answer = owner_client.get("/api/reservation/", headers={"Accept": "text/html"})
    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.django_db
def test_methods_that_are_not_there_are_405(owner_client):
    answer = owner_client.put("/api/reservation/", {})
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["code"] == "method_not_allowed"


def test_pages_for_people_stay_html(client):
    assert client.get("/nothing-here/").headers["Content-Type"].startswith("text/html")
