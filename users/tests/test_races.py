"""Rivals at the same instant, each with a database connection of its own.

What the guards are: unique constraints for names, filtered updates for attempts and
codes, the login's and the account's row lock (on SQLite the immediate transaction), and
one statement for counts.
"""

import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connections
from django.utils import timezone
from post_office.models import Email
from rest_framework.test import APIClient

from cinema_reservation.tests.racing import at_once
from users import accounts, otp, sessions, throttles
from users.models import CodeRequest, Login, OneTimeCode, Purpose, User
from users.tests.conftest import wrong
from users.tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def post(path, body):
    return APIClient().post(path, body)


def posts(count, path, body) -> list:
    responses = at_once([partial(post, path, body)] * count)
    failed = [response for response in responses if isinstance(response, Exception)]
    assert not failed
    return responses


def statuses(responses) -> Counter:
    return Counter(response.status_code for response in responses)


@pytest.fixture(autouse=True)
def _no_limits(settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10000, 3600))


def test_two_registrations_at_once_make_one_account():
    body = {"username": "ada", "email": "ada@example.com", "password": "a night at the pictures"}
    responses = posts(8, "/api/users/register/", body)
    assert statuses(responses) == {201: 1, 400: 7}
    losers = [response for response in responses if response.status_code == 400]
    codes = {error["code"] for response in losers for error in response.json()["errors"]}
    assert codes == {"taken"}
    assert User.objects.count() == 1
    assert Email.objects.count() == 1


def test_registrations_at_once_over_one_stale_claim_make_one_account(settings):
    long_ago = timezone.now() - 2 * settings.UNVERIFIED_ACCOUNT_LIFETIME
    UserFactory(username="ada", is_active=False, email_verified_at=None, date_joined=long_ago)
    body = {"username": "ada", "email": "ada@example.com", "password": "a night at the pictures"}
    assert statuses(posts(6, "/api/users/register/", body)) == {201: 1, 400: 5}


def test_two_renames_to_one_name_at_once_let_one_have_it():
    rivals = UserFactory.create_batch(6)

    def rename(user):
        return accounts.change_profile(user=user, changes={"username": "ada"})

    results = at_once([partial(rename, user) for user in rivals])
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, accounts.Taken) for result in results) == 5


def test_guesses_at_once_get_no_more_attempts_than_there_are(code_for):
    nina = UserFactory(email="nina@example.com", is_active=False, email_verified_at=None)
    otp.send_code(user=nina, purpose=Purpose.VERIFY_EMAIL, at=timezone.now())
    code = code_for(nina.email)
    body = {"email": nina.email, "otp": wrong(code)}
    assert statuses(posts(12, "/api/users/verify_otp/", body)) == {400: 12}
    assert OneTimeCode.objects.get().attempts == 5
    assert post("/api/users/verify_otp/", body | {"otp": code}).status_code == 400


def test_the_filtered_update_alone_counts_no_more_than_there_are(owner):
    """Without the account's lock: the guard of the row itself."""
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    code_id, at = OneTimeCode.objects.get().pk, timezone.now()
    attempt = partial(OneTimeCode.objects.count_attempt, code_id=code_id, at=at)
    assert Counter(at_once([attempt] * 12)) == {True: 5, False: 7}


def test_one_code_used_at_once_gives_one_reset_token(owner, code_for):
    otp.send_code(user=owner, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    body = {"email": owner.email, "otp": code_for(owner.email), "purpose": "reset_password"}
    assert statuses(posts(4, "/api/users/verify_otp/", body)) == {200: 1, 400: 3}


def test_one_reset_token_used_at_once_sets_one_password(owner):
    body = {"token": accounts.reset_token(owner), "new_password": "another night out"}
    assert statuses(posts(6, "/api/reset-password/", body)) == {200: 1, 400: 5}


def test_one_old_password_used_at_once_sets_one_new_one(owner):
    def change(number):
        user = User.objects.get(pk=owner.pk)
        return accounts.change_password(
            user=user, old_password=PASSWORD, new_password=f"night {number}", at=timezone.now()
        )

    results = at_once([partial(change, number) for number in range(6)])
    assert Counter(map(type, results)) == {sessions.Tokens: 1, accounts.WrongPassword: 5}
    assert Login.objects.live().count() == 1


class Rival(threading.Thread):
    """Updates an account while somebody is at it, and waits as long as it has to."""

    def __init__(self, user: User, **changes) -> None:
        super().__init__()
        self.user, self.changes, self.updated = user, changes, None

    def run(self) -> None:
        try:
            self.updated = User.objects.filter(pk=self.user.pk).update(**self.changes)
        finally:
            connections.close_all()

    def comes_between(self) -> None:
        self.start()
        self.join(timeout=0.5)


def between(monkeypatch, module, name, rival) -> None:
    """Let the rival come just before that function."""
    original = getattr(module, name)

    def interrupted(*args, **kwargs):
        rival.comes_between()
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, interrupted)


