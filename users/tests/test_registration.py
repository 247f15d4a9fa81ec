from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from post_office.models import Email

from users import accounts, otp
from users.models import Login, OneTimeCode, User
from users.tests.conftest import error_codes
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADA = {
    "username": "ada",
    "email": "Ada@example.com",
    "password": "a night at the pictures",
    "first_name": "Ada",
    "phone": "+44 20 7946 0000",
}


def register(client, **changes):
    return client.post("/api/users/register/", ADA | changes)


def test_a_registration_answers_the_account_without_its_password(anyone):
    response = register(anyone)
    assert response.status_code == 201
    ada = User.objects.get()
    body = response.json()
    assert body.pop("date_joined")
    assert body == {
        "id": ada.pk,
        "username": "ada",
        "email": "Ada@example.com",
        "first_name": "Ada",
        "last_name": "",
        "phone": "+44 20 7946 0000",
        "is_staff": False,
    }


def test_an_account_is_inactive_until_its_address_answers(anyone, code_for):
    register(anyone)
    login = {"username": "ada", "password": ADA["password"]}
    assert anyone.post("/api/token/", login).status_code == 401

    verified = anyone.post(
        "/api/users/verify_otp/", {"email": "ada@example.com", "otp": code_for(ADA["email"])}
    )

    assert verified.status_code == 200
    assert anyone.post("/api/token/", login).status_code == 200


def test_registering_gives_nobody_rights(anyone):
    register(anyone, is_staff=True, is_superuser=True, is_active=True, id=7)
    ada = User.objects.get()
    assert (ada.is_staff, ada.is_superuser, ada.is_active) == (False, False, False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"username": "OLIVIA"}, {"username": "taken"}),
        ({"email": "Olivia@Example.com"}, {"email": "taken"}),
        (
            {"username": "Olivia", "email": "OLIVIA@example.com"},
            {"username": "taken", "email": "taken"},
        ),
    ],
)
def test_a_name_or_address_in_use_is_taken_whatever_its_case(anyone, owner, changes, expected):
    response = register(anyone, **changes)
    assert response.status_code == 400
    assert error_codes(response) == expected
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("q7w-e3", "password_too_short"),
        ("password", "password_too_common"),
        ("9182736455", "password_entirely_numeric"),
        ("ada@example", "password_too_similar"),
    ],
)
def test_the_password_rules_apply(anyone, password, code):
    response = register(anyone, password=password)
    assert response.status_code == 400
    assert error_codes(response) == {"password": code}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ada lovelace"),
        ("username", "ada@example.com"),
        ("username", "ädä"),
        ("email", "ada"),
        ("email", '"x,victim@example.com,y"@example.com'),
        ("email", "ſimon@example.com"),
        ("email", "ada@[127.0.0.1]"),
        ("phone", "call me"),
        ("first_name", "x" * 151),
    ],
)
def test_what_could_be_mistaken_for_another_is_refused(anyone, field, value):
    response = register(anyone, **{field: value})
    assert response.status_code == 400
    assert set(error_codes(response)) == {field}


def test_a_first_name_with_template_syntax_is_just_a_name(anyone, code_for):
    assert register(anyone, first_name="{% include 'x' %}{{ y }}").status_code == 201
    assert code_for(ADA["email"])


def test_a_stale_account_that_never_verified_loses_its_claim(anyone, settings):
    long_ago = timezone.now() - settings.UNVERIFIED_ACCOUNT_LIFETIME - timedelta(seconds=1)
    squatters = [
        UserFactory(
            username="ADA",
            email="first@example.com",
            is_active=False,
            email_verified_at=None,
        ),
        UserFactory(email="ADA@example.com", is_active=False, email_verified_at=None),
    ]
    User.objects.update(date_joined=long_ago)

    assert register(anyone).status_code == 201

    assert not User.objects.filter(pk__in=[user.pk for user in squatters]).exists()


@pytest.mark.parametrize("proven", [True, False])
def test_a_fresh_or_a_verified_account_keeps_its_claim(anyone, settings, proven):
    user = UserFactory(username="ada", email="first@example.com", is_active=False)
    lifetime = settings.UNVERIFIED_ACCOUNT_LIFETIME
    if proven:  # and switched off by staff since
        User.objects.update(date_joined=timezone.now() - 2 * lifetime)
    else:
        joined = timezone.now() - lifetime + timedelta(minutes=1)
        User.objects.update(email_verified_at=None, date_joined=joined)

    assert error_codes(register(anyone)) == {"username": "taken"}
    assert User.objects.filter(pk=user.pk).exists()


def test_a_stale_account_that_something_depends_on_keeps_its_claim(anyone, settings, monkeypatch):
    def protected(self):
        raise ProtectedError("A reservation needs its account.", set())

    UserFactory(username="ada", email="first@example.com")
    User.objects.update(
        is_active=False,
        email_verified_at=None,
        date_joined=timezone.now() - 2 * settings.UNVERIFIED_ACCOUNT_LIFETIME,
    )
    monkeypatch.setattr(User, "delete", protected)
    assert error_codes(register(anyone)) == {"username": "taken"}


def test_without_its_mail_there_is_no_account(monkeypatch):
    def fails(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(otp.mail, "send_code", fails)
    with pytest.raises(RuntimeError):
        accounts.register(username="ada", email="ada@example.com", password="x", at=timezone.now())
    assert not User.objects.exists()
    assert not OneTimeCode.objects.exists()


def test_an_active_account_is_always_vouched_for():
    user = User.objects.create_superuser("root", "root@example.com", "x")
    assert user.email_verified_at
    User.objects.filter(pk=user.pk).update(is_active=False, email_verified_at=None)
    user.refresh_from_db()

    user.is_active = True
    user.save(update_fields=["is_active"])

    user.refresh_from_db()
    assert user.email_verified_at
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.update(email_verified_at=None)


def test_the_slow_hash_is_made_before_the_transaction(anyone, monkeypatch):
    depths = []
    monkeypatch.setattr(
        User, "set_password", lambda self, raw: depths.append(len(connection.savepoint_ids))
    )
    before = len(connection.savepoint_ids)
    register(anyone)
    assert depths == [before]
    assert not Login.objects.exists()
