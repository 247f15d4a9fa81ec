"""What is quoted is what is sold: line by line, and to the cent."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import client_of
from reservation import holding, house_seats, programme
from reservation.models import (
    BlockKind,
    Channel,
    PriceRule,
    Reservation,
    SeatKind,
    Ticket,
    TicketType,
)
from reservation.sale import SeatChoice
from reservation.tests.factories import (
    PromotionFactory,
    SeatCategoryFactory,
    SeatFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

HOLD = "/api/reservation/"


def quote_of(show) -> str:
    return f"/api/show_times/{show.pk}/quote/"


def error_of(answer):
    (error,) = answer.json()["errors"]
    return error


def usd(amount):
    return {"amount": amount, "currency": "usd"}


@pytest.fixture
def place():
    return show_with_seats(4)


rules = st.lists(
    st.builds(
        dict,
        change=st.one_of(
            st.integers(-3000, 3000).map(lambda n: {"amount": n}),
            st.integers(-100, 500).map(lambda n: {"percentage": n}),
        ),
        weekdays=st.lists(st.integers(0, 6), unique=True),
        from_time=st.times().map(lambda t: t.replace(microsecond=0)),
        to_time=st.times().map(lambda t: t.replace(microsecond=0)),
        priority=st.integers(-3, 3),
        is_active=st.booleans(),
    ),
    max_size=4,
)


class TestQuoteIsSale:
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        rules=rules,
        price=st.integers(0, 5000),
        surcharges=st.lists(st.integers(0, 2000), min_size=1, max_size=3),
        percentages=st.lists(st.integers(0, 100), min_size=1, max_size=4),
        hours=st.integers(1, 24 * 8),
    )
    def test_to_the_cent_whatever_the_rules(
        self, settings, db, rules, price, surcharges, percentages, hours
    ):
        settings.MINIMUM_CHARGE = 0
        show = ShowTimeFactory(price=price, starts_at=timezone.now() + timedelta(hours=hours))
        for rule in rules:
            change = rule.pop("change")
            PriceRule.objects.create(cinema=show.hall.cinema, name="Rule", **rule, **change)
        tickets = [self._ticket(show, n, surcharges, share) for n, share in enumerate(percentages)]
        client = client_of(UserFactory())
        quoted = client.post(quote_of(show), {"tickets": tickets}).json()
        sold = client.post(HOLD, {"showtime": show.pk, "tickets": tickets}).json()
        self._check(quoted, sold)

    def _ticket(self, show, number, surcharges, percentage):
        surcharge = surcharges[number % len(surcharges)]
        category = SeatCategoryFactory(name=f"Plus {surcharge}", surcharge=surcharge)
        seat = SeatFactory(hall=show.hall, number=number + 1, category=category)
        kind, _ = TicketType.objects.get_or_create(
            name=f"{percentage} percent", percentage=percentage
        )
        return {"seat": seat.pk, "ticket_type": kind.pk}

    def _check(self, quoted, sold):
        lines, seats = quoted["lines"], sold["seats"]
        same = ("label", "category", "ticket_type", "show_price", "surcharge", "percentage")
        for line, seat in zip(lines, seats, strict=True):
            assert [line[name] for name in same] == [seat[name] for name in same]
            assert (line["seat"], line["due"]) == (seat["id"], seat["price"])
            assert line["price"]["amount"] - line["discount"]["amount"] == line["due"]["amount"]
        assert quoted["total"] == sold["total"]
        assert quoted["total"]["amount"] == sum(line["due"]["amount"] for line in lines)
        assert quoted["subtotal"]["amount"] == sum(line["price"]["amount"] for line in lines)
        assert quoted["price_rules"] == sold["price_rules"]
        changes = sum(rule["change"]["amount"] for rule in quoted["price_rules"])
        assert quoted["base_price"]["amount"] + changes == quoted["show_price"]["amount"]

    def test_of_the_best_seats(self, anyone, owner_client, place):
        show, _ = place
        best = {"best_available": {"count": 2}}
        quoted = anyone.post(quote_of(show), best).json()
        sold = owner_client.post(HOLD, {"showtime": show.pk} | best).json()
        self._check(quoted, sold)

    def test_its_lines_can_be_held_as_they_are(self, anyone, owner_client, place):
        show, _ = place
        quoted = anyone.post(quote_of(show), {"best_available": {"count": 2}}).json()
        tickets = [
            {"seat": line["seat"], "ticket_type": line["ticket_type_id"]}
            for line in quoted["lines"]
        ]
        sold = owner_client.post(HOLD, {"showtime": show.pk, "tickets": tickets})
        self._check(quoted, sold.json())


class TestQuote:
    def test_tells_how_the_price_came_about(self, anyone):
        show, _ = show_with_seats(0)
        vip = SeatCategoryFactory(name="VIP", surcharge=400)
        seat = SeatFactory(hall=show.hall, number=1, category=vip)
        child = TicketType.objects.create(name="Child", percentage=70)
        PriceRule.objects.create(cinema=show.hall.cinema, name="Matinee", amount=-245)
        body = {"tickets": [{"seat": seat.pk, "ticket_type": child.pk}]}
        told = anyone.post(quote_of(show), body).json()
        assert told.pop("server_time")
        assert told == {
            "showtime": show.pk,
            "base_price": usd(1250),
            "price_rules": [{"name": "Matinee", "change": usd(-245)}],
            "show_price": usd(1005),
            "lines": [
                {
                    "seat": seat.pk,
                    "label": "A1",
                    "category": "VIP",
                    "ticket_type": "Child",
                    "ticket_type_id": child.pk,
                    "show_price": usd(1005),
                    "surcharge": usd(400),
                    "percentage": 70,
                    "price": usd(984),
                    "discount": usd(0),
                    "due": usd(984),
                }
            ],
            "subtotal": usd(984),
            "discount": usd(0),
            "total": usd(984),
            "currency": "usd",
        }

    def test_keeps_nothing_and_costs_two_queries(self, anyone, django_assert_num_queries):
        show, seats = show_with_seats(10)
        anyone.post(quote_of(show), {"seats": [seats[0].pk]})
        for count in (1, 10):
            body = {"seats": [seat.pk for seat in seats[:count]]}
            with django_assert_num_queries(2) as done:
                assert anyone.post(quote_of(show), body).status_code == 200
            assert all(query["sql"].startswith("SELECT") for query in done.captured_queries)
            assert not any("FOR " in query["sql"] for query in done.captured_queries)
        with django_assert_num_queries(2):
            anyone.post(quote_of(show), {"best_available": {"count": 4}})
        assert not Reservation.objects.exists()

    def test_the_seats_of_a_dead_hold_are_quoted_and_stay_with_it(self, anyone, owner, place):
        show, seats = place
        held(owner, show, seats, at=timezone.now() - timedelta(hours=1))
        assert anyone.post(quote_of(show), {"seats": [seats[0].pk]}).status_code == 200
        assert Ticket.objects.live().count() == 4

    def test_promises_nothing(self, anyone, owner, owner_client, place):
        show, seats = place
        body = {"seats": [seats[0].pk]}
        assert anyone.post(quote_of(show), body).json()["total"] == usd(1250)
        PriceRule.objects.create(cinema=show.hall.cinema, name="Now", amount=100)
        assert owner_client.post(HOLD, {"showtime": show.pk} | body).json()["total"] == usd(1350)

    def test_is_counted_by_address_and_apart_from_holds(
        self, anyone, owner_client, place, settings
    ):
        show, seats = place
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"quote_address": (1, 60)}
        body = {"seats": [seats[0].pk]}
        assert anyone.post(quote_of(show), body).status_code == 200
        answer = anyone.post(quote_of(show), body)
        assert (answer.status_code, "Retry-After" in answer) == (429, True)
        assert owner_client.post(HOLD, {"showtime": show.pk} | body).status_code == 201


class TestRefusals:
    """A quote says no where a hold would, in the same words."""

    def both(self, anyone, owner_client, show, body):
        quote = anyone.post(quote_of(show), body)
        hold = owner_client.post(HOLD, {"showtime": show.pk} | body)
        assert quote.status_code == hold.status_code
        assert error_of(quote) == error_of(hold)
        return error_of(quote)["code"]

    @pytest.fixture
    def refused(self, anyone, owner_client):
        return lambda show, body: self.both(anyone, owner_client, show, body)

    def test_what_there_is_not(self, refused, place):
        show, seats = place
        other = SeatFactory()
        assert refused(show, {"seats": [other.pk]}) == "unknown_seats"
        ticket = {"seat": seats[0].pk, "ticket_type": 987654}
        assert refused(show, {"tickets": [ticket]}) == "unknown_ticket_type"

    def test_too_many(self, refused, place, settings):
        settings.MAX_SEATS_PER_RESERVATION = 2
        show, seats = place
        assert refused(show, {"seats": [seat.pk for seat in seats]}) == "too_many_seats"

    def test_what_somebody_has(self, refused, place, stranger):
        show, seats = place
        held(stranger, show, seats[:2])
        assert refused(show, {"seats": [seats[1].pk]}) == "seats_taken"
        assert refused(show, {"best_available": {"count": 3}}) == "not_enough_seats"
        house_seats.block(
            show_id=show.pk,
            seat_ids=[seats[3].pk],
            kind=BlockKind.PRESS,
            reason="",
            release_at=None,
            at=timezone.now(),
        )
        assert refused(show, {"seats": [seats[3].pk]}) == "seats_taken"

    def test_accessible_places_without_a_need(self, refused, anyone):
        show = ShowTimeFactory()
        seat = SeatFactory(hall=show.hall, number=1, kind=SeatKind.WHEELCHAIR)
        assert refused(show, {"seats": [seat.pk]}) == "wheelchair_need_not_stated"
        stated = {"seats": [seat.pk], "wheelchair_need": True}
        assert anyone.post(quote_of(show), stated).status_code == 200

    def test_what_is_not_sold_now(self, refused, place):
        show, seats = place
        body = {"seats": [seats[0].pk]}
        for changes, code in (
            ({"sales_open_at": timezone.now() + timedelta(hours=1)}, "sales_not_open"),
            ({"sales_open_at": None, "sales_close_at": timezone.now()}, "sales_closed"),
        ):
            for name, value in changes.items():
                setattr(show, name, value)
            show.save()
            assert refused(show, body) == code
        programme.cancel(show_id=show.pk, at=timezone.now())
        assert refused(show, body) == "showtime_cancelled"

    def test_what_nobody_can_pay(self, refused, place):
        show, seats = place
        PriceRule.objects.create(cinema=show.hall.cinema, name="Sale", amount=-1220)
        assert refused(show, {"seats": [seats[0].pk]}) == "total_too_small"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            None,
            "x",
            {"seats": []},
            {"seats": {}},
            {"seats": [1, 1]},
            {"seats": ["x"]},
            {"seats": [2**63]},
            {"seats": [1], "tickets": []},
            {"tickets": [{"seat": 1}]},
            {"tickets": [[]]},
            {"tickets": {"seat": 1, "ticket_type": None}},
            {"best_available": {"count": 10**30}},
            {"best_available": []},
            {"seats": [1], "wheelchair_need": {}},
            {"seats": ["\x00"]},
        ],
    )
    def test_what_cannot_be_read(self, anyone, place, body):
        answer = anyone.post(quote_of(place[0]), body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"]

    @pytest.mark.parametrize("show_id", ["987654", "9" * 18, "9" * 19, "9" * 60, "x", "-1", "²"])
    def test_a_show_that_there_is_not(self, anyone, show_id):
        answer = anyone.post(f"/api/show_times/{show_id}/quote/", {"seats": [1]})
        assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")

    def test_what_is_only_to_be_posted(self, anyone, place):
        assert anyone.get(quote_of(place[0])).status_code == 405


class TestSnapshots:
    def test_nothing_that_staff_change_later_changes_what_was_sold(
        self, owner, owner_client, staff_client, place
    ):
        show, seats = place
        cinema = show.hall.cinema
        rule = PriceRule.objects.create(cinema=cinema, name="Matinee", amount=-50)
        adult = TicketType.objects.get()
        held(owner, show, seats[:2])
        before = owner_client.get(HOLD).json()["results"][0]
        assert before["price_rules"] == [{"name": "Matinee", "change": usd(-50)}]
        adult.percentage = 50
        adult.save()
        seats[0].category.surcharge = 900
        seats[0].category.save()
        programme.change(show_id=show.pk, changes={"price": 9900})
        rule.name, rule.amount = "Dear", 7000
        rule.save()
        rule.delete()
        after = owner_client.get(HOLD).json()["results"][0]
        assert before | {"server_time": after["server_time"]} == after
        assert (
            after["seats"][0]
            | {
                "price": usd(1200),
                "show_price": usd(1200),
                "surcharge": usd(0),
                "percentage": 100,
                "discount": usd(0),
            }
            == after["seats"][0]
        )

    def test_tickets_from_before_it_was_kept_say_so(self, owner, owner_client, place):
        show, seats = place
        held(owner, show, seats[:1])
        Ticket.objects.update(show_price=None, surcharge=None, percentage=None)
        (seat,) = owner_client.get(HOLD).json()["results"][0]["seats"]
        assert [seat[name] for name in ("show_price", "surcharge", "percentage")] == [None] * 3
        assert (seat["price"], seat["discount"]) == (usd(1250), usd(0))


class TestTooLittle:
    """What is not free costs as much as can be paid at least."""

    def ask(self, client, show, seats):
        body = {"showtime": show.pk, "seats": [seat.pk for seat in seats]}
        return client.post(HOLD, body)

    @pytest.mark.parametrize(("price", "status"), [(1, 409), (49, 409), (50, 201), (0, 201)])
    def test_is_not_held_online(self, owner_client, price, status):
        show, seats = show_with_seats(1, price=price)
        answer = self.ask(owner_client, show, seats)
        assert answer.status_code == status, answer.content
        if status == 409:
            assert error_of(answer)["code"] == "total_too_small"
            assert error_of(answer)["least"] == usd(50)
            assert not Reservation.objects.exists()

    def test_is_enough_for_two(self, owner_client):
        show, seats = show_with_seats(2, price=30)
        assert self.ask(owner_client, show, seats).status_code == 201

    def test_is_sold_at_the_box_office(self):
        show, seats = show_with_seats(1, price=1)
        sold = holding.hold(
            user_id=None,
            show_id=show.pk,
            choices=[SeatChoice(seats[0].pk)],
            at=timezone.now(),
            channel=Channel.BOX_OFFICE,
        )
        assert sold.total == 1


def test_a_rule_that_makes_it_free_is_confirmed_as_what_costs_nothing(owner, place):
    show, seats = place
    PriceRule.objects.create(
        cinema=show.hall.cinema, name="Open day", percentage=-100, from_time=time(0)
    )
    assert held(owner, show, seats).total == 0


class TestWithACode:
    def test_a_quote_is_less_by_what_the_hold_is_less(self, anyone, owner, place):
        show, seats = place
        PromotionFactory(code="SUMMER-26", percentage=15)
        body = {"seats": [seat.pk for seat in seats[:3]], "promo_code": "summer-26"}
        told = anyone.post(quote_of(show), body, format="json").json()
        made = client_of(owner).post(HOLD, body | {"showtime": show.pk}, format="json").json()
        assert told["discount"]["amount"] > 0
        assert told["total"] == made["total"]
        assert told["discount"] == made["discount"]
        assert [line["due"] for line in told["lines"]] == [seat["price"] for seat in made["seats"]]

    def test_a_code_that_is_no_good_is_refused_as_the_hold_refuses_it(self, anyone, place):
        show, seats = place
        PromotionFactory(code="SUMMER-26", percentage=15, least_tickets=2)
        asked = {"seats": [seats[0].pk]}
        for code, status, why in (
            ("summer-26", 409, "promo_code_below_minimum"),
            ("winter-26", 400, "promo_code_unknown"),
        ):
            answer = anyone.post(quote_of(show), asked | {"promo_code": code}, format="json")
            assert (answer.status_code, error_of(answer)["code"]) == (status, why)

    def test_whoever_has_used_theirs_up_is_told(self, owner, stranger, place):
        show, seats = place
        PromotionFactory(code="SUMMER-26", limit_per_user=1)
        held(owner, show, seats[:1], promo_code="SUMMER-26")
        body = {"seats": [seats[1].pk], "promo_code": "SUMMER-26"}
        answer = client_of(owner).post(quote_of(show), body, format="json")
        assert error_of(answer)["code"] == "promo_code_used_up_by_you"
        assert client_of(stranger).post(quote_of(show), body, format="json").status_code == 200

    def test_codes_are_not_guessed_by_asking_for_prices(self, owner, place, settings):
        show, seats = place
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"promo_account": (2, 600)}
        body = {"seats": [seats[0].pk], "promo_code": "guess"}
        answers = [client_of(owner).post(quote_of(show), body, format="json") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [400, 400, 429]
