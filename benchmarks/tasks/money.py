"""Money that waits to be settled, and how long the worker takes over it."""

import json
import time
import urllib.request
from statistics import median

from django.conf import settings
from django.utils import timezone

from benchmarks.tasks.house import new_shows
from payments import checkout, rounds
from reservation import holding
from reservation.models import Reservation, ReservationState
from reservation.sale import SeatChoice
from users.models import User

SEATS_EACH = 2


def paid_pages(count: int) -> list[str]:
    """So many payment pages that were paid at the sandbox, of which we have not heard yet."""
    place = new_shows(1 + count * SEATS_EACH // 300)
    people = User.objects.filter(is_staff=False).order_by("pk").values_list("pk", flat=True)
    pages = []
    for number, user in zip(range(count), people[:count], strict=True):
        turn, first = divmod(number * SEATS_EACH, len(place["seats"]))
        seats = place["seats"][first : first + SEATS_EACH]
        pages.append(_paid_page(user, place["shows"][turn], seats))
    return pages


def _paid_page(user: int, show: int, seats: list[int]) -> str:
    at = timezone.now()
    choices = [SeatChoice(seat) for seat in seats]
    reservation = holding.hold(user_id=user, show_id=show, choices=choices, at=at)
    payment = checkout.open_checkout(reservation_id=reservation.pk, at=at)
    session = str(payment and payment.session_id)
    body = json.dumps({"session_id": session}).encode()
    address = f"{settings.STRIPE_API_BASE}/_control/pay"
    with urllib.request.urlopen(address, body, timeout=10) as answer:
        answer.read()
    return session


def webhook_secret() -> str:
    """What events have to be signed with."""
    return str(settings.STRIPE_WEBHOOK_SECRETS[0])


def one_round(times: int, unsettled: int) -> float:
    """Seconds of one round of all rounds, the median of several; so many rows are due in each."""
    confirmed = Reservation.objects.filter(state=ReservationState.CONFIRMED).order_by("pk")
    due = list(confirmed.values_list("pk", flat=True)[:unsettled])
    took = []
    for _ in range(times + 1):
        at = timezone.now()
        Reservation.objects.filter(pk__in=due).update(settle_after=at)
        begun = time.perf_counter()
        rounds.all_rounds(at=at)
        took.append(time.perf_counter() - begun)
    # The first one connects and compiles; it is nobody's daily round.
    return median(took[1:])