def test_an_account_that_verifies_while_it_goes_stale_is_not_forgotten(settings, monkeypatch):
    long_ago = timezone.now() - 2 * settings.UNVERIFIED_ACCOUNT_LIFETIME
    nina = UserFactory(is_active=False, email_verified_at=None, date_joined=long_ago)
    rival = Rival(nina, is_active=True, email_verified_at=timezone.now())
    between(monkeypatch, accounts, "_forget", rival)
    accounts.forget_stale(User.objects.all(), at=timezone.now())
    rival.join()
    # Either it was too late to verify, or the account is there.
    assert bool(rival.updated) == User.objects.filter(pk=nina.pk).exists()


def test_an_account_switched_off_while_it_verifies_stays_off(code_for, monkeypatch):
    nina = UserFactory(email="nina@example.com", is_active=False, email_verified_at=None)
    otp.send_code(user=nina, purpose=Purpose.VERIFY_EMAIL, at=timezone.now())
    body = {"email": nina.email, "otp": code_for(nina.email)}
    rival = Rival(nina, is_active=False, email_verified_at=timezone.now())
    between(monkeypatch, otp, "_live_code", rival)
    post("/api/users/verify_otp/", body)
    rival.join()
    nina.refresh_from_db()
    assert not nina.is_active


def test_one_refresh_token_used_at_once_ends_the_login(owner):
    login = post("/api/token/", {"username": "olivia", "password": PASSWORD}).json()
    responses = posts(6, "/api/token/refresh/", {"refresh": login["refresh"]})
    assert statuses(responses) == {200: 1, 401: 5}
    (winner,) = [response.json() for response in responses if response.status_code == 200]
    assert Login.objects.get().ended_at
    assert post("/api/token/refresh/", {"refresh": winner["refresh"]}).status_code == 401


def test_workers_at_once_answer_each_request_once(owner):
    people = [owner, *UserFactory.create_batch(9)]
    for person in people:
        otp.request_code(email=person.email, purpose=Purpose.RESET_PASSWORD, at=timezone.now())
    answered = at_once([otp.answer_requests] * 4)
    assert sum(answered) == len(people)
    assert Email.objects.count() == len(people)
    assert not CodeRequest.objects.exists()


def test_codes_issued_at_once_leave_one_alive(owner):
    issue = partial(otp.send_code, user=owner, purpose=Purpose.RESET_PASSWORD)
    at_once([partial(issue, at=timezone.now())] * 6)
    assert OneTimeCode.objects.count() == 6
    assert OneTimeCode.objects.live(timezone.now()).count() == 1


def test_a_limit_lets_exactly_so_many_of_all_at_once_through(settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"otp_account": (5, 3600)}
    body = {"email": "nobody@example.com"}
    assert statuses(posts(20, "/api/users/generate_otp/", body)) == {200: 5, 429: 15}


def test_the_race_for_a_limit_is_real(settings, monkeypatch):
    """The control: with the count read and then written, more get through."""

    def read_then_write(self, key, seconds):
        seen = CodeRequest.objects.filter(email=key).count()
        CodeRequest.objects.create(email=key, purpose="race")
        return seen + 1

    settings.RATE_LIMITS = settings.RATE_LIMITS | {"otp_account": (5, 3600)}
    monkeypatch.setattr(throttles.DatabaseRateThrottle, "count", read_then_write)
    for _ in range(5):
        allowed = at_once([partial(throttles.OtpAccountThrottle().allows, "x")] * 20)
        if sum(allowed) > 5:
            return
        CodeRequest.objects.all().delete()
    pytest.fail("no thread ever came between the reading and the writing")
