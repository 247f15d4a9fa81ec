from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from users.models import Login, User
from users.tests.conftest import error_codes
from users.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

ME = "/api/users/me/"


def log_in(client, name="olivia", password=PASSWORD):
    return client.post("/api/token/", {"username": name, "password": password})


def refresh(client, token):
    return client.post("/api/token/refresh/", {"refresh": token})


def bearing(token) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def tokens(anyone, owner) -> dict[str, str]:
    return log_in(anyone).json()


@pytest.mark.parametrize(
    "name", ["olivia", "OLIVIA", "olivia@example.com", " Olivia@Example.com "]
)
def test_people_log_in_by_username_or_e_mail_whatever_the_case(anyone, owner, name):
    response = log_in(anyone, name)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert bearing(response.json()["access"]).get(ME).json()["username"] == "olivia"


def test_a_login_is_noted(anyone, owner, tokens):
    login = Login.objects.get()
    owner.refresh_from_db()
    assert login.user == owner
    assert owner.last_login == login.created_at
    assert AccessToken(tokens["access"])["login"] == str(login.pk)
    assert RefreshToken(tokens["refresh"])["login"] == str(login.pk)


@pytest.mark.parametrize(("name", "password"), [("olivia", "wrong"), ("nobody", PASSWORD)])
def test_a_refused_login_is_a_401_with_one_sentence(anyone, owner, name, password):
    response = log_in(anyone, name, password)
    assert response.status_code == 401
    assert error_codes(response) == {None: "invalid_credentials"}
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not Login.objects.exists()


def test_a_request_with_a_token_asks_one_query_for_its_person(tokens, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert bearing(tokens["access"]).get(ME).status_code == 200


def test_an_expired_access_token_does_not_keep_people_from_new_ones(anyone, tokens, settings):
    late = timezone.now() + settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"] + timedelta(minutes=1)
    with time_machine.travel(late):
        client = bearing(tokens["access"])
        assert client.get(ME).status_code == 401
        assert refresh(client, tokens["refresh"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "users/register/",
        "users/generate_otp/",
        "users/verify_otp/",
        "reset-password/",
        "token/",
        "token/refresh/",
        "token/logout/",
    ],
)
def test_what_is_for_anyone_reads_no_token(db, path):
    assert bearing("outdated").post(f"/api/{path}", {}).status_code == 400


def test_a_refresh_gives_new_tokens_of_the_same_login(anyone, tokens):
    response = refresh(anyone, tokens["refresh"])
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    fresh = response.json()
    assert fresh["refresh"] != tokens["refresh"]
    assert AccessToken(fresh["access"])["login"] == str(Login.objects.get().pk)
    assert bearing(fresh["access"]).get(ME).status_code == 200


def test_a_reused_refresh_token_ends_the_whole_login(anyone, tokens):
    fresh = refresh(anyone, tokens["refresh"]).json()

    reused = refresh(anyone, tokens["refresh"])

    assert reused.status_code == 401
    assert error_codes(reused) == {None: "token_reused"}
    assert reused["WWW-Authenticate"]
    assert error_codes(refresh(anyone, fresh["refresh"])) == {None: "token_not_valid"}
    assert bearing(fresh["access"]).get(ME).status_code == 401
    assert Login.objects.get().ended_at


def test_a_reused_token_leaves_other_logins_alone(anyone, tokens):
    other = log_in(anyone).json()
    refresh(anyone, tokens["refresh"])
    refresh(anyone, tokens["refresh"])
    assert bearing(other["access"]).get(ME).status_code == 200


def test_logging_out_ends_the_login_and_may_be_repeated(anyone, tokens):
    for _ in range(2):
        response = anyone.post("/api/token/logout/", {"refresh": tokens["refresh"]})
        assert response.status_code == 204
    assert bearing(tokens["access"]).get(ME).status_code == 401
    assert refresh(anyone, tokens["refresh"]).status_code == 401


def test_a_rotated_token_still_logs_out(anyone, tokens):
    fresh = refresh(anyone, tokens["refresh"]).json()
    anyone.post("/api/token/logout/", {"refresh": tokens["refresh"]})
    assert bearing(fresh["access"]).get(ME).status_code == 401


@pytest.mark.parametrize("path", ["/api/token/refresh/", "/api/token/logout/"])
def test_only_live_refresh_tokens_of_ours_count(anyone, owner, tokens, settings, path):
    strangers = RefreshToken.for_user(owner)
    foreign = str(RefreshToken()).rsplit(".", 1)[0] + ".c2lnbmF0dXJl"
    odd = RefreshToken.for_user(owner)
    odd["login"] = ["not", "an", "id"]
    for token in (tokens["access"], str(strangers), foreign, str(odd), "junk", "a.b.c", "é"):
        response = anyone.post(path, {"refresh": token})
        assert response.status_code == 401
        assert error_codes(response) == {None: "token_not_valid"}
    late = timezone.now() + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"] + timedelta(minutes=1)
    with time_machine.travel(late):
        assert anyone.post(path, {"refresh": tokens["refresh"]}).status_code == 401


def test_a_switched_off_account_is_out_at_once(anyone, owner, tokens):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert bearing(tokens["access"]).get(ME).status_code == 401
    assert refresh(anyone, tokens["refresh"]).status_code == 401


def test_a_password_changed_anywhere_ends_all_logins(anyone, owner, tokens):
    owner.set_password("another night at the pictures")
    owner.save()
    assert bearing(tokens["access"]).get(ME).status_code == 401
    assert error_codes(refresh(anyone, tokens["refresh"])) == {None: "token_not_valid"}


def test_what_is_no_access_token_is_a_401(owner, tokens):
    without_login = AccessToken.for_user(owner)
    odd = AccessToken.for_user(owner)
    odd["login"] = {"id": 1}
    unknown = AccessToken.for_user(owner)
    unknown["login"] = "00000000-0000-0000-0000-000000000000"
    junk = ["junk", "a.b.c", "é", "\udcff", "x" * 5000, "eyJhbGciOiJub25lIn0.e30."]
    for token in (tokens["refresh"], without_login, odd, unknown, *junk):
        response = bearing(token).get(ME)
        assert response.status_code == 401, token
        assert error_codes(response) == {None: "authentication_failed"}
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \udcff", "\xff", "Basic eA=="])
def test_a_strange_header_is_a_401(db, header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    response = client.get(ME)
    assert response.status_code == 401
    assert error_codes(response)


def test_ten_attempts_in_ten_minutes_close_a_name_for_the_rest_of_them(anyone, owner):
    window = timezone.datetime(2026, 7, 1, 12, 0, tzinfo=timezone.get_default_timezone())
    with time_machine.travel(window, tick=False):
        for _ in range(10):
            assert log_in(anyone, password="wrong").status_code == 401
        response = log_in(anyone, " OLIVIA ")
        assert response.status_code == 429
        assert int(response["Retry-After"]) == 600
        assert log_in(anyone, "nobody").status_code == 401
    with time_machine.travel(window + timedelta(minutes=10), tick=False):
        assert log_in(anyone).status_code == 200
