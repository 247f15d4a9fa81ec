"""The hosted pay page: where a person pays, or pretends that it went wrong."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from payments.sandbox import sessions
from payments.sandbox.account import Account
from payments.sandbox.currencies import formatted
from payments.sandbox.errors import RefusedError
from payments.sandbox.objects import StripeObject
from payments.sandbox.web import Request, Response, html_response, see_other

PREFIX = "/c/pay/"
PAGES = Path(__file__).parent / "pages"
DECLINED = "Your card was declined. Nothing was charged; try again or go back."


class Html(str):
    """Text that is HTML already; all other text is escaped on its way into a page."""


class PayPage:
    """Answers requests for the pages of an account's sessions."""

    def __init__(self, *, account: Account) -> None:
        self._account = account

    def __call__(self, request: Request) -> Response:
        """The session's page, or what follows from the button that was pressed."""
        sessions.expire_due(self._account)
        session_id = request.path.removeprefix(PREFIX)
        try:
            session = sessions.get(self._account, session_id)
            if request.method == "POST":
                return self._press(session, _pressed(request))
        except RefusedError as refusal:
            return self._refused(session_id, refusal)
        return html_response(200, self._page(session))

    def _press(self, session: StripeObject, button: str) -> Response:
        account, session_id = self._account, session["id"]
        if button == "pay":
            return see_other(sessions.success_url(sessions.pay(account, session_id)))
        if button == "later":
            return see_other(sessions.success_url(sessions.pay_later(account, session_id)))
        if button in ("arrive", "fail"):
            succeeded = button == "arrive"
            sessions.settle_later(account, session_id, succeeded=succeeded)
            # Loading the page again must not press the button again.
            return see_other(PREFIX + session_id)
        declined = sessions.decline(account, session_id)
        return html_response(402, self._page(declined, alert=DECLINED))

    def _refused(self, session_id: str, refusal: RefusedError) -> Response:
        """The page as it is now: the session has moved on since the button was shown."""
        session = self._account.store.find(session_id)
        if session is None or session["object"] != "checkout.session":
            return html_response(404, unknown())
        return html_response(409, self._page(session, alert=refusal.message))

    def _page(self, session: StripeObject, alert: str = "") -> str:
        if session["status"] == "open":
            return _layout("Pay", _open(session, now=self._account.clock.now()), alert)
        if session["status"] == "expired":
            return _layout("Expired", _expired(session), alert)
        if sessions.is_awaiting_payment(self._account, session):
            return _layout("Payment on its way", _awaiting(session), alert)
        return _layout("Finished", _finished(session), alert)


def fill(page: str, **values: str) -> Html:
    """A page or a part of one, with its values filled in and escaped."""
    safe = {
        name: value if isinstance(value, Html) else escape(value) for name, value in values.items()
    }
    return Html(Template((PAGES / f"{page}.html").read_text("utf-8")).substitute(safe))


def unknown() -> str:
    """The page for an address that leads nowhere."""
    return _layout("Unknown payment", fill("unknown"))


def _pressed(request: Request) -> str:
    form = parse_qs(request.body.decode("utf-8", "replace"))
    return form.get("button", [""])[0]


def _layout(title: str, body: Html, alert: str = "") -> str:
    notice = fill("alert", message=alert) if alert else Html("")
    return fill("layout", title=title, notice=notice, body=body)


def _open(session: StripeObject, *, now: int) -> Html:
    return fill(
        "open",
        about=_about(session, now=now),
        order=_order(session),
        total=_total(session),
        back=_link("Back without paying", session["cancel_url"]),
    )


def _about(session: StripeObject, *, now: int) -> str:
    minutes = max(1, (session["expires_at"] - now) // 60)
    reference, email = session["client_reference_id"], session["customer_email"]
    lines = [
        f"Reference {reference}" if reference else "",
        f"For {email}" if email else "",
        f"Please pay within {minutes} minute{'s' if minutes > 1 else ''}.",
    ]
    return "\n".join(line for line in lines if line)


def _expired(session: StripeObject) -> Html:
    return fill("expired", back=_link("Back", session["cancel_url"]))


def _awaiting(session: StripeObject) -> Html:
    onward = _link("Continue", sessions.success_url(session))
    return fill("awaiting", total=_total(session), order=_order(session), onward=onward)


def _finished(session: StripeObject) -> Html:
    failed = session["payment_status"] == "unpaid"
    said = "was refused by the bank: nothing was charged" if failed else "is complete"
    onward = _link("Continue", sessions.success_url(session))
    return fill("finished", said=said, order=_order(session), onward=onward)


def _order(session: StripeObject) -> Html:
    """What is bought: seats under their film and where it is shown, which is said once."""
    items = groupby(session["line_items"]["data"], key=_film_and_place)
    orders = [_lines(*group) for group in items]
    return Html("".join([*orders, fill("total", total=_total(session))]))


def _film_and_place(item: StripeObject) -> tuple[str, str]:
    """An item's name ends with the seat: `Metropolis: seat C7 (Adult)`."""
    return item["description"].rpartition(": ")[0], item["_explanation"]


def _lines(film_and_place: tuple[str, str], items: Iterable[StripeObject]) -> Html:
    film, place = film_and_place
    lines = Html("".join(_line(item) for item in items))
    return fill("order", name=film or "Your order", explanation=place, lines=lines)


def _line(item: StripeObject) -> Html:
    seat = item["description"].rpartition(": ")[2]
    quantity = f"{item['quantity']} × " if item["quantity"] > 1 else ""
    amount = formatted(item["amount_total"], item["currency"])
    return fill("line", name=quantity + seat[:1].upper() + seat[1:], amount=amount)


def _total(session: StripeObject) -> str:
    return formatted(session["amount_total"], session["currency"])


def _link(text: str, url: str | None) -> Html:
    return fill("link", text=text, url=url) if url else Html("")
