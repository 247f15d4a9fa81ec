"""Giving money back at the desk: how much, why, and by whom, once per look."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema_reservation.tests.racing import at_once
from reservation import booking, waivers
from reservation.models import Reservation, TicketType, Waiver
from reservation.tests import factories
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def paid(owner) -> Reservation:
    """Two seats for 25.00."""
    show, seats = factories.show_with_seats(2)
    return factories.confirmed(owner, show, seats, at=NOW)


def page_of(reservation, page="change"):
    return reverse(f"admin:reservation_reservation_{page}", args=[reservation.pk])


def url(reservation):
    return page_of(reservation, "give_money_back")


def give(client, reservation, amount="5.00", reason="Cold", given_before="0", **options):
    entry = {"amount": amount, "reason": reason, "given_before": given_before}
    return client.post(url(reservation), entry, **options)


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_page_tells_what_was_promised_what_is_due_and_what_went_back_before(desk, paid):
    waivers.waive(reservation_id=paid.pk, amount=700, reason="Loud", staff_id=None, at=NOW)
    answer = desk.get(url(paid))
    page = answer.content.decode()
    for words in (
        paid.code,
        "olivia@example.com",
        "100 % back until 2 hours before the show; nothing later",
        "7.00 USD",
        "18.00 USD",
        "The tickets stay good",
    ):
        assert words in page
    assert 'value="18.00"' in page
    assert 'name="given_before" value="700"' in page


def test_it_is_given_back_with_reason_and_name(desk, paid, staff):
    answer = give(desk, paid, follow=True)
    assert said(answer) == [f"5.00 USD of {paid.code} is on its way back to the customer."]
    waiver = Waiver.objects.get()
    assert (waiver.amount, waiver.reason, waiver.given_by) == (500, "Cold", staff)
    paid.refresh_from_db()
    assert (paid.state, paid.amount_due, paid.settle_after) == (
        "confirmed",
        2000,
        waiver.created_at,
    )
    page = answer.content.decode()
    for words in ("5.00 USD", "Cold", "stella", "20.00 USD"):
        assert words in page


def test_the_history_says_who_gave_how_much_and_why(desk, paid):
    give(desk, paid)
    history = desk.get(page_of(paid, "history")).content.decode()
    assert "Gave back 5.00 USD: Cold" in history
    assert "stella" in history


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"amount": "25.01"}, "Only what is due can be given back, and that is 25.00 USD"),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "-1"}, "greater than or equal to 0.01"),
        ({"amount": "1.005"}, "no more than 2 decimal places"),
        ({"amount": "NaN"}, "plain digits"),
        ({"amount": "9" * 400}, "less than or equal to"),
        ({"amount": "1e999999"}, "plain digits"),
        ({"amount": "1e1"}, "plain digits"),
        ({"amount": "\u0661\u0662"}, "plain digits"),
        ({"amount": ""}, "This field is required"),
        ({"reason": "  "}, "This field is required"),
        ({"reason": "x" * 201}, "at most 200 characters"),
        ({"reason": "\x00"}, "Null characters"),
    ],
)
def test_what_can_not_be_is_said_in_the_form(desk, paid, entry, words):
    answer = give(desk, paid, **entry)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Waiver.objects.exists()


def test_where_nothing_is_due_there_is_nothing_to_ask(desk, owner):
    show, seats = factories.show_with_seats(2)
    hold = factories.held(owner, show, seats[:1])
    ended = factories.confirmed(owner, show, seats[1:], at=NOW)
    booking.cancel_by_house(reservation_id=ended.pk, at=NOW)
    for reservation in (hold, ended):
        for answer in (
            desk.get(url(reservation), follow=True),
            give(desk, reservation, follow=True),
        ):
            assert "that is 0.00 USD of this reservation" in said(answer)[0]
    assert not Waiver.objects.exists()


def test_of_a_cancelled_one_the_fee_can_be_given_back(desk, paid):
    late = paid.showtime.starts_at - timedelta(minutes=1)
    booking.cancel(reservation_id=paid.pk, at=late)
    page = desk.get(url(paid)).content.decode()
    assert 'value="25.00"' in page
    assert "The tickets stay good" not in page
    give(desk, paid, amount="25")
    paid.refresh_from_db()
    assert paid.amount_due == 0


@pytest.mark.parametrize("given_before", ["", "abc", "1"])
def test_who_saw_another_sum_looks_again(desk, paid, given_before):
    answer = give(desk, paid, given_before=given_before, follow=True)
    assert "Look at it again" in said(answer)[0]
    assert answer.redirect_chain == [(url(paid), 302)]
    assert not Waiver.objects.exists()


def test_a_second_click_gives_nothing_more(desk, paid):
    give(desk, paid)
    give(desk, paid)
    assert Waiver.objects.count() == 1
    give(desk, paid, given_before="500")
    assert Waiver.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_clicks_at_once_give_once(staff, owner, monkeypatch):
    waivable = waivers.waivable

    def slowly(reservation):
        time.sleep(0.2)  # long enough for all to have opened the page
        return waivable(reservation)

    monkeypatch.setattr(waivers, "waivable", slowly)
    TicketType.objects.get_or_create(is_default=True, defaults={"name": "Adult"})
    show, seats = factories.show_with_seats(2)
    paid = factories.confirmed(owner, show, seats, at=NOW)
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(staff)
    answers = at_once([partial(give, client, paid) for client in clients])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert Waiver.objects.count() == 1


def test_money_of_another_currency_keeps_its_own(desk, paid):
    Reservation.objects.update(currency="jpy")
    page = desk.get(url(paid)).content.decode()
    assert "Amount (JPY)" in page
    assert 'value="2500"' in page
    give(desk, paid, amount="500")
    assert Waiver.objects.get().amount == 500


def test_who_may_only_look_gives_nothing(paid):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_reservation"))
    client = Client()
    client.force_login(clerk)
    assert "Give money back" not in client.get(page_of(paid)).content.decode()
    assert client.get(url(paid)).status_code == 403
    assert give(client, paid).status_code == 403
    assert not Waiver.objects.exists()


def test_who_is_no_staff_is_sent_to_log_in(paid, owner):
    client = Client()
    client.force_login(owner)
    assert give(client, paid).status_code == 302
    assert not Waiver.objects.exists()


@pytest.mark.parametrize("junk", ["987654", "abc", "99999999999999999999999"])
def test_a_reservation_that_is_not_there_has_no_money(desk, junk):
    address = reverse("admin:reservation_reservation_give_money_back", args=[junk])
    assert desk.get(address).status_code == 302


def test_waivers_are_written_by_nobody(desk, paid):
    give(desk, paid)
    page = desk.get(page_of(paid)).content.decode()
    assert 'name="waivers-0-amount"' not in page
    form = {"waivers-TOTAL_FORMS": 1, "waivers-INITIAL_FORMS": 1, "waivers-0-amount": 1}
    assert desk.post(page_of(paid), form).status_code == 403
    assert Waiver.objects.get().amount == 500


def test_the_page_asks_as_much_for_ten_waivers_as_for_one(
    desk, paid, staff, django_assert_max_num_queries
):
    def waive():
        waivers.waive(reservation_id=paid.pk, amount=1, reason="Cold", staff_id=staff.pk, at=NOW)

    waive()
    desk.get(page_of(paid))
    with django_assert_max_num_queries(25) as few:
        desk.get(page_of(paid))
    for _ in range(9):
        waive()
    with django_assert_max_num_queries(25) as many:
        desk.get(page_of(paid))
    assert len(few) == len(many)
