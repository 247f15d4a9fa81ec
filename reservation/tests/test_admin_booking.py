"""Reservations at the desk: read, found, and cancelled by the house."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reservation import booking, exchanging
from reservation.choosing import Wish
from reservation.models import Exchange, Reservation, Ticket
from reservation.sale import SeatChoice
from reservation.tests import factories
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:reservation_reservation_changelist")


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def page_of(reservation, page: str = "change") -> str:
    return reverse(f"admin:reservation_reservation_{page}", args=[reservation.pk])


def listed(desk, **asked) -> list[Reservation]:
    return list(desk.get(LIST, asked).context["cl"].result_list)


@pytest.fixture
def reservation(owner) -> Reservation:
    """Two seats in New York, paid for."""
    show, seats = factories.show_with_seats(
        hall__cinema__time_zone="America/New_York",
        starts_at=datetime(2130, 6, 2, 0, 0, tzinfo=UTC),
    )
    return factories.confirmed(owner, show, seats[:2])


def test_the_list_tells_who_sits_where_and_when_for_how_much(desk, reservation):
    page = desk.get(LIST).content.decode()
    for words in (reservation.code, "olivia@example.com", "01 Jun 2130 20:00", "25.00 USD"):
        assert words in page


@pytest.mark.parametrize("words", ["olivia@example", "OLIVIA", "{code}"])
def test_a_reservation_is_found_by_code_address_or_name(desk, reservation, stranger, words):
    show, seats = factories.show_with_seats()
    factories.held(stranger, show, seats[:1])
    assert listed(desk, q=words.format(code=reservation.code.lower())) == [reservation]


def test_a_hold_past_its_time_is_shown_and_found_as_expired(desk, owner):
    show, seats = factories.show_with_seats()
    dead = factories.held(owner, show, seats[:1], at=timezone.now() - timedelta(hours=1))
    alive = factories.held(owner, show, seats[1:2])
    assert "Expired" in desk.get(page_of(dead)).content.decode()
    assert listed(desk, state="expired") == [dead]
    assert listed(desk, state="held") == [alive]


def test_reservations_are_found_by_cinema_and_local_day(desk, reservation, owner):
    show, seats = factories.show_with_seats()
    factories.held(owner, show, seats[:1])
    cinema = reservation.showtime.hall.cinema_id
    assert listed(desk, showtime__hall__cinema__id__exact=cinema) == [reservation]
    assert listed(desk, day="2130-06-01") == [reservation]
    assert listed(desk, day="2130-06-02") == []


def test_the_page_shows_tickets_and_what_was_promised(desk, reservation):
    page = desk.get(page_of(reservation)).content.decode()
    for words in ("A1", "A2", "Adult", "12.50 USD", "100 % back until 2 hours before the show"):
        assert words in page


def test_a_box_office_reservation_has_a_page(desk):
    show, seats = factories.show_with_seats()
    reservation = factories.held(None, show, seats[:1])
    for url in (LIST, page_of(reservation)):
        assert "Box office" in desk.get(url).content.decode()


def test_nothing_of_a_reservation_is_written_by_hand(desk, reservation):
    before = Reservation.objects.filter(pk=reservation.pk).values().get()
    tickets = list(Ticket.objects.order_by("pk").values())
    form = {"state": "expired", "total": 1, "tickets-0-price": 0, "tickets-0-DELETE": "on"}
    form |= {"tickets-TOTAL_FORMS": 2, "tickets-INITIAL_FORMS": 2}
    assert desk.post(page_of(reservation), form).status_code == 403
    assert desk.post(page_of(reservation, "delete"), {"post": "yes"}).status_code == 403
    assert desk.get(reverse("admin:reservation_reservation_add")).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": reservation.pk, "post": "yes"}
    desk.post(LIST, delete)
    assert Reservation.objects.filter(pk=reservation.pk).values().get() == before
    assert list(Ticket.objects.order_by("pk").values()) == tickets


def cancel(desk, reservation, **confirmed):
    form = {"action": "cancel_by_house", "_selected_action": reservation.pk}
    return desk.post(LIST, form | confirmed, follow=True)


def test_cancelling_by_the_house_asks_first(desk, reservation):
    for page in (cancel(desk, reservation), desk.get(page_of(reservation, "cancel_this_one"))):
        assert "goes back, without a fee" in page.content.decode()
    reservation.refresh_from_db()
    assert reservation.state == "confirmed"


def test_the_house_cancels_without_a_fee(desk, reservation):
    assert (
        "Cancelled: 1 reservation" in cancel(desk, reservation, confirmed="yes").content.decode()
    )
    reservation.refresh_from_db()
    assert (reservation.state, reservation.amount_due) == ("cancelled", 0)
    assert not reservation.tickets.live().exists()


def test_what_a_customer_cancelled_before_keeps_its_fee(desk, owner):
    show, seats = factories.show_with_seats(starts_at=timezone.now() + timedelta(hours=1))
    reservation = factories.confirmed(owner, show, seats[:1])
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    cancel(desk, reservation, confirmed="yes")
    reservation.refresh_from_db()
    assert reservation.cancellation_fee == 1250


def test_who_may_only_look_cancels_nothing(reservation):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_reservation"))
    client = Client()
    client.force_login(clerk)
    cancel(client, reservation, confirmed="yes")
    assert client.get(page_of(reservation, "cancel_this_one")).status_code == 403
    reservation.refresh_from_db()
    assert reservation.state == "confirmed"


def test_the_page_asks_as_much_for_ten_tickets_as_for_one(
    desk, owner, django_assert_max_num_queries
):
    show, seats = factories.show_with_seats(11)
    one = factories.confirmed(owner, show, seats[:1])
    ten = factories.confirmed(owner, show, seats[1:])
    desk.get(page_of(one))
    with django_assert_max_num_queries(20) as few:
        desk.get(page_of(one))
    with django_assert_max_num_queries(20) as many:
        desk.get(page_of(ten))
    assert len(few) == len(many)


def test_a_reservation_that_is_not_there_can_not_be_cancelled(desk):
    for junk in ("987654", "abc", "99999999999999999999999"):
        url = reverse("admin:reservation_reservation_cancel_this_one", args=[junk])
        assert desk.get(url).status_code == 302


class TestExchanges:
    @pytest.fixture
    def exchanged(self, reservation) -> Reservation:
        """Once for two other seats, and a third one is waited for."""
        at = timezone.now()
        seats = list(reservation.showtime.hall.seats.order_by("number"))
        for wish in (seats[2:4], seats[2:5]):
            choices = [SeatChoice(seat.pk) for seat in wish]
            exchanging.exchange(reservation_id=reservation.pk, wish=Wish(choices), at=at)
        return reservation

    def test_the_page_tells_what_was_given_up_and_what_waits(self, desk, exchanged):
        page = desk.get(page_of(exchanged)).content.decode()
        for words in ("A1, A2", "A3, A4, A5", "12.50 USD", "Made", "Waiting to be paid"):
            assert words in page

    def test_the_page_of_what_waits_leads_to_the_reservation_that_it_is_for(self, desk, exchanged):
        waiting = Exchange.objects.get(state="waiting").replacement
        page = desk.get(page_of(waiting)).content.decode()
        assert f'Exchange of <a href="{page_of(exchanged)}">{exchanged.code}</a>' in page

    def test_what_lapsed_is_called_so(self, desk, exchanged):
        waiting = Exchange.objects.get(state="waiting").replacement
        Reservation.objects.filter(pk=waiting.pk).update(expires_at=timezone.now())
        assert "Lapsed" in desk.get(page_of(exchanged)).content.decode()

    def test_nobody_writes_them(self, desk, exchanged):
        page = desk.get(page_of(exchanged)).content.decode()
        assert 'name="exchanges-0-state"' not in page
