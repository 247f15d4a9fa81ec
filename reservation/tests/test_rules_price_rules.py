from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.pricing import (
    HIGHEST_PRICE,
    Amount,
    Applied,
    Percentage,
    PriceRule,
    show_price,
)

LISBON = ZoneInfo("Europe/Lisbon")
ZONES = ["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
FRIDAYS_NIGHT = {"weekdays": frozenset({FRIDAY}), "from_time": time(22), "to_time": time(2)}

clocks = st.times()
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
amounts = st.integers(-2 * HIGHEST_PRICE, 2 * HIGHEST_PRICE).map(Amount)
changes = st.one_of(
    amounts, st.integers(-1500, 1500).map(Amount), st.integers(-200, 300).map(Percentage)
)
prices = st.integers(0, HIGHEST_PRICE)
weekdays = st.frozensets(st.integers(0, 6))


def a_rule(change=None, **fields):
    return PriceRule(**{"id": 1, "name": "Rule", "change": change or Amount(100)} | fields)


rules = st.builds(
    a_rule,
    changes,
    name=st.sampled_from(["Matinee", "Weekend", "Late", "Tuesday"]),
    priority=st.integers(0, 3),
    weekdays=weekdays,
    from_time=clocks,
    to_time=clocks,
    valid_from=st.none() | days,
    valid_until=st.none() | days,
)
rule_sets = st.lists(rules, max_size=6).map(
    lambda drawn: [
        PriceRule(**{name: getattr(rule, name) for name in PriceRule.__slots__} | {"id": number})
        for number, rule in enumerate(drawn)
    ]
)


def lisbon(*when, fold=0):
    return datetime(*when, tzinfo=LISBON, fold=fold).astimezone(UTC)


AFTERNOON = lisbon(2026, 7, 10, 15)


def priced(base, *rules, at=AFTERNOON, zone=LISBON):
    return show_price(base=base, rules=rules, starts_at=at, zone=zone)


class TestWindow:
    @pytest.mark.parametrize(
        ("clock", "counts"),
        [((13, 59), False), ((14, 0), True), ((17, 59), True), ((18, 0), False)],
    )
    def test_begins_and_ends_at_its_very_minute(self, clock, counts):
        matinee = a_rule(from_time=time(14), to_time=time(18))
        assert matinee.applies(starts_at=lisbon(2026, 7, 10, *clock), zone=LISBON) is counts

    @pytest.mark.parametrize(
        ("when", "counts"),
        [
            ((2026, 7, 10, 1, 30), False),  # Thursday's night
            ((2026, 7, 10, 21, 59), False),
            ((2026, 7, 10, 22, 0), True),
            ((2026, 7, 11, 0, 0), True),  # Saturday by the calendar
            ((2026, 7, 11, 1, 59), True),
            ((2026, 7, 11, 2, 0), False),
            ((2026, 7, 11, 22, 30), False),
            ((2026, 7, 12, 0, 30), False),
        ],
    )
    def test_past_midnight_belongs_to_the_day_on_which_it_began(self, when, counts):
        late = a_rule(**FRIDAYS_NIGHT)
        assert late.applies(starts_at=lisbon(*when), zone=LISBON) is counts

    def test_past_midnight_is_valid_as_long_as_the_day_on_which_it_began(self):
        late = a_rule(**FRIDAYS_NIGHT, valid_from=date(2026, 7, 10), valid_until=date(2026, 7, 10))
        nights = [lisbon(2026, 7, day, 0, 30) for day in (4, 11, 18)]
        assert [late.applies(starts_at=at, zone=LISBON) for at in nights] == [False, True, False]

    def test_of_a_whole_day_may_begin_in_the_morning(self):
        friday = a_rule(weekdays=frozenset({FRIDAY}), from_time=time(6), to_time=time(6))
        starts = [(10, 5, 59), (10, 6, 0), (11, 5, 59), (11, 6, 0)]
        assert [
            friday.applies(starts_at=lisbon(2026, 7, *start), zone=LISBON) for start in starts
        ] == [False, True, True, False]

    def test_until_midnight_ends_with_its_day(self):
        evening = a_rule(weekdays=frozenset({FRIDAY}), from_time=time(18), to_time=time(0))
        starts = [(10, 17, 59), (10, 18, 0), (10, 23, 59), (11, 0, 0)]
        assert [
            evening.applies(starts_at=lisbon(2026, 7, *start), zone=LISBON) for start in starts
        ] == [False, True, True, False]

    @given(instants, zones, weekdays)
    def test_without_times_is_the_local_calendar_day(self, at, zone, weekdays):
        rule = a_rule(weekdays=weekdays)
        local = at.astimezone(zone).weekday()
        assert rule.applies(starts_at=at, zone=zone) is (not weekdays or local in weekdays)

    @given(instants, zones, clocks, clocks)
    def test_and_the_rest_of_the_clock_share_out_every_start(self, at, zone, one, other):
        inside = a_rule(from_time=one, to_time=other)
        outside = a_rule(from_time=other, to_time=one)
        found = [rule.applies(starts_at=at, zone=zone) for rule in (inside, outside)]
        assert sum(found) == 1 or one == other

    @given(instants, zones, clocks, clocks)
    def test_of_one_weekday_each_counts_for_exactly_one_of_the_seven(self, at, zone, one, other):
        week = [
            a_rule(weekdays=frozenset({day}), from_time=one, to_time=other) for day in range(7)
        ]
        always = a_rule(from_time=one, to_time=other)
        found = sum(rule.applies(starts_at=at, zone=zone) for rule in week)
        assert found == always.applies(starts_at=at, zone=zone)

    @given(days, days, days)
    def test_is_valid_on_its_first_and_last_day_and_between(self, day, one, other):
        rule = a_rule(valid_from=one, valid_until=other)
        at = datetime.combine(day, time(15), tzinfo=LISBON)
        assert rule.applies(starts_at=at, zone=LISBON) is (one <= day <= other)

    def test_speaks_of_the_cinemas_clocks_not_of_utc(self):
        matinee = a_rule(weekdays=frozenset({SATURDAY}), from_time=time(14), to_time=time(18))
        at = datetime(2026, 7, 11, 18, 30, tzinfo=UTC)
        zones = ["UTC", "America/New_York"]
        assert [matinee.applies(starts_at=at, zone=ZoneInfo(zone)) for zone in zones] == [
            False,
            True,
        ]


class TestDaysWithAnHourMoreOrLess:
    def test_an_hour_that_comes_twice_counts_twice(self):
        late = a_rule(from_time=time(1), to_time=time(2))
        twice = [lisbon(2026, 10, 25, 1, 30, fold=fold) for fold in (0, 1)]
        assert twice[1] - twice[0] == timedelta(hours=1)
        assert all(late.applies(starts_at=at, zone=LISBON) for at in twice)

    def test_an_hour_that_is_skipped_never_counts(self):
        late = a_rule(from_time=time(1), to_time=time(2))
        before = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
        assert before.astimezone(LISBON).time() == time(0, 59, 59)
        starts = [before + timedelta(seconds=seconds) for seconds in range(3)]
        assert not any(late.applies(starts_at=at, zone=LISBON) for at in starts)

    @pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25), (7, 12)])
    def test_a_matinee_is_at_the_same_time_by_the_clock(self, month, day):
        matinee = a_rule(weekdays=frozenset({SUNDAY}), from_time=time(14), to_time=time(18))
        starts = [lisbon(2026, month, day, *clock) for clock in [(13, 59), (14, 0), (17, 59)]]
        assert [matinee.applies(starts_at=at, zone=LISBON) for at in starts] == [False, True, True]

    @pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
    def test_a_night_still_belongs_to_the_day_before(self, month, day):
        night = a_rule(weekdays=frozenset({SATURDAY}), from_time=time(22), to_time=time(3))
        starts = [lisbon(2026, month, day, 0, 30), lisbon(2026, month, day, 2, 30)]
        assert all(night.applies(starts_at=at, zone=LISBON) for at in starts)


