"""Shows and ticket types at the desk: one behaviour with the API, refusals as sentences."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reservation import booking, holding, programme
from reservation.models import PlaceInLine, Reservation, ShowTime, TicketType
from reservation.sale import SeatChoice
from reservation.tests import factories
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:reservation_showtime_changelist")
ADD = reverse("admin:reservation_showtime_add")


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def hall():
    return factories.HallFactory(cinema__time_zone="America/New_York", cinema__name="Lumen")


def page_of(show, page: str = "change") -> str:
    return reverse(f"admin:reservation_showtime_{page}", args=[show.pk])


def entered(hall, movie=None, **changes) -> dict:
    """What staff type for a show at eight in the evening of the cinema's own clock."""
    movie = movie or factories.MovieFactory()
    form = {"movie": movie.pk, "hall": hall.pk, "starts_at": "2030-06-01T20:00", "price": "12.50"}
    return form | {"format": "2d", "sales_open_at": "", "sales_close_at": ""} | changes


def shown(show, **changes) -> dict:
    """The form of a show as its page shows it."""
    zone = show.hall.cinema.zone
    local = {
        name: f"{getattr(show, name).astimezone(zone):%Y-%m-%dT%H:%M}"
        for name in ("starts_at", "sales_close_at")
    }
    price = f"{show.price // 100}.{show.price % 100:02}"
    return entered(show.hall, show.movie, **local, price=price) | changes


def errors_of(response) -> str:
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors)


def test_a_show_is_scheduled_by_the_cinemas_clock_at_a_price_as_written(desk, hall):
    assert desk.post(ADD, entered(hall)).status_code == 302
    show = ShowTime.objects.get()
    assert show.starts_at == datetime(2030, 6, 2, 0, 0, tzinfo=UTC)
    assert show.ends_at == show.starts_at + timedelta(minutes=105)
    assert show.sales_close_at == show.starts_at
    assert show.price == 1250


def test_the_form_says_whose_clock_it_means(desk):
    page = desk.get(ADD).content.decode()
    assert page.count("cinema&#x27;s local time") >= 2


def test_a_show_in_an_occupied_hall_is_refused_in_the_form(desk, hall):
    desk.post(ADD, entered(hall))
    answer = desk.post(ADD, entered(hall, starts_at="2030-06-01T21:00"))
    assert "The hall is taken by" in errors_of(answer)
    assert ShowTime.objects.count() == 1


def test_sales_that_close_after_the_show_are_refused_at_their_field(desk, hall):
    answer = desk.post(ADD, entered(hall, sales_close_at="2030-06-02T20:00"))
    assert "Sales must close before" in errors_of(answer)
    assert "sales_close_at" in answer.context["adminform"].form.errors
    assert not ShowTime.objects.exists()


@pytest.mark.parametrize("time", ["2030-03-10T02:30", "2030-11-03T01:30"])
def test_a_time_that_clocks_show_twice_or_never_is_refused(desk, hall, time):
    for name in ("starts_at", "sales_close_at"):
        answer = desk.post(ADD, entered(hall, **{name: time}))
        assert "twice, or never" in errors_of(answer)
    assert not ShowTime.objects.exists()


@pytest.mark.parametrize("time", ["1066-10-14T09:00", "9999-12-31T23:59", "0001-01-01T00:00"])
def test_a_year_without_cinemas_is_refused(desk, hall, time):
    assert "Give a year" in errors_of(desk.post(ADD, entered(hall, starts_at=time)))


@pytest.mark.parametrize("price", ["-1", "12.505", "1e9", "NaN", "", "50000.00", "a lot"])
def test_a_price_that_is_none_is_refused(desk, hall, price):
    answer = desk.post(ADD, entered(hall, price=price))
    assert "price" in answer.context["adminform"].form.errors
    assert not ShowTime.objects.exists()


def test_an_unknown_hall_or_film_is_refused(desk, hall):
    for name in ("hall", "movie"):
        answer = desk.post(ADD, entered(hall) | {name: 987654})
        assert name in answer.context["adminform"].form.errors


def test_a_show_is_shown_and_moved_by_the_cinemas_clock(desk, hall):
    desk.post(ADD, entered(hall, sales_close_at="2030-06-01T19:00"))
    show = ShowTime.objects.get()
    assert 'value="2030-06-01T20:00"' in desk.get(page_of(show)).content.decode()
    desk.post(page_of(show), shown(show, starts_at="2030-06-01T22:00"))
    show.refresh_from_db()
    assert show.starts_at == datetime(2030, 6, 2, 2, 0, tzinfo=UTC)
    assert show.sales_close_at == datetime(2030, 6, 2, 1, 0, tzinfo=UTC)


