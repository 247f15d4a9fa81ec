"""The demo programme: whole, plausible, and the same however often it is loaded."""

import io
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.auth import authenticate, get_user_model
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image, ImageFont

from reservation.demo.films import FILMS
from reservation.demo.people import ACCOUNTS
from reservation.demo.posters import credit, draw
from reservation.models import (
    Cinema,
    Hall,
    Movie,
    Promotion,
    Seat,
    SeatKind,
    ShowTime,
    TicketType,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def load():
    call_command("load_demo")


def counts():
    models = Cinema, Hall, Seat, Movie, ShowTime, TicketType, Promotion, get_user_model()
    return {model.__name__: model.objects.count() for model in models}


def test_the_house_is_as_promised():
    load()
    assert len({cinema.time_zone for cinema in Cinema.objects.all()}) == 2
    sizes = [hall.seats.count() for hall in Hall.objects.all()]
    assert len(sizes) == 5
    assert min(sizes) >= 80
    assert max(sizes) <= 300
    for hall in Hall.objects.all():
        kinds = Counter(hall.seats.values_list("kind", flat=True))
        assert kinds[SeatKind.WHEELCHAIR] == kinds[SeatKind.COMPANION] > 0
        assert hall.seats.filter(category__name="VIP").exists()


def test_wheelchair_places_have_their_companion_beside_them():
    load()
    for place in Seat.objects.filter(kind=SeatKind.WHEELCHAIR):
        beside = Seat.objects.filter(hall=place.hall, y=place.y, kind=SeatKind.COMPANION)
        assert beside.filter(x__in=[place.x - 1, place.x + 1]).exists()


def test_every_hall_plays_for_a_week_and_never_two_films_at_once():
    load()
    for hall in Hall.objects.select_related("cinema"):
        shows = list(hall.showtimes.order_by("starts_at"))
        days = Counter(show.starts_at.astimezone(hall.cinema.zone).date() for show in shows)
        assert len(days) == 7
        assert min(days.values()) >= 4
        for one, following in pairwise(shows):
            assert one.hall_free_at <= following.starts_at


def test_loading_it_twice_changes_nothing():
    load()
    before = counts()
    load()
    assert counts() == before


def test_on_a_later_day_only_the_missing_days_are_added():
    with time_machine.travel("2026-11-23T12:00:00Z"):
        load()
        before = counts()
    with time_machine.travel("2026-11-25T12:00:00Z"):
        load()
    after = counts()
    shows, more = before.pop("ShowTime"), after.pop("ShowTime")
    assert before == after
    assert 0 < more - shows < shows
    days = {show.starts_at.date() for show in ShowTime.objects.filter(hall__name="Grand Hall")}
    assert max(days) - min(days) >= timedelta(days=8)


def test_the_codes_are_for_whom_they_say():
    load()
    assert not Promotion.objects.get(code="WELCOME").ticket_types.exists()
    assert [kind.name for kind in Promotion.objects.get(code="FAMILY").ticket_types.all()] == [
        "Child"
    ]


def test_the_accounts_that_are_printed_work(capsys):
    load()
    printed = capsys.readouterr().out
    for account in ACCOUNTS:
        assert f"{account.username} / {account.password}" in printed
        user = authenticate(username=account.username, password=account.password)
        assert user.is_staff == account.is_staff


def test_somebody_who_took_the_visitors_address_before_keeps_it():
    UserFactory(username="Vera", email="Visitor@example.com")
    load()
    load()
    assert get_user_model().objects.filter(email__iexact="visitor@example.com").count() == 1


def test_known_passwords_are_refused_on_a_public_host(settings):
    settings.SERVES_LOOPBACK_ONLY = False
    with pytest.raises(CommandError, match="passwords are public"):
        load()
    assert not Cinema.objects.exists()
    assert not get_user_model().objects.exists()


def test_posters_are_small_pictures_that_films_show():
    load()
    assert len(FILMS) >= 20
    for movie in Movie.objects.all():
        assert default_storage.exists(movie.poster.name)
    for film in FILMS[:3]:
        picture = draw(film)
        assert picture == draw(film)
        assert len(picture) < 100_000
        with Image.open(io.BytesIO(picture)) as image:
            assert image.size == (600, 900)


def test_posters_write_only_what_their_typeface_can():
    typeface = ImageFont.load_default(40)
    no_glyph = bytes(typeface.getmask("\uffff"))
    for film in FILMS:
        for letter in set(film.title.upper() + credit(film)) - {" "}:
            assert bytes(typeface.getmask(letter)) != no_glyph
