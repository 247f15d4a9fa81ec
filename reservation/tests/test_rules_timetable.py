from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules import timetable

ZONES = [
    "UTC",
    "Europe/Lisbon",
    "America/New_York",
    "America/Santiago",  # midnight is skipped when summer time begins
    "America/Havana",  # midnight comes twice when it ends
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # summer time is half an hour
    "Pacific/Apia",  # left out 30 December 2011
    "Pacific/Kiritimati",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(1950, 1, 1), date(2100, 12, 31))
instants = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
minutes = st.integers(0, 60)


def a_slot(starts_at, runtime=90, trailers=15, cleaning=15):
    return timetable.slot(
        starts_at=starts_at,
        runtime_minutes=runtime,
        trailer_minutes=trailers,
        cleaning_minutes=cleaning,
    )


slots = st.builds(
    a_slot,
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2), timezones=st.just(UTC)),
    st.integers(1, 900),
    minutes,
    minutes,
)


class TestSlot:
    @given(instants, st.tuples(st.integers(1, 900), minutes, minutes))
    def test_a_show_ends_after_it_starts_and_the_hall_is_cleaned_after(self, at, lengths):
        slot = a_slot(at, *lengths)
        assert slot.starts_at < slot.ends_at <= slot.hall_free_at
        assert slot.hall_free_at - slot.starts_at == timedelta(minutes=sum(lengths))

    @given(slots, slots)
    def test_overlapping_is_mutual(self, one, other):
        assert timetable.overlap(one, other) == timetable.overlap(other, one)

    @given(slots)
    def test_a_show_overlaps_with_itself(self, slot):
        assert timetable.overlap(slot, slot)

    @given(slots)
    def test_the_next_show_may_start_when_the_hall_is_clean(self, slot):
        follower = a_slot(slot.hall_free_at)
        assert not timetable.overlap(slot, follower)
        assert timetable.overlap(slot, a_slot(slot.hall_free_at - timedelta(seconds=1)))

    @given(slots, slots)
    def test_of_two_that_do_not_overlap_one_is_over_first(self, one, other):
        apart = one.hall_free_at <= other.starts_at or other.hall_free_at <= one.starts_at
        assert timetable.overlap(one, other) != apart


class TestDays:
    @given(days, zones, st.integers(-100_000, 100_000))
    def test_an_instant_is_within_the_day_that_the_local_calendar_shows(self, day, zone, shift):
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(seconds=shift)
        begins, ends = timetable.day_bounds(day, zone)
        assert (begins <= moment < ends) == (moment.astimezone(zone).date() == day)

    @given(days, zones)
    def test_days_follow_each_other_without_a_gap(self, day, zone):
        _, ends = timetable.day_bounds(day, zone)
        begins, _ = timetable.day_bounds(day + timedelta(days=1), zone)
        assert begins == ends

    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            ("Europe/Lisbon", date(2026, 3, 29), 23),
            ("Europe/Lisbon", date(2026, 10, 25), 25),
            ("America/Santiago", date(2026, 9, 6), 23),
            ("America/Havana", date(2026, 11, 1), 25),
            ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
            ("Pacific/Apia", date(2011, 12, 30), 0),
        ],
    )
    def test_days_are_as_long_as_clocks_make_them(self, zone, day, hours):
        begins, ends = timetable.day_bounds(day, ZoneInfo(zone))
        assert ends - begins == timedelta(hours=hours)

    @pytest.mark.parametrize(
        "day", [date(timetable.FIRST_YEAR, 1, 1), date(timetable.LAST_YEAR, 12, 31)]
    )
    def test_the_first_and_last_sensible_day_have_bounds_in_every_zone(self, day):
        for zone in available_timezones():
            begins, ends = timetable.day_bounds(day, ZoneInfo(zone))
            assert begins < ends, zone


class TestInstant:
    @given(instants, zones)
    def test_it_is_the_instant_at_which_clocks_show_that_time_or_refused(self, moment, zone):
        local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        try:
            assert timetable.instant(local, zone) == moment
        except timetable.NotOneInstant:
            shown = moment.astimezone(zone)
            assert shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()

    @pytest.mark.parametrize(
        "local", [datetime(2026, 3, 29, 1, 30), datetime(2026, 10, 25, 1, 30)]
    )
    def test_a_time_that_clocks_show_never_or_twice_is_refused(self, local):
        with pytest.raises(timetable.NotOneInstant):
            timetable.instant(local, ZoneInfo("Europe/Lisbon"))


@pytest.mark.parametrize(
    ("year", "sensible"), [(1899, False), (1900, True), (2200, True), (2201, False)]
)
def test_years_that_no_programme_is_made_for(year, sensible):
    assert timetable.is_sensible(date(year, 6, 1)) is sensible
