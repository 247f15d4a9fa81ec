"""What becomes a film's poster, and what does not."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from reservation import posters
from reservation.models import Genre, Movie
from reservation.tests.factories import MovieFactory

pytestmark = pytest.mark.django_db

URL = "/api/movies/"


def error_of(answer):
    return answer.json()["errors"][0]


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

    def test_a_film_comes_with_its_poster_in_one_form(self, staff_client):
        horror = Genre.objects.create(name="Horror", slug="horror")
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

    def test_a_form_with_too_long_a_text_is_refused(self, staff_client, movie):
        body = {"synopsis": "x" * 2_000_000}
        answer = staff_client.patch(f"{URL}{movie.pk}/", body, format="multipart")
        assert (answer.status_code, error_of(answer)["code"]) == (413, "payload_too_large")

    def test_a_form_with_too_many_fields_is_refused(self, staff_client, movie):
        body = {f"field{n}": "x" for n in range(2000)}
        answer = staff_client.patch(f"{URL}{movie.pk}/", body, format="multipart")
        assert answer.status_code == 400

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
