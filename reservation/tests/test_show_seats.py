"""A show's seats as data and as a picture: never untrue, sparse, and cheap to ask again."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
import time_machine
from django.utils import timezone

from reservation import booking, house_seats, plans, programme, venue
from reservation.models import BlockKind, Seat, SeatBlock, TicketType
from reservation.rules import plan as rules
from reservation.tests.factories import (
    HallFactory,
    SeatCategoryFactory,
    ShowTimeFactory,
    confirmed,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SECOND = timedelta(seconds=1)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def place():
    return show_with_seats(4)


def availability_of(show) -> str:
    return f"/api/show_times/{show.pk}/availability/"


def map_of(show) -> str:
    return f"/api/show_times/{show.pk}/seat_map.svg"


def asked(client, show):
    answer = client.get(availability_of(show))
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestAvailability:
    def test_only_what_is_not_free_is_told_and_not_whose_it_is(self, anyone, owner, place):
        show, seats = place
        held(owner, show, seats[:1])
        confirmed(owner, show, seats[1:2])
        told = asked(anyone, show)
        assert told["not_free"] == {str(seats[0].pk): "held", str(seats[1].pk): "sold"}
        assert told["showtime"] == show.pk
        assert told["plan_version"] == 1
        assert told["plan_url"].endswith(f"/api/halls/{show.hall_id}/plan/?version=1")
        assert told["sales_state"] == "open"

    def test_every_category_and_ticket_type_has_its_price(self, anyone, owner, place):
        show, seats = place
        vip = SeatCategoryFactory(name="VIP", surcharge=400)
        seats[0].category = vip
        seats[0].save()
        half = TicketType.objects.create(name="Half", percentage=50)
        TicketType.objects.create(name="Gone", percentage=10, is_active=False)
        told = asked(anyone, show)
        prices = {(p["category"], p["ticket_type"]): p["price"]["amount"] for p in told["prices"]}
        assert prices[vip.pk, half.pk] == 825
        assert len(prices) == 2 * len(told["ticket_types"]) == 4
        reservation = held(owner, show, seats[:2])
        usual = next(t["id"] for t in told["ticket_types"] if t["is_default"])
        expected = [prices[seat.category_id, usual] for seat in seats[:2]]
        assert [ticket.price for ticket in reservation.tickets.all()] == expected

    def test_it_is_never_outdated(self, anyone, owner, place):
        show, seats = place
        assert asked(anyone, show)["not_free"] == {}
        reservation = held(owner, show, seats[:2])
        assert len(asked(anyone, show)["not_free"]) == 2
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        assert asked(anyone, show)["not_free"] == {}
        venue.retire_seat(seat_id=seats[3].pk, at=timezone.now())
        assert asked(anyone, show)["plan_version"] == 2
        programme.change(show_id=show.pk, changes={"price": 500})
        assert asked(anyone, show)["prices"][0]["price"]["amount"] == 500
        programme.cancel(show_id=show.pk, at=timezone.now())
        assert asked(anyone, show)["sales_state"] == "cancelled"

    def test_a_dead_hold_frees_its_seats_at_that_instant_though_nobody_wrote(
        self, anyone, owner, place
    ):
        show, seats = place
        with time_machine.travel(NOW, tick=False):
            reservation = held(owner, show, seats[:1], at=NOW)
            assert asked(anyone, show)["not_free"]
        with time_machine.travel(reservation.expires_at - SECOND / 1000, tick=False):
            assert asked(anyone, show)["not_free"]
        with time_machine.travel(reservation.expires_at, tick=False):
            assert not asked(anyone, show)["not_free"]

    def test_sales_close_at_their_instant(self, anyone, place):
        show, _ = place
        with time_machine.travel(show.sales_close_at - SECOND, tick=False):
            assert asked(anyone, show)["sales_state"] == "open"
        with time_machine.travel(show.sales_close_at, tick=False):
            assert asked(anyone, show)["sales_state"] == "closed"

    def test_sales_open_at_their_instant(self, anyone, place):
        show, _ = place
        show.sales_open_at = opens = NOW + timedelta(hours=1)
        show.save()
        with time_machine.travel(opens - SECOND, tick=False):
            told = asked(anyone, show)
            assert told["sales_state"] == "awaited"
            assert datetime.fromisoformat(told["sales_open_at"]) == opens
        with time_machine.travel(opens, tick=False):
            assert asked(anyone, show)["sales_state"] == "open"

    def test_a_house_seat_is_not_free_until_its_release_or_till_it_is_lifted(self, anyone, place):
        show, seats = place
        release_at = NOW + timedelta(minutes=1)
        for seat, release in ((seats[0], release_at), (seats[1], None)):
            house_seats.block(
                show_id=show.pk,
                seat_ids=[seat.pk],
                kind=BlockKind.PRESS,
                reason="Nobody's business",
                release_at=release,
                at=NOW,
            )
        first, second = str(seats[0].pk), str(seats[1].pk)
        with time_machine.travel(release_at - SECOND / 1000, tick=False):
            assert asked(anyone, show)["not_free"] == {first: "blocked", second: "blocked"}
        with time_machine.travel(release_at, tick=False):
            assert asked(anyone, show)["not_free"] == {second: "blocked"}
            house_seats.lift(block_id=SeatBlock.objects.latest("pk").pk, at=release_at)
            assert asked(anyone, show)["not_free"] == {}

    def test_it_says_by_which_rules_seats_are_sold(self, anyone, place, settings):
        show, _ = place
        told = asked(anyone, show)
        assert told["forbids_lonely_seats"] is show.forbids_lonely_seats
        released = datetime.fromisoformat(told["accessible_released_at"])
        assert released == show.accessible_released_at

    def test_the_etag_is_strong_and_stays_while_nothing_changes(self, anyone, owner, place):
        show, seats = place
        with time_machine.travel(NOW, tick=False):
            before = anyone.get(availability_of(show))
        known = {"If-None-Match": before["ETag"]}
        assert before["ETag"].startswith('"')
        # What is kept was made anew long since.
        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            assert anyone.get(availability_of(show), headers=known).status_code == 304
        held(owner, show, seats[:1])
        assert anyone.get(availability_of(show), headers=known).status_code == 200

    def test_the_servers_time_is_in_the_date_of_every_answer(self, anyone, place):
        show, _ = place
        etag = anyone.get(availability_of(show))["ETag"]
        later = NOW.replace(microsecond=0) + timedelta(seconds=20)
        with time_machine.travel(later, tick=False):
            for headers in ({}, {"If-None-Match": etag}):
                answer = anyone.get(availability_of(show), headers=headers)
                assert parsedate_to_datetime(answer["Date"]) == later

    def test_two_queries_for_300_seats_and_one_for_what_is_kept(
        self, anyone, owner, django_assert_num_queries
    ):
        SeatCategoryFactory()
        hall = HallFactory()
        text = "\n".join(f"{chr(65 + row)} {'S' * 20}" for row in range(15))
        plans.change_plan(hall_id=hall.pk, plan=rules.parse(text), at=NOW)
        show = ShowTimeFactory(hall=hall)
        seats = list(Seat.objects.filter(hall=hall))
        assert asked(anyone, show)["not_free"] == {}
        for at in range(0, 280, 10):
            booked = held(None, show, seats[at : at + 10])
            booking.confirm(reservation_id=booked.pk, at=timezone.now())
        with django_assert_num_queries(2):
            assert len(asked(anyone, show)["not_free"]) == 280
        with django_assert_num_queries(1):
            answer = anyone.get(availability_of(show))
        with django_assert_num_queries(1):
            known = {"If-None-Match": answer["ETag"]}
            assert anyone.get(availability_of(show), headers=known).status_code == 304
        with django_assert_num_queries(2):
            assert anyone.get(map_of(show)).status_code == 200

    def test_whoever_asks_gets_the_same_and_no_token_is_looked_at(self, anyone, place):
        show, _ = place
        told = anyone.get(availability_of(show), headers={"Authorization": "Bearer out.of.date"})
        assert told.content == anyone.get(availability_of(show)).content

    @pytest.mark.parametrize("junk", ["999999", "9" * 18, "9" * 19, "9" * 60, "x", "-1", "²"])
    @pytest.mark.parametrize("what", ["availability/", "seat_map.svg"])
    def test_a_show_that_there_is_not_is_not_found(self, anyone, place, junk, what):
        answer = anyone.get(f"/api/show_times/{junk}/{what}")
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["code"] == "not_found"


class TestSeatMap:
    def test_it_is_a_picture_of_what_is_free(self, anyone, owner, place):
        show, seats = place
        held(owner, show, seats[:1])
        answer = anyone.get(map_of(show), headers={"Accept": "image/avif,image/*,*/*;q=0.8"})
        assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
        root = ElementTree.fromstring(answer.content)
        said = [title.text for title in root.iter(f"{SVG}title")]
        assert "Seat A1, Standard, held" in said
        assert "Seat A2, Standard, 12.50 USD" in said
        assert any(show.movie.title in text for text in said)

    def test_it_is_never_outdated_and_asked_about_by_its_etag(self, anyone, owner, place):
        show, seats = place
        before = anyone.get(map_of(show))
        known = {"If-None-Match": before["ETag"]}
        assert anyone.get(map_of(show), headers=known).status_code == 304
        confirmed(owner, show, seats[:1])
        assert b"Seat A1, Standard, sold" in anyone.get(map_of(show), headers=known).content

    def test_a_film_cannot_put_a_script_into_it(self, anyone, place):
        show, _ = place
        show.movie.title = "</title><script>alert(1)</script>"
        show.movie.save()
        answer = anyone.get(map_of(show))
        assert b"<script" not in answer.content
        assert "default-src 'none'" in answer["Content-Security-Policy"]