def test_what_nobody_touched_stays_to_the_microsecond(desk):
    show = factories.ShowTimeFactory(
        hall__cinema__time_zone="America/New_York",
        # The second half past one of that night.
        starts_at=datetime(2030, 11, 3, 6, 30, 12, 345, tzinfo=UTC),
    )
    before = (show.starts_at, show.sales_close_at, show.ends_at)
    assert desk.post(page_of(show), shown(show, price="15")).status_code == 302
    show.refresh_from_db()
    assert (show.starts_at, show.sales_close_at, show.ends_at) == before
    assert show.price == 1500


def test_a_show_that_moves_to_another_zone_keeps_its_time_on_the_wall(desk, hall):
    desk.post(ADD, entered(hall))
    show = ShowTime.objects.get()
    lisbon = factories.HallFactory()
    desk.post(page_of(show), shown(show, hall=lisbon.pk))
    show.refresh_from_db()
    assert show.hall == lisbon
    assert show.starts_at == show.sales_close_at == datetime(2030, 6, 1, 19, 0, tzinfo=UTC)


def test_a_show_has_a_picture_of_its_seats(desk, owner):
    show, seats = factories.show_with_seats(2)
    factories.confirmed(owner, show, seats[:1])
    picture = reverse("show-seat-map", args=[show.pk])
    assert f'<img src="{picture}"' in desk.get(page_of(show)).content.decode()
    assert "sold" in desk.get(picture).content.decode()


def test_a_show_goes_with_the_line_for_it(desk, owner):
    show = factories.ShowTimeFactory()
    PlaceInLine.objects.create(showtime=show, user=owner, seats=1, joined_at=timezone.now())
    assert desk.post(page_of(show, "delete"), {"post": "yes"}).status_code == 302
    assert not ShowTime.objects.exists()


def test_an_empty_close_of_sales_means_the_start(desk, hall):
    desk.post(ADD, entered(hall, sales_close_at="2030-06-01T19:00"))
    show = ShowTime.objects.get()
    desk.post(page_of(show), shown(show, sales_close_at=""))
    show.refresh_from_db()
    assert show.sales_close_at == show.starts_at


@pytest.mark.parametrize("change", ["hall", "movie", "starts_at"])
def test_what_was_promised_to_people_with_seats_is_fixed(desk, owner, change):
    show, seats = factories.show_with_seats()
    factories.held(owner, show, seats[:1])
    others = {
        "hall": factories.HallFactory().pk,
        "movie": factories.MovieFactory().pk,
        "starts_at": "2030-06-01T20:00",
    }
    answer = desk.post(page_of(show), shown(show, **{change: others[change]}))
    assert "its hall, film and time are fixed" in errors_of(answer).replace("\n", " ")
    before = (show.hall_id, show.movie_id, show.starts_at)
    show.refresh_from_db()
    assert (show.hall_id, show.movie_id, show.starts_at) == before


def test_another_price_changes_no_ticket(desk, owner):
    show, seats = factories.show_with_seats()
    reservation = factories.held(owner, show, seats[:1])
    assert desk.post(page_of(show), shown(show, price="99.00")).status_code == 302
    show.refresh_from_db()
    reservation.refresh_from_db()
    assert show.price == 9900
    assert reservation.total == reservation.tickets.get().price == 1250


def test_changing_one_thing_overwrites_nothing_that_a_colleague_changed(desk, monkeypatch):
    show = factories.ShowTimeFactory()
    form = shown(show, price="15")
    change = programme.change

    def after_a_colleague(**given):
        ShowTime.objects.filter(pk=show.pk).update(audio_language="fr")
        return change(**given)

    monkeypatch.setattr(programme, "change", after_a_colleague)
    desk.post(page_of(show), form)
    show.refresh_from_db()
    assert (show.price, show.audio_language) == (1500, "fr")


def test_a_show_nobody_reserved_can_be_deleted(desk):
    show = factories.ShowTimeFactory()
    assert desk.get(page_of(show, "delete")).status_code == 200
    desk.post(page_of(show, "delete"), {"post": "yes"})
    assert not ShowTime.objects.exists()


