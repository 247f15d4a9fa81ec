"""Whatever is sent to the catalogue, the venue and the programme gets a 4xx in JSON."""

import json
from urllib.parse import quote

import pytest

from reservation.models import Genre, PriceRule, SeatCategory, TicketType
from reservation.tests.factories import MovieFactory, SeatFactory, ShowTimeFactory

pytestmark = pytest.mark.django_db

RESOURCES = [
    "movies",
    "genres",
    "cinemas",
    "halls",
    "seat_categories",
    "seats",
    "show_times",
    "ticket_types",
    "price_rules",
]
DEEP = 100_000

# A body that each resource takes; ids are filled in.
BODIES = {
    "movies": {
        "title": "Metropolis",
        "synopsis": "A city.",
        "runtime_minutes": 153,
        "genres": ["genre"],
        "certificate": "12",
        "original_language": "de",
        "trailer_url": "https://example.com/trailer",
        "release_date": "1927-01-10",
    },
    "genres": {"name": "Fantasy", "slug": "fantasy"},
    "cinemas": {"name": "Odeon", "slug": "odeon", "address": "1 Way", "time_zone": "UTC"},
    "halls": {"name": "Blue", "cinema": "cinema"},
    "seat_categories": {"name": "Sofa", "colour": "#aabbcc", "surcharge": 400},
    "seats": {
        "hall": "hall",
        "category": "category",
        "row": "Z",
        "number": 1,
        "x": 900,
        "y": 900,
        "kind": "standard",
    },
    "show_times": {
        "movie": "movie",
        "hall": "hall",
        "starts_at": "2030-01-01T20:00:00Z",
        "sales_close_at": "2030-01-01T20:00:00Z",
        "price": 1250,
        "format": "2d",
        "audio_language": "en",
        "subtitle_language": "en",
    },
    "ticket_types": {"name": "Child", "percentage": 70, "is_default": False, "is_active": True},
    "price_rules": {
        "cinema": "cinema",
        "name": "Matinee",
        "weekdays": [0],
        "from_time": "06:00",
        "to_time": "17:00",
        "amount": -250,
        "priority": 1,
    },
}
FIELDS = [(resource, field) for resource, body in BODIES.items() for field in body]
RELATIONS = [
    ("movies", "genres"),
    ("halls", "cinema"),
    ("seats", "hall"),
    ("seats", "category"),
    ("show_times", "movie"),
    ("show_times", "hall"),
    ("price_rules", "cinema"),
]
INTEGERS = [
    ("movies", "runtime_minutes"),
    ("seat_categories", "surcharge"),
    ("seats", "number"),
    ("seats", "x"),
    ("seats", "y"),
    ("show_times", "price"),
    ("ticket_types", "percentage"),
]
TEXTS = [
    ("movies", "title"),
    ("movies", "synopsis"),
    ("movies", "certificate"),
    ("movies", "original_language"),
    ("movies", "trailer_url"),
    ("genres", "name"),
    ("genres", "slug"),
    ("cinemas", "name"),
    ("cinemas", "slug"),
    ("cinemas", "address"),
    ("cinemas", "time_zone"),
    ("halls", "name"),
    ("seat_categories", "name"),
    ("seat_categories", "colour"),
    ("seats", "row"),
    ("seats", "kind"),
    ("show_times", "format"),
    ("show_times", "audio_language"),
    ("ticket_types", "name"),
    ("price_rules", "name"),
]


@pytest.fixture
def rows():
    """One row of every resource, by its address."""
    seat, show = SeatFactory(), ShowTimeFactory()
    genre = Genre.objects.create(name="Horror", slug="horror")
    return {
        "movies": show.movie,
        "genres": genre,
        "cinemas": show.hall.cinema,
        "halls": show.hall,
        "seat_categories": SeatCategory.objects.get(),
        "seats": seat,
        "show_times": show,
        "ticket_types": TicketType.objects.get(),
        "price_rules": PriceRule.objects.create(cinema=show.hall.cinema, name="Off", amount=-1),
    }


@pytest.fixture
def bodies(rows):
    named = {
        "genre": rows["genres"].pk,
        "cinema": rows["cinemas"].pk,
        "hall": rows["halls"].pk,
        "category": rows["seat_categories"].pk,
        "movie": rows["movies"].pk,
    }

    def filled(value):
        if isinstance(value, list):
            return [filled(each) for each in value]
        return named.get(value, value) if isinstance(value, str) else value

    return {
        resource: {field: filled(value) for field, value in body.items()}
        for resource, body in BODIES.items()
    }


