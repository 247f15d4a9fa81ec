"""What somebody wants of a show, and which seats they get: one at a time. For rivals see
`rivals/test_choosing.py`."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reservation import booking, choosing, errors, facts, holding
from reservation.choosing import BestAvailable
from reservation.models import Channel, Reservation, SeatKind, Ticket
from reservation.rules import seating
from reservation.sale import SeatChoice
from reservation.tests.factories import (
    SeatCategoryFactory,
    SeatFactory,
    ShowTimeFactory,
    held,
    show_with_seats,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)


def best(user, show, count=1, *, at=NOW, wheelchair_need=False, **wish):
    return holding.hold(
        user_id=user.pk,
        show_id=show.pk,
        best=BestAvailable(count, **wish),
        wheelchair_need=wheelchair_need,
        at=at,
    )


def named(user, show, seats, *, at=NOW, **how):
    choices = [SeatChoice(seat.pk) for seat in seats]
    return holding.hold(user_id=user.pk, show_id=show.pk, choices=choices, at=at, **how)


def labels(reservation):
    return [ticket.seat.label for ticket in reservation.tickets.all()]


def labels_of(refusal, name="seats"):
    return [seat["label"] for seat in refusal.value.facts[name]]


@pytest.fixture
def strict():
    """A show that forbids lonely seats, and the six seats of its one row."""
    return show_with_seats(6, forbids_lonely_seats=True)


@pytest.fixture
def accessible():
    """A show, and its row: two wheelchair places with a companion's each, and four seats."""
    show = ShowTimeFactory()
    kinds = [SeatKind.WHEELCHAIR, SeatKind.COMPANION, *[SeatKind.STANDARD] * 4]
    kinds += [SeatKind.COMPANION, SeatKind.WHEELCHAIR]
    return show, [
        SeatFactory(hall=show.hall, number=number, kind=kind)
        for number, kind in enumerate(kinds, start=1)
    ]


class TestBestAvailable:
    def test_is_held_together_and_central(self, owner):
        show, _ = show_with_seats(9)
        assert labels(best(owner, show, 3)) == ["A4", "A5", "A6"]

    def test_is_what_is_free_at_that_instant(self, owner, stranger):
        show, seats = show_with_seats(4)
        dead = held(stranger, show, seats[:3], at=NOW)
        with pytest.raises(errors.NotEnoughSeats):
            best(owner, show, 2, at=dead.expires_at - INSTANT)
        assert len(labels(best(owner, show, 4, at=dead.expires_at))) == 4
        assert not dead.tickets.live().exists()

    def test_is_of_the_category_that_is_asked_for(self, owner):
        show, _ = show_with_seats(5)
        vip = SeatCategoryFactory(name="VIP", surcharge=400)
        seat = SeatFactory(hall=show.hall, number=9, category=vip)
        assert labels(best(owner, show, category_id=vip.pk)) == [seat.label]
        with pytest.raises(errors.NotEnoughSeats):
            best(owner, show, category_id=vip.pk)

    def test_leaves_nobody_lonely_where_that_can_be(self, owner, stranger, strict):
        show, seats = strict
        holding.hold(
            user_id=None,
            show_id=show.pk,
            choices=[SeatChoice(seats[0].pk)],
            at=NOW,
            channel=Channel.BOX_OFFICE,
        )
        reservation = best(owner, show, 2)
        assert labels(reservation) in (["A2", "A3"], ["A5", "A6"], ["A4", "A5"])
        assert not seating.lonely(
            facts.of(show).places, [seats[0].pk], [t.seat_id for t in reservation.tickets.all()]
        )

    def test_counts_as_so_many_seats(self, owner, settings):
        show, _ = show_with_seats(3)
        settings.MAX_SEATS_PER_RESERVATION = 2
        with pytest.raises(errors.TooManySeats):
            best(owner, show, 3)

    def test_has_a_ticket_type_for_each_seat(self, owner):
        from reservation.models import TicketType

        show, _ = show_with_seats(2)
        child = TicketType.objects.create(name="Child", percentage=50)
        adult = TicketType.objects.get(is_default=True)
        reservation = best(owner, show, 2, ticket_type_ids=(adult.pk, child.pk))
        assert [ticket.price for ticket in reservation.tickets.all()] == [1250, 625]

    @pytest.mark.parametrize("count", [1, 10])
    def test_costs_the_same_queries_as_seats_by_name(
        self, owner, count, django_assert_num_queries
    ):
        show, _ = show_with_seats(10, forbids_lonely_seats=True)
        facts.of(show)
        with django_assert_num_queries(9):  # 7, and the savepoint that a test adds
            best(owner, show, count)


