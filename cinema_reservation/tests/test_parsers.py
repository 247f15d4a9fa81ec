import json

import pytest

from cinema_reservation.api.parsers import parse_strict

ANY_URL = "/api/reservation/"


@pytest.mark.parametrize(
    "document", ['{"a": [1, 2.5, "ü\\n", null, true]}', "[]", '"\\ud83c\\udfac"', '"\\\\u0000"']
)
def test_json_is_read_as_it_is(document):
    assert parse_strict(document.encode()) == json.loads(document)


STRANGE = (
    b"",
    b"{",
    b"NaN",
    b"[Infinity]",
    b"-Infinity",
    b"1e999",
    b'{"a": -1e999}',
    b'"\\ud800"',
    b'{"\\udc00": 1}',
    b'"\\u0000"',
    b'"\xed\xa0\x80"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 10_000,
)


@pytest.mark.parametrize("document", STRANGE, ids=lambda document: repr(document[:12]))
def test_what_is_not_json_or_can_t_be_stored_is_refused(document):
    with pytest.raises(ValueError):
        parse_strict(document)


@pytest.mark.parametrize("document", STRANGE, ids=lambda document: repr(document[:12]))
def test_over_http_it_is_a_400_in_the_common_shape(document, owner_client):
    answer = owner_client.generic("POST", ANY_URL, document, content_type="application/json")
    assert answer.status_code == 400
    (error, *_) = answer.json()["errors"]
    assert set(error) >= {"code", "detail", "attr"}


def test_bodies_past_the_limit_are_413(owner_client, settings):
    body = b'{"a": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    answer = owner_client.generic("POST", ANY_URL, body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "payload_too_large"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_other_types_are_415(owner_client, content_type):
    answer = owner_client.generic("POST", ANY_URL, b"a=1", content_type=content_type)
    assert answer.status_code == 415
