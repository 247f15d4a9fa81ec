"""Customers, banks, staff, time, lost messages and crashes, in any order; then rest.

After every step the seats are safe, states have only gone forward, and nothing was given
away. At the end the worker comes to rest, and for every reservation what Stripe kept is
what is due. Everything is one process on one connection: what others do at the same time
happens while Stripe is being asked. Rivals on real connections are in `test_races.py`.

Every example begins with a situation that is dangerous by design (`situations.py`); what
else happens is up to luck, which is the same in every run. `ANY_ORDER_EXAMPLES=100` looks for
new orders instead, in a hundred examples and more of each situation; `ANY_ORDER_STEPS=100`
makes them longer. What fails is shortened and printed as the steps to take.
"""

import logging
import os
from collections.abc import Iterator

import pytest
import stripe as stripe_package
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from payments.tests.any_order.situations import WEIGHTS, Situations
from payments.tests.any_order.world import Stage
from payments.tests.moments import DAY, HOUR, NOW
from reservation.tests.factories import ShowTimeFactory, show_with_seats
from users.tests.factories import UserFactory

HUNTS = int(os.environ.get("ANY_ORDER_EXAMPLES", "0"))
PLAYS_PER_WEIGHT = 4
PROFILE = settings(
    stateful_step_count=int(os.environ.get("ANY_ORDER_STEPS", "16")),
    derandomize=not HUNTS,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
SEATS = 4
# Mostly a part comes back: a second refund, which should not be, finds something to send.
POLICY = [{"hours_before": 480, "refund_percent": 100}, {"hours_before": 6, "refund_percent": 40}]


@pytest.fixture
def stage(transactional_db, adult, settings, monkeypatch) -> Iterator[Stage]:
    """One hall of a few seats, shows in it, three customers who want them.

    It is committed: each example is one transaction, which is rolled back. Inside of a
    transaction of the test the versions of rows that all examples leave behind would pile up.
    """
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test_any", ["whsec_sandbox"]
    settings.CANCELLATION_POLICY = POLICY
    monkeypatch.setattr(stripe_package.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe_package.HTTPClient, "MAX_DELAY", 0)
    first, seats = show_with_seats(SEATS, starts_at=NOW + 26 * HOUR)
    others = [
        ShowTimeFactory(hall=first.hall, movie=first.movie, starts_at=NOW + days * DAY)
        for days in (5, 12, 15, 30)
    ]
    customers = [UserFactory() for _ in range(3)]
    with time_machine.travel(NOW, tick=False) as clock:
        yield Stage([first, *others], seats, customers, UserFactory(), clock, settings)


@pytest.fixture
def quiet() -> Iterator[None]:
    """What goes wrong here goes wrong on purpose; only our own ears hear of it."""
    loggers = [logging.getLogger(name) for name in ("payments", "django.request")]
    for logger in loggers:
        logger.propagate = False
    yield
    for logger in loggers:
        logger.propagate = True


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("situation", WEIGHTS)
def test_money_and_seats_are_right_whatever_happens(stage, situation):
    plays = settings(PROFILE, max_examples=(HUNTS or PLAYS_PER_WEIGHT) * WEIGHTS[situation])
    run_state_machine_as_test(lambda: Situations(stage, situation), settings=plays)