class TestAccessiblePlaces:
    def test_are_never_given_to_whoever_wants_the_best(self, owner, accessible):
        show, _ = accessible
        assert labels(best(owner, show, 4)) == ["A3", "A4", "A5", "A6"]
        with pytest.raises(errors.NotEnoughSeats):
            best(owner, show)

    def test_are_sold_to_whom_they_are_for_with_whoever_comes_along(self, owner, accessible):
        show, seats = accessible
        wish = named(owner, show, seats[:3], wheelchair_need=True)
        assert labels(wish) == ["A1", "A2", "A3"]

    def test_are_refused_without_a_need_and_named(self, owner, accessible):
        show, seats = accessible
        with pytest.raises(errors.WheelchairNeedNotStated) as refusal:
            named(owner, show, seats[:3])
        assert labels_of(refusal) == ["A1"]
        assert not Ticket.objects.exists()

    def test_a_companion_s_place_comes_with_a_wheelchair_place_only(self, owner, accessible):
        show, seats = accessible
        with pytest.raises(errors.CompanionAlone) as refusal:
            named(owner, show, seats[1:3], wheelchair_need=True)
        assert labels_of(refusal) == ["A2"]

    def test_are_sold_to_everyone_from_their_release_on(self, owner, accessible, settings):
        settings.ACCESSIBLE_RELEASE_MINUTES = 30
        show, seats = accessible
        release = show.starts_at - 30 * MINUTE
        assert show.accessible_released_at == release
        with pytest.raises(errors.WheelchairNeedNotStated):
            named(owner, show, seats[:1], at=release - INSTANT)
        assert labels(named(owner, show, seats[:1], at=release)) == ["A1"]
        assert len(labels(best(owner, show, 7, at=release))) == 7

    def test_are_the_last_to_go_even_then(self, owner, accessible):
        show, _ = accessible
        release = show.accessible_released_at
        assert labels(best(owner, show, 4, at=release)) == ["A3", "A4", "A5", "A6"]

    def test_are_kept_to_the_end_where_the_house_says_never(self, owner, accessible, settings):
        settings.ACCESSIBLE_RELEASE_MINUTES = None
        show, seats = accessible
        assert show.accessible_released_at is None
        with pytest.raises(errors.WheelchairNeedNotStated):
            named(owner, show, seats[:1], at=show.starts_at - INSTANT)

    def test_the_best_ones_come_with_the_seats_beside_them(self, owner, stranger, accessible):
        show, _ = accessible
        need = {"wheelchair_places": 1, "wheelchair_need": True}
        assert labels(best(owner, show, 3, **need)) == ["A1", "A2", "A3"]
        assert labels(best(stranger, show, 2, **need)) == ["A7", "A8"]
        with pytest.raises(errors.NotEnoughSeats):
            best(stranger, show, 1, **need)


