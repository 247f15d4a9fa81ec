"""Films, genres and posters as clients and staff meet them."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from conftest import client_of
from reservation.models import Genre, Movie
from reservation.tests.factories import MovieFactory, ShowTimeFactory
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/movies/"


def error_of(answer):
    return answer.json()["errors"][0]


def titles(answer):
    assert answer.status_code == 200, answer.content
    return [movie["title"] for movie in answer.json()["results"]]


@pytest.fixture
def horror():
    return Genre.objects.create(name="Horror", slug="horror")


@pytest.fixture
def films(horror):
    nosferatu = MovieFactory(
        title="Nosferatu",
        synopsis="A count travels.",
        certificate="12",
        original_language="de",
        release_date=date(1922, 3, 4),
        runtime_minutes=94,
    )
    nosferatu.genres.add(horror)
    sherlock = MovieFactory(
        title="Sherlock Jr.", release_date=date(1924, 4, 21), runtime_minutes=45
    )
    ShowTimeFactory(movie=sherlock)
    ShowTimeFactory(movie=nosferatu, starts_at=timezone.now() - timedelta(hours=1))
    return nosferatu, sherlock


class TestReading:
    def test_one_film(self, anyone, films, horror):
        answer = anyone.get(f"{URL}{films[0].pk}/")
        assert answer.json() == {
            "id": films[0].pk,
            "title": "Nosferatu",
            "synopsis": "A count travels.",
            "runtime_minutes": 94,
            "genres": [{"id": horror.pk, "name": "Horror", "slug": "horror"}],
            "certificate": "12",
            "original_language": "de",
            "poster": None,
            "trailer_url": "",
            "release_date": "1922-03-04",
        }

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Nosferatu", "Sherlock Jr."]),
            ("genre=horror", ["Nosferatu"]),
            ("certificate=12", ["Nosferatu"]),
            ("language=DE", ["Nosferatu"]),
            ("release_date_from=1922-03-05", ["Sherlock Jr."]),
            ("release_date_to=1922-03-04", ["Nosferatu"]),
            ("showing=true", ["Sherlock Jr."]),
            ("showing=false", ["Nosferatu"]),
            ("search=sherlock", ["Sherlock Jr."]),
            ("search=count+travel", ["Nosferatu"]),
            ("search=count+sherlock", []),
            ("ordering=-title", ["Sherlock Jr.", "Nosferatu"]),
            ("ordering=runtime_minutes", ["Sherlock Jr.", "Nosferatu"]),
            ("ordering=-release_date", ["Sherlock Jr.", "Nosferatu"]),
            ("page_size=1&page=2", ["Sherlock Jr."]),
        ],
    )
    def test_the_list_is_searched_filtered_ordered_and_paged(self, anyone, films, query, found):
        assert titles(anyone.get(f"{URL}?{query}")) == found

    def test_a_film_has_its_address_whatever_a_list_would_leave_out(self, anyone, films):
        assert anyone.get(f"{URL}{films[0].pk}/?showing=true").status_code == 200

    def test_the_number_of_queries_does_not_grow_with_rows(
        self, anyone, horror, django_assert_num_queries
    ):
        for count in (2, 18):
            for movie in MovieFactory.create_batch(count):
                movie.genres.add(horror)
            with django_assert_num_queries(7):  # 3, and until when the answer is kept
                assert len(titles(anyone.get(URL))) in {2, 20}


class TestWriting:
    def test_staff_add_change_and_delete(self, staff_client, horror):
        body = {"title": "Metropolis", "runtime_minutes": 153, "genres": [horror.pk]}
        answer = staff_client.post(URL, body)
        assert answer.status_code == 201, answer.content
        movie = Movie.objects.get()
        assert answer.json()["genres"] == [{"id": horror.pk, "name": "Horror", "slug": "horror"}]
        address = f"{URL}{movie.pk}/"
        assert (
            staff_client.patch(address, {"runtime_minutes": 148}).json()["title"] == "Metropolis"
        )
        answer = staff_client.put(address, {"title": "Metropolis 2", "runtime_minutes": 1})
        assert answer.status_code == 200
        assert staff_client.delete(address).status_code == 204
        assert not Movie.objects.exists()

    def test_a_film_has_a_bearable_number_of_genres(self, staff_client, horror):
        body = METROPOLIS | {"genres": [horror.pk] * 51}
        answer = staff_client.post(URL, body)
        assert (answer.status_code, error_of(answer)["code"]) == (400, "too_many")

    def test_a_film_with_shows_can_not_be_deleted(self, staff_client):
        movie = ShowTimeFactory().movie
        answer = staff_client.delete(f"{URL}{movie.pk}/")
        assert answer.status_code == 409
        assert error_of(answer)["code"] == "in_use"
        assert error_of(answer)["used_by"] == "shows"

    def test_two_genres_can_not_share_a_name(self, staff_client, horror):
        answer = staff_client.post("/api/genres/", {"name": "Horror", "slug": "other"})
        assert answer.status_code == 400
        assert error_of(answer)["attr"] == "name"

    def test_a_rival_between_our_look_and_our_write_is_a_conflict(
        self, staff_client, horror, monkeypatch
    ):
        from rest_framework.validators import UniqueValidator

        monkeypatch.setattr(UniqueValidator, "__call__", lambda *args: None)
        answer = staff_client.post("/api/genres/", {"name": "Horror", "slug": "horror"})
        assert answer.status_code == 409
        assert error_of(answer)["code"] == "changed_meanwhile"


METROPOLIS = {"title": "Metropolis", "runtime_minutes": 153}


class TestWhoMayWrite:
    @pytest.fixture
    def movie(self):
        return MovieFactory()

    def statuses(self, client, movie):
        return [
            client.post(URL, METROPOLIS).status_code,
            client.put(f"{URL}{movie.pk}/", METROPOLIS).status_code,
            client.patch(f"{URL}{movie.pk}/", {"title": "M"}).status_code,
            client.delete(f"{URL}{movie.pk}/").status_code,
        ]

    def test_nobody_who_has_not_said_who_it_is(self, anyone, movie):
        assert self.statuses(anyone, movie) == [401] * 4

    def test_no_customer(self, owner_client, movie):
        assert self.statuses(owner_client, movie) == [403] * 4

    def test_no_customer_with_rights_given_by_mistake(self, owner, movie):
        owner.user_permissions.set(Permission.objects.filter(content_type__model="movie"))
        assert self.statuses(client_of(owner), movie) == [403] * 4

    def test_no_usher_without_rights_on_films(self, movie):
        usher = UserFactory(is_staff=True)
        assert self.statuses(client_of(usher), movie) == [403] * 4

    def test_each_what_their_rights_let_them(self, movie):
        editor = UserFactory(is_staff=True)
        editor.user_permissions.add(Permission.objects.get(codename="change_movie"))
        assert self.statuses(client_of(editor), movie) == [403, 200, 200, 403]


class TestConditionalReads:
    def test_nothing_new_is_a_304(self, anyone):
        movie = MovieFactory()
        for address in (URL, f"{URL}{movie.pk}/"):
            first = anyone.get(address)
            again = anyone.get(address, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            movie.title = f"Seen at {address}"
            movie.save()
            changed = anyone.get(address, headers={"If-None-Match": first["ETag"]})
            assert changed.status_code == 200
            assert changed["ETag"] != first["ETag"]

    def test_anybody_may_keep_what_anybody_sees_but_asks_again(self, anyone):
        answer = anyone.get(URL)
        assert answer["Cache-Control"] == "max-age=0, must-revalidate, public"
        assert "Authorization" in answer["Vary"]

    def test_what_somebody_sees_who_is_logged_in_is_for_that_one_only(self, staff_client):
        assert "private" in staff_client.get(URL)["Cache-Control"]
