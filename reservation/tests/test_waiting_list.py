"""The waiting list: first come, first served, by seats that nobody can snatch away meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from reservation import booking, errors, holding, house_seats, line, programme, waiting_list
from reservation.choosing import BestAvailable
from reservation.models import (
    BlockKind,
    Channel,
    PlaceInLine,
    PlaceState,
    Reservation,
    SeatKind,
    ShowTime,
)
from reservation.tests.factories import (
    SeatCategoryFactory,
    SeatFactory,
    confirmed,
    held,
    show_with_seats,
)
from reservation.tests.rivals.scene import assert_all_is_legal
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def place():
    """A show with four seats."""
    return show_with_seats(4, starts_at=NOW + timedelta(days=1))


@pytest.fixture
def sold(stranger, place):
    """All four, paid for."""
    return confirmed(stranger, *place, at=NOW)


def join(user, show, seats=1, *, at=NOW, category=None):
    return waiting_list.join(
        user_id=user.pk,
        show_id=show.pk,
        seats=seats,
        category_id=category.pk if category else None,
        at=at,
    )


def free(reservation, *, at=NOW):
    booking.cancel(reservation_id=reservation.pk, at=at)


def offer(show, *, at=NOW):
    return waiting_list.make_offers(show_id=show.pk, at=at)


def state_of(waiting, *, at=NOW):
    return PlaceInLine.objects.get(pk=waiting.pk).state_at(at)


def offered(waiting):
    return PlaceInLine.objects.get(pk=waiting.pk).offer


class TestJoining:
    def test_is_for_who_finds_too_few_seats(self, owner, place, sold):
        waiting = join(owner, place[0], 2)
        assert (waiting.seats, state_of(waiting)) == (2, PlaceState.WAITING)
        assert ShowTime.objects.get().is_waited_for

    def test_is_not_for_who_could_hold_them(self, owner, stranger, place):
        show, seats = place
        held(stranger, show, seats[:2], at=NOW)
        with pytest.raises(errors.SeatsAvailable):
            join(owner, show, 2)
        assert join(owner, show, 3)

    def test_is_of_a_category_or_of_any(self, owner, stranger, place):
        show = place[0]
        vip = SeatCategoryFactory(name="VIP")
        dear = SeatFactory(hall=show.hall, number=5, category=vip)
        held(stranger, show, [dear], at=NOW)
        assert join(owner, show, 1, category=vip).category == vip
        with pytest.raises(errors.NeverSoManySeats):
            join(stranger, show, 2, category=vip)

    def test_seats_that_are_next_for_others_are_not_to_be_had(self, owner, sold, place):
        join(owner, place[0], 2)
        free(sold)
        with pytest.raises(errors.SeatsAvailable):
            join(UserFactory(), place[0], 2)
        assert join(UserFactory(), place[0], 3)

    def test_is_once_for_each_show(self, owner, place, sold):
        join(owner, place[0])
        with pytest.raises(errors.AlreadyInLine):
            join(owner, place[0], 2)

    def test_is_not_for_who_has_an_offer(self, owner, place, sold):
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        with pytest.raises(errors.AlreadyInLine):
            join(owner, place[0], 4)
        end = offered(first).expires_at
        held(UserFactory(), *place, at=end)
        assert join(owner, place[0], 4, at=end)

    def test_is_not_for_more_seats_than_there_are_chairs(self, owner, place, sold):
        seat = place[1][0]
        seat.kind = SeatKind.WHEELCHAIR
        seat.save()
        with pytest.raises(errors.NeverSoManySeats):
            join(owner, place[0], 4)

    def test_heeds_no_holds_of_the_show(self, owner, place, settings):
        settings.MAX_HOLDS_PER_SHOW = 1
        show, seats = place
        held(owner, show, seats, at=NOW)
        assert join(owner, show, 1)

    def test_the_database_keeps_it_once(self, owner, place, sold):
        join(owner, place[0])
        with pytest.raises(IntegrityError), transaction.atomic():
            PlaceInLine.objects.create(showtime=place[0], user=owner, seats=1, joined_at=NOW)

    def test_is_over_when_sales_are(self, owner, place, sold):
        waiting, closes = join(owner, place[0]), place[0].sales_close_at
        assert state_of(waiting, at=closes - INSTANT) == PlaceState.WAITING
        assert state_of(waiting, at=closes) == PlaceState.OVER
        with pytest.raises(errors.SalesClosed):
            join(UserFactory(), place[0], at=closes)

    def test_heeds_how_many_seats_one_may_have(self, owner, place, settings):
        settings.MAX_SEATS_PER_SHOW = 4
        show, seats = place
        confirmed(owner, show, seats[:3], at=NOW)
        with pytest.raises(errors.TooManySeatsOfShow):
            join(owner, show, 2)


class TestOffers:
    def test_are_holds_of_who_was_first(self, owner, place, sold, settings):
        show = place[0]
        first, second = join(owner, show, 2), join(UserFactory(), show, 2)
        free(sold)
        assert offer(show) == 2
        reservation = offered(first)
        assert (reservation.user, reservation.channel) == (owner, Channel.WAITING_LIST)
        assert reservation.expires_at == NOW + settings.WAITING_OFFER_MINUTES * MINUTE
        assert reservation.total == 2500
        assert {state_of(first), state_of(second)} == {PlaceState.OFFERED}
        assert_all_is_legal()

    def test_are_told_by_mail_until_when(self, owner, place, sold):
        join(owner, place[0], 2)
        free(sold)
        offer(place[0])
        mail = Email.objects.get(to=owner.email, subject__contains="are yours until")
        reservation = Reservation.objects.get(channel=Channel.WAITING_LIST)
        local = reservation.expires_at.astimezone(place[0].hall.cinema.zone)
        assert f"until {local:%H:%M} ({reservation.code})" in mail.subject
        assert "25.00" in mail.message

    def test_are_made_once(self, owner, place, sold):
        join(owner, place[0], 2)
        free(sold)
        assert [offer(place[0]), offer(place[0])] == [1, 0]
        assert not ShowTime.objects.get().is_waited_for

    def test_are_made_few_at_once_so_that_nobody_waits_long_for_the_show(
        self, place, sold, monkeypatch
    ):
        monkeypatch.setattr(waiting_list, "OFFERS_AT_ONCE", 1)
        show, seats = place
        first, second = join(UserFactory(), show, 2), join(UserFactory(), show, 2)
        free(sold)
        assert offer(show) == 1
        assert (state_of(first), state_of(second)) == (PlaceState.OFFERED, PlaceState.WAITING)
        with pytest.raises(errors.SeatsTaken):
            held(UserFactory(), show, seats[2:], at=NOW)
        assert offer(show) == 1
        assert state_of(second) == PlaceState.OFFERED

    def test_pass_on_when_they_lapse(self, owner, place, sold):
        show, _ = place
        other = UserFactory()
        first, second = join(owner, show, 4), join(other, show, 4)
        free(sold)
        assert offer(show) == 1
        end = offered(first).expires_at
        assert offer(show, at=end - INSTANT) == 0
        assert offer(show, at=end) == 1
        assert state_of(first, at=end) == PlaceState.LAPSED
        assert offered(second).user == other
        assert_all_is_legal()

    def test_that_lapsed_are_told(self, owner, place, sold):
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        reservation = offered(first)
        booking.expire(reservation_id=reservation.pk, at=reservation.expires_at)
        mail = Email.objects.get(to=owner.email, subject__contains="not kept any more")
        assert "join the line again" in mail.message

    def test_that_lapse_with_the_sales_send_nobody_to_the_line(self, owner, place, sold):
        closes = place[0].sales_close_at
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0], at=closes - MINUTE)
        booking.expire(reservation_id=offered(first).pk, at=closes)
        mail = Email.objects.get(to=owner.email, subject__contains="not kept any more")
        assert "line" not in mail.message

    def test_that_end_because_money_came_too_late_are_not_called_unpaid(self, owner, place, sold):
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        booking.end_unsold(reservation_id=offered(first).pk, at=NOW)
        assert not Email.objects.filter(subject__contains="not kept any more").exists()

    def test_that_are_paid_for_are_theirs(self, owner, place, sold):
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        booking.confirm(reservation_id=offered(first).pk, at=NOW)
        assert state_of(first) == PlaceState.TAKEN
        booking.cancel(reservation_id=offered(first).pk, at=NOW)
        assert state_of(first) == PlaceState.TAKEN

    def test_go_to_the_next_whom_they_suffice(self, owner, stranger, place):
        show, seats = place
        one, three = held(stranger, show, seats[:1], at=NOW), seats[1:]
        confirmed(UserFactory(), show, three, at=NOW)
        many, single = join(owner, show, 3), join(UserFactory(), show, 1)
        free(one)
        assert offer(show) == 1
        assert (state_of(many), state_of(single)) == (PlaceState.WAITING, PlaceState.OFFERED)

    def test_reach_whom_they_suffice_behind_however_many_who_want_more(
        self, owner, stranger, place, monkeypatch
    ):
        monkeypatch.setattr(line, "LONGEST_LOOK", 1)
        show, seats = place
        one = held(stranger, show, seats[:1], at=NOW)
        confirmed(UserFactory(), show, seats[1:], at=NOW)
        join(owner, show, 2)
        single = join(UserFactory(), show, 1)
        free(one)
        with pytest.raises(errors.SeatsTaken):
            held(stranger, show, seats[:1], at=NOW)
        assert offer(show) == 1
        assert state_of(single) == PlaceState.OFFERED

    def test_of_a_category_reach_who_waits_behind_another_s_line(
        self, owner, stranger, place, monkeypatch
    ):
        monkeypatch.setattr(line, "LONGEST_LOOK", 1)
        show, seats = place
        vip = SeatCategoryFactory(name="VIP")
        confirmed(
            UserFactory(), show, [SeatFactory(hall=show.hall, number=5, category=vip)], at=NOW
        )
        had = held(stranger, show, seats, at=NOW)
        join(owner, show, category=vip)
        other = join(UserFactory(), show, 4, category=seats[0].category)
        free(had)
        assert offer(show) == 1
        assert state_of(other) == PlaceState.OFFERED

    def test_never_outlast_sales_nor_come_after_them(self, owner, place, sold):
        closes = place[0].sales_close_at
        first = join(owner, place[0], 4)
        free(sold)
        assert offer(place[0], at=closes) == 0
        assert offer(place[0], at=closes - MINUTE) == 1
        assert offered(first).expires_at == closes

    def test_are_not_made_for_a_show_that_is_cancelled(self, owner, place, sold):
        join(owner, place[0])
        programme.cancel(show_id=place[0].pk, at=NOW)
        assert offer(place[0]) == 0

    def test_are_not_for_who_can_t_log_in_any_more(self, owner, place, sold):
        gone, next_one = join(owner, place[0], 4), join(UserFactory(), place[0], 4)
        owner.is_active = False
        owner.save()
        free(sold)
        assert offer(place[0]) == 1
        assert offered(gone) is None
        assert offered(next_one)

    def test_are_not_for_who_has_as_many_as_one_may(self, owner, place, settings):
        settings.MAX_SEATS_PER_SHOW = 2
        show, seats = place
        other = confirmed(UserFactory(), show, seats[:2], at=NOW)
        confirmed(UserFactory(), show, seats[2:], at=NOW)
        first, second = join(owner, show, 2), join(UserFactory(), show, 2)
        settings.MAX_SEATS_PER_SHOW = 1
        free(other)
        offer(show)
        assert state_of(first) == PlaceState.LEFT
        assert offered(second) is None

    def test_are_never_of_accessible_places(self, owner, place, sold):
        show, seats = place
        join(owner, show, 4)
        seats[0].kind = SeatKind.WHEELCHAIR
        seats[0].save()
        free(sold)
        assert offer(show) == 0

    def test_come_of_house_seats_that_are_released(self, owner, stranger, place):
        show, seats = place
        confirmed(stranger, show, seats[1:], at=NOW)
        release = NOW + MINUTE
        house_seats.block(
            show_id=show.pk,
            seat_ids=[seats[0].pk],
            kind=BlockKind.PRESS,
            reason="Critics",
            release_at=release,
            at=NOW,
        )
        join(owner, show)
        assert offer(show, at=release - INSTANT) == 0
        assert offer(show, at=release) == 1


class TestWhoeverComesMeanwhile:
    """Between the instant at which seats come back and their offer."""

    def test_can_t_hold_what_is_next_for_others(self, owner, place, sold):
        show, seats = place
        join(owner, show, 2)
        free(sold)
        taken = self._refused(show, seats)
        assert len(taken) == 2
        rest = [seat for seat in seats if seat.pk not in taken]
        assert held(UserFactory(), show, rest, at=NOW)
        assert offer(show) == 1
        assert_all_is_legal()

    def test_can_t_hold_them_at_the_instant_at_which_a_dead_hold_frees_them(
        self, owner, stranger, place
    ):
        show, seats = place
        dying = held(stranger, show, seats, at=NOW)
        join(owner, show, 4)
        assert len(self._refused(show, seats, at=dying.expires_at)) == 4
        assert offer(show, at=dying.expires_at) == 1

    def test_can_t_hold_the_one_seat_that_came_back(self, owner, stranger, place):
        show, seats = place
        worst = held(stranger, show, seats[3:], at=NOW)
        confirmed(UserFactory(), show, seats[:3], at=NOW)
        join(owner, show)
        free(worst)
        assert self._refused(show, seats[3:]) == [seats[3].pk]

    def test_gets_no_best_seats_of_theirs(self, owner, place, sold):
        show, _ = place
        join(owner, show, 3)
        free(sold)
        with pytest.raises(errors.NotEnoughSeats):
            holding.hold(
                user_id=UserFactory().pk,
                show_id=show.pk,
                best=BestAvailable(2),
                at=NOW,
            )

    def test_asks_one_question_more_and_none_where_nobody_waits(
        self, owner, place, sold, django_assert_num_queries
    ):
        show, seats = place
        free(sold)
        other = UserFactory()
        held(UserFactory(), show, seats[:1], at=NOW)
        with django_assert_num_queries(9):  # 7 of `hold`, a savepoint's two
            held(other, show, seats[1:2], at=NOW)
        join(owner, show, 3)
        with django_assert_num_queries(10):
            held(other, show, seats[2:3], at=NOW)

    @staticmethod
    def _refused(show, seats, *, at=NOW):
        with pytest.raises(errors.SeatsTaken) as refusal:
            held(UserFactory(), show, seats, at=at)
        return [seat["id"] for seat in refusal.value.facts["seats"]]


class TestLeaving:
    def test_gives_up_the_place(self, owner, place, sold):
        waiting = join(owner, place[0])
        waiting_list.leave(place_id=waiting.pk, at=NOW)
        assert state_of(waiting) == PlaceState.LEFT
        assert not ShowTime.objects.get().is_waited_for
        free(sold)
        assert offer(place[0]) == 0
        assert held(UserFactory(), *place, at=NOW)

    def test_gives_up_the_offer(self, owner, place, sold):
        first, second = join(owner, place[0], 4), join(UserFactory(), place[0], 4)
        free(sold)
        offer(place[0])
        waiting_list.leave(place_id=first.pk, at=NOW)
        assert state_of(first) == PlaceState.LEFT
        assert offer(place[0]) == 1
        assert offered(second)

    def test_leaves_what_is_paid_for(self, owner, place, sold):
        first = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        booking.confirm(reservation_id=offered(first).pk, at=NOW)
        waiting_list.leave(place_id=first.pk, at=NOW)
        assert offered(first).state == "confirmed"

    def test_and_joining_again_is_at_the_end(self, owner, place, sold):
        first, second = join(owner, place[0], 4), join(UserFactory(), place[0], 4)
        waiting_list.leave(place_id=first.pk, at=NOW)
        again = join(owner, place[0], 4)
        free(sold)
        offer(place[0])
        assert offered(second)
        assert offered(again) is None


class TestApi:
    def url(self, show):
        return f"/api/show_times/{show.pk}/waiting_list/"

    def test_a_customer_joins_looks_and_leaves(self, owner_client, place, sold):
        with time_machine.travel(NOW, tick=False):
            answer = owner_client.post(self.url(place[0]), {"seats": 2})
            told = answer.json()
            assert (answer.status_code, told["state"], told["position"]) == (201, "waiting", 1)
            one = f"/api/waiting_list/{told['id']}/"
            assert owner_client.get(one).json() == told
            assert owner_client.get("/api/waiting_list/").json()["results"] == [told]
            assert owner_client.delete(one).status_code == 204
            assert owner_client.get(one).json()["state"] == "left"

    def test_an_offer_is_told_with_what_it_takes_to_pay(self, owner, owner_client, place, sold):
        with time_machine.travel(NOW, tick=False):
            waiting = join(owner, place[0], 2)
            free(sold)
            offer(place[0])
            told = owner_client.get(f"/api/waiting_list/{waiting.pk}/").json()
            assert (told["state"], told["position"]) == ("offered", None)
            assert told["offer"]["total"]["amount"] == 2500
            mine = owner_client.get(f"/api/reservation/{told['offer']['reservation']}/").json()
            assert mine["code"] == told["offer"]["code"]
            assert [seat["label"] for seat in mine["seats"]] == told["offer"]["seats"]

    def test_positions_count_those_before(self, stranger_client, owner, place, sold):
        join(owner, place[0])
        told = stranger_client.post(self.url(place[0]), {"seats": 1}).json()
        assert told["position"] == 2

    def test_another_s_place_is_none(self, owner, stranger_client, anyone, place, sold):
        waiting = join(owner, place[0])
        one = f"/api/waiting_list/{waiting.pk}/"
        assert stranger_client.get(one).status_code == 404
        assert stranger_client.delete(one).status_code == 404
        assert anyone.get(one).status_code == 401
        assert anyone.post(self.url(place[0]), {"seats": 1}).status_code == 401
        assert stranger_client.get("/api/waiting_list/").json()["count"] == 0
        assert state_of(waiting) == PlaceState.WAITING

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 400, "required"),
            ({"seats": 0}, 400, "min_value"),
            ({"seats": True}, 400, "invalid"),
            ({"seats": [1]}, 400, "invalid"),
            ({"seats": 11}, 400, "too_many_seats"),
            ({"seats": 5}, 400, "never_so_many_seats"),
            ({"seats": 1, "category": 10**30}, 400, "unknown_category"),
            ({"seats": 1, "category": 99}, 400, "unknown_category"),
        ],
    )
    def test_bad_wishes_are_told(self, owner_client, place, sold, body, status, code):
        answer = owner_client.post(self.url(place[0]), body)
        assert answer.status_code == status, answer.content
        if code != "unknown_category":
            assert answer.json()["errors"][0]["code"] == code

    def test_seats_that_are_free_are_to_be_held(self, owner_client, place):
        answer = owner_client.post(self.url(place[0]), {"seats": 1})
        assert answer.json()["errors"][0]["code"] == "seats_available"

    @pytest.mark.parametrize("show_id", [0, 10**18, 10**30])
    def test_a_show_that_there_is_not(self, owner_client, show_id):
        url = f"/api/show_times/{show_id}/waiting_list/"
        assert owner_client.post(url, {"seats": 1}).status_code == 404

    def test_lists_cost_no_more_for_many(self, owner, owner_client, django_assert_num_queries):
        for _ in range(3):
            show, seats = show_with_seats(1)
            sold = confirmed(UserFactory(), show, seats)
            join(owner, show, at=timezone.now())
            free(sold, at=timezone.now())
            offer(show, at=timezone.now())
        with django_assert_num_queries(4):
            assert len(owner_client.get("/api/waiting_list/").json()["results"]) == 3


class TestDesk:
    def test_staff_take_somebody_out(self, admin_client, owner, place, sold):
        waiting = join(owner, place[0])
        page = "/admin/reservation/placeinline/"
        assert owner.username in admin_client.get(page).content.decode()
        asked = {"action": "take_out", "_selected_action": [waiting.pk]}
        assert admin_client.post(page, asked).status_code == 302
        assert state_of(waiting) == PlaceState.LEFT
