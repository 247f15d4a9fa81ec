"""What a booking needs goes while it is made: it is told to ask again, never a 500."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cinema_reservation.tests.rivals import BEFORE_COMMIT
from reservation import programme
from reservation.models import Reservation, TicketType
from reservation.tests.factories import show_with_seats
from users import sessions
from users.models import User
from users.tests.factories import UserFactory

URL = "/api/reservation/"

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_account_of_a_login_that_is_still_believed(settings):
    settings.LOGIN_TRUSTED_SECONDS = 60
    user = UserFactory()
    client = APIClient(raise_request_exception=False)
    tokens = sessions.open_login(user=user, at=timezone.now())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert client.get("/api/users/me/").status_code == 200
    show, seats = show_with_seats(1)
    club = TicketType.objects.create(name="Club", percentage=50)
    User.objects.filter(pk=user.pk).delete()
    wish = [{"seat": seats[0].pk, "ticket_type": club.pk}]
    answer = client.post(URL, {"showtime": show.pk, "tickets": wish}, format="json")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert not Reservation.objects.exists()


def test_the_ticket_type_that_was_chosen(owner_client, let_in):
    show, seats = show_with_seats(1)
    club = TicketType.objects.create(name="Club", percentage=50)
    rival = let_in(BEFORE_COMMIT, lambda: programme.remove_ticket_type(ticket_type_id=club.pk))
    owner_client.raise_request_exception = False
    wish = [{"seat": seats[0].pk, "ticket_type": club.pk}]
    answer = owner_client.post(URL, {"showtime": show.pk, "tickets": wish}, format="json")
    is_gone = not isinstance(rival.outcome, Exception)
    assert answer.status_code == (503 if is_gone else 201)
