"""Situations around money that goes back, each set up on purpose."""

from payments.tests.any_order.scene import Scene, Staging
from payments.tests.any_order.seams import crash
from payments.tests.moments import DAY, HOUR
from reservation.models import Reservation

CREATE_REFUND = "payments.gateway.create_refund"


class GivingBack(Staging):
    """Lost, slow, failed, doubled, disputed."""

    def cancelled_in_silence(self, scene: Scene) -> None:
        """All messages have arrived; a cancellation is noted, and nobody is told of it."""
        if (found := self.sold(scene)) is not None:
            self._cancel(found[0], scene)

    def _cancel(self, reservation: Reservation, scene: Scene) -> None:
        """Mostly for a fee: a part goes back, and could go back once more."""
        if scene.end == 0:
            self.call_off_by_house(reservation)
        else:
            self.call_off(reservation)

    def refund_lost(self, scene: Scene) -> None:
        """Stripe made a refund and could not say so, or we died of it; it is sent again."""
        if (found := self.sold(scene)) is None:
            return
        reservation, page = found
        self._cancel(reservation, scene)
        if scene.end % 2:
            self.world.seams.plan(CREATE_REFUND, "after", crash)
        else:
            self.stripe.drop_next(scene.when, path="/v1/refunds", method="POST", times=3)
        self.settle(reservation)
        self.world.wait(scene.pause)
        self.settle(reservation)
        self.news(page, scene)

    def refund_takes_its_time(self, scene: Scene) -> None:
        """While a refund is on its way others look; then it arrives, or comes back."""
        if (found := self.sold(scene)) is None:
            return
        reservation, page = found
        self.stripe.refunds_stay_pending(pending=True)
        self._cancel(reservation, scene)
        self.settle(reservation)
        self.news(page, scene)
        self.settle(reservation)
        if self.books.refunds:
            self.decide_on_refund(self.books.refunds[-1], scene.end % 2 == 0)
        self.news(page, scene)
        self.world.wait(scene.pause)
        self.settle(reservation)

    def waived_twice_at_once(self, scene: Scene) -> None:
        """Two of staff give back a part each, and both settle while Stripe is being asked."""
        if (found := self.sold(scene)) is None:
            return
        reservation, page = found
        plan = self.world.seams.plan
        plan(CREATE_REFUND, scene.when, lambda: self._other_waives(reservation, scene))
        self.waive(reservation, 500)
        self.news(page, scene)

    def _other_waives(self, reservation: Reservation, scene: Scene) -> None:
        if scene.end % 2:
            self.waive(reservation, 300)
        self.settle(reservation)

    def taken_by_a_bank(self, scene: Scene) -> None:
        """A bank takes what was paid; meanwhile, or later, the reservation is cancelled."""
        if (found := self.sold(scene)) is None:
            return
        reservation, page = found
        charge = self.charge_of(page)
        if charge is None:
            return
        self.dispute(charge, scene.part, inquiry=scene.end == 3)
        self.news(page, scene)
        if scene.when == "before":
            self._cancel(reservation, scene)
        dispute_id, won = self.books.disputes[-1]["id"], scene.end == 1
        self.attempt(self.stripe.close_dispute, dispute_id=dispute_id, won=won)
        self.news(page, scene)
        self.settle(reservation)

    def gone_before_it_was_news(self, scene: Scene) -> None:
        """Money left Stripe before we had heard that it came; its leaving is heard of first."""
        if (found := self.opened(scene)) is None:
            return
        _, page = found
        self.pay_page(page)
        charge = self.charge_of(page)
        if charge is None:
            return
        if scene.end % 2:
            self.dispute(charge, scene.part, inquiry=False)
        else:
            facts = {"payment_intent": charge["payment_intent"], "amount": scene.part}
            self.attempt(self.stripe.refund_in_dashboard, **facts)
        self.news(page, scene)

    def refund_forgotten_by_stripe(self, scene: Scene) -> None:
        """A refund was made and not heard of; by the time it is sent again its key is unknown."""
        if (found := self.sold(scene)) is None:
            return
        reservation, page = found
        self._cancel(reservation, scene)
        self.stripe.drop_next("after", path="/v1/refunds", method="POST", times=3)
        self.settle(reservation)
        self.world.wait(DAY + (HOUR if scene.end else DAY))
        self.settle(reservation)
        self.news(page, scene)
