"""The checker of the storm sees every kind of lie, and none where there is none."""

import pytest

from benchmarks.storm.books import Entry
from benchmarks.storm.checker import lies
from benchmarks.storm.customers import Told

ANN, BEN, SEATS = 1, 2, [10, 11, 12]


def entry(reservation=100, user=ANN, seat=10, *, made_at=1.0, is_live=True) -> Entry:
    return Entry(reservation, user, "held", made_at, seat, is_live)


def booked(customer=ANN, reservation=100, seats=(10,), given=None) -> Told:
    body = {"id": reservation, "seats": [{"id": seat} for seat in given or seats]}
    return Told(customer, seats, 201, body, 0.9, 1.1)


def refused(customer=BEN, seats=(10,), named=(10,), received_at=2.0) -> Told:
    error = {"code": "seats_taken", "seats": [{"id": seat} for seat in named]}
    return Told(customer, seats, 409, {"errors": [error]}, 1.5, received_at)


def told_in_words(told, books) -> str:
    return "; ".join(lies(told, books, seats=SEATS))


def test_the_truth_is_no_lie():
    later = Told(BEN, (11,), 503, None, 0.5, 0.6)
    assert not lies([booked(), refused(), later], [entry()], seats=SEATS)


@pytest.mark.parametrize(
    ("told", "books", "complaint"),
    [
        ([booked()], [entry(), entry(reservation=101, user=BEN)], "sold 2 times"),
        ([booked(), booked(BEN, 101)], [entry()], "promised to 2 customers"),
        ([booked()], [], "the books say"),
        ([booked()], [entry(is_live=False)], "the books say"),
        ([booked()], [entry(user=BEN)], "the books say"),
        ([booked(seats=(10, 11))], [entry()], "the books say"),
        ([booked(seats=(10,), given=(11,))], [entry(seat=11)], "was given"),
        ([], [entry()], "was never told"),
        ([refused()], [], "which was free"),
        ([booked(), refused(received_at=0.5)], [entry()], "which was free"),
        ([booked(), refused(customer=ANN)], [entry()], "which was free"),
        ([booked(), refused(seats=(11,))], [entry()], "was refused {"),
        ([booked(), refused(named=())], [entry()], "was refused {"),
        ([Told(ANN, (10,), 500, None, 0.0, 1.0)], [], "was answered 500"),
    ],
)
def test_a_lie_is_seen(told, books, complaint):
    assert complaint in told_in_words(told, books)


def test_who_was_cut_off_may_have_seats_without_knowing_but_nobody_should_be():
    cut_off = Told(ANN, (10,), 0, None, 0.0, 1.0)
    (lie,) = lies([cut_off], [entry()], seats=SEATS)
    assert "answered 0" in lie