class TestShowPrice:
    @pytest.mark.parametrize(
        ("base", "change", "amount"),
        [
            (1250, Amount(-200), 1050),
            (1250, Amount(150), 1400),
            (150, Amount(-200), 0),
            (HIGHEST_PRICE, Amount(1), HIGHEST_PRICE),
            (1250, Percentage(-20), 1000),
            (1255, Percentage(-50), 628),  # 627.5
            (1255, Percentage(10), 1381),  # 1380.5
            (1254, Percentage(10), 1379),  # 1379.4
            (1250, Percentage(-100), 0),
            (1250, Percentage(-150), 0),
            (1250, Percentage(0), 1250),
        ],
    )
    def test_of_one_rule(self, base, change, amount):
        price = priced(base, a_rule(change, name="Matinee"))
        assert price.amount == amount
        changed = (Applied(1, "Matinee", amount - base),)
        assert price.applied == (changed if amount != base else ())

    def test_each_rule_starts_from_what_those_before_it_left(self):
        off = a_rule(Amount(-100), id=7, name="Matinee", priority=1)
        more = a_rule(Percentage(20), id=3, name="Weekend", priority=2)
        price = priced(1000, more, off)
        assert price.applied == (Applied(7, "Matinee", -100), Applied(3, "Weekend", 180))
        assert (price.base, price.amount) == (1000, 1080)

    def test_of_equal_priority_the_lower_id_is_first(self):
        off = a_rule(Amount(-100), id=7)
        more = a_rule(Percentage(20), id=3)
        assert priced(1000, off, more).amount == 1100

    def test_a_rule_for_other_times_changes_nothing(self):
        assert priced(1000, a_rule(weekdays=frozenset({SUNDAY}))).applied == ()

    @given(prices, rule_sets, instants, zones)
    def test_is_the_base_and_all_named_changes(self, base, rules, at, zone):
        price = priced(base, *rules, at=at, zone=zone)
        assert price.base + sum(one.change for one in price.applied) == price.amount
        assert all(one.change for one in price.applied)

    @given(prices, rule_sets, instants, zones)
    def test_names_no_rule_but_those_that_apply_each_once(self, base, rules, at, zone):
        applying = {rule.id: rule.name for rule in rules if rule.applies(starts_at=at, zone=zone)}
        named = [(one.rule_id, one.name) for one in priced(base, *rules, at=at, zone=zone).applied]
        assert len(set(named)) == len(named)
        assert set(named) <= set(applying.items())

    @given(prices, rule_sets, instants, zones)
    def test_is_neither_negative_nor_above_the_highest(self, base, rules, at, zone):
        assert 0 <= priced(base, *rules, at=at, zone=zone).amount <= HIGHEST_PRICE

    @given(prices, rule_sets, instants, st.randoms(use_true_random=False))
    def test_is_the_same_in_whatever_order_rules_come(self, base, rules, at, random):
        shuffled = random.sample(rules, len(rules))
        assert priced(base, *shuffled, at=at) == priced(base, *rules, at=at)

    @given(prices, prices, rule_sets, instants)
    def test_of_a_dearer_show_is_never_lower(self, one, other, rules, at):
        cheap, dear = (priced(base, *rules, at=at).amount for base in sorted([one, other]))
        assert cheap <= dear

    @given(prices, st.integers(-200, 300), st.integers(-200, 300))
    def test_a_larger_percentage_never_makes_it_cheaper(self, base, one, other):
        low, high = sorted([one, other])
        cheap, dear = (priced(base, a_rule(Percentage(percent))) for percent in (low, high))
        assert cheap.amount <= dear.amount
