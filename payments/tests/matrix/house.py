"""The stage of the failure matrix: a house that is served, its customers, Stripe, the worker.

Nothing here reaches into the application but the worker's rounds and the reading of what is
in the database at the end. Time passes for all of them at once: `House.wait`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import requests
import time_machine
from django.db import transaction
from django.utils import timezone

from payments import checkout, rounds
from payments.models import Payment
from payments.sandbox import Sandbox
from payments.sandbox.controls import Outcome
from payments.sandbox.delivery import signature
from reservation.models import Reservation, Ticket
from reservation.tests.factories import held, show_with_seats
from users import sessions
from users.models import User

SECONDS_TO_ANSWER = 30
LOGIN_LASTS = timedelta(minutes=10)

# The subjects of all that a customer may be told.
SEATS = "Your seats for {movie} ({code})"
CANCELLED = "Your reservation {code} is cancelled"
REFUND = "{total} is on its way back to you ({code})"
REFUND_FAILED = "We could not send {total} back to you yet ({code})"

# And staff.
STAFF = "desk@example.com"
NOT_AS_ASKED = "A payment was not as asked ({code})"
DISPUTED = "A payment is disputed ({code})"
TOO_LITTLE = "Less was kept than is due ({code})"
STUCK = "A refund failed ({code})"


class Crash(BaseException):
    """The process ends here, as by SIGKILL: no handler of errors is asked."""


class Customer:
    """Somebody with a browser, or an app, and one reservation at a time."""

    def __init__(self, house: "House", user: User) -> None:
        self.house, self.user = house, user
        self._tokens: sessions.Tokens | None = None
        self._logged_in_at = timezone.now()
        self.reservation_id = 0
        self.session_id = ""
        # What a hand in Stripe's dashboard, or a bank, took of what is due.
        self.taken_by_hand = 0

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token()}"}
        return self.house.ask(method, path, headers=headers, **request)

    def _token(self) -> str:
        """Logs in anew before a token ends: tests move the clock by hours."""
        now = timezone.now()
        if self._tokens is None or now - self._logged_in_at > LOGIN_LASTS:
            self._tokens = sessions.open_login(user=self.user, at=now)
            self._logged_in_at = now
        return self._tokens.access

    def try_to_hold(self, *labels: str) -> requests.Response:
        seats = [self.house.seats[label].pk for label in labels]
        body = {"showtime": self.house.show.pk, "seats": seats}
        return self.ask("POST", "reservation/", json=body)

    def hold(self, *labels: str) -> None:
        self.reservation_id = answer(self.try_to_hold(*labels), 201)["id"]

    def press_pay(self) -> requests.Response:
        return self.ask("POST", f"create-checkout-session/{self.reservation_id}/")

    def pay_page(self) -> str:
        """Press the button; gives the page's address."""
        page = answer(self.press_pay())
        self.session_id = page["session_id"]
        return page["checkout_url"]

    def pay(self, outcome: Outcome = "paid") -> None:
        """Pay on Stripe's page, which tells nobody before `House.listen`, or by itself."""
        self.house.stripe.pay(self.session_id, outcome)

    def come_back(self) -> dict[str, Any]:
        """Follow Stripe's redirect, as the browser does after paying."""
        found = [s for s in self.house.stripe.sessions if s["id"] == self.session_id]
        url = found[0]["success_url"].replace("{CHECKOUT_SESSION_ID}", self.session_id)
        headers = {"Accept": "application/json"}
        return answer(requests.get(url, headers=headers, timeout=SECONDS_TO_ANSWER))

    def poll(self) -> dict[str, Any]:
        return answer(self.ask("GET", f"payment-status/{self.reservation_id}/"))

    def cancel(self) -> requests.Response:
        return self.ask("POST", f"reservation/{self.reservation_id}/cancel/")

    @property
    def state(self) -> str:
        """Reads only: asking for it sets nothing in motion."""
        return answer(self.ask("GET", f"reservation/{self.reservation_id}/"))["state"]

    @property
    def row(self) -> Reservation:
        return Reservation.objects.select_related("showtime__movie").get(pk=self.reservation_id)

    @property
    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(reservation=self.reservation_id).order_by("pk"))

    @property
    def payment_intent_id(self) -> str:
        return next(c["payment_intent"] for c in self.house.charges_of(self.row))

    def was_told(self, *subjects: str, **facts: str) -> None:
        """Declare mails as right; whatever else anybody was told by the end is wrong."""
        self._was_right_to_tell(self.user.email, subjects, facts)

    def staff_were_told(self, *subjects: str) -> None:
        """Declare mails about this customer's money as right."""
        self._was_right_to_tell(STAFF, subjects, {})

    def _was_right_to_tell(
        self, whom: str, subjects: Iterable[str], facts: dict[str, str]
    ) -> None:
        row = self.row
        total = f"{row.total / 100:.2f} {row.currency.upper()}"
        known = {"code": row.code, "movie": row.showtime.movie.title, "total": total}
        for subject in subjects:
            self.house.right_mails[whom, subject.format(**known | facts)] += 1


