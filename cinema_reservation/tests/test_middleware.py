"""What every request under /api/ has in common, and files for browsers."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("cookie", ["csrftoken=x", "sessionid=x"])
def test_the_api_looks_at_no_cookies_and_sets_none(client, cookie):
    answer = client.get("/api/movies/", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert not answer.cookies


def test_being_logged_in_at_the_desk_is_no_login_here(staff):
    browser = Client()
    browser.force_login(staff)
    assert browser.get("/api/users/me/").status_code == 401


def test_what_says_nothing_of_caching_is_kept_by_nobody(owner_client, anyone):
    for answer in (owner_client.get("/api/users/me/"), anyone.get("/api/users/me/")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_body_without_its_length_is_411(client):
    answer = client.generic("POST", "/api/webhook/", b"", headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 411
    assert answer.json()["errors"][0]["code"] == "length_required"


def test_a_body_that_says_both_how_it_comes_and_its_length_is_read(client):
    answer = client.generic("POST", "/api/token/", b"{}", headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code != 411


@pytest.mark.parametrize(
    "path",
    ["x" * 300, "../secret_key", "%2e%2e/secret_key", "..%2fsecret_key", "%00", "nothing.jpg"],
)
def test_only_posters_are_served_from_the_disk(client, path):
    assert client.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize("header", ["Bearer a b", "Bearer", "Bearer junk", "bearer junk"])
def test_bad_tokens_are_one_error_with_one_sentence(header):
    answer = APIClient().get("/api/users/me/", headers={"Authorization": header})
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error["attr"] is None
    assert " " in error["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/api/movies/", "/api/ticket_types/"])
def test_head_is_answered_as_get_is(anyone, path):
    known = {"If-None-Match": anyone.get(path).headers["ETag"]}
    told = anyone.head(path, headers=known)
    assert (told.status_code, told.content) == (304, b"")
    assert anyone.head(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
def test_what_if_match_does_not_fit_is_an_error_like_all_others(anyone, method):
    answer = getattr(anyone, method)("/api/movies/", headers={"If-Match": '"other"'})
    assert answer.status_code == 412
    assert answer.headers["Content-Type"] == "application/json"
    if method == "get":
        assert answer.json()["errors"][0]["code"] == "precondition_failed"
    known = {"If-Match": anyone.get("/api/movies/").headers["ETag"]}
    assert getattr(anyone, method)("/api/movies/", headers=known).status_code == 200
