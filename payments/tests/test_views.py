"""Checkout, status and return pages, as clients and browsers meet them."""

import uuid

import pytest
from django.utils import timezone

from payments.models import Payment
from reservation import booking
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def reservation(owner):
    return held(owner, *show_with_seats(2))


@pytest.fixture
def page(stripe, reservation, owner_client):
    return owner_client.post(f"/api/create-checkout-session/{reservation.pk}/").json()


def code_of(answer):
    return answer.json()["errors"][0]["code"]


class TestCheckout:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_tells_where_to_pay(self, stripe, reservation, owner_client, method):
        ask = getattr(owner_client, method)
        answer = ask(f"/api/create-checkout-session/{reservation.pk}/")
        assert answer.status_code == 200
        body = answer.json()
        assert body["checkout_url"].startswith(stripe.api_base)
        assert body["session_id"] == stripe.sessions[0]["id"]
        assert body["expires_at"]

    @pytest.mark.parametrize("path", ["create-checkout-session", "payment-status"])
    def test_another_s_reservation_answers_like_none(
        self, stripe, reservation, stranger_client, staff_client, path
    ):
        for client in (stranger_client, staff_client):
            theirs = client.get(f"/api/{path}/{reservation.pk}/")
            nobodys = client.get(f"/api/{path}/{reservation.pk + 1000}/")
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.json() == nobodys.json()

    @pytest.mark.parametrize("path", ["create-checkout-session", "payment-status"])
    @pytest.mark.parametrize("pk", ["0", "9" * 19, "9" * 30, "abc", "-1", "1.5", "%00"])
    def test_ids_that_are_none_answer_404(self, owner_client, path, pk):
        answer = owner_client.get(f"/api/{path}/{pk}/")
        assert answer.status_code == 404
        assert code_of(answer) == "not_found"

    @pytest.mark.parametrize("path", ["create-checkout-session", "payment-status"])
    def test_needs_a_login(self, reservation, anyone, path):
        assert anyone.get(f"/api/{path}/{reservation.pk}/").status_code == 401

    def test_while_stripe_is_away_it_says_so(self, stripe, reservation, owner_client):
        stripe.fail_next(500, times=3, path="/v1/checkout/sessions")
        answer = owner_client.post(f"/api/create-checkout-session/{reservation.pk}/")
        assert (answer.status_code, code_of(answer)) == (503, "payment_provider_unavailable")
        assert int(answer.headers["Retry-After"]) > 0

    def test_a_cancelled_reservation_can_t_be_paid(self, stripe, reservation, owner_client):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        answer = owner_client.post(f"/api/create-checkout-session/{reservation.pk}/")
        assert (answer.status_code, code_of(answer)) == (409, "reservation_cancelled")


class TestStatus:
    def status(self, client, reservation):
        answer = client.get(f"/api/payment-status/{reservation.pk}/")
        assert answer.status_code == 200
        return answer.json()

    def test_follows_the_money(self, stripe, reservation, owner_client, page):
        body = self.status(owner_client, reservation)
        assert body["status"] == "unpaid"
        assert body["checkout_url"] == page["checkout_url"]
        stripe.pay(page["session_id"])
        Payment.objects.update(looked_at=timezone.now() - timezone.timedelta(minutes=1))
        body = self.status(owner_client, reservation)
        assert (body["status"], body["reservation_state"]) == ("paid", "confirmed")
        assert body["paid"] == {"amount": 2500, "currency": "usd"}
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        body = self.status(owner_client, reservation)
        assert body["status"] == "refunding"
        assert body["refunding"]["amount"] == 2500

    def test_asks_stripe_at_most_every_few_seconds(self, stripe, reservation, owner_client, page):
        asked = len(stripe.requests)
        for _ in range(3):
            self.status(owner_client, reservation)
        assert len(stripe.requests) == asked

    def test_does_not_hide_that_stripe_is_away(self, stripe, reservation, owner_client, page):
        Payment.objects.update(looked_at=timezone.now() - timezone.timedelta(minutes=1))
        stripe.fail_next(500, times=3)
        answer = owner_client.get(f"/api/payment-status/{reservation.pk}/")
        assert answer.status_code == 503

    def test_while_stripe_is_away_not_everybody_waits_for_it(
        self, stripe, reservation, owner_client, page
    ):
        Payment.objects.update(looked_at=timezone.now() - timezone.timedelta(minutes=1))
        stripe.fail_next(500, times=3)
        url = f"/api/payment-status/{reservation.pk}/"
        assert owner_client.get(url).status_code == 503
        asked = len(stripe.requests)
        assert owner_client.get(url).status_code == 200
        assert len(stripe.requests) == asked


