"""Cinemas, halls, seat categories and seats at the desk."""

import pytest
from django.test import Client
from django.urls import reverse

from reservation import venue
from reservation.models import Cinema, Hall, HallPlan, Seat, SeatCategory
from reservation.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def url_of(model, page: str, *args) -> str:
    return reverse(f"admin:reservation_{model._meta.model_name}_{page}", args=args)


def errors_of(response) -> str:
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors)


def test_a_cinema_needs_a_time_zone_that_there_is(desk):
    form = {"name": "Lumen", "slug": "lumen", "time_zone": "Europe/Atlantis"}
    assert "time_zone" in errors_of(desk.post(url_of(Cinema, "add"), form))
    assert desk.post(url_of(Cinema, "add"), form | {"time_zone": "Asia/Tokyo"}).status_code == 302
    assert Cinema.objects.get().time_zone == "Asia/Tokyo"


def test_a_cinema_with_halls_is_not_deleted(desk):
    hall = factories.HallFactory()
    page = desk.post(url_of(Cinema, "delete", hall.cinema_id), {"post": "yes"})
    assert "1 hall" in page.content.decode()
    assert Cinema.objects.exists()


def test_a_hall_with_shows_is_not_deleted_and_one_without_goes_with_its_seats(desk):
    show, _ = factories.show_with_seats(2)
    empty = factories.SeatFactory().hall
    page = desk.post(url_of(Hall, "delete", show.hall_id), {"post": "yes"}).content.decode()
    assert "1 show" in page
    assert desk.post(url_of(Hall, "delete", empty.pk), {"post": "yes"}).status_code == 302
    assert list(Hall.objects.all()) == [show.hall]
    assert Seat.objects.count() == 2


def test_a_hall_that_gets_its_first_show_while_it_is_deleted_stays(desk, monkeypatch):
    hall = factories.HallFactory()
    delete = Hall.delete

    def after_a_colleague(self, *args, **kwargs):
        factories.ShowTimeFactory(hall=hall)
        return delete(self, *args, **kwargs)

    monkeypatch.setattr(Hall, "delete", after_a_colleague)
    page = desk.post(url_of(Hall, "delete", hall.pk), {"post": "yes"}, follow=True)
    assert "that need this, so it can&#x27;t be deleted" in page.content.decode()
    assert Hall.objects.filter(pk=hall.pk).exists()


def test_the_list_of_halls_counts_seats_in_use(desk):
    show, seats = factories.show_with_seats(3)
    Seat.objects.filter(pk=seats[0].pk).update(retired_at=show.starts_at)
    assert desk.get(url_of(Hall, "changelist")).context["cl"].result_list[0].seats_in_use == 2


def test_a_surcharge_is_written_and_read_as_money(desk, owner):
    show, seats = factories.show_with_seats()
    reservation = factories.held(owner, show, seats[:1])
    category = seats[0].category
    form = {"name": "VIP", "colour": "#c0a040", "surcharge": "4.50"}
    assert desk.post(url_of(SeatCategory, "change", category.pk), form).status_code == 302
    category.refresh_from_db()
    assert category.surcharge == 450
    page = desk.get(url_of(SeatCategory, "changelist")).content.decode()
    assert "4.50 USD" in page
    assert "background:#c0a040" in page
    assert 'value="4.50"' in desk.get(url_of(SeatCategory, "change", category.pk)).content.decode()
    assert reservation.tickets.get().price == 1250


@pytest.mark.parametrize("colour", ["red", "#fff", 'x"onload="', ""])
def test_a_colour_is_six_hexadecimal_digits(desk, colour):
    form = {"name": "VIP", "colour": colour, "surcharge": "4"}
    assert "colour" in errors_of(desk.post(url_of(SeatCategory, "add"), form))


def seat_form(seat, **changes) -> dict:
    names = ("row", "number", "x", "y", "kind")
    form = {name: getattr(seat, name) for name in names}
    return form | {"hall": seat.hall_id, "category": seat.category_id} | changes


def version_of(seat) -> int:
    return Hall.objects.get(pk=seat.hall_id).plan_version


def test_adding_changing_and_taking_out_a_seat_makes_a_new_plan(desk):
    hall, category = factories.HallFactory(), factories.SeatCategoryFactory()
    new = Seat(hall=hall, category=category, row="C", number=7, x=6, y=2)
    assert desk.post(url_of(Seat, "add"), seat_form(new)).status_code == 302
    seat = Seat.objects.get()
    versions = [version_of(seat)]
    desk.post(url_of(Seat, "change", seat.pk), seat_form(seat, number=8))
    seat.refresh_from_db()
    assert seat.label == "C8"
    versions.append(version_of(seat))
    desk.post(url_of(Seat, "delete", seat.pk), {"post": "yes"})
    versions.append(version_of(seat))
    assert versions == [2, 3, 4]
    assert not Seat.objects.exists()


