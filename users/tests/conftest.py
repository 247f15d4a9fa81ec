import re

import pytest
from post_office.models import Email

from users import otp


@pytest.fixture(autouse=True)
def _queued_mail(settings) -> None:
    """Mail is queued as in production; the test runner would put it into memory."""
    settings.EMAIL_BACKEND = "post_office.EmailBackend"


@pytest.fixture
def code_for(db):
    """Reads the newest code that was mailed to an address, as its owner would."""

    def read(address: str) -> str:
        otp.answer_requests()
        newest = Email.objects.filter(to=address).latest("pk")
        (code,) = re.findall(r"^[0-9]{6}$", newest.message, re.MULTILINE)
        return code

    return read


def wrong(code: str) -> str:
    """Another six digits."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def error_codes(response) -> dict[str | None, str]:
    """The codes of an error response by attribute; its shape is checked on the way."""
    body = response.json()
    assert body.keys() == {"type", "errors"}
    assert all({"code", "detail", "attr"} <= error.keys() for error in body["errors"])
    return {error["attr"]: error["code"] for error in body["errors"]}
