"""Promo codes as customers use them."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reservation import booking, facts, holding, promotions, sale
from reservation.models import Promotion, Reservation, TicketType
from reservation.promo_errors import PromoCodeUsedUp, PromoCodeUsedUpByYou
from reservation.rules.promotions import Refusal
from reservation.sale import SeatChoice
from reservation.tests.factories import (
    PromotionFactory,
    ShowTimeFactory,
    confirmed,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

URL = "/api/reservation/"
DAY = timedelta(days=1)
CONFIRM = 10


@pytest.fixture
def place():
    return show_with_seats(4)


@pytest.fixture
def body(place):
    show, seats = place
    return {"showtime": show.pk, "seats": [seats[0].pk, seats[1].pk]}


def error_of(answer):
    return answer.json()["errors"][0]


def usd(amount):
    return {"amount": amount, "currency": "usd"}


class TestAGoodCode:
    @pytest.mark.parametrize("typed", ["SUMMER-26", " summer-26 ", "Summer\u201326"])
    def test_makes_it_cheaper_however_it_is_typed(self, owner_client, body, typed):
        PromotionFactory(code="SUMMER-26", name="Summer")
        answer = owner_client.post(URL, body | {"promo_code": typed})
        assert answer.status_code == 201
        told = answer.json()
        assert told["promotion"] == {"code": "SUMMER-26", "name": "Summer"}
        assert (told["discount"], told["total"]) == (usd(500), usd(2000))
        again = owner_client.get(f"{URL}{told['id']}/").json()
        listed = owner_client.get(URL).json()["results"][0]
        for other in (again, listed):
            assert {**other, "server_time": None} == {**told, "server_time": None}

    def test_is_not_needed(self, owner_client, body):
        for code in ({}, {"promo_code": ""}, {"promo_code": None}):
            told = owner_client.post(URL, body | code).json()
            assert (told["promotion"], told["discount"]) == (None, usd(0))
            owner_client.delete(f"{URL}{told['id']}/")

    def test_lists_cost_no_more_for_many(self, owner, owner_client, django_assert_num_queries):
        for _ in range(3):
            show, seats = show_with_seats(1)
            held(owner, show, seats, promo_code=PromotionFactory().code)
        with django_assert_num_queries(4):
            assert len(owner_client.get(URL).json()["results"]) == 3

    def test_stays_what_it_was_when_it_is_changed(self, owner, place):
        promotion = PromotionFactory()
        mine = held(owner, *place, promo_code=promotion.code)
        Promotion.objects.update(percentage=90, is_active=False, limit=1)
        mine.refresh_from_db()
        assert mine.total == 4000
        assert booking.confirm(reservation_id=mine.pk, at=timezone.now()).total == 4000

    def test_is_remembered_with_its_key(self, owner_client, body):
        PromotionFactory(code="ONCE", limit=1)
        key = {"Idempotency-Key": "one"}
        first = owner_client.post(URL, body | {"promo_code": "ONCE"}, headers=key)
        second = owner_client.post(URL, body | {"promo_code": "ONCE"}, headers=key)
        assert (first.content, second.status_code) == (second.content, 201)
        without = owner_client.post(URL, body, headers=key)
        assert error_of(without)["code"] == "idempotency_key_reused"

    def test_is_for_best_available_ones_too(self, owner_client, place):
        PromotionFactory(code="BEST", percentage=None, amount=300)
        wish = {"showtime": place[0].pk, "best_available": {"count": 2}, "promo_code": "best"}
        assert owner_client.post(URL, wish).json()["total"] == usd(2200)


class TestStatements:
    def held(self, owner, place, **how):
        show, seats = place
        facts.of(show)
        return lambda: held(owner, show, seats[:2], **how)

    @pytest.mark.parametrize(
        ("limits", "count"),
        [
            ({}, 9 + 2),  # the code, and what it is for
            ({"limit": 5}, 9 + 5),  # its lock, a count, and when that was
            ({"limit": 5, "limit_per_user": 1}, 9 + 6),
        ],
    )
    def test_of_a_code(self, owner, place, limits, count, django_assert_num_queries):
        hold = self.held(owner, place, promo_code=PromotionFactory(**limits).code)
        with django_assert_num_queries(count):
            hold()

    def test_of_no_code_are_not_one_more(self, owner, place, django_assert_num_queries):
        hold = self.held(owner, place)
        with django_assert_num_queries(9):  # 7, and the savepoint that a test adds
            reservation = hold()
        with django_assert_num_queries(CONFIRM):
            booking.confirm(reservation_id=reservation.pk, at=timezone.now())


def other_row(model):
    if model == "ticket_types":
        return TicketType.objects.create(name="Child", percentage=50)
    show = ShowTimeFactory()
    return {"movies": show.movie, "cinemas": show.hall.cinema, "shows": show}[model]


class TestARefusedCode:
    def refused(self, client, body, **fields):
        promotion = PromotionFactory(**fields)
        answer = client.post(URL, body | {"promo_code": promotion.code})
        assert answer.status_code == 409
        assert not Reservation.objects.filter(promotion=promotion, state="held").exists()
        error = error_of(answer)
        assert error["attr"] == "promo_code"
        return error

    @pytest.mark.parametrize("code", ["NOBODY-S", "x", "-AB", "\U0001f600" * 3, "Ѕummer", 42.5])
    def test_that_nobody_knows(self, owner_client, body, code):
        answer = owner_client.post(URL, body | {"promo_code": code})
        assert (answer.status_code, error_of(answer)["code"]) == (400, "promo_code_unknown")
        assert not Reservation.objects.exists()

    def test_that_is_switched_off_is_unknown(self, owner_client, body):
        off = PromotionFactory(is_active=False).code
        assert error_of(owner_client.post(URL, body | {"promo_code": off})) == error_of(
            owner_client.post(URL, body | {"promo_code": "NOBODY-S"})
        )

    @pytest.mark.parametrize(
        "junk", [[], {}, ["SUMMER"], True, "x" * 101, "A\x00B", "\\ud800abc", {"code": "A"}]
    )
    def test_that_is_none_is_malformed(self, owner_client, body, junk):
        answer = owner_client.post(URL, body | {"promo_code": junk})
        assert answer.status_code == 400
        # What JSON can't hold is refused before anybody knows whose it is.
        assert (
            error_of(answer)["attr"] == "promo_code" or error_of(answer)["code"] == "parse_error"
        )

    def test_by_its_time(self, owner_client, body):
        soon = timezone.now() + DAY
        error = self.refused(owner_client, body, valid_from=soon)
        assert error["code"] == "promo_code_not_yet"
        assert error["valid_from"] == soon.isoformat().replace("+00:00", "Z")
        error = self.refused(owner_client, body, valid_until=timezone.now())
        assert error["code"] == "promo_code_expired"
        assert error["valid_until"] in error["detail"]

    @pytest.mark.parametrize(
        ("scope", "code"),
        [
            ("movies", "promo_code_wrong_movie"),
            ("cinemas", "promo_code_wrong_cinema"),
            ("shows", "promo_code_wrong_showtime"),
            ("ticket_types", "promo_code_wrong_ticket_types"),
        ],
    )
    def test_by_what_it_is_for(self, owner_client, place, body, scope, code):
        promotion = PromotionFactory()
        getattr(promotion, scope).add(other_row(scope))
        answer = owner_client.post(URL, body | {"promo_code": promotion.code})
        assert error_of(answer)["code"] == code
        show = place[0]
        mine = {
            "movies": show.movie,
            "cinemas": show.hall.cinema,
            "shows": show,
            "ticket_types": TicketType.objects.get(is_default=True),
        }
        getattr(promotion, scope).add(mine[scope])
        assert owner_client.post(URL, body | {"promo_code": promotion.code}).status_code == 201

    def test_by_the_day_of_the_show(self, owner_client, body):
        past = timezone.now().date() - DAY
        error = self.refused(owner_client, body, shows_until=past)
        assert error["code"] == "promo_code_wrong_date"

    def test_by_too_few_tickets(self, owner_client, body):
        error = self.refused(owner_client, body, least_tickets=3, least_total=3000)
        assert error["code"] == "promo_code_below_minimum"
        assert (error["least_tickets"], error["least_total"]) == (3, usd(3000))
        assert "3 tickets at least for 30.00 USD or more" in error["detail"]

    def test_by_others_who_used_it_up(self, owner_client, stranger, body):
        show, seats = show_with_seats(1)
        promotion = PromotionFactory(limit=1)
        held(stranger, show, seats, promo_code=promotion.code)
        answer = owner_client.post(URL, body | {"promo_code": promotion.code})
        assert (answer.status_code, error_of(answer)["code"]) == (409, "promo_code_used_up")

    def test_by_oneself(self, owner_client, stranger_client, body, place):
        show, seats = place
        PromotionFactory(code="MINE", limit_per_user=1)
        assert owner_client.post(URL, body | {"promo_code": "MINE"}).status_code == 201
        more = {"showtime": show.pk, "seats": [seats[2].pk], "promo_code": "MINE"}
        answer = owner_client.post(URL, more)
        assert error_of(answer)["code"] == "promo_code_used_up_by_you"
        assert stranger_client.post(URL, more).status_code == 201

    def test_every_reason_has_its_error(self):
        own = {Refusal.NOT_YET, Refusal.EXPIRED, Refusal.BELOW_MINIMUM}
        assert own | promotions.REFUSALS.keys() == set(Refusal)
        assert not own & promotions.REFUSALS.keys()


class TestUses:
    @pytest.fixture
    def once(self):
        return PromotionFactory(limit=1)

    def use(self, user, promotion, at):
        show, seats = show_with_seats(1)
        return held(user, show, seats, at=at, promo_code=promotion.code)

    def test_end_with_their_hold_at_that_very_instant(self, owner, stranger, once):
        at = timezone.now()
        mine = self.use(owner, once, at)
        with pytest.raises(PromoCodeUsedUp):
            self.use(stranger, once, mine.expires_at - timedelta(microseconds=1))
        assert self.use(stranger, once, mine.expires_at).promotion == once

    @pytest.mark.parametrize("end", ["cancel", "expire", "end_unsold"])
    def test_are_given_back_by_whoever_ends_them(self, owner, stranger, once, end):
        at = timezone.now()
        mine = self.use(owner, once, at)
        when = mine.expires_at if end == "expire" else at
        getattr(booking, end)(reservation_id=mine.pk, at=when)
        assert self.use(stranger, once, at).promotion == once

    def test_of_what_is_cancelled_after_it_was_paid_are_given_back(self, owner, stranger, once):
        at = timezone.now()
        mine = self.use(owner, once, at)
        booking.confirm(reservation_id=mine.pk, at=at)
        with pytest.raises(PromoCodeUsedUp):
            self.use(stranger, once, at + 3 * DAY / 4)
        booking.cancel(reservation_id=mine.pk, at=at)
        assert self.use(stranger, once, at).promotion == once

    def test_of_nobody_in_particular_count_for_all_and_for_no_user(self, owner):
        promotion, at = PromotionFactory(limit=3, limit_per_user=1), timezone.now()
        for user in (None, None, owner):
            self.use(user, promotion, at)
        with pytest.raises(PromoCodeUsedUp):
            self.use(None, promotion, at)

    def test_of_whoever_asks_again_are_not_counted(self, owner):
        promotion, at = PromotionFactory(limit=1, limit_per_user=1), timezone.now()
        mine = self.use(owner, promotion, at)
        mine.showtime.hall = mine.showtime.hall
        quote = sale.quote(
            facts.of(mine.showtime), [SeatChoice(t.seat_id) for t in mine.tickets.all()]
        )
        ask = {"show": mine.showtime, "user_id": owner.pk, "at": at}
        found, again = promotions.claim(promotion.code, quote, **ask, excluding=mine.pk)
        assert (found, again.total) == (promotion, mine.total)
        with pytest.raises(PromoCodeUsedUp):
            promotions.claim(promotion.code, quote, **ask)
        with pytest.raises(PromoCodeUsedUp):
            promotions.look(promotion.code, quote, **ask)
        Promotion.objects.update(limit=None)
        with pytest.raises(PromoCodeUsedUpByYou):
            promotions.look(promotion.code, quote, **ask)

    def test_a_look_is_what_is_then_sold(self, owner, place, django_assert_num_queries):
        show, seats = place
        at, promotion = timezone.now(), PromotionFactory()
        quote = sale.quote(facts.of(show), [SeatChoice(seat.pk) for seat in seats])
        ask = {"show": show, "user_id": owner.pk, "at": at}
        with django_assert_num_queries(2):
            seen = promotions.look(promotion.code, quote, **ask)
        assert seen.total == held(owner, show, seats, at=at, promo_code=promotion.code).total
        assert promotions.look("", quote, **ask) == quote


class TestWhatCannotBePaid:
    def test_is_refused_with_the_least_amount(self, owner_client, body):
        PromotionFactory(code="NEARLY", percentage=None, amount=2499)
        answer = owner_client.post(URL, body | {"promo_code": "NEARLY"})
        error = error_of(answer)
        assert (answer.status_code, error["code"]) == (409, "total_too_small")
        assert error["least"] == usd(50)

    @pytest.mark.parametrize(
        ("price", "status"), [(0, 201), (1, 409), (49, 409), (50, 201), (51, 201)]
    )
    def test_is_so_of_cheap_shows_too(self, owner_client, price, status):
        show, seats = show_with_seats(1, price=price)
        answer = owner_client.post(URL, {"showtime": show.pk, "seats": [seats[0].pk]})
        assert answer.status_code == status

    def test_is_taken_at_the_box_office(self):
        show, seats = show_with_seats(1, price=30)
        made = holding.hold(
            user_id=None,
            show_id=show.pk,
            choices=[SeatChoice(seats[0].pk)],
            at=timezone.now(),
            channel="box_office",
        )
        assert made.total == 30


class TestGuessing:
    @pytest.fixture(autouse=True)
    def _limits(self, settings):
        settings.RATE_LIMITS = settings.RATE_LIMITS | {
            "promo_account": (2, 3600),
            "promo_address": (3, 3600),
        }

    def test_ends_after_a_few_tries(self, owner_client, stranger_client, body):
        PromotionFactory(code="GOOD")

        def guess(client, code):
            return client.post(URL, body | {"promo_code": code}).status_code

        assert [guess(owner_client, f"BAD-{n}") for n in range(2)] == [400, 400]
        assert guess(owner_client, "GOOD") == 429
        assert [guess(stranger_client, "BAD-0"), guess(stranger_client, "GOOD")] == [400, 429]
        assert owner_client.post(URL, body).status_code == 201

    def test_is_not_what_good_codes_are(self, owner_client, body):
        PromotionFactory(code="GOOD")
        for _ in range(4):
            made = owner_client.post(URL, body | {"promo_code": "GOOD"})
            assert made.status_code == 201
            owner_client.delete(f"{URL}{made.json()['id']}/")

    def test_is_not_what_fails_for_another_reason(self, owner_client, stranger, body, place):
        PromotionFactory(code="GOOD")
        held(stranger, *place)
        answers = [owner_client.post(URL, body | {"promo_code": "GOOD"}) for _ in range(4)]
        assert {error_of(answer)["code"] for answer in answers} == {"seats_taken"}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    price=st.integers(0, 3000),
    share=st.sampled_from([0, 33, 70, 100]),
    off=st.one_of(
        st.integers(1, 100).map(lambda n: {"percentage": n, "amount": None}),
        st.integers(1, 4000).map(lambda n: {"amount": n, "percentage": None}),
    ),
    of_children=st.booleans(),
)
def test_what_is_sold_adds_up(owner_client, owner, price, share, off, of_children):
    show, seats = show_with_seats(2, price=price)
    child = TicketType.objects.create(name=f"Child {show.pk}", percentage=share)
    promotion = PromotionFactory(**off)
    if of_children:
        promotion.ticket_types.add(child)
    adult = TicketType.objects.get(is_default=True)
    tickets = [
        {"seat": seats[0].pk, "ticket_type": adult.pk},
        {"seat": seats[1].pk, "ticket_type": child.pk},
    ]
    body = {"showtime": show.pk, "tickets": tickets, "promo_code": promotion.code}
    caches["counters"].clear()
    answer = owner_client.post(URL, body)
    if answer.status_code == 409:
        assert error_of(answer)["code"] == "total_too_small"
        return
    told = answer.json()
    lines = [seat["price"]["amount"] for seat in told["seats"]]
    before = [price, (price * share + 50) // 100]
    total, discount = told["total"]["amount"], told["discount"]["amount"]
    assert total == sum(lines)
    assert total + discount == sum(before)
    assert all(0 <= line <= full for line, full in zip(lines, before, strict=True))
    assert not of_children or lines[0] == price


def test_a_paid_one_is_counted_once_it_is_paid(owner, place):
    promotion = PromotionFactory(limit=1)
    mine = confirmed(owner, *place)
    assert mine.promotion_id is None
    assert held(owner, *show_with_seats(1), promo_code=promotion.code).promotion == promotion