def test_two_seats_are_not_in_one_place_nor_of_one_name(desk):
    seat = factories.SeatFactory(number=1)
    other = factories.SeatFactory(hall=seat.hall, number=2)
    for clash in ({"number": seat.number}, {"x": seat.x}):
        for url, form in (
            (url_of(Seat, "change", other.pk), seat_form(other, **clash)),
            (url_of(Seat, "add"), seat_form(other, **({"number": 90, "x": 90} | clash))),
        ):
            assert "seat" in errors_of(desk.post(url, form))
    assert Seat.objects.count() == 2


def test_a_seat_stays_in_its_hall(desk):
    seat, elsewhere = factories.SeatFactory(number=1), factories.HallFactory()
    desk.post(url_of(Seat, "change", seat.pk), seat_form(seat, hall=elsewhere.pk))
    before = seat.hall_id
    seat.refresh_from_db()
    assert seat.hall_id == before


def test_a_seat_that_was_sold_keeps_its_name(desk, owner):
    show, seats = factories.show_with_seats()
    factories.held(owner, show, seats[:1])
    answer = desk.post(url_of(Seat, "change", seats[0].pk), seat_form(seats[0], number=99))
    assert "its row and number are fixed" in errors_of(answer)
    seats[0].refresh_from_db()
    assert seats[0].label == "A1"


def test_a_seat_that_was_sold_is_retired_and_others_are_deleted(desk, owner):
    show, seats = factories.show_with_seats(3)
    factories.held(owner, show, seats[:1])
    form = {"action": "take_out", "_selected_action": [seat.pk for seat in seats[:2]]}
    assert "2 seats" in desk.post(url_of(Seat, "changelist"), form).content.decode()
    assert Seat.objects.in_use().count() == 3
    page = desk.post(url_of(Seat, "changelist"), form | {"confirmed": "yes"}, follow=True)
    assert "Taken out: 2 seats" in page.content.decode()
    assert set(Seat.objects.all()) == {seats[0], seats[2]}
    assert list(Seat.objects.in_use()) == [seats[2]]
    desk.post(url_of(Seat, "delete", seats[0].pk), {"post": "yes"})
    assert Seat.objects.filter(pk=seats[0].pk).exists()


def test_taking_out_many_is_one_version_of_each_hall(desk, owner, django_assert_max_num_queries):
    show, seats = factories.show_with_seats(60)
    elsewhere = factories.SeatFactory()
    gone = [*seats[:50], elsewhere]
    factories.held(owner, show, seats[:5])
    form = {"action": "take_out", "confirmed": "yes"}
    form["_selected_action"] = [seat.pk for seat in gone]
    with django_assert_max_num_queries(110):
        desk.post(url_of(Seat, "changelist"), form)
    assert {hall.plan_version for hall in Hall.objects.all()} == {2}
    assert Seat.objects.in_use().count() == 10
    notes = HallPlan.objects.filter(version=2).values_list("note", flat=True)
    assert set(notes) == {"50 seats taken out", f"Seat {elsewhere.label} taken out"}


def test_seats_are_not_deleted_past_the_verb(desk):
    seat = factories.SeatFactory()
    form = {"action": "delete_selected", "_selected_action": seat.pk, "post": "yes"}
    desk.post(url_of(Seat, "changelist"), form)
    assert Seat.objects.in_use().exists()


def test_a_rival_between_look_and_write_is_a_sentence(desk, monkeypatch):
    seat = factories.SeatFactory(number=1)
    add = venue.add_seat

    def after_a_colleague(new, **how):
        factories.SeatFactory(hall=new.hall, row=new.row, number=new.number, x=500)
        return add(new, **how)

    monkeypatch.setattr(venue, "add_seat", after_a_colleague)
    answer = desk.post(url_of(Seat, "add"), seat_form(seat, number=50, x=50))
    assert "Somebody else changed this" in errors_of(answer)


def test_seats_are_found_by_hall(desk):
    seat, _ = factories.SeatFactory(), factories.SeatFactory()
    page = desk.get(url_of(Seat, "changelist"), {"hall": seat.hall_id})
    assert list(page.context["cl"].result_list) == [seat]
