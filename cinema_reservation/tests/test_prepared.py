"""What is compiled once gives what the queryset would, and saves what `bulk_create` would."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from cinema_reservation.prepared import insert, prepared
from reservation.models import ShowTime, Ticket
from reservation.tests.factories import held, show_with_seats
from users import sessions
from users.models import Login

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@prepared
def _upcoming(*, price: int, after: datetime) -> QuerySet[ShowTime]:
    shows = ShowTime.objects.select_related("hall__cinema", "movie")
    return shows.filter(price=price, starts_at__gt=after).order_by("pk")


@prepared
def _seats_taken(*, show: int, seats: list[int]) -> QuerySet[Ticket, tuple[int, datetime]]:
    tickets = Ticket.objects.live().filter(showtime=show, seat__in=seats)
    return tickets.order_by("seat").values_list("seat", "reservation__expires_at")


@prepared
def _of_film(*, title: str) -> QuerySet[ShowTime]:
    return ShowTime.objects.filter(movie__title=title)


@prepared
def _login(*, pk: UUID) -> QuerySet[Login]:
    return Login.objects.filter(pk=pk)


@prepared
def _locked(*, pk: int) -> QuerySet[ShowTime]:
    return ShowTime.objects.select_for_update(no_key=True).filter(pk=pk)


def test_gives_instances_like_those_of_the_queryset(django_assert_num_queries):
    show, _ = show_with_seats(1)
    show.cancellation_policy = [{"hours_before": 24, "refund_percent": 100}]
    show.save()
    before = show.starts_at - timedelta(microseconds=1)
    with django_assert_num_queries(1):
        (found,) = _upcoming(price=show.price, after=before)
        assert found.hall.cinema.zone
        assert found.movie.title
    meant = ShowTime.objects.get(pk=show.pk)
    assert found == meant
    fields = [field.attname for field in ShowTime._meta.concrete_fields]
    assert [getattr(found, name) for name in fields] == [getattr(meant, name) for name in fields]


def test_saves_what_it_gave():
    show, _ = show_with_seats(1)
    (found,) = _upcoming(price=show.price, after=show.starts_at - timedelta(days=1))
    found.price += 1
    found.save()
    assert ShowTime.objects.get(pk=show.pk).price == show.price + 1


def test_asks_anew_with_what_is_given():
    show, _ = show_with_seats(1)
    before = show.starts_at - timedelta(microseconds=1)
    assert _upcoming(price=show.price, after=before) == [show]
    assert _upcoming(price=show.price, after=show.starts_at) == []
    assert _upcoming(price=show.price + 1, after=before) == []


def test_takes_lists_of_any_length_and_gives_tuples(owner):
    show, seats = show_with_seats(4)
    expires_at = held(owner, show, seats[1:3], at=NOW).expires_at
    ids = [seat.pk for seat in seats]
    both = [(ids[1], expires_at), (ids[2], expires_at)]
    assert _seats_taken(show=show.pk, seats=ids) == both
    assert _seats_taken(show=show.pk, seats=ids[1:2]) == both[:1]
    assert _seats_taken(show=show.pk, seats=ids[:1]) == []
    assert _seats_taken(show=show.pk, seats=[]) == []


def test_takes_uuids(owner):
    sessions.open_login(user=owner, at=NOW)
    login = Login.objects.get()
    assert _login(pk=login.pk) == [login]
    assert _login(pk=UUID(int=7)) == []


def test_text_is_no_part_of_the_sql():
    show, _ = show_with_seats(1)
    assert _of_film(title=show.movie.title) == [show]
    assert _of_film(title="x' OR '1'='1") == []


def test_locks_where_the_queryset_would():
    show, _ = show_with_seats(1)
    with CaptureQueriesContext(connection) as asked:
        assert _locked(pk=show.pk) == [show]
    locks = "FOR NO KEY UPDATE" in asked[0]["sql"]
    assert locks == connection.features.has_select_for_update


@pytest.mark.django_db(transaction=True)
def test_a_lock_without_a_transaction_is_refused_whoever_asked_before():
    show, _ = show_with_seats(1)
    with transaction.atomic():
        assert _locked(pk=show.pk) == [show]
    if connection.features.has_select_for_update:
        with pytest.raises(TransactionManagementError):
            _locked(pk=show.pk)


@prepared
def _others(*, seats: list[int]) -> QuerySet[Ticket, tuple[int]]:
    return Ticket.objects.exclude(seat__in=seats).values_list("pk")


@prepared
def _noted_others(*, seats: list[int]) -> QuerySet[Ticket, tuple[int, bool]]:
    return Ticket.objects.annotate(is_other=~Q(seat__in=seats)).values_list("pk", "is_other")


@prepared
def _flat(*, show: int) -> QuerySet[Ticket, int]:
    return Ticket.objects.filter(showtime=show).values_list("pk", flat=True)


@prepared
def _as_dictionaries(*, show: int) -> QuerySet[Ticket, dict[str, int]]:
    return Ticket.objects.filter(showtime=show).values("pk")


@prepared
def _with_more(*, show: int) -> QuerySet[Ticket]:
    return Ticket.objects.filter(showtime=show).annotate(next=F("seat") + 1)


@pytest.mark.parametrize(
    ("ask", "given"),
    [
        (_others, {"seats": []}),
        (_others, {"seats": [1]}),
        (_noted_others, {"seats": [1]}),
        (_flat, {"show": 1}),
        (_as_dictionaries, {"show": 1}),
        (_with_more, {"show": 1}),
        (_of_film, {"title": None}),
    ],
)
def test_what_would_be_answered_otherwise_is_refused(ask, given):
    with pytest.raises(TypeError):
        ask(**given)


def _copies(rows: list) -> list:
    """The same again, as new rows."""
    fields = [field.attname for field in rows[0]._meta.concrete_fields if not field.primary_key]
    return [type(row)(**{name: getattr(row, name) for name in fields}) for row in rows]


def _stored(rows: list) -> list[tuple]:
    """What the database has of these rows, but for their keys."""
    model = type(rows[0])
    found = model.objects.in_bulk([row.pk for row in rows])
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    return [tuple(getattr(found[row.pk], name) for name in names) for row in rows]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_inserts_what_bulk_create_would(owner, count, django_assert_num_queries):
    show, seats = show_with_seats(count)
    tickets = list(held(owner, show, seats, at=NOW).tickets.all())
    stored = _stored(tickets)
    Ticket.objects.all().delete()
    again = _copies(tickets)
    with django_assert_num_queries(1):
        insert(again)
    assert _stored(again) == stored
    states = [(ticket._state.adding, ticket._state.db) for ticket in again]
    assert states == [(False, "default")] * count
    again[-1].price += 1
    again[-1].save()
    assert Ticket.objects.get(pk=again[-1].pk).price == tickets[-1].price + 1


def test_inserts_shapes_and_moments_too(owner):
    show, seats = show_with_seats(1)
    reservation = held(owner, show, seats, at=NOW)
    reservation.cancellation_policy = [{"hours_before": 24, "refund_percent": 100}]
    reservation.save()
    (again,) = _copies([reservation])
    again.code = "ANOTHER1"
    insert([again])
    (stored,), (meant,) = _stored([again]), _stored([reservation])
    assert [one for one in zip(stored, meant, strict=True) if one[0] != one[1]] == [
        ("ANOTHER1", reservation.code)
    ]


def test_what_a_constraint_refuses_is_not_inserted(owner):
    show, seats = show_with_seats(2)
    tickets = list(held(owner, show, seats[:1], at=NOW).tickets.all())
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(_copies(tickets))
    assert Ticket.objects.count() == 1


def test_who_catches_a_refusal_can_only_roll_back(owner):
    show, seats = show_with_seats(1)
    tickets = list(held(owner, show, seats, at=NOW).tickets.all())
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            insert(_copies(tickets))
        with pytest.raises(TransactionManagementError):
            Ticket.objects.count()


def test_nothing_to_insert_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([])


def test_rows_that_could_not_be_told_all_of_themselves_are_refused():
    with pytest.raises(TypeError, match="keys"):
        insert([Login()])
    with pytest.raises(TypeError, match="default"):
        insert([ShowTime()])