def refused(answer, *statuses):
    """That it is a client's error in the common shape."""
    assert answer.status_code in (statuses or (400,)), answer.content[:400]
    assert answer["Content-Type"] == "application/json"
    told = answer.json()
    assert told["type"] in {"client_error", "validation_error"}
    for error in told["errors"]:
        assert {"code", "detail", "attr"} <= error.keys()
    return told["errors"]


def send(client, method, address, text):
    return client.generic(method, address, text, content_type="application/json")


@pytest.mark.parametrize("resource", RESOURCES)
class TestEveryResource:
    def test_takes_its_sound_body(self, staff_client, bodies, resource):
        answer = staff_client.post(f"/api/{resource}/", bodies[resource])
        assert answer.status_code == 201, answer.content

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "null",
            "[]",
            "[{}]",
            "7",
            "true",
            '"text"',
            "NaN",
            '{"name": Infinity}',
            '{"name": 1e999}',
            '{"name": "\\ud800", "title": "\\ud800", "row": "\\ud800"}',
            '{"name": "\\u0000", "title": "\\u0000", "row": "\\u0000"}',
            "{'name': 1}",
            "[" * DEEP,
            '{"a":' * DEEP,
            f'{{"hall": {"9" * 5000}}}',
            "\xff\xfe",
        ],
    )
    def test_refuses_what_is_no_object_in_json(self, staff_client, rows, resource, text):
        refused(send(staff_client, "POST", f"/api/{resource}/", text))
        address = f"/api/{resource}/{rows[resource].pk}/"
        refused(send(staff_client, "PUT", address, text))

    def test_refuses_an_empty_object(self, staff_client, resource):
        errors = refused(staff_client.post(f"/api/{resource}/", {}))
        assert {error["code"] for error in errors} == {"required"}

    def test_refuses_a_body_of_another_type(self, staff_client, rows, resource):
        address = f"/api/{resource}/{rows[resource].pk}/"
        for kind in "text/plain", "application/xml", "application/x-www-form-urlencoded":
            for method, where in ("POST", f"/api/{resource}/"), ("PATCH", address):
                refused(staff_client.generic(method, where, "a=1", content_type=kind), 415)

    def test_refuses_a_body_that_is_too_long(self, staff_client, resource):
        text = json.dumps({"name": "x" * 2_000_000})
        refused(send(staff_client, "POST", f"/api/{resource}/", text), 413)

    def test_refuses_methods_that_it_does_not_have(self, staff_client, rows, resource):
        for method in "PUT", "PATCH", "DELETE":
            refused(send(staff_client, method, f"/api/{resource}/", "{}"), 405)
        refused(send(staff_client, "POST", f"/api/{resource}/{rows[resource].pk}/", "{}"), 405)

    @pytest.mark.parametrize(
        "pk",
        ["0", "-1", "abc", "1.5", "7.9", "99999999999999999999", str(2**63), "9" * 5000]
        + ["%00", "1%00", "%ED%A0%80", "null", "1_0", "１", "%2e%2e", "1;DROP", "true"],
    )
    def test_knows_no_row_by_an_id_that_is_none(self, anyone, staff_client, resource, pk):
        refused(anyone.get(f"/api/{resource}/{pk}/"), 404)
        refused(staff_client.delete(f"/api/{resource}/{pk}/"), 404)
        refused(send(staff_client, "PATCH", f"/api/{resource}/{pk}/", "{}"), 404)

    @pytest.mark.parametrize(
        "query",
        [
            "page=0",
            "page=-1",
            "page=x",
            "page=1.5",
            f"page={2**63}",
            "page=%00",
            "page_size=0",
            "page_size=x",
            "ordering=nonsense",
            "ordering=%00",
            "ordering=" + "name,-name," * 1500,
        ],
    )
    def test_refuses_pages_and_orders_that_are_none(self, anyone, rows, resource, query):
        refused(anyone.get(f"/api/{resource}/?{query}"))

    def test_knows_no_page_past_the_last(self, anyone, resource):
        refused(anyone.get(f"/api/{resource}/?page=999"), 404)

    def test_ignores_what_it_is_not_asked_for(self, staff_client, bodies, resource):
        extra = {"id": 7, "pk": 7, "plan_version": 99, "retired_at": "x", "state": "cancelled"}
        answer = staff_client.post(f"/api/{resource}/", bodies[resource] | extra)
        assert answer.status_code == 201
        told = answer.json()
        assert told.get("state") in {None, "scheduled"}
        assert told.get("retired_at") is None
        assert told.get("plan_version") in {None, 1}


