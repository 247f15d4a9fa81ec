from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.cancellation import cancellation_fee, refund_percent

START = datetime(2026, 11, 28, 21, tzinfo=UTC)
STEPS = [{"hours_before": 24, "refund_percent": 100}, {"hours_before": 2, "refund_percent": 50}]

steps = st.fixed_dictionaries(
    {"hours_before": st.integers(0, 240), "refund_percent": st.integers(0, 100)}
)
policies = st.lists(steps, max_size=5)
totals = st.integers(0, 10**8)
moments = st.integers(-(10**6), 10**6).map(lambda seconds: START - timedelta(seconds=seconds))


def percent(policy, at):
    return refund_percent(policy=policy, starts_at=START, at=at)


def fee(total, policy, at):
    return cancellation_fee(total=total, policy=policy, starts_at=START, at=at)


def test_each_step_ends_at_its_very_instant():
    second = timedelta(seconds=1)
    day, hours = START - timedelta(hours=24), START - timedelta(hours=2)
    assert [percent(STEPS, at) for at in (day, day + second)] == [100, 50]
    assert [percent(STEPS, at) for at in (hours, hours + second)] == [50, 0]


def test_without_a_policy_the_house_keeps_all():
    assert fee(2500, [], START - timedelta(days=9)) == 2500


def test_a_fraction_of_a_cent_is_the_customers():
    half = [{"hours_before": 0, "refund_percent": 50}]
    assert fee(1251, half, START) == 625


@given(totals, policies, moments)
def test_the_house_keeps_something_between_nothing_and_all(total, policy, at):
    assert 0 <= fee(total, policy, at) <= total


@given(totals, policies, moments, moments)
def test_waiting_never_makes_it_cheaper(total, policy, one, other):
    early, late = sorted([one, other])
    assert fee(total, policy, early) <= fee(total, policy, late)


@given(policies, moments)
def test_the_order_of_steps_does_not_matter(policy, at):
    assert percent(policy, at) == percent(policy[::-1], at)


@given(totals, policies, moments)
def test_what_comes_back_is_the_promised_share_or_a_fraction_of_a_cent_more(total, policy, at):
    promised = total * percent(policy, at)
    paid_back = (total - fee(total, policy, at)) * 100
    assert promised <= paid_back < promised + 100