class House:
    """One show with six seats, of which an innocent bystander has paid for A6."""

    def __init__(self, *, url: str, stripe: Sandbox, clock: time_machine.Traveller) -> None:
        self.url, self.stripe, self.clock = url, stripe, clock
        starts_at = timezone.now() + timedelta(days=10)
        with transaction.atomic():  # one write to the disk, not twenty
            self.show, seats = show_with_seats(6, starts_at=starts_at)
        self.seats = {seat.label: seat for seat in seats}
        self.right_mails: Counter[tuple[str, str]] = Counter()
        self.customers: list[Customer] = []

    def customer(self, user: User) -> Customer:
        customer = Customer(self, user)
        self.customers.append(customer)
        return customer

    def opens(self, bystander: Customer) -> None:
        """From here on nothing may happen to what the bystander bought.

        Bought by the verbs that the API calls: it is not they who are on the stage.
        """
        self.bystander = bystander
        at = timezone.now()
        bystander.reservation_id = held(bystander.user, self.show, [self.seats["A6"]], at=at).pk
        payment = checkout.open_checkout(reservation_id=bystander.reservation_id, at=at)
        bystander.session_id = payment.session_id
        bystander.pay()
        checkout.sync(bystander.session_id, at=at)
        bystander.was_told(SEATS)
        self.untouched = self.bystander_s_rows()

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        url = f"{self.url}/api/{path}"
        return requests.request(method, url, timeout=SECONDS_TO_ANSWER, **request)

    def post_event(
        self, body: bytes, header: str | None = None, *, secret: str = "", age: int = 0
    ) -> requests.Response:
        """Post to the webhook, with that header, or signed as Stripe would sign it."""
        if header is None:
            secret = secret or self.stripe.webhook_secret
            header = signature(body, secret=secret, timestamp=self.now() - age)
        return self.ask("POST", "webhook/", data=body, headers={"Stripe-Signature": header})

    def now(self) -> int:
        return int(timezone.now().timestamp())

    def listen(self) -> None:
        """Until all that Stripe has to say was said."""
        self.stripe.drain()

    def wait(self, **duration: float) -> None:
        """Let time pass, for us and for Stripe, whose pages end when they are due."""
        self.clock.shift(timedelta(**duration))
        self.stripe.advance(0)
        self.listen()

    def work(self, **later: float) -> None:
        """One time round of the worker, after that time."""
        self.wait(**later)
        rounds.all_rounds(at=timezone.now())
        self.listen()

    def ask_what_we_missed(self) -> None:
        """The worker's other round, which takes in what no webhook could deliver."""
        rounds.collect_missed_events(at=timezone.now())

    def event_of(self, customer: Customer, kind: str) -> str:
        """The id of the last event of that type about the customer's session or payment."""
        ours = {customer.session_id} | {p.payment_intent_id for p in customer.payments} - {""}
        return next(
            event["id"]
            for event in reversed(self.stripe.events_of(kind))
            if ours & {event["data"]["object"].get(name) for name in ("id", "payment_intent")}
        )

    def sessions_of(self, customer: Customer) -> list[dict[str, Any]]:
        pk = str(customer.reservation_id)
        return [s for s in self.stripe.sessions if s["metadata"].get("reservation") == pk]

    def refunds_of(self, customer: Customer) -> list[dict[str, Any]]:
        intents = {charge["payment_intent"] for charge in self.charges_of(customer.row)}
        return [r for r in self.stripe.refunds if r["payment_intent"] in intents]

    def refund_keys(self) -> list[str | None]:
        """The keys of all that Stripe was asked to refund, lost calls too."""
        asked = [r for r in self.stripe.requests if (r.method, r.path) == ("POST", "/v1/refunds")]
        return [request.idempotency_key for request in asked]

    def change_at_stripe(self, object_id: str, **fields: Any) -> None:
        """Let Stripe's object say something else from now on, without an event."""
        store = self.stripe._account.store
        found = store.find(object_id)
        assert found is not None
        store.save(found | fields)

    def charges_of(self, reservation: Reservation) -> list[dict[str, Any]]:
        """What Stripe took for it, as far as it is our kind of money."""
        return [
            charge
            for charge in self.stripe.charges
            if charge["metadata"].get("reservation") == str(reservation.pk)
            and charge["status"] == "succeeded"
            and charge["currency"] == reservation.currency
            and not charge["livemode"]
        ]

    def bystander_s_rows(self) -> list[dict[str, Any]]:
        mine = Reservation.objects.filter(pk=self.bystander.reservation_id)
        tickets = Ticket.objects.filter(reservation__in=mine).order_by("pk")
        return [*mine.values(), *tickets.values()]


def answer(response: requests.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that has to have that status."""
    asked = response.request
    told = f"{asked.method} {asked.url} {asked.body!r:.200}: {response.text:.500}"
    assert response.status_code == status, f"{response.status_code} to {told}"
    return response.json()
