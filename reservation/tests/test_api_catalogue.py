"""Films, genres and posters as clients and staff meet them."""

import io
import struct
import zlib
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from conftest import client_of
from reservation import posters
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
            with django_assert_num_queries(3):
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
        assert error_of(answer)["used_by"] == "show times"

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
            Movie.objects.filter(pk=movie.pk).update(title=f"Seen at {address}")
            changed = anyone.get(address, headers={"If-None-Match": first["ETag"]})
            assert changed.status_code == 200
            assert changed["ETag"] != first["ETag"]

    def test_anybody_may_keep_what_anybody_sees_but_asks_again(self, anyone):
        answer = anyone.get(URL)
        assert answer["Cache-Control"] == "max-age=0, must-revalidate, public"
        assert "Authorization" in answer["Vary"]

    def test_what_somebody_sees_who_is_logged_in_is_for_that_one_only(self, staff_client):
        assert "private" in staff_client.get(URL)["Cache-Control"]


def picture(kind="PNG", size=(8, 12), **options):
    file = io.BytesIO()
    Image.new("RGB", size, "navy").save(file, kind, **options)
    return file.getvalue()


def claimed_png(width, height):
    """A sound header of a picture that would fill the memory, and hardly any data."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(20_000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def claimed_webp(width, height):
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(extended)) + b"WEBP" + extended


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BAD_PICTURES = {
    "svg": (SVG, "not_a_picture"),
    "html": (b"<html><script>alert(1)</script></html>", "not_a_picture"),
    "gif": (picture("GIF"), "not_a_picture"),
    "nothing but a signature": (b"\x89PNG\r\n\x1a\n", "broken_picture"),
    "half a png": (picture(size=(300, 300))[:-200], "broken_picture"),
    "half a jpeg": (picture("JPEG", (300, 300))[:-900], "broken_picture"),
    "half a webp": (picture("WEBP", (300, 300), lossless=True)[:-20], "broken_picture"),
    "garbage behind a jpeg's first bytes": (b"\xff\xd8\xff" + bytes(99), "broken_picture"),
    "garbage in a riff": (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(99), "broken_picture"),
    "a png of 13000x13000": (claimed_png(13_000, 13_000), "too_many_pixels"),
    "a png that pillow calls a bomb": (claimed_png(60_000, 60_000), "too_many_pixels"),
    "a webp of 16383x16383": (claimed_webp(16_383, 16_383), "too_many_pixels"),
}


class TestPosters:
    @pytest.fixture(autouse=True)
    def _media(self, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        self.folder = tmp_path

    @pytest.fixture
    def movie(self):
        return MovieFactory()

    def send(self, client, movie, content, name="poster.png"):
        file = SimpleUploadedFile(name, content, "image/png")
        return client.patch(f"{URL}{movie.pk}/", {"poster": file}, format="multipart")

    @pytest.mark.parametrize(
        ("kind", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")]
    )
    def test_a_picture_gets_a_name_that_nobody_chose(self, staff_client, movie, kind, suffix):
        answer = self.send(staff_client, movie, picture(kind), name="../../evil.html")
        assert answer.status_code == 200, answer.content
        address = answer.json()["poster"]
        assert address.startswith("http://testserver/media/posters/")
        assert address.endswith(suffix)
        assert "evil" not in address
        (kept,) = (self.folder / "posters").iterdir()
        assert kept.read_bytes() == picture(kind)

    def test_a_film_comes_with_its_poster_in_one_form(self, staff_client, horror):
        poster = SimpleUploadedFile("a.png", picture())
        body = {"title": "M", "runtime_minutes": 117, "genres": [horror.pk], "poster": poster}
        answer = staff_client.post(URL, body, format="multipart")
        assert answer.status_code == 201, answer.content
        assert [genre["id"] for genre in answer.json()["genres"]] == [horror.pk]

    def test_null_takes_it_away(self, staff_client, movie):
        self.send(staff_client, movie, picture())
        answer = staff_client.patch(f"{URL}{movie.pk}/", {"poster": None})
        assert (answer.status_code, answer.json()["poster"]) == (200, None)

    def test_it_stays_where_json_says_nothing_of_it(self, staff_client, movie):
        self.send(staff_client, movie, picture())
        answer = staff_client.put(f"{URL}{movie.pk}/", {"title": "M", "runtime_minutes": 117})
        assert answer.json()["poster"]

    @pytest.mark.parametrize("name", BAD_PICTURES)
    def test_what_is_no_bearable_picture_is_refused(self, staff_client, movie, name):
        content, code = BAD_PICTURES[name]
        answer = self.send(staff_client, movie, content)
        assert answer.status_code == 400
        assert (error_of(answer)["code"], error_of(answer)["attr"]) == (code, "poster")
        assert not list(self.folder.iterdir())

    def test_too_many_pixels_are_refused_before_any_is_decoded(
        self, staff_client, movie, monkeypatch
    ):
        monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
        answer = self.send(staff_client, movie, claimed_png(13_000, 13_000))
        assert error_of(answer)["code"] == "too_many_pixels"

    def test_too_many_bytes_are_refused_before_they_are_opened(
        self, staff_client, movie, settings, monkeypatch
    ):
        settings.POSTER_MAX_BYTES = 20
        monkeypatch.setattr(Image, "open", lambda *args, **options: pytest.fail("opened"))
        answer = self.send(staff_client, movie, picture())
        assert (answer.status_code, error_of(answer)["code"]) == (400, "too_large")

    def test_a_form_longer_than_any_poster_is_not_read(self, staff_client, movie, settings):
        settings.POSTER_MAX_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
        answer = self.send(staff_client, movie, picture())
        assert (answer.status_code, error_of(answer)["code"]) == (413, "payload_too_large")

    @pytest.mark.parametrize("value", ["", "poster.png", 7, [], {}, True])
    def test_json_can_not_hold_a_picture(self, staff_client, movie, value):
        answer = staff_client.patch(f"{URL}{movie.pk}/", {"poster": value})
        assert answer.status_code == 400

    def test_a_form_without_a_boundary_is_refused(self, staff_client, movie):
        answer = staff_client.generic(
            "PATCH", f"{URL}{movie.pk}/", b"--x\r\n", content_type="multipart/form-data"
        )
        assert answer.status_code == 400

    def test_the_model_looks_at_new_files_and_trusts_those_that_are_kept(self, movie):
        movie.poster = SimpleUploadedFile("a.png", SVG)
        with pytest.raises(ValidationError):
            movie.full_clean()
        movie.poster.save("a.PNG", ContentFile(picture()))
        assert movie.poster.name.endswith(".png")
        (self.folder / movie.poster.name).unlink()
        Movie.objects.get().full_clean()

    def test_a_suffix_that_no_picture_has_is_dropped(self):
        assert "." not in posters.random_path(None, "a.html")
