"""Situations around a payment, each set up on purpose; what follows from it is up to luck."""

from payments import checkout
from payments.tests.any_order.scene import Page, Scene, Staging
from payments.tests.any_order.world import LONGEST_LAG
from payments.tests.moments import HOUR, MINUTE

SESSIONS = "/v1/checkout/sessions"


class Paying(Staging):
    """Late, twice, at the same moment, by way of a bank."""

    def paid_late(self, scene: Scene) -> None:
        """Paid in the page's last minute, heard of after the hold's end, when a rival came."""
        if (found := self.opened(scene)) is None:
            return
        reservation, page = found
        self.world.wait(33 * MINUTE)
        self.pay_page(page, "later" if scene.end < 2 else "paid")
        self.world.wait(12 * MINUTE)
        self.rival_comes(reservation, scene)
        self.news(page, scene)

    def paid_late_for_free_seats(self, scene: Scene) -> None:
        """The same, but the rival has let go: nobody lives on the seats, and they are bought."""
        self.paid_late(scene._replace(rival="died", end=5))

    def robbed_while_a_clock_lags(self, scene: Scene) -> None:
        """A hold is over, its seats are somebody's, and one process has not noticed the time."""
        reservation = self.held(scene)
        if reservation is None:
            return
        self.world.wait(10 * MINUTE)
        self.rival_comes(reservation, scene)
        self.ask_for_page(reservation, lag=LONGEST_LAG)

    def old_news_comes_last(self, scene: Scene) -> None:
        """While one waits for Stripe's answer, the page moves on, and another hears of it."""
        if (found := self.opened(scene)) is None:
            return
        _, page = found
        if scene.end >= 4:
            self.pay_page(page, "later")
        plan = self.world.seams.plan
        plan("payments.gateway.retrieve_session", "after", lambda: self._moves_on(page, scene))
        self.sync(page["id"])
        self.news(page, scene)

    def _moves_on(self, page: Page, scene: Scene) -> None:
        if scene.end >= 4:
            self.attempt(self.stripe.settle_later, session_id=page["id"], succeeded=scene.end == 4)
        elif scene.end == 3:
            self.attempt(self.stripe.expire, session_id=page["id"])
        else:
            self.pay_page(page)
        self.sync(page["id"])

    def page_asked_for_twice(self, scene: Scene) -> None:
        """Two processes create one page; the quicker one's is paid before the other goes on."""
        reservation = self.held(scene)
        if reservation is None:
            return

        def other() -> None:
            page = self.ask_for_page(reservation)
            if page is not None:
                self.pay_page(page)
                self.events_arrive(page)
            if scene.end == 0:
                self.stripe.fail_next(400, path=SESSIONS)

        self.world.seams.plan("payments.gateway.create_session", scene.when, other)
        self.ask_for_page(reservation)

    def two_pages_paid(self, scene: Scene) -> None:
        """Stripe made a page, said so to nobody, then refused: there is another, and both pay."""
        reservation = self.held(scene)
        if reservation is None:
            return
        self.stripe.drop_next("after", path=SESSIONS, times=3)
        self.ask_for_page(reservation)
        self.stripe.fail_next(400, path=SESSIONS)
        self.ask_for_page(reservation)
        pages = [page for page in self.books.sessions_of(reservation) if page["status"] == "open"]
        for page in pages if scene.end % 2 else pages[::-1]:
            self.pay_page(page)
            self.news(page, scene)

    def ordered_from_a_bank(self, scene: Scene) -> None:
        """A bank takes longer than the hold would have lasted; a rival waits for the seats."""
        if (found := self.opened(scene)) is None:
            return
        reservation, page = found
        self.pay_page(page, "later")
        self.come_back(page)
        self.world.wait(46 * MINUTE if scene.end else 5 * HOUR)
        self.rival_comes(reservation, scene)
        self.attempt(self.stripe.settle_later, session_id=page["id"], succeeded=scene.end % 2 == 0)
        self.news(page, scene)

    def paid_while_being_closed(self, scene: Scene) -> None:
        """Cancelled, or over; while the worker closes the page, its buyer pays."""
        if (found := self.opened(scene)) is None:
            return
        reservation, page = found
        if scene.end < 2:
            self.call_off(reservation)
        elif scene.end < 4:
            self.call_off_by_house(reservation)
        else:
            self.world.wait(35 * MINUTE - LONGEST_LAG)
        plan = self.world.seams.plan
        plan("payments.gateway.expire_session", scene.when, lambda: self.pay_page(page))
        self.world.wait(LONGEST_LAG)
        self.attempt(lambda: checkout.close(self._payment(page), at=self.world.now))

    def _payment(self, page: Page) -> checkout.Payment:
        return next(p for p in self.books.payments if str(p.pk) == page["metadata"]["payment"])