@pytest.mark.parametrize(
    "value",
    [None, {}, {"id": 1}, [[]], [{}], [None], "\x7f" * 10_000],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.parametrize(("resource", "field"), FIELDS)
def test_no_field_takes_another_type(staff_client, bodies, rows, resource, field, value):
    nullable = value is None and field in {"release_date", "sales_close_at"}
    text = json.dumps(bodies[resource] | {field: value})
    answer = send(staff_client, "POST", f"/api/{resource}/", text)
    if nullable:
        assert answer.status_code == 201
    else:
        refused(answer)
        address = f"/api/{resource}/{rows[resource].pk}/"
        refused(send(staff_client, "PATCH", address, json.dumps({field: value})))


@pytest.mark.parametrize(
    "value", [7.9, 1.0, True, False, "x", "", "1.5", 0, -1, 2**63, 10**4000, 404, [1], {"id": 1}]
)
@pytest.mark.parametrize(("resource", "field"), RELATIONS)
def test_a_relation_takes_the_id_of_a_row_and_nothing_else(
    staff_client, bodies, resource, field, value
):
    many = isinstance(bodies[resource][field], list)
    answer = staff_client.post(
        f"/api/{resource}/", bodies[resource] | {field: [value] if many else value}
    )
    errors = refused(answer)
    assert errors[0]["attr"].split(".")[0] == field


@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 10**4000, 7.9, True, "x", "", "1e3"])
@pytest.mark.parametrize(("resource", "field"), INTEGERS)
def test_a_number_is_whole_and_bearable(staff_client, bodies, resource, field, value):
    answer = staff_client.post(f"/api/{resource}/", bodies[resource] | {field: value})
    assert refused(answer)[0]["attr"] == field


@pytest.mark.parametrize("value", [True, [], {}, "x" * 6000, "a\x00b"])
@pytest.mark.parametrize(("resource", "field"), TEXTS)
def test_a_text_is_text_that_fits(staff_client, bodies, resource, field, value):
    answer = staff_client.post(f"/api/{resource}/", bodies[resource] | {field: value})
    refused(answer)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "x", "http://", "//example.com"])
def test_a_trailer_is_at_a_web_address(staff_client, bodies, url):
    answer = staff_client.post("/api/movies/", bodies["movies"] | {"trailer_url": url})
    assert refused(answer)[0]["attr"] == "trailer_url"


IDS = [
    "x",
    "1.5",
    "7.9",
    "-1",
    "0",
    "404",
    str(2**63),
    "9" * 400,
    "1_0",
    "１",
    " 1",
    "a\x00",
    "1,2",
]
DAYS = ["x", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "20260101", "a\x00", "1e9"]
INSTANTS = [
    *["x", "2026-11-23", "2026-11-23T20:00:00", "2026-13-01T00:00:00Z", "a\x00", "1700000000"],
    *["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-23T20:00:00 01:00"],
]
YES_NO = ["x", "1", "yes", "True", "a\x00", "null"]
CHOICES = ["x", "null", "a\x00", "2D", "2d,3d"]
LANGUAGES = ["x", "english_", "e\x00", "en-", "'; --"]
FILTERS = [
    *[("movies", "genre", value) for value in ["x", "404", "a\x00", "horror\x00", "\ud800"]],
    *[("movies", "language", value) for value in LANGUAGES],
    *[("movies", "certificate", "a\x00")],
    *[("movies", name, v) for name in ("release_date_from", "release_date_to") for v in DAYS],
    *[("movies", "showing", value) for value in YES_NO],
    *[("movies", "search", value) for value in ["a\x00", "a " * 1500]],
    *[("halls", "cinema", value) for value in IDS],
    *[("seats", name, value) for name in ("hall", "category") for value in IDS],
    *[("seats", "kind", value) for value in CHOICES],
    *[("seats", "row", value) for value in ["a\x00", "ABCDE"]],
    *[("show_times", name, v) for name in ("movie", "cinema", "hall") for v in IDS],
    *[("show_times", "date", value) for value in DAYS],
    *[("show_times", name, value) for name in ("from", "to") for value in INSTANTS],
    *[("show_times", name, value) for name in ("format", "state") for value in CHOICES],
    *[("show_times", "upcoming", value) for value in YES_NO],
    *[("show_times", n, v) for n in ("audio_language", "subtitle_language") for v in LANGUAGES],
]


@pytest.mark.parametrize(("resource", "name", "value"), FILTERS)
def test_a_filter_refuses_what_it_can_not_understand(anyone, rows, resource, name, value):
    text = quote(value, errors="surrogatepass")
    errors = refused(anyone.get(f"/api/{resource}/?{name}={text}"))
    assert errors[0]["attr"] == name


@pytest.mark.parametrize("value", DAYS)
def test_the_shows_of_a_film_are_as_strict(anyone, value):
    movie = MovieFactory()
    refused(anyone.get(f"/api/showtime/{movie.pk}/", {"date": value}))
