"""Whatever arrives at these endpoints is answered with 4xx JSON in the common shape."""

import json

import pytest
from rest_framework.test import APIClient

from users.models import User
from users.tests.conftest import error_codes

pytestmark = pytest.mark.django_db

ENDPOINTS = {
    "/api/users/register/": {
        "username": "ada",
        "email": "ada@example.com",
        "password": "a night at the pictures",
        "first_name": "",
        "last_name": "",
        "phone": "",
    },
    "/api/users/generate_otp/": {"email": "ada@example.com", "purpose": "verify_email"},
    "/api/users/verify_otp/": {
        "email": "ada@example.com",
        "otp": "123456",
        "purpose": "verify_email",
    },
    "/api/reset-password/": {"token": "1.a-b", "new_password": "x"},
    "/api/token/": {"username": "ada", "password": "x"},
    "/api/token/refresh/": {"refresh": "x"},
    "/api/token/logout/": {"refresh": "x"},
    "/api/users/change_password/": {"old_password": "x", "new_password": "y"},
}
CASES = [(path, field) for path, body in ENDPOINTS.items() for field in body]
WRONG = [
    [],
    ["ada"],
    {},
    {"a": {"b": []}},
    None,
    True,
    -1,
    2**63,
    1.5,
    10**400,
    "",
    " ",
    "x" * 100_000,
    "\x00",
    "{{ x }}{% y %}",
    "' OR 1=1 --",
    "😀",
    "\u202e",
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b'{"username": "\\ud800"}',
    b'{"email": "\\u0000@example.com"}',
    b'{"password": 1e999}',
    b'{"a": NaN}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"username": "' + b"x" * 1_100_000 + b'"}',
]


@pytest.fixture(autouse=True)
def _no_limits(settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 3600))


@pytest.fixture
def client(owner) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.force_authenticate(owner)
    return client


def assert_refused(response, *allowed: int) -> None:
    assert 400 <= response.status_code < 500 or response.status_code in allowed, response.content
    if response.status_code >= 400:
        assert response["Content-Type"].startswith("application/json")
        assert error_codes(response)


@pytest.mark.parametrize(("path", "field"), CASES)
def test_a_value_that_makes_no_sense_is_no_server_error(client, path, field):
    for value in WRONG:
        body = json.dumps(ENDPOINTS[path] | {field: value})
        response = client.post(path, body, content_type="application/json")
        # Some are sensible after all: an emoji is a password and a first name.
        assert_refused(response, 200, 201, 204)
        User.objects.filter(email="ada@example.com").delete()


@pytest.mark.parametrize(("path", "field"), CASES)
def test_a_value_of_the_wrong_shape_is_refused(client, path, field):
    for value in ([], ["ada"], {}, {"a": 1}, None, True):
        response = client.post(path, ENDPOINTS[path] | {field: value})
        assert response.status_code == 400, value
        assert field in error_codes(response)


@pytest.mark.parametrize(("path", "field"), CASES)
def test_a_value_that_is_missing_is_refused_unless_it_has_a_default(client, path, field):
    if field in {"first_name", "last_name", "phone", "purpose"}:
        return
    body = {name: value for name, value in ENDPOINTS[path].items() if name != field}
    response = client.post(path, body)
    assert response.status_code == 400
    assert error_codes(response) == {field: "required"}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_that_is_no_object_is_refused(client, path):
    for body in BODIES:
        assert_refused(client.post(path, body, content_type="application/json"))
    assert client.post(path, b"a=1", content_type="text/plain").status_code == 415
    assert client.post(path, {"a": "1"}, format="multipart").status_code == 415


@pytest.mark.parametrize("path", ENDPOINTS)
def test_only_post_is_for_these(client, path):
    for method in ("get", "put", "patch", "delete"):
        assert_refused(getattr(client, method)(path))


@pytest.mark.parametrize("field", ["username", "first_name", "last_name", "phone"])
def test_a_profile_takes_no_nonsense(client, field):
    for value in WRONG:
        body = json.dumps({field: value})
        response = client.patch("/api/users/me/", body, content_type="application/json")
        assert_refused(response, 200)
    for body in filter(None, BODIES):  # an empty one changes nothing
        response = client.patch("/api/users/me/", body, content_type="application/json")
        assert_refused(response)


@pytest.mark.parametrize(
    "otp", ["12345", "1234567", "12345a", "１２３４５６", "-12345", "123 456", "12345\n7", 1234567]
)
def test_a_code_is_six_digits(client, otp):
    body = {"email": "ada@example.com", "otp": otp}
    response = client.post("/api/users/verify_otp/", body)
    assert error_codes(response) == {"otp": "invalid"}


def test_a_deeply_nested_token_header_is_junk(client):
    import base64

    deep = base64.urlsafe_b64encode(b"[" * 3000).decode().rstrip("=")
    for path in ("/api/token/refresh/", "/api/token/logout/"):
        assert client.post(path, {"refresh": f"{deep[:4000]}.e30.e30"}).status_code == 401
