"""House seats at the desk: blocked on their show's page, lifted in the list."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reservation import house_seats
from reservation.models import BlockKind, SeatBlock, ShowTime
from reservation.tests.factories import confirmed, show_with_seats
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:reservation_seatblock_changelist")


def desk_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(staff) -> Client:
    return desk_of(staff)


@pytest.fixture
def place():
    starts_at = datetime(2030, 6, 2, 0, 0, tzinfo=UTC)
    return show_with_seats(4, starts_at=starts_at, hall__cinema__time_zone="America/New_York")


def page_of(show, page="change") -> str:
    return reverse(f"admin:reservation_showtime_{page}", args=[show.pk])


def block_page(show) -> str:
    return reverse("admin:reservation_showtime_block_seats", args=[show.pk])


def entered(**changes) -> dict:
    form = {"seats": "A1-A2", "kind": "broken", "reason": "Springs", "release_at": ""}
    return form | changes


def errors_of(response) -> str:
    assert response.status_code == 200
    return str(response.context["form"].errors)


def test_seats_are_blocked_by_their_labels_with_a_reason(desk, place, staff):
    show, seats = place
    assert "House seats" in desk.get(page_of(show)).content.decode()
    assert desk.get(block_page(show)).status_code == 200
    answer = desk.post(block_page(show), entered())
    assert answer.url == f"{LIST}?showtime={show.pk}"
    for block, seat in zip(SeatBlock.objects.order_by("pk"), seats[:2], strict=True):
        assert (block.seat, block.kind, block.reason) == (seat, "broken", "Springs")
        assert (block.created_by, block.release_at) == (staff, None)
    assert "Blocked A1, A2: Springs" in desk.get(page_of(show, "history")).content.decode()
    assert "A1, A2" in desk.get(block_page(show)).content.decode()


def test_the_release_is_by_the_cinema_s_clock(desk, place):
    desk.post(block_page(place[0]), entered(release_at="2030-06-01T19:00"))
    release = datetime(2030, 6, 1, 23, 0, tzinfo=UTC)
    assert {block.release_at for block in SeatBlock.objects.all()} == {release}
    page = desk.get(LIST).content.decode()
    assert "Sat 01 Jun 2030 19:00" in page


def test_seats_that_somebody_has_are_refused_and_whose_they_are_is_told(desk, owner, place):
    show, seats = place
    code = confirmed(owner, show, seats[1:2]).code
    answer = desk.post(block_page(show), entered())
    assert f"A2 ({code})" in errors_of(answer)
    assert not SeatBlock.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seats": "A1-A9"}, "no seat A9"),
        ({"seats": "front row"}, "names no seat"),
        ({"seats": "\x00"}, "Null characters"),
        ({"seats": ""}, "required"),
        ({"seats": "A1," * 700}, "at most 2000"),
        ({"kind": "x"}, "valid choice"),
        ({"reason": ""}, "required"),
        ({"reason": "x" * 201}, "at most 200"),
        ({"release_at": "2020-01-01T00:00"}, "still to come"),
        ({"release_at": "9999-12-31T23:59"}, "Give a year"),
        ({"release_at": "2030-03-10T02:30"}, "twice, or never"),
        ({"release_at": "soon"}, "valid date"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_form(desk, place, change, sentence):
    assert sentence in errors_of(desk.post(block_page(place[0]), entered(**change)))
    assert not SeatBlock.objects.exists()


def test_blocks_are_lifted_in_the_list_once(desk, place, anyone):
    show, _ = place
    desk.post(block_page(show), entered())
    first, second = SeatBlock.objects.order_by("pk")
    wish = {"action": "lift", "_selected_action": [first.pk]}
    page = desk.post(LIST, wish, follow=True).content.decode()
    assert "Given back: 1 seat." in page
    assert "Given back: 0 seats." in desk.post(LIST, wish, follow=True).content.decode()
    first.refresh_from_db()
    assert first.lifted_at is not None
    assert second.is_in_force(timezone.now())
    history = reverse("admin:reservation_seatblock_history", args=[first.pk])
    assert "Lifted." in desk.get(history).content.decode()
    blocked = desk.get(f"{LIST}?state=blocked").context["cl"].result_list
    assert list(blocked) == [second]
    assert list(desk.get(f"{LIST}?state=over").context["cl"].result_list) == [first]
    assert len(desk.get(f"{LIST}?showtime={show.pk}").context["cl"].result_list) == 2
    assert len(desk.get(f"{LIST}?showtime={show.pk + 1}").context["cl"].result_list) == 0


def test_what_is_released_is_said_to_be_from_that_instant_on(desk, place, settings):
    show, seats = place
    now = timezone.now()
    house_seats.block(
        show_id=show.pk,
        seat_ids=[seats[0].pk],
        kind=BlockKind.HOUSE,
        reason="Late guests",
        at=now,
        release_at=now + timedelta(hours=1),
    )
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert not desk.get(f"{LIST}?state=blocked").context["cl"].result_list


def test_who_may_not_block_or_lift_can_not(place):
    show, _ = place
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["change_showtime", "view_seatblock"])
    )
    desk = desk_of(clerk)
    assert desk.post(block_page(show), entered()).status_code in {302, 403}
    assert not SeatBlock.objects.exists()
    desk_of(UserFactory(is_staff=True, is_superuser=True)).post(block_page(show), entered())
    block = SeatBlock.objects.first()
    desk.post(LIST, {"action": "lift", "_selected_action": [block.pk]})
    block.refresh_from_db()
    assert block.lifted_at is None


def test_a_show_that_nobody_reserved_is_deleted_with_its_blocks(desk, place):
    show, _ = place
    desk.post(block_page(show), entered())
    desk.post(page_of(show, "delete"), {"post": "yes"})
    assert not ShowTime.objects.exists()


def test_an_unknown_show_leads_back_to_the_list(desk, place):
    address = reverse("admin:reservation_showtime_block_seats", args=[987654])
    assert desk.get(address).status_code == 302


def test_sales_open_and_lonely_seats_are_set_at_the_desk(desk, place):
    show, _ = place
    page = desk.get(page_of(show)).content.decode()
    assert "No lonely seats" in page
    form = {
        "movie": show.movie_id,
        "hall": show.hall_id,
        "starts_at": "2030-06-01T20:00",
        "sales_open_at": "2030-05-01T10:00",
        "sales_close_at": "2030-06-01T20:00",
        "price": "12.50",
        "format": "2d",
        "forbids_lonely_seats": "on",
    }
    assert desk.post(page_of(show), form).status_code == 302
    show.refresh_from_db()
    assert show.sales_open_at == datetime(2030, 5, 1, 14, 0, tzinfo=UTC)
    assert show.forbids_lonely_seats
    assert 'value="2030-05-01T10:00"' in desk.get(page_of(show)).content.decode()
    late = desk.post(page_of(show), form | {"sales_open_at": "2030-06-01T20:00"})
    assert "sales_open_at" in late.context["adminform"].form.errors
    assert desk.post(page_of(show), form | {"sales_open_at": ""}).status_code == 302
    show.refresh_from_db()
    assert show.sales_open_at is None