def test_a_show_with_reservations_is_not_deleted(desk, owner):
    show, seats = factories.show_with_seats()
    factories.held(owner, show, seats[:1])
    page = desk.post(page_of(show, "delete"), {"post": "yes"}).content.decode()
    assert "1 reservation" in page
    page = desk.post(
        LIST, {"action": "delete_selected", "_selected_action": show.pk, "post": "yes"}
    )
    assert ShowTime.objects.filter(pk=show.pk).exists()


@pytest.mark.parametrize("many", [False, True])
def test_a_show_reserved_in_the_last_moment_is_not_deleted(desk, owner, monkeypatch, many):
    """The page looked before; the verb looks again under its lock."""
    show, seats = factories.show_with_seats()
    other = factories.ShowTimeFactory()
    remove = programme.remove

    def after_a_customer(**given):
        if given["show_id"] == show.pk:
            factories.held(owner, show, seats[:1])
        return remove(**given)

    monkeypatch.setattr(programme, "remove", after_a_customer)
    if many:
        form = {"action": "delete_selected", "post": "yes"}
        form["_selected_action"] = [other.pk, show.pk]
        answer = desk.post(LIST, form, follow=True)
    else:
        answer = desk.post(page_of(show, "delete"), {"post": "yes"}, follow=True)
    assert "Cancel it and schedule another" in answer.content.decode()
    assert ShowTime.objects.count() == 2  # all or none
    assert not answer.context["user"].logentry_set.exists()


def furnished(owner, stranger):
    """A show with one paid reservation of two seats and one hold."""
    show, seats = factories.show_with_seats()
    paid = factories.confirmed(owner, show, seats[:2])
    held = factories.held(stranger, show, seats[2:3])
    return show, paid, held


def test_cancelling_asks_first_and_says_what_follows(desk, owner, stranger):
    show, *_ = furnished(owner, stranger)
    for page in (
        desk.post(LIST, {"action": "cancel_shows", "_selected_action": show.pk}),
        desk.get(page_of(show, "cancel_this_show")),
    ):
        words = page.content.decode()
        assert "2 reservations" in words
        assert "Paid for of these: 1. At most 25.00 USD goes back" in words
    show.refresh_from_db()
    assert not show.is_cancelled


def cancel(desk, *shows):
    ids = [show.pk for show in shows]
    form = {"action": "cancel_shows", "_selected_action": ids, "confirmed": "yes"}
    return desk.post(LIST, form, follow=True)


def test_cancelling_a_show_cancels_its_reservations_without_a_fee(desk, owner, stranger):
    show, paid, held = furnished(owner, stranger)
    other, seats = factories.show_with_seats()
    elsewhere = factories.confirmed(owner, other, seats[:1])
    words = cancel(desk, show).content.decode()
    assert "Cancelled: 1 show, with 2 reservations" in words
    show.refresh_from_db()
    assert show.is_cancelled
    for reservation in (paid, held):
        reservation.refresh_from_db()
        assert (reservation.state, reservation.amount_due) == ("cancelled", 0)
    elsewhere.refresh_from_db()
    assert elsewhere.state == "confirmed"


def test_a_cancelling_that_broke_off_goes_on_when_asked_again(desk, owner, stranger, monkeypatch):
    show, *_ = furnished(owner, stranger)
    verb, done = booking.cancel_by_house, []

    def breaking(**given):
        if done:
            raise RuntimeError("the power went")
        done.append(verb(**given))

    monkeypatch.setattr(booking, "cancel_by_house", breaking)
    with pytest.raises(RuntimeError):
        cancel(desk, show)
    show.refresh_from_db()
    assert show.is_cancelled
    assert Reservation.objects.filter(state="cancelled").count() == 1
    monkeypatch.setattr(booking, "cancel_by_house", verb)
    cancel(desk, show)
    assert Reservation.objects.filter(state="cancelled").count() == 2


@pytest.mark.parametrize("right", ["change_showtime", "change_reservation"])
def test_cancelling_a_show_takes_both_rights(owner, stranger, right):
    show, *_ = furnished(owner, stranger)
    clerk = UserFactory(is_staff=True)
    rights = ["view_showtime", right]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(clerk)
    cancel(client, show)
    assert client.get(page_of(show, "cancel_this_show")).status_code == 403
    show.refresh_from_db()
    assert not show.is_cancelled


def listed(desk, **asked) -> list[ShowTime]:
    return list(desk.get(LIST, asked).context["cl"].result_list)


