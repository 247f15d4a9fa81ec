"""The hosted pay page: where a person pays, or pretends that it went wrong."""

from html import escape
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
            settled = sessions.settle_later(account, session_id, succeeded=succeeded)
            return html_response(200, self._page(settled))
        declined = sessions.decline(account, session_id)
        return html_response(402, self._page(declined, alert=DECLINED))

    def _refused(self, session_id: str, refusal: RefusedError) -> Response:
        """The page as it is now: the session has moved on since the button was shown."""
        session = self._account.store.find(session_id)
        if session is None or session["object"] != "checkout.session":
            return html_response(404, unknown())
        return html_response(409, self._page(session, alert=refusal.message))

    def _page(self, session: StripeObject, alert: str = "") -> str:
        notice = fill("alert", message=alert) if alert else Html("")
        if session["status"] == "open":
            return _layout("Pay", _open(session, notice))
        if session["status"] == "expired":
            return _layout("Expired", _expired(session))
        if sessions.is_awaiting_payment(self._account, session):
            return _layout("Payment on its way", _awaiting(session))
        return _layout("Finished", _finished(session))


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


def _layout(title: str, body: Html) -> str:
    return fill("layout", title=title, body=body)


def _open(session: StripeObject, notice: Html) -> Html:
    return fill(
        "open",
        notice=notice,
        items=_items(session),
        total=_total(session),
        back=_link("Back without paying", session["cancel_url"]),
    )


def _expired(session: StripeObject) -> Html:
    return fill("expired", back=_link("Back", session["cancel_url"]))


def _awaiting(session: StripeObject) -> Html:
    onward = _link("Continue", sessions.success_url(session))
    return fill("awaiting", total=_total(session), onward=onward)


def _finished(session: StripeObject) -> Html:
    said = "failed" if session["payment_status"] == "unpaid" else "complete"
    onward = _link("Continue", sessions.success_url(session))
    return fill("finished", said=said, items=_items(session), total=_total(session), onward=onward)


def _items(session: StripeObject) -> Html:
    return Html("".join(_item(item) for item in session["line_items"]["data"]))


def _item(item: StripeObject) -> Html:
    quantity = f"{item['quantity']} × " if item["quantity"] > 1 else ""
    return fill(
        "item",
        name=quantity + item["description"],
        explanation=item["_explanation"],
        amount=formatted(item["amount_total"], item["currency"]),
    )


def _total(session: StripeObject) -> str:
    return formatted(session["amount_total"], session["currency"])


def _link(text: str, url: str | None) -> Html:
    return fill("link", text=text, url=url) if url else Html("")
