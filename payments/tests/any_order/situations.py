"""Which situations are played, and how often.

What has to be so at once to be dangerous is hardly ever so by luck: the refund is lost, and
somebody settles, and nobody has looked. Here it is brought about in one step. Luck decides
on the details, on what else happens, and which other situations it meets.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from payments.tests.any_order.giving_back import GivingBack
from payments.tests.any_order.paying import Paying
from payments.tests.any_order.scene import Scene, scenes
from payments.tests.any_order.world import Stage

# How often, in proportion.
WEIGHTS = {
    "paid_late": 3,
    "paid_late_for_free_seats": 2,
    "robbed_while_a_clock_lags": 2,
    "old_news_comes_last": 2,
    "page_asked_for_twice": 2,
    "two_pages_paid": 2,
    "ordered_from_a_bank": 2,
    "paid_while_being_closed": 2,
    "cancelled_in_silence": 1,
    "refund_lost": 2,
    "refund_takes_its_time": 2,
    "waived_twice_at_once": 2,
    "taken_by_a_bank": 2,
    "gone_before_it_was_news": 2,
    "refund_forgotten_by_stripe": 2,
}
a_situation = st.sampled_from([name for name, weight in WEIGHTS.items() for _ in range(weight)])


class Situations(Paying, GivingBack):
    """A certain one to begin with, and others among everything else."""

    def __init__(self, stage: Stage, first: str) -> None:
        super().__init__(stage)
        self.first = first

    @initialize(scene=scenes)
    def first_situation(self, scene: Scene) -> None:
        self.situation(name=self.first, scene=scene)

    @rule(name=a_situation, scene=scenes)
    def situation(self, name: str, scene: Scene) -> None:
        getattr(self, name)(scene)

    @rule(name=a_situation, scene=scenes)
    def another_situation(self, name: str, scene: Scene) -> None:
        self.situation(name=name, scene=scene)
