"""Cancellation policies over the API: set by staff, read by buyers, promised at the sale."""

import pytest

from conftest import client_of
from reservation.models import Cinema, Reservation, ShowTime
from reservation.tests.factories import CinemaFactory, ShowTimeFactory, held, show_with_seats
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

HOUSE = [{"hours_before": 2, "refund_percent": 100}]
STEPS = [
    {"hours_before": 48, "refund_percent": 100},
    {"hours_before": 0.5, "refund_percent": 25},
]


def step(hours_before=24, refund_percent=50, **more):
    return {"hours_before": hours_before, "refund_percent": refund_percent} | more


JUNK = [
    *("none", "[]", "", 24, 0.5, True, {}, step(), {"cancellation_policy": []}),
    *([1], [None], [[]], ["24 hours: 100 %"], [{}], [step(), None]),
    *([{"hours_before": 24}], [{"refund_percent": 50}], [step(note="x")]),
    *([step("24")], [step(True)], [step(None)], [step(-1)], [step(-1e-9)], [step(8760.1)]),
    *([step(-0.0)], [step(1e-300)], [step(0.009)], [step(1.005)]),
    *([step(2**63)], [step(10**40)], [step(1e308)], [step([24])]),
    *([step(24, "50")], [step(24, True)], [step(24, None)], [step(24, 50.0)], [step(24, 0)]),
    *([step(24, 101)], [step(24, -5)], [step(24, 2**63)]),
    *([step(24), step(24)], [step(24, 50), step(24.0, 60)]),
    *([step(24, 50), step(2, 50)], [step(24, 50), step(2, 100)]),
    [step(hour, hour + 1) for hour in range(11)],
]


@pytest.fixture(params=["cinemas", "show_times"])
def address(request):
    show = ShowTimeFactory()
    pk = show.pk if request.param == "show_times" else show.hall.cinema_id
    return f"/api/{request.param}/{pk}/"


def promised(client, show):
    return client.get(f"/api/show_times/{show.pk}/").json()["promised_cancellation_policy"]


class TestSetting:
    @pytest.mark.parametrize("policy", [STEPS, [], None, [step(0, 1)], [step(8760, 100)]])
    def test_a_policy_is_kept_to_the_letter(self, staff_client, anyone, address, policy):
        answer = staff_client.patch(address, {"cancellation_policy": policy})
        assert answer.status_code == 200, answer.content
        assert answer.json()["cancellation_policy"] == policy
        assert anyone.get(address).json()["cancellation_policy"] == policy

    def test_steps_are_told_from_the_earliest_on(self, staff_client, address):
        answer = staff_client.patch(address, {"cancellation_policy": STEPS[::-1]})
        assert answer.json()["cancellation_policy"] == STEPS

    @pytest.mark.parametrize("junk", ["none", {}, [1], [step("24")], [step(24, "50")]], ids=repr)
    def test_what_a_step_looks_like_is_said(self, staff_client, address, junk):
        answer = staff_client.patch(address, {"cancellation_policy": junk})
        assert '{"hours_before": 24, ' in answer.json()["errors"][0]["detail"]

    @pytest.mark.parametrize("junk", JUNK, ids=repr)
    def test_what_is_no_policy_is_a_400(self, staff_client, address, junk):
        answer = staff_client.patch(address, {"cancellation_policy": junk})
        assert answer.status_code == 400, answer.content
        (error,) = answer.json()["errors"]
        assert (error["code"], error["attr"]) == ("invalid_policy", "cancellation_policy")
        assert not Cinema.objects.exclude(cancellation_policy=None).exists()
        assert not ShowTime.objects.exclude(cancellation_policy=None).exists()

    def test_a_new_cinema_and_a_new_show_may_bring_theirs(self, staff_client):
        cinema = {"name": "Lumen", "slug": "lumen", "time_zone": "Europe/Lisbon"}
        told = staff_client.post("/api/cinemas/", cinema | {"cancellation_policy": STEPS})
        assert told.json()["cancellation_policy"] == STEPS
        there = ShowTimeFactory()
        show = {"movie": there.movie_id, "hall": there.hall_id, "price": 1}
        show |= {"starts_at": "2127-07-01T20:00:00Z", "cancellation_policy": []}
        told = staff_client.post("/api/show_times/", show).json()
        assert told["cancellation_policy"] == told["promised_cancellation_policy"] == []

    def test_who_says_nothing_of_it_leaves_it_as_it_is(self, staff_client, address):
        staff_client.patch(address, {"cancellation_policy": STEPS})
        assert staff_client.patch(address, {}).json()["cancellation_policy"] == STEPS

    def test_what_is_promised_follows_and_is_not_set(self, staff_client):
        show = ShowTimeFactory()
        change = {"promised_cancellation_policy": []}
        told = staff_client.patch(f"/api/show_times/{show.pk}/", change).json()
        assert told["promised_cancellation_policy"] == HOUSE

    def test_nobody_else_sets_it(self, anyone, owner_client, address):
        clerk = client_of(UserFactory(is_staff=True))
        for client, status in (anyone, 401), (owner_client, 403), (clerk, 403):
            answer = client.patch(address, {"cancellation_policy": []})
            assert answer.status_code == status