class TestLonelySeats:
    def test_are_refused_and_what_would_do_is_told(self, owner, strict):
        show, seats = strict
        with pytest.raises(errors.LonelySeats) as refusal:
            named(owner, show, seats[1:3])
        assert labels_of(refusal) == ["A1"]
        assert labels_of(refusal, "instead") == ["A1", "A2"]
        assert labels_of(refusal, "add") == ["A1"]
        assert not Reservation.objects.exists()

    @pytest.mark.parametrize("name", ["instead", "add"])
    def test_what_would_do_does(self, owner, strict, name):
        show, seats = strict
        with pytest.raises(errors.LonelySeats) as refusal:
            named(owner, show, seats[1:3])
        more = [seat["id"] for seat in refusal.value.facts[name]]
        wanted = more if name == "instead" else [seats[1].pk, seats[2].pk, *more]
        assert named(owner, show, [seat for seat in seats if seat.pk in wanted]).pk

    def test_too_many_are_not_told_to_take_even_more(self, owner, strict, settings):
        settings.MAX_SEATS_PER_RESERVATION = 2
        show, seats = strict
        with pytest.raises(errors.LonelySeats) as refusal:
            named(owner, show, seats[1:3])
        assert labels_of(refusal, "add") == []

    def test_are_left_where_there_is_nothing_else(self, owner):
        show, seats = show_with_seats(3, forbids_lonely_seats=True)
        assert labels(named(owner, show, seats[:2])) == ["A1", "A2"]

    def test_are_left_where_the_show_does_not_mind(self, owner):
        show, seats = show_with_seats(6)
        assert labels(named(owner, show, seats[1:3])) == ["A2", "A3"]

    def test_are_left_by_the_box_office_where_a_person_decides(self, strict):
        show, seats = strict
        choices = [SeatChoice(seats[1].pk)]
        sold = holding.hold(
            user_id=None, show_id=show.pk, choices=choices, at=NOW, channel=Channel.BOX_OFFICE
        )
        assert labels(sold) == ["A2"]

    def test_a_dead_hold_s_seats_are_company(self, owner, stranger):
        show, seats = show_with_seats(8, forbids_lonely_seats=True)
        dead = held(stranger, show, seats[:2], at=NOW)
        with pytest.raises(errors.LonelySeats):
            named(owner, show, seats[3:5], at=dead.expires_at - INSTANT)
        assert named(owner, show, seats[3:5], at=dead.expires_at).pk

    def test_are_nobody_s_concern_who_brings_a_wheelchair(self, owner, accessible):
        show, seats = accessible
        show.forbids_lonely_seats = True
        show.save()
        with pytest.raises(errors.LonelySeats):
            named(owner, show, seats[3:4], wheelchair_need=True)
        assert named(owner, show, [seats[0], seats[3]], wheelchair_need=True).pk

    def test_asking_costs_a_hold_no_query(self, owner, strict, django_assert_num_queries):
        show, seats = strict
        facts.of(show)
        with django_assert_num_queries(9):  # 7, and the savepoint that a test adds
            named(owner, show, seats[:2])

    def test_what_would_do_is_looked_for_when_nobody_waits_any_more(
        self, owner, strict, monkeypatch
    ):
        """Not under the show's lock: looking may take long."""
        show, seats = strict
        inside = []
        once, mend = holding.hold_once, seating.mend

        def watched(**wish):
            inside.append(True)
            try:
                return once(**wish)
            finally:
                inside.pop()

        def look(*args, **kwargs):
            assert not inside
            return mend(*args, **kwargs)

        monkeypatch.setattr(holding, "hold_once", watched)
        monkeypatch.setattr(seating, "mend", look)
        with pytest.raises(errors.LonelySeats):
            named(owner, show, seats[1:3])

    def test_who_is_overtaken_again_and_again_is_decided_upon_at_last(
        self, owner, stranger, monkeypatch
    ):
        """Each time that it turned out to be allowed, somebody else had bought meanwhile."""
        show, seats = show_with_seats(3, forbids_lonely_seats=True)
        more = [SeatFactory(hall=show.hall, row="B", number=n, x=2 * n, y=2) for n in range(1, 9)]
        check, others = choosing.LeavesLonely.check, iter(more)

        def overtaken(doubt):
            check(doubt)
            holding.hold(
                user_id=None,
                show_id=show.pk,
                choices=[SeatChoice(next(others).pk)],
                at=NOW,
                channel=Channel.BOX_OFFICE,
            )

        monkeypatch.setattr(choosing.LeavesLonely, "check", overtaken)
        assert labels(named(owner, show, seats[:2])) == ["A1", "A2"]
        assert Ticket.objects.live().count() == 2 + choosing.LOOKS_OUTSIDE + 1


class TestSalesOpen:
    def test_at_their_instant(self, owner):
        show, seats = show_with_seats(2, sales_open_at=NOW)
        with pytest.raises(errors.SalesNotOpen) as refusal:
            named(owner, show, seats[:1], at=NOW - INSTANT)
        opens = NOW.isoformat().replace("+00:00", "Z")
        assert refusal.value.facts["sales_open_at"] == opens
        assert opens in str(refusal.value)
        assert named(owner, show, seats[:1], at=NOW).pk

    def test_a_show_says_whether_they_are(self):
        show, _ = show_with_seats(1, sales_open_at=NOW)
        assert not show.sells_at(NOW - INSTANT)
        assert show.is_open_at(NOW - INSTANT)
        assert show.sells_at(NOW)


class TestLimits:
    def test_seats_of_one_show_held_and_paid_for_are_limited(self, owner, stranger, settings):
        settings.MAX_SEATS_PER_SHOW = 3
        show, seats = show_with_seats(8)
        paid = named(owner, show, seats[:2])
        booking.confirm(reservation_id=paid.pk, at=NOW)
        with pytest.raises(errors.TooManySeatsOfShow) as refusal:
            named(owner, show, seats[2:4])
        assert refusal.value.facts == {"limit": 3, "taken": 2}
        hold = named(owner, show, seats[2:3])
        with pytest.raises(errors.TooManySeatsOfShow):
            best(owner, show)
        assert named(stranger, show, seats[4:7]).pk
        booking.cancel(reservation_id=hold.pk, at=NOW)
        booking.cancel(reservation_id=paid.pk, at=NOW)
        assert named(owner, show, seats[:3]).pk

    def test_seats_of_a_dead_hold_and_of_other_shows_are_not_counted(self, owner, settings):
        settings.MAX_SEATS_PER_SHOW = 2
        for _ in range(2):
            show, seats = show_with_seats(4)
            dead = named(owner, show, seats[:2])
        assert named(owner, show, seats[2:], at=dead.expires_at).pk
