"""What cancelling is said to cost is what it costs, to the cent and to the instant."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import client_of
from reservation import booking, programme, waivers
from reservation.models import Reservation
from reservation.tests.factories import confirmed, show_with_seats

pytestmark = pytest.mark.django_db

START = datetime(2126, 11, 28, 21, tzinfo=UTC)
MADE = START - timedelta(days=60)
INSTANT = timedelta(microseconds=1)
STEPS = [
    {"hours_before": 48, "refund_percent": 100},
    {"hours_before": 24, "refund_percent": 75},
    {"hours_before": 1.5, "refund_percent": 25},
]


def sold(user, *, policy=None, total=None) -> Reservation:
    """A seat for 12.50, or what else was promised and paid."""
    show, seats = show_with_seats(1, starts_at=START, cancellation_policy=policy)
    reservation = confirmed(user, show, seats, at=MADE)
    if total is not None:
        Reservation.objects.filter(pk=reservation.pk).update(total=total)
        reservation.refresh_from_db()
    return reservation


def give_up(reservation, amount):
    waivers.waive(
        reservation_id=reservation.pk, amount=amount, reason="Cold", staff_id=None, at=MADE
    )


def url(reservation):
    return f"/api/reservation/{reservation.pk}/cancel/"


def quoted(client, reservation) -> dict[str, int]:
    answer = client.get(url(reservation))
    assert answer.status_code == 200, answer.content
    told = answer.json()
    return {name: told[name]["amount"] for name in ("total", "waived", "fee", "refund")}


@pytest.mark.parametrize(
    ("left", "fee"),
    [
        (timedelta(hours=48), 0),
        (timedelta(hours=48) - INSTANT, 312),
        (timedelta(hours=24), 312),
        (timedelta(hours=24) - INSTANT, 937),
        (timedelta(hours=1.5), 937),
        (timedelta(hours=1.5) - INSTANT, 1250),
        (INSTANT, 1250),
    ],
)
def test_each_step_ends_at_its_very_instant(owner, owner_client, left, fee):
    reservation = sold(owner, policy=STEPS)
    with time_machine.travel(START - left, tick=False):
        assert quoted(owner_client, reservation) == {
            "total": 1250,
            "waived": 0,
            "fee": fee,
            "refund": 1250 - fee,
        }
        told = owner_client.post(url(reservation)).json()
    assert told["cancellation_fee"]["amount"] == fee
    reservation.refresh_from_db()
    assert reservation.amount_due == fee


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_once_the_show_has_begun_nothing_is_quoted_or_cancelled(owner, owner_client, method):
    reservation = sold(owner, policy=STEPS)
    address = url(reservation) if method != "delete" else f"/api/reservation/{reservation.pk}/"
    with time_machine.travel(START, tick=False):
        answer = getattr(owner_client, method)(address)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "showtime_started")


def test_without_steps_nothing_ever_comes_back(owner, owner_client):
    reservation = sold(owner, policy=[])
    with time_machine.travel(MADE, tick=False):
        assert quoted(owner_client, reservation)["refund"] == 0


@pytest.mark.parametrize(
    ("waived", "fee", "refund"), [(0, 937, 313), (500, 437, 313), (937, 0, 313), (1250, 0, 0)]
)
def test_what_was_given_back_before_comes_off_the_fee(owner, owner_client, waived, fee, refund):
    reservation = sold(owner, policy=STEPS)
    if waived:
        give_up(reservation, waived)
    with time_machine.travel(START - timedelta(hours=2), tick=False):
        quote = quoted(owner_client, reservation)
        told = owner_client.post(url(reservation)).json()
    assert quote == {"total": 1250, "waived": waived, "fee": fee, "refund": refund}
    assert (told["waived"]["amount"], told["cancellation_fee"]["amount"]) == (waived, fee)


def test_another_policy_later_changes_no_quote(owner, owner_client):
    reservation = sold(owner, policy=STEPS)
    programme.change(show_id=reservation.showtime_id, changes={"cancellation_policy": []})
    with time_machine.travel(START - timedelta(hours=30), tick=False):
        assert quoted(owner_client, reservation)["refund"] == 938


def test_a_cancelled_show_costs_nothing_whatever_was_promised(owner, owner_client):
    reservation = sold(owner, policy=[])
    give_up(reservation, 250)
    reservation.showtime.state = "cancelled"
    reservation.showtime.save()
    with time_machine.travel(MADE, tick=False):
        quote = quoted(owner_client, reservation)
    assert quote == {"total": 1250, "waived": 250, "fee": 0, "refund": 1000}


hours = st.integers(0, 96) | st.floats(0, 96)
policies = st.builds(
    lambda early, percents: [
        {"hours_before": hour, "refund_percent": percent}
        for hour, percent in zip(sorted(early), sorted(percents), strict=False)
    ],
    st.lists(hours, max_size=5, unique=True),
    st.lists(st.integers(1, 100), max_size=5, unique=True),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    policy=policies,
    total=st.integers(0, 99_999_999),
    shares=st.lists(st.floats(0, 1), max_size=3),
    minutes=st.integers(1, 100 * 60),
)
def test_what_is_quoted_is_what_less_is_due_afterwards(owner, policy, total, shares, minutes):
    client = client_of(owner)
    with transaction.atomic():
        reservation = sold(owner, policy=policy, total=total)
        for share in shares:
            if amount := int(share * reservation.amount_due):
                give_up(reservation, amount)
                reservation.refresh_from_db()
        with time_machine.travel(START - timedelta(minutes=minutes), tick=False):
            quote = quoted(client, reservation)
            told = client.post(url(reservation)).json()
        before = reservation.amount_due
        reservation.refresh_from_db()
        transaction.set_rollback(True)
    assert before - reservation.amount_due == quote["refund"] >= 0
    assert reservation.amount_due == quote["fee"] == told["cancellation_fee"]["amount"]
    assert quote["total"] == quote["waived"] + quote["fee"] + quote["refund"] == total


def test_the_house_s_cancelling_is_told_with_its_reason(owner, owner_client):
    reservation = sold(owner)
    booking.cancel_by_house(reservation_id=reservation.pk, at=MADE, reason="Frost")
    told = owner_client.get(f"/api/reservation/{reservation.pk}/").json()
    assert (told["cancellation_reason"], told["cancellation_fee"]["amount"]) == ("Frost", 0)