class TestPromise:
    def test_the_show_s_own_goes_before_the_cinema_s_and_that_before_the_house_s(
        self, anyone, staff_client
    ):
        show = ShowTimeFactory()
        assert promised(anyone, show) == HOUSE
        cinema = f"/api/cinemas/{show.hall.cinema_id}/"
        staff_client.patch(cinema, {"cancellation_policy": STEPS})
        assert promised(anyone, show) == STEPS
        staff_client.patch(f"/api/show_times/{show.pk}/", {"cancellation_policy": []})
        assert promised(anyone, show) == []

    def test_seats_that_are_sold_hinder_no_other_policy(self, staff_client, owner):
        show, seats = show_with_seats(1)
        held(owner, show, seats)
        for path in (f"cinemas/{show.hall.cinema_id}", f"show_times/{show.pk}"):
            answer = staff_client.patch(f"/api/{path}/", {"cancellation_policy": STEPS})
            assert answer.status_code == 200, answer.content

    @pytest.mark.parametrize("where", ["cinemas", "show_times"])
    def test_another_policy_changes_no_reservation_that_exists(
        self, staff_client, owner, owner_client, where
    ):
        show, seats = show_with_seats(2)
        earlier = held(owner, show, seats[:1])
        before = Reservation.objects.filter(pk=earlier.pk).values().get()
        pk = show.pk if where == "show_times" else show.hall.cinema_id
        staff_client.patch(f"/api/{where}/{pk}/", {"cancellation_policy": STEPS})
        assert Reservation.objects.filter(pk=earlier.pk).values().get() == before
        told = owner_client.get(f"/api/reservation/{earlier.pk}/").json()
        assert told["cancellation_policy"] == HOUSE
        body = {"showtime": show.pk, "seats": [seats[1].pk]}
        assert owner_client.post("/api/reservation/", body).json()["cancellation_policy"] == STEPS

    def test_the_number_of_queries_does_not_grow_with_policies(
        self, anyone, django_assert_max_num_queries
    ):
        asked = []
        for policy in (None, STEPS):
            cinema = CinemaFactory(cancellation_policy=policy)
            ShowTimeFactory.create_batch(5, hall__cinema=cinema, cancellation_policy=None)
            ShowTimeFactory.create_batch(2, hall__cinema=cinema, cancellation_policy=[])
            with django_assert_max_num_queries(8) as queries:
                rows = anyone.get("/api/show_times/").json()["results"]
            assert all(row["promised_cancellation_policy"] is not None for row in rows)
            asked.append(len(queries))
        assert len(rows) == 14
        assert asked[0] == asked[1]