class TestReturnPages:
    def paid_page(self, stripe, page):
        stripe.pay(page["session_id"])
        Payment.objects.update(looked_at=timezone.now() - timezone.timedelta(minutes=1))
        return f"/api/payment/success/?session_id={page['session_id']}"

    def test_success_settles_when_the_webhook_is_late(self, stripe, reservation, page, anyone):
        url = self.paid_page(stripe, page)
        answer = anyone.get(url, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "The seats are yours" in answer.content.decode()
        assert reservation.code in answer.content.decode()

    def test_success_is_no_proof(self, stripe, reservation, page, anyone):
        url = f"/api/payment/success/?session_id={page['session_id']}"
        html = anyone.get(url, headers={"Accept": "text/html"}).content.decode()
        assert "Not paid yet" in html
        reservation.refresh_from_db()
        assert reservation.state == "held"

    def test_json_when_asked(self, stripe, reservation, page, anyone):
        url = self.paid_page(stripe, page)
        body = anyone.get(url, headers={"Accept": "application/json"}).json()
        assert (body["status"], body["reservation_state"]) == ("paid", "confirmed")
        assert body["seats"] == ["A1", "A2"]

    def test_success_still_answers_while_stripe_is_away(self, stripe, page, anyone):
        url = self.paid_page(stripe, page)
        stripe.fail_next(500, times=3)
        assert anyone.get(url).status_code == 200

    def test_cancel_leads_back_to_paying(self, stripe, page, anyone):
        payment = Payment.objects.get()
        html = anyone.get(
            f"/api/payment/cancel/?payment={payment.pk}", headers={"Accept": "text/html"}
        ).content.decode()
        assert "You have not paid yet" in html
        assert payment.checkout_url in html

    @pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
    @pytest.mark.parametrize(
        "query",
        ["", "session_id=", "session_id=cs_unknown", "session_id=%00", "session_id=%ED%A0%80"]
        + ["session_id=" + "x" * 3000, "payment=", "payment=7", f"payment={uuid.uuid4()}"],
    )
    @pytest.mark.parametrize("which", ["success", "cancel"])
    def test_unknown_payments_are_404(self, anyone, accept, query, which):
        answer = anyone.get(f"/api/payment/{which}/?{query}", headers={"Accept": accept})
        assert answer.status_code == 404

    def test_pages_escape_what_staff_wrote(self, stripe, owner, anyone, owner_client):
        show, seats = show_with_seats(1)
        show.movie.title = "<script>alert(1)</script>"
        show.movie.save()
        reservation = held(owner, show, seats)
        page = owner_client.post(f"/api/create-checkout-session/{reservation.pk}/").json()
        html = anyone.get(f"/api/payment/success/?session_id={page['session_id']}").content
        assert b"<script>alert" not in html

    @pytest.mark.parametrize("method", ["options", "post", "delete"])
    def test_pages_can_only_be_read(self, anyone, method):
        answer = getattr(anyone, method)("/api/payment/success/", headers={"Accept": "text/html"})
        assert answer.status_code == 405

    def test_private_pages_are_not_stored(self, stripe, page, anyone):
        answer = anyone.get(f"/api/payment/success/?session_id={page['session_id']}")
        assert "no-store" in answer.headers["Cache-Control"]


def test_status_costs_a_fixed_number_of_queries(owner, owner_client, django_assert_num_queries):
    reservation = confirmed(owner, *show_with_seats(3))
    with django_assert_num_queries(4):
        owner_client.get(f"/api/payment-status/{reservation.pk}/")
