"""The hosted pay page and the command that serves it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import stripe

from payments.sandbox import Sandbox
from payments.sandbox.currencies import formatted
from payments.tests.test_sandbox_api import client_of, item, opened

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return client_of(sandbox)


def press(url: str, button: str) -> requests.Response:
    return requests.post(url, data={"button": button}, allow_redirects=False, timeout=5)


def page(url: str) -> requests.Response:
    return requests.get(url, timeout=5)


def test_the_page_says_what_is_bought_and_that_no_money_moves(client):
    text = page(opened(client).url).text
    film = ("Metropolis", "2 × Seat C7 (Adult)", "Rex, Great Hall")
    for words in ("no money moves", *film, "Pay 25.00 USD", "Reference K7QX2M"):
        assert words in text
    assert "http://cinema.test/back/" in text


def test_seats_stand_under_their_film_which_is_said_once(client):
    seats = [item(product_data={"name": f"Nosferatu: A Symphony: seat {n}"}) for n in range(3)]
    text = page(opened(client, line_items=seats).url).text
    assert text.count("Nosferatu: A Symphony") == 1
    for seat in ("Seat 0", "Seat 1", "Seat 2"):
        assert seat in text


def test_the_page_says_how_long_it_can_be_paid(sandbox, client):
    session = opened(client, expires_at=int(time.time()) + 35 * 60)
    sandbox.advance(30 * 60 + 30)
    assert "within 4 minutes" in page(session.url).text
    sandbox.advance(3 * 60)
    assert "within 1 minute." in page(session.url).text


def test_names_are_escaped(client):
    evil = {"name": "<script>alert('x')</script>", "description": '"><img src=x> ${total} $x'}
    session = opened(
        client,
        line_items=[item(product_data=evil)],
        cancel_url='http://cinema.test/"onclick="alert(1)',
    )
    text = page(session.url).text
    assert "<script" not in text
    assert "<img" not in text
    assert '"onclick="' not in text
    assert "&lt;script&gt;" in text
    assert "${total} $x" in text


def test_pay_leads_to_the_success_page(sandbox, client):
    session = opened(client)
    answer = press(session.url, "pay")
    assert answer.status_code == 303
    expected = f"http://cinema.test/paid/?session_id={session.id}"
    assert answer.headers["Location"] == expected
    assert sandbox.sessions[0]["payment_status"] == "paid"


def test_paying_twice_takes_the_money_once(sandbox, client):
    session = opened(client)
    press(session.url, "pay")
    again = press(session.url, "pay")
    assert again.status_code == 409
    assert "is complete" in again.text
    assert len(sandbox.charges) == 1


def test_paying_many_times_at_once_takes_the_money_once(sandbox, client):
    session = opened(client)
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda _: press(session.url, "pay").status_code, range(8)))
    assert sorted(answers) == [303] + [409] * 7
    assert len(sandbox.charges) == 1


def test_decline_says_so_and_leaves_the_session_open(sandbox, client):
    session = opened(client)
    answer = press(session.url, "decline")
    assert "card was declined" in answer.text
    assert sandbox.sessions[0]["status"] == "open"


@pytest.mark.parametrize(
    ("button", "status", "said"),
    [
        ("arrive", "paid", "This payment is complete"),
        ("fail", "unpaid", "refused by the bank: nothing was charged"),
    ],
)
def test_a_bank_payment_is_settled_on_the_page(sandbox, client, button, status, said):
    session = opened(client)
    assert press(session.url, "later").status_code == 303
    assert "has not answered yet" in page(session.url).text
    answer = press(session.url, button)
    # A redirect to itself: loading it again asks the bank nothing.
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/c/pay/{session.id}")
    assert sandbox.sessions[0]["payment_status"] == status
    assert said in page(session.url).text


def test_an_expired_session_says_so_and_takes_no_money(sandbox, client):
    session = opened(client)
    sandbox.advance(24 * 60 * 60)
    assert "has expired" in page(session.url).text
    assert "has expired" in press(session.url, "pay").text
    assert sandbox.charges == []


def test_an_unknown_page_is_not_found(sandbox):
    assert page(f"{sandbox.api_base}/c/pay/cs_test_none").status_code == 404
    assert page(f"{sandbox.api_base}/").status_code == 404


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "usd", "12.50 USD"),
        (5, "eur", "0.05 EUR"),
        (1800, "jpy", "1,800 JPY"),
        (12345, "kwd", "12.345 KWD"),
    ],
)
def test_amounts_have_their_currencys_decimals(amount, currency, text):
    assert formatted(amount, currency) == text


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "payments.sandbox", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            # A test that fails must not leave a server behind.
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_ended(number):
    with command("--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "no money moves" in line
        base = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        assert page(f"{base}/c/pay/cs_test_none").status_code == 404
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_the_command_says_why_it_cannot_start():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for arguments in (["--port", str(taken.getsockname()[1])], ["--host", "0.0.0.0"]):
            with command(*arguments) as process:
                _, errors = process.communicate(timeout=10)
            assert process.returncode == 1
            assert "can't start" in errors
            assert "Traceback" not in errors


def test_the_sandbox_knows_neither_django_nor_the_project():
    code = (
        "import sys, payments.sandbox.__main__;"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('django', 'rest_framework', 'reservation', 'users', 'cinema_reservation')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
