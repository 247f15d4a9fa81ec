"""What all rules stand on: one world, its books, and a look at both after every act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from payments.tests.any_order import always, at_rest
from payments.tests.any_order.books import Books
from payments.tests.any_order.rest import come_to_rest
from payments.tests.any_order.world import LONGEST_LAG, Stage, World, is_failing
from payments.tests.moments import SECOND

which = st.integers(0, 9)
part = st.sampled_from([None, 1, 500, 500, 1250])
# How far the clock of whoever acts is behind.
lag = st.sampled_from([timedelta(), timedelta(), 3 * SECOND, LONGEST_LAG])
before_or_after = st.sampled_from(["before", "after"])


class Machine(RuleBasedStateMachine):
    """A world in which things are attempted, and in which some things are always true."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.world = World(stage)
        self.stage, self.stripe = stage, self.world.stripe
        self.books = Books(self.stripe, self.world.now)

    def attempt(self, verb: Callable[..., object], **facts: Any) -> None:
        """Let a process try that; whatever became of it, the house is in order."""
        self.world.attempt(verb, **facts)
        self.look()

    def look(self) -> None:
        """Read the books anew, and compare them with what has to be true."""
        before, self.books = self.books, Books(self.stripe, self.world.now)
        always.assert_seats_are_safe(self.books)
        always.assert_only_forward(before, self.books)
        always.assert_nothing_is_given_away(self.books)
        always.assert_nobody_is_forgotten(self.books)
        always.assert_banks_are_waited_for(before, self.books)
        always.assert_only_untouched_money_buys(before, self.books)
        always.assert_nobody_is_turned_away(before, self.books)
        always.assert_promises_are_kept(self.books, self.world.called_off)
        assert not self.world.sins, self.world.sins

    def has(self, what: str) -> bool:
        return bool(getattr(self.books, what))

    @invariant()
    def the_house_is_in_order(self) -> None:
        if self.books.at != self.world.now:
            self.look()

    def teardown(self) -> None:
        try:
            if not is_failing():
                come_to_rest(self.world)
                self.look()
                at_rest.assert_everything_is_settled(self.books)
        finally:
            self.world.close()
