from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from users import accounts, otp
from users.models import Login, Purpose, User
from users.tests.conftest import error_codes
from users.tests.factories import PASSWORD, UserFactory
from users.tests.test_logins import ME, bearing, log_in

pytestmark = pytest.mark.django_db

NEW = "another night at the pictures"


def reset(client, token, password=NEW):
    return client.post("/api/reset-password/", {"token": token, "new_password": password})


def change(client, old=PASSWORD, new=NEW):
    body = {"old_password": old, "new_password": new}
    return client.post("/api/users/change_password/", body)


def test_a_forgotten_password_is_reset_by_mail(anyone, owner, code_for):
    access = log_in(anyone).json()["access"]
    who = {"email": owner.email, "purpose": "reset_password"}
    anyone.post("/api/users/generate_otp/", who)
    answer = anyone.post("/api/users/verify_otp/", who | {"otp": code_for(owner.email)})
    assert answer["Cache-Control"] == "no-store"

    assert reset(anyone, answer.json()["reset_token"]).status_code == 200

    assert log_in(anyone, password=PASSWORD).status_code == 401
    assert log_in(anyone, password=NEW).status_code == 200
    assert bearing(access).get(ME).status_code == 401


def test_a_reset_ends_every_login(anyone, owner):
    for _ in range(2):
        log_in(anyone)
    owner.refresh_from_db()
    reset(anyone, accounts.reset_token(owner))
    assert Login.objects.live().count() == 0


def test_a_reset_token_works_once(anyone, owner):
    token = accounts.reset_token(owner)
    assert reset(anyone, token).status_code == 200
    response = reset(anyone, token, "yet another night")
    assert response.status_code == 400
    assert error_codes(response) == {"token": "reset_token_invalid"}


def test_a_reset_token_is_short_lived(anyone, owner, settings):
    token = accounts.reset_token(owner)
    late = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 2)
    with time_machine.travel(late):
        assert reset(anyone, token).status_code == 400


def test_a_reset_token_dies_with_the_e_mail_address(anyone, owner):
    token = accounts.reset_token(owner)
    User.objects.filter(pk=owner.pk).update(email="other@example.com")
    assert reset(anyone, token).status_code == 400


def test_a_reset_token_is_its_accounts_only(anyone, owner, stranger):
    _, signature = accounts.reset_token(owner).split(".")
    assert reset(anyone, f"{stranger.pk}.{signature}").status_code == 400


def test_a_reset_activates_an_account_that_never_verified(anyone):
    nina = UserFactory(username="nina", is_active=False, email_verified_at=None)
    assert reset(anyone, accounts.reset_token(nina)).status_code == 200
    assert log_in(anyone, "nina", NEW).status_code == 200


def test_a_reset_opens_no_account_that_staff_switched_off(anyone, owner):
    token = accounts.reset_token(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert reset(anyone, token).status_code == 400
    owner.refresh_from_db()
    assert not owner.is_active


@pytest.mark.parametrize(
    "token",
    ["junk", ".", "1.", "٣.x-y", "².x-y", f"{2**63}.x-y", "9" * 150, "1.zzzzzzzzzzzzzz-0", "-1.x"],
)
def test_junk_is_no_reset_token(anyone, owner, token):
    assert error_codes(reset(anyone, token)) == {"token": "reset_token_invalid"}


def test_a_reset_checks_the_password_rules_with_the_holders_names(anyone, owner):
    response = reset(anyone, accounts.reset_token(owner), "olivia@example")
    assert error_codes(response) == {"new_password": "password_too_similar"}


def test_changing_the_password_ends_all_logins_and_opens_a_fresh_one(anyone, owner):
    here, elsewhere = (log_in(anyone).json()["access"] for _ in range(2))

    response = change(bearing(here))

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert bearing(here).get(ME).status_code == 401
    assert bearing(elsewhere).get(ME).status_code == 401
    assert bearing(response.json()["access"]).get(ME).status_code == 200
    assert Login.objects.live().count() == 1
    assert log_in(anyone, password=NEW).status_code == 200


def test_the_old_password_is_asked_for(owner_client):
    response = change(owner_client, old="wrong")
    assert response.status_code == 400
    assert error_codes(response) == {"old_password": "wrong_password"}


def test_guesses_of_the_old_password_are_counted(owner_client):
    for _ in range(10):
        assert change(owner_client, old="wrong").status_code == 400
    assert change(owner_client).status_code == 429


def test_a_new_password_follows_the_rules(owner_client):
    response = change(owner_client, new="olivia@example")
    assert error_codes(response) == {"new_password": "password_too_similar"}


def test_a_password_changed_meanwhile_is_not_overwritten(owner):
    User.objects.filter(pk=owner.pk).update(password=UserFactory.build(password=NEW).password)
    with pytest.raises(accounts.WrongPassword):
        accounts.change_password(
            user=owner, old_password=PASSWORD, new_password="x", at=timezone.now()
        )


def test_spaces_belong_to_a_password(anyone, owner_client):
    change(owner_client, new=f" {NEW} ")
    assert log_in(anyone, password=f" {NEW} ").status_code == 200
    assert log_in(anyone, password=NEW).status_code == 401


def test_a_reset_code_says_where_it_leads(anyone, owner, code_for):
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    body = {"email": owner.email, "purpose": "reset_password", "otp": code_for(owner.email)}
    answer = anyone.post("/api/users/verify_otp/", body).json()
    assert answer.keys() == {"detail", "reset_token"}
