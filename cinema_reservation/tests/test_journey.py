"""A visitor and the staff, from an empty house to a refund, over real HTTP and real processes.

Web server, worker and Stripe sandbox run as `make run` starts them; the visitor reads mail
from the files, pays on the sandbox's page, and Stripe's webhook does the rest.
"""

import datetime as dt
from collections.abc import Iterator

import pytest
import requests

from cinema_reservation.tests.system import System, database_of_its_own, eventually

pytestmark = pytest.mark.journey

STAFF = {"username": "stella", "password": "popcorn-and-keys-7"}
VISITOR = {
    "username": "victor",
    "email": "victor@example.com",
    "password": "seat-in-row-f-12",
    "phone": "+351 21 000 0000",
}


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("journey")
    with database_of_its_own() as database_url:
        system = System(folder, database_url)
        system.manage("migrate", "--verbosity", "0")
        system.manage(
            "createsuperuser",
            "--noinput",
            DJANGO_SUPERUSER_USERNAME=STAFF["username"],
            DJANGO_SUPERUSER_EMAIL="stella@example.com",
            DJANGO_SUPERUSER_PASSWORD=STAFF["password"],
        )
        with system.running(folder / "log.txt"):
            yield system


def answer(response: requests.Response, status: int) -> dict:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    return response.json() if response.content else {}


def log_in(system: System, username: str, password: str) -> dict:
    body = {"username": username, "password": password}
    return answer(system.ask("POST", "token/", json=body), 200)


@pytest.fixture(scope="module")
def show(system) -> dict:
    """Staff open a cinema and schedule a film, through the API."""
    token = log_in(system, **STAFF)["access"]

    def create(path: str, **body) -> dict:
        return answer(system.ask("POST", path, token=token, json=body), 201)

    cinema = create("cinemas/", name="Lumen", slug="lumen", time_zone="Europe/Lisbon")
    hall = create("halls/", cinema=cinema["id"], name="Hall 1")
    category = create("seat_categories/", name="Standard", colour="#4f6d7a", surcharge=0)
    for number in range(1, 7):
        place = {"row": "A", "number": number, "x": number, "y": 0}
        create("seats/", hall=hall["id"], category=category["id"], **place)
    movie = create("movies/", title="The General", runtime_minutes=78)
    starts_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    return create(
        "show_times/",
        movie=movie["id"],
        hall=hall["id"],
        starts_at=starts_at.isoformat(),
        price=1250,
    )


@pytest.fixture(scope="module")
def token(system) -> str:
    """The visitor registers, reads the mail, verifies and logs in."""
    answer(system.ask("POST", "users/register/", json=VISITOR), 201)
    login = {key: VISITOR[key] for key in ("username", "password")}
    answer(system.ask("POST", "token/", json=login), 401)  # not verified yet
    code = system.code_mailed_to(VISITOR["email"])
    proof = {"email": VISITOR["email"], "otp": code}
    answer(system.ask("POST", "users/verify_otp/", json=proof), 200)
    return log_in(system, VISITOR["email"], VISITOR["password"])["access"]


def hold(system: System, token: str, show: dict, seats: list[dict]) -> dict:
    body = {"showtime": show["id"], "seats": [seat["id"] for seat in seats]}
    return answer(system.ask("POST", "reservation/", token=token, json=body), 201)


def free_seats(system: System, show: dict) -> list[dict]:
    found = system.ask("GET", f"available-seats/?showtime={show['id']}")
    return answer(found, 200)["results"]


def pay_on_the_page(checkout_url: str) -> requests.Response:
    """Press Pay, as the page's form does, and follow Stripe back."""
    page = requests.get(checkout_url, timeout=30)
    assert "The General" in page.text
    return requests.post(
        checkout_url, data={"button": "pay"}, timeout=30, headers={"Accept": "text/html"}
    )


def test_from_register_to_refund(system, show, token):
    movies = answer(system.ask("GET", "movies/?search=general"), 200)
    movie = movies["results"][0]["id"]
    shows = answer(system.ask("GET", f"showtime/{movie}/"), 200)["results"]
    assert [one["id"] for one in shows] == [show["id"]]

    seats = free_seats(system, show)
    assert len(seats) == 6
    held = hold(system, token, show, seats[:2])
    assert len(free_seats(system, show)) == 4

    reservation = f"reservation/{held['id']}/"
    checkout = answer(
        system.ask("POST", f"create-checkout-session/{held['id']}/", token=token), 200
    )
    back = pay_on_the_page(checkout["checkout_url"])
    assert back.status_code == 200
    assert held["code"] in back.text

    def confirmed() -> dict | None:
        told = answer(system.ask("GET", reservation, token=token), 200)
        return told if told["state"] == "confirmed" else None

    told = eventually(confirmed)
    assert [ticket["seat"] for ticket in told["tickets"]] == ["A1", "A2"]
    status_path = f"payment-status/{held['id']}/"
    status = answer(system.ask("GET", status_path, token=token), 200)
    assert (status["status"], status["paid"]["amount"]) == ("paid", 2500)

    answer(system.ask("DELETE", reservation, token=token), 204)
    assert len(free_seats(system, show)) == 6

    def refunded() -> dict | None:
        told = answer(system.ask("GET", status_path, token=token), 200)
        return told if told["status"] == "refunded" else None

    assert eventually(refunded)["refunded"] == {"amount": 2500, "currency": "usd"}


def test_the_webhook_alone_settles_a_payment(system, show, token):
    """The visitor closes the browser on Stripe's page, and asks nothing any more."""
    held = hold(system, token, show, free_seats(system, show)[:1])
    checkout = answer(
        system.ask("GET", f"create-checkout-session/{held['id']}/", token=token), 200
    )
    requests.post(
        checkout["checkout_url"], data={"button": "pay"}, timeout=30, allow_redirects=False
    )

    def confirmed() -> bool:
        told = answer(system.ask("GET", f"reservation/{held['id']}/", token=token), 200)
        return told["state"] == "confirmed"

    eventually(confirmed)


def test_a_reset_password_ends_the_old_sessions(system, token):
    email = VISITOR["email"]
    tokens = log_in(system, VISITOR["username"], VISITOR["password"])
    old_code = system.code_mailed_to(email)
    ask = {"email": email, "purpose": "reset_password"}
    answer(system.ask("POST", "users/generate_otp/", json=ask), 200)
    code = eventually(lambda: _newer(system.code_mailed_to(email), old_code))
    proof = {"email": email, "otp": code, "purpose": "reset_password"}
    reset = answer(system.ask("POST", "users/verify_otp/", json=proof), 200)
    body = {"token": reset["reset_token"], "new_password": "another-seat-in-row-g"}
    answer(system.ask("POST", "reset-password/", json=body), 200)
    answer(system.ask("GET", "users/me/", token=tokens["access"]), 401)
    refresh = {"refresh": tokens["refresh"]}
    answer(system.ask("POST", "token/refresh/", json=refresh), 401)
    log_in(system, email, "another-seat-in-row-g")


def _newer(code: str, old: str) -> str | None:
    return code if code != old else None
