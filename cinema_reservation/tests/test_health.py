import pytest
from django.db import OperationalError, connection


def test_a_process_is_alive_without_any_database(client):
    assert client.get("/health/live/").json() == {"status": "alive"}


@pytest.mark.django_db
def test_it_is_ready_with_its_database(client):
    answer = client.get("/health/ready/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_it_is_not_ready_without(client, monkeypatch):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    assert client.get("/health/ready/").status_code == 503


def test_probes_are_not_cached(client):
    assert "no-store" in client.get("/health/live/").headers["Cache-Control"]
