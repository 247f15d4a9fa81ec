"""How reservations are found among a million: through indexes, and never more than are listed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from cinema_reservation.desk import MOST_LISTED
from reservation.models import Reservation
from reservation.models.booking import CODE_ALPHABET, CODE_LENGTH

HELP = "Look for a code or its beginning, an e-mail address or a name"
# One more than is listed, so that the list says that there are more.
MOST_FOUND = MOST_LISTED + 1


def reservations(words: str) -> list[int]:
    """Ids of those with that code, or else of those that the words may mean."""
    code = "".join(words.split()).upper()
    found = _first(_with_code(code)) if set(code) <= set(CODE_ALPHABET) else []
    if found and len(code) == CODE_LENGTH:
        return found
    people: Any = get_user_model().objects
    customers = people.resembling(words).order_by().values_list("pk", flat=True)
    theirs = Reservation.objects.filter(user__in=list(customers[:MOST_FOUND]))
    return list({*found, *_first(theirs)})[:MOST_FOUND]


def _with_code(beginning: str) -> QuerySet[Reservation]:
    """Those whose code begins like that: a range, which the index of codes has in a row."""
    last = beginning.ljust(CODE_LENGTH, max(CODE_ALPHABET))
    return Reservation.objects.filter(code__gte=beginning, code__lte=last)


def _first(rows: QuerySet[Reservation]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_FOUND])
