"""No answer, and no amount of work, tells whether an account exists.

Clocks are too coarse to test that, so the work is compared: the same statements, in the
same order, with as many writes to commit.
"""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from users import otp
from users.models import OneTimeCode, Purpose, User
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(db):
    """One account of each kind, each with a code where it can have one."""
    at = timezone.now()
    olivia = UserFactory(username="olivia", email="olivia@example.com")
    nina = UserFactory(username="nina", email="nina@example.com")
    odd = UserFactory(username="odd", email="odd@example.com")
    otp.send_code(user=nina, purpose=Purpose.VERIFY_EMAIL, at=at)
    otp.send_code(user=olivia, purpose=Purpose.RESET_PASSWORD, at=at)
    User.objects.filter(pk=nina.pk).update(is_active=False, email_verified_at=None)
    User.objects.filter(pk=odd.pk).update(is_active=False)


def work(client, path, body):
    """The answer, and the statements that it took, without their values."""
    with CaptureQueriesContext(connection) as captured:
        response = client.post(path, body)
    statements = [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in captured]
    return response.status_code, response.content, statements


ADDRESSES = ["nobody@example.com", "olivia@example.com", "nina@example.com", "odd@example.com"]


@pytest.mark.parametrize("purpose", Purpose.values)
def test_asking_for_a_code_is_the_same_for_every_address(anyone, people, purpose):
    bodies = [{"email": email, "purpose": purpose} for email in ADDRESSES]
    first, *others = [work(anyone, "/api/users/generate_otp/", body) for body in bodies]
    assert first[0] == 200
    assert all(other == first for other in others)


@pytest.mark.parametrize("purpose", Purpose.values)
def test_a_wrong_code_is_the_same_for_every_address(anyone, people, purpose):
    bodies = [{"email": email, "otp": "000000", "purpose": purpose} for email in ADDRESSES]
    first, *others = [work(anyone, "/api/users/verify_otp/", body) for body in bodies]
    assert first[0] == 400
    assert all(other == first for other in others)


def test_a_wrong_code_always_has_a_write_to_commit(anyone, people):
    body = {"email": "nobody@example.com", "otp": "000000"}
    _, _, statements = work(anyone, "/api/users/verify_otp/", body)
    begins = [n for n, sql in enumerate(statements) if sql.startswith("BEGIN")]
    inside = statements[begins[-1] + 1 :]
    assert inside[0].strip().startswith("INSERT INTO")
    assert inside[-1] == "COMMIT"


def test_a_wrong_code_is_compared_with_something_in_any_case(anyone, people, monkeypatch):
    compared = []
    monkeypatch.setattr(
        otp.pyotp.HOTP, "verify", lambda self, code, counter: compared.append(self.secret) or False
    )
    for email in ADDRESSES:
        anyone.post("/api/users/verify_otp/", {"email": email, "otp": "000000"})
    nina = OneTimeCode.objects.get(user__username="nina").secret
    assert compared == [otp.NOBODYS_SECRET, otp.NOBODYS_SECRET, nina, otp.NOBODYS_SECRET]


NAMES = ["nobody", "nobody@example.com", "olivia", "olivia@example.com", "nina", "odd"]


def test_a_failed_login_is_the_same_for_every_name(anyone, people, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    User.objects.update(password=UserFactory.build(password=PASSWORD).password)
    hashed = []
    encode = Argon2PasswordHasher.encode
    verify = Argon2PasswordHasher.verify
    monkeypatch.setattr(
        Argon2PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args)
    )
    monkeypatch.setattr(
        Argon2PasswordHasher, "verify", lambda *args: hashed.append(1) or verify(*args)
    )

    answers = []
    for name in NAMES:
        hashed.clear()
        answer = work(anyone, "/api/token/", {"username": name, "password": "wrong guess"})
        answers.append((answer[0], answer[1], len(answer[2]), len(hashed)))

    assert answers[0][0] == 401
    assert answers[0][3] == 1
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("name", ["nina", "odd"])
def test_an_inactive_account_answers_the_right_password_like_a_wrong_one(anyone, people, name):
    wrong = anyone.post("/api/token/", {"username": "nobody", "password": PASSWORD})
    right = anyone.post("/api/token/", {"username": name, "password": PASSWORD})
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
