"""How a situation is staged: who, where, and how the news of it travels."""

from datetime import timedelta
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st

from payments.tests.any_order.banks import Banks
from payments.tests.any_order.books import live
from payments.tests.any_order.customers import a_show
from payments.tests.any_order.machine import before_or_after, which
from payments.tests.any_order.trouble import Trouble
from payments.tests.any_order.world import LONGEST_LAG, nth
from payments.tests.moments import DAY, HOUR, MINUTE
from reservation.models import Reservation

Page = dict[str, Any]
When = Literal["before", "after"]


class Scene(NamedTuple):
    """What differs between two plays of one situation."""

    who: int
    show: int
    seats: int
    # How somebody hears of it.
    news: str
    # What a rival does with the seats, if one comes.
    rival: str
    # How a thing ends that can end in several ways, and how much of it there is.
    end: int
    part: int | None
    when: When
    pause: timedelta


scenes = st.builds(
    Scene,
    who=which,
    show=a_show,
    seats=st.sampled_from([1, 2, 2, 3]),
    news=st.sampled_from(["event", "event", "events", "page", "worker", "slow", "slow", "none"]),
    rival=st.sampled_from(["holds", "holds", "buys", "died", "nobody"]),
    end=st.integers(0, 5),
    part=st.sampled_from([None, 500]),
    when=before_or_after,
    pause=st.sampled_from([timedelta(), 6 * MINUTE, 2 * HOUR, DAY + HOUR]),
)


class Staging(Trouble, Banks):
    """What situations are made of."""

    def opened(self, scene: Scene) -> tuple[Reservation, Page] | None:
        """Free seats, now held, with an open page; `None` where none are, or trouble is about."""
        reservation = self.held(scene)
        page = self.ask_for_page(reservation) if reservation else None
        if reservation is None or page is None or page["status"] != "open":
            return None
        return reservation, page

    def held(self, scene: Scene) -> Reservation | None:
        for number in range(len(self.stage.shows)):
            show = nth(self.stage.shows, scene.show + number)
            taken = {
                seat
                for r in self.books.reservations
                if r.showtime_id == show.pk
                for seat in live(r)
            }
            free = [seat.pk for seat in self.stage.seats if seat.pk not in taken]
            if free and show.starts_at - self.world.now > 7 * HOUR:
                return self.take(scene.who, show, free[: scene.seats])
        return None

    def sold(self, scene: Scene) -> tuple[Reservation, Page] | None:
        """Seats that were bought, and no message left that could still arrive."""
        found = self.opened(scene)
        if found is None:
            return None
        reservation, page = found
        self.pay_page(page)
        self.come_back(page)
        self.all_events_arrive()
        sold = next(r for r in self.books.reservations if r.pk == reservation.pk)
        return (sold, page) if sold in self.books.sold else None

    def all_events_arrive(self) -> None:
        for event in self.books.events:
            if event["id"] not in self.world.delivered:
                self.attempt(self.world.deliver, event=event)

    def rival_comes(self, reservation: Reservation, scene: Scene) -> None:
        """Somebody else who wants the seats, and gets them if they are free."""
        if scene.rival == "nobody":
            return
        seats = [ticket.seat_id for ticket in reservation.tickets.all()]
        rival = self.take(scene.who + 1, reservation.showtime, seats[:1])
        if rival is not None and scene.rival == "buys":
            page = self.ask_for_page(rival)
            if page is not None:
                self.pay_page(page)
                self.come_back(page)
        elif rival is not None and scene.rival == "died":
            self.world.wait(13 * MINUTE)
            # For every clock, however slow; what was true before is forgotten.
            self.look()

    def news(self, page: Page, scene: Scene) -> None:
        """Somebody hears of what became of that page, or nobody yet."""
        match scene.news:
            case "event":
                self.events_arrive(page)
            case "events":
                self.events_arrive(page)
                self.events_arrive(page)
            case "page":
                self.come_back(page)
            case "worker":
                self.world.wait(6 * MINUTE)
                self.worker_does_all_rounds()
            case "slow":
                self.sync(page["id"], lag=LONGEST_LAG)

    def events_arrive(self, page: Page) -> None:
        """All that Stripe has to tell of a page and its money, the newest first."""
        now = next(session for session in self.books.sessions if session["id"] == page["id"])
        names = {page["id"], now["payment_intent"]}
        for event in self.books.events[::-1]:
            about = event["data"]["object"]
            if names & {about["id"], about.get("payment_intent")}:
                self.attempt(self.world.deliver, event=event)

    def charge_of(self, page: Page) -> dict[str, Any] | None:
        """The money that came in by that page, if any did."""
        payment = page["metadata"]["payment"]
        return next(self.books.charges_of(payment=payment), None)