def test_the_list_shows_local_start_price_and_seats(desk, owner):
    show, seats = factories.show_with_seats(
        hall__cinema__time_zone="America/New_York",
        starts_at=datetime(2130, 6, 2, 0, 0, tzinfo=UTC),
    )
    factories.held(owner, show, seats[:2])
    factories.held(owner, show, seats[2:3], at=timezone.now() - timedelta(hours=1))  # dead
    page = desk.get(LIST).content.decode()
    for words in ("Thu 01 Jun 2130 20:00", "12.50 USD", "2 of 6"):
        assert words in page


def test_the_list_begins_with_what_is_still_to_come(desk):
    now = timezone.now()
    past = factories.ShowTimeFactory(starts_at=now - timedelta(days=3))
    late = factories.ShowTimeFactory(starts_at=now + timedelta(days=2))
    soon = factories.ShowTimeFactory(starts_at=now + timedelta(days=1))
    assert listed(desk) == [soon, late]
    assert listed(desk, day="past") == [past]


def test_the_list_is_narrowed_down(desk):
    new_york = factories.ShowTimeFactory(
        hall__cinema__time_zone="America/New_York",
        starts_at=datetime(2130, 6, 2, 0, 0, tzinfo=UTC),
        movie__title="Nosferatu",
    )
    lisbon = factories.ShowTimeFactory(starts_at=datetime(2130, 6, 2, 0, 0, tzinfo=UTC))
    programme.cancel(show_id=lisbon.pk, at=timezone.now())
    # Midnight in London is still the evening before in New York, and one o'clock in Lisbon.
    assert listed(desk, day="2130-06-01") == [new_york]
    assert listed(desk, day="2130-06-02") == [lisbon]
    assert listed(desk, q="nosfer") == [new_york]
    assert listed(desk, hall=lisbon.hall_id) == [lisbon]
    assert listed(desk, hall__cinema__id__exact=lisbon.hall.cinema_id) == [lisbon]
    assert listed(desk, state__exact="cancelled") == [lisbon]


def test_who_may_only_look_sees_the_cinemas_clock_too():
    show = factories.ShowTimeFactory(
        hall__cinema__time_zone="America/New_York",
        starts_at=datetime(2130, 6, 2, 0, 0, tzinfo=UTC),
    )
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_showtime"))
    client = Client()
    client.force_login(clerk)
    page = client.get(page_of(show)).content.decode()
    assert "Thu 01 Jun 2130 20:00" in page
    assert "12.50 USD" in page


TYPES = reverse("admin:reservation_tickettype_changelist")


def type_page(row, page="change") -> str:
    return reverse(f"admin:reservation_tickettype_{page}", args=[row.pk])


def ticket_type(name="Child", **changes) -> dict:
    return {"name": name, "percentage": 70, "is_active": "on"} | changes


def test_a_new_default_takes_the_place_of_the_present_one(desk):
    adult = TicketType.objects.get(is_default=True)
    form = ticket_type(is_default="on")
    assert desk.post(reverse("admin:reservation_tickettype_add"), form).status_code == 302
    adult.refresh_from_db()
    assert not adult.is_default
    assert TicketType.objects.get(is_default=True).name == "Child"


def test_no_ticket_type_is_left_without_a_default(desk):
    adult = TicketType.objects.get(is_default=True)
    answer = desk.post(type_page(adult), ticket_type("Adult", percentage=100))
    assert "Make another one the default first" in errors_of(answer)
    off = {"name": "Adult", "percentage": 100, "is_default": "on"}
    answer = desk.post(type_page(adult), off)
    assert "must be active" in str(answer.context["adminform"].form.errors["is_active"])
    page = desk.post(type_page(adult, "delete"), {"post": "yes"}, follow=True)
    assert "Make another one the default first" in page.content.decode()
    desk.post(TYPES, {"action": "delete_selected", "_selected_action": adult.pk, "post": "yes"})
    adult.refresh_from_db()
    assert adult.is_default
    assert adult.is_active


def test_a_ticket_type_that_was_sold_is_not_deleted(desk, owner):
    show, seats = factories.show_with_seats()
    child = TicketType.objects.create(name="Child", percentage=70)
    choice = SeatChoice(seats[0].pk, child.pk)
    holding.hold(user_id=owner.pk, show_id=show.pk, choices=[choice], at=timezone.now())
    page = desk.post(type_page(child, "delete"), {"post": "yes"}).content.decode()
    assert "1 ticket" in page
    assert TicketType.objects.filter(pk=child.pk).exists()


def test_names_of_ticket_types_are_unique(desk):
    answer = desk.post(reverse("admin:reservation_tickettype_add"), ticket_type("Adult"))
    assert "already exists" in errors_of(answer)
