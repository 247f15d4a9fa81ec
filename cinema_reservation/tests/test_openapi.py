"""The committed OpenAPI file is what the code says and what the server does."""

from pathlib import Path

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cinema_reservation.wsgi import application
from users import sessions
from users.tests.factories import UserFactory

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


def operations():
    paths = yaml.safe_load(FILE.read_text())["paths"]
    return [
        pytest.param(operation, id=f"{method} {path}")
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def test_the_committed_file_is_what_the_code_says(tmp_path):
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))
    assert fresh.read_text() == FILE.read_text(), "run 'make openapi'"


@pytest.mark.parametrize("operation", operations())
def test_every_operation_explains_itself(operation):
    assert operation["summary"]
    assert operation["tags"]
    statuses = operation["responses"]
    assert "503" in statuses
    for status, response in statuses.items():
        if int(status) >= 400:
            assert "`: " in response["description"], status
    for content in shown(operation):
        assert content.get("examples")


def shown(operation):
    """What goes in and out of an operation in JSON, where it goes well."""
    bodies = [operation.get("requestBody", {})]
    bodies += [body for status, body in operation["responses"].items() if int(status) < 300]
    contents = [body.get("content", {}).get("application/json") for body in bodies]
    return [content for content in contents if content]


@pytest.fixture
def _one_connection():
    """The test's transaction spans all requests: none of them may close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(params=["anyone", "customer", "staff"])
def headers(request, db, settings, _one_connection):
    """As whoever asks; nobody is slowed down."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10**6, 60))
    if request.param == "anyone":
        return {}
    is_staff = request.param == "staff"
    user = UserFactory(is_staff=is_staff, is_superuser=is_staff)
    return {"Authorization": f"Bearer {sessions.open_login(user=user, at=timezone.now()).access}"}


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_no_input_is_answered_with_an_error_of_ours(case, headers):
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)
