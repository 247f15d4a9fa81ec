from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from post_office.models import Email

from users import otp
from users.models import CodeRequest, OneTimeCode, Purpose, User
from users.tests.conftest import error_codes, wrong
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD


@pytest.fixture
def newcomer(db) -> User:
    """Somebody who registered and has not verified the address yet."""
    return UserFactory(
        username="nina", email="nina@example.com", is_active=False, email_verified_at=None
    )


@pytest.fixture
def nobodys_limits(settings) -> None:
    """Leaves the count on the code as the only guard."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10000, 3600))


def ask(client, email, purpose=VERIFY):
    return client.post("/api/users/generate_otp/", {"email": email, "purpose": purpose})


def verify(client, email, code, purpose=VERIFY):
    body = {"email": email, "otp": code, "purpose": purpose}
    return client.post("/api/users/verify_otp/", body)


def test_a_mailed_code_activates_the_account(anyone, newcomer, code_for):
    assert ask(anyone, "NINA@example.com").status_code == 200
    assert verify(anyone, " Nina@Example.com", code_for(newcomer.email)).status_code == 200
    newcomer.refresh_from_db()
    assert newcomer.is_active
    assert newcomer.email_verified_at


def test_verifying_an_address_is_the_default_purpose(anyone, newcomer, code_for):
    anyone.post("/api/users/generate_otp/", {"email": newcomer.email})
    body = {"email": newcomer.email, "otp": code_for(newcomer.email)}
    assert anyone.post("/api/users/verify_otp/", body).status_code == 200
    newcomer.refresh_from_db()
    assert newcomer.is_active


def test_the_mail_is_plain_and_names_the_account(newcomer):
    otp.send_code(user=newcomer, purpose=VERIFY, at=timezone.now())
    mail = Email.objects.get()
    assert mail.subject == "Your code to confirm your e-mail address"
    assert mail.message.startswith("Hello nina,")
    assert "within the next 10 minutes" in mail.message


def test_a_code_works_once(anyone, newcomer, code_for):
    ask(anyone, newcomer.email, RESET)
    code = code_for(newcomer.email)
    assert verify(anyone, newcomer.email, code, RESET).status_code == 200
    assert error_codes(verify(anyone, newcomer.email, code, RESET)) == {"otp": "otp_invalid"}


def test_a_code_serves_its_purpose_only(anyone, newcomer, code_for):
    ask(anyone, newcomer.email, VERIFY)
    code = code_for(newcomer.email)
    assert verify(anyone, newcomer.email, code, RESET).status_code == 400
    assert verify(anyone, newcomer.email, code, VERIFY).status_code == 200


def test_a_code_serves_its_account_only(anyone, newcomer, owner, code_for):
    ask(anyone, newcomer.email, RESET)
    assert verify(anyone, owner.email, code_for(newcomer.email), RESET).status_code == 400


def test_a_code_dies_with_its_lifetime(anyone, newcomer, code_for, settings):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        ask(anyone, newcomer.email)
        code = code_for(newcomer.email)
    with time_machine.travel(now + settings.OTP_LIFETIME, tick=False):
        assert verify(anyone, newcomer.email, code).status_code == 400
    with time_machine.travel(now + settings.OTP_LIFETIME - timedelta(seconds=1), tick=False):
        assert verify(anyone, newcomer.email, code).status_code == 200


def test_a_newer_code_kills_the_earlier_one_of_its_purpose(anyone, newcomer, code_for):
    for purpose in (VERIFY, RESET, RESET):
        ask(anyone, newcomer.email, purpose)
    first = code_for(newcomer.email)  # answers all; only the newest mail is read
    codes = OneTimeCode.objects.order_by("pk")
    now = timezone.now()
    assert [code.expires_at > now for code in codes] == [True, False, True]
    assert verify(anyone, newcomer.email, first, RESET).status_code == 200


def test_after_five_wrong_codes_the_right_one_fails_too(
    anyone, newcomer, code_for, nobodys_limits
):
    ask(anyone, newcomer.email)
    code = code_for(newcomer.email)
    for _ in range(5):
        assert verify(anyone, newcomer.email, wrong(code)).status_code == 400
    assert verify(anyone, newcomer.email, code).status_code == 400
    assert OneTimeCode.objects.get().attempts == 5


def test_after_four_wrong_codes_the_right_one_is_taken(anyone, newcomer, code_for, nobodys_limits):
    ask(anyone, newcomer.email)
    code = code_for(newcomer.email)
    for _ in range(4):
        verify(anyone, newcomer.email, wrong(code))
    assert verify(anyone, newcomer.email, code).status_code == 200


def test_a_code_proves_the_address_that_it_was_mailed_to(anyone, newcomer, code_for):
    ask(anyone, newcomer.email)
    code = code_for(newcomer.email)
    User.objects.filter(pk=newcomer.pk).update(email="other@example.com")
    assert verify(anyone, "other@example.com", code).status_code == 400


@pytest.mark.parametrize("purpose", [VERIFY, RESET])
def test_an_account_that_staff_switched_off_gets_no_code(anyone, owner, purpose):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert ask(anyone, owner.email, purpose).status_code == 200
    assert otp.answer_requests() == 1
    assert not OneTimeCode.objects.exists()
    assert not Email.objects.exists()


@pytest.mark.parametrize("purpose", [VERIFY, RESET])
def test_an_account_switched_off_meanwhile_takes_no_code(anyone, newcomer, code_for, purpose):
    ask(anyone, newcomer.email, purpose)
    code = code_for(newcomer.email)
    User.objects.filter(pk=newcomer.pk).update(email_verified_at=timezone.now())
    assert verify(anyone, newcomer.email, code, purpose).status_code == 400
    newcomer.refresh_from_db()
    assert not newcomer.is_active


def test_an_active_account_has_nothing_to_verify(anyone, owner):
    ask(anyone, owner.email, VERIFY)
    otp.answer_requests()
    assert not Email.objects.exists()


def test_requests_are_answered_once_and_dropped(anyone, newcomer):
    ask(anyone, newcomer.email)
    ask(anyone, "nobody@example.com")
    call_command("send_codes")
    call_command("send_codes")
    assert not CodeRequest.objects.exists()
    assert Email.objects.count() == 1


def test_a_round_that_fails_leaves_no_half(anyone, newcomer, monkeypatch):
    def fails(**kwargs):
        raise RuntimeError

    ask(anyone, newcomer.email)
    monkeypatch.setattr(otp.mail, "send_code", fails)
    with pytest.raises(RuntimeError):
        otp.answer_requests()
    assert CodeRequest.objects.exists()
    assert not OneTimeCode.objects.exists()


def test_a_quiet_round_asks_one_question(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert otp.answer_requests() == 0


def test_a_code_has_a_secret_of_its_own(newcomer):
    for _ in range(2):
        otp.send_code(user=newcomer, purpose=VERIFY, at=timezone.now())
    first, second = OneTimeCode.objects.all()
    assert first.secret != second.secret
    assert len(first.secret) == 32


def test_more_than_five_codes_an_hour_for_one_address_are_too_many(anyone):
    for _ in range(5):
        assert ask(anyone, "nobody@example.com").status_code == 200
    response = ask(anyone, " Nobody@EXAMPLE.com")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert ask(anyone, "somebody@example.com").status_code == 200


@pytest.mark.parametrize("email", ["nobody@example.com", "nina@example.com"])
def test_too_many_attempts_on_one_address_are_refused_account_or_not(anyone, newcomer, email):
    for _ in range(20):
        assert verify(anyone, email, "000000").status_code == 400
    response = verify(anyone, email, "000000")
    assert response.status_code == 429
    assert error_codes(response) == {None: "throttled"}
    assert 0 < int(response["Retry-After"]) <= 3600
