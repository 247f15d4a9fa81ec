"""Price rules at the desk, and prices as the desk tells them."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from reservation.admin import price_preview
from reservation.admin.price_rules import change_written, window_written
from reservation.models import Cinema, PriceRule, SeatCategory, Ticket, TicketType
from reservation.rules import pricing
from reservation.tests.factories import CinemaFactory, held, show_with_seats
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADD = reverse("admin:reservation_pricerule_add")
LIST = reverse("admin:reservation_pricerule_changelist")


@pytest.fixture
def desk(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def cinema() -> Cinema:
    return CinemaFactory()


def page_of(rule, page="change") -> str:
    return reverse(f"admin:reservation_pricerule_{page}", args=[rule.pk])


def entered(cinema, **fields):
    rule = {"cinema": cinema.pk, "name": "Matinee", "from_time": "00:00", "to_time": "17:00"}
    return rule | {"amount": "-2.50", "priority": "0", "is_active": "on"} | fields


def errors_of(response) -> str:
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors)


def test_a_rule_is_entered_in_money_and_days(desk, cinema):
    answer = desk.post(ADD, entered(cinema, weekdays=["0", "6"]))
    assert answer.status_code == 302, errors_of(answer)
    rule = PriceRule.objects.get()
    assert (rule.amount, rule.weekdays, rule.to_time) == (-250, [0, 6], time(17))
    page = desk.get(page_of(rule))
    assert 'value="-2.50"' in page.content.decode()
    days = page.context["adminform"].form["weekdays"]
    assert [day.data["selected"] for day in days] == [True, *[False] * 5, True]
    answer = desk.post(page_of(rule), entered(cinema, amount="", percentage="-20"))
    assert answer.status_code == 302
    rule.refresh_from_db()
    assert (rule.amount, rule.percentage, rule.weekdays) == (None, -20, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "1e3"),
        ("amount", "99999999"),
        ("amount", "0.001"),
        ("percentage", "-101"),
        ("percentage", "501"),
        ("percentage", "9" * 30),
        ("weekdays", ["7"]),
        ("weekdays", ["x"]),
        ("from_time", "25:00"),
        ("to_time", ""),
        ("valid_from", "x"),
        ("priority", "9" * 30),
        ("cinema", "987654"),
        ("name", "x" * 61),
    ],
)
def test_junk_is_told_at_its_field(desk, cinema, field, value):
    change = {"amount": ""} if field == "percentage" else {}
    assert field in errors_of(desk.post(ADD, entered(cinema, **change) | {field: value}))
    assert not PriceRule.objects.exists()


@pytest.mark.parametrize("change", [{"amount": ""}, {"percentage": "5"}])
def test_an_amount_or_a_percentage_and_not_both(desk, cinema, change):
    assert "amount or a percentage" in errors_of(desk.post(ADD, entered(cinema, **change)))


def test_the_page_shows_what_the_next_days_cost(desk):
    show, _ = show_with_seats(1)
    rule = PriceRule.objects.create(
        cinema=show.hall.cinema, name="<Matinee>", amount=-250, to_time=time(17)
    )
    page = desk.get(page_of(rule)).content.decode()
    assert "A show of 12.50 USD costs" in page
    assert "10.00 USD (&lt;Matinee&gt;); from 17:00 12.50 USD</li>" in page


def test_a_day_is_told_by_the_hour_where_something_changes():
    friday_night = pricing.PriceRule(
        id=1,
        name="Night",
        change=pricing.Amount(100),
        weekdays=frozenset({4}),
        from_time=time(22),
        to_time=time(2),
    )
    lisbon = ZoneInfo("Europe/Lisbon")
    told = [
        [
            (stretch.begins.hour, stretch.price.amount)
            for stretch in price_preview.of_day(day, base=500, rules=[friday_night], zone=lisbon)
        ]
        for day in (date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3))
    ]
    assert told == [[(0, 500), (22, 600)], [(0, 600), (2, 500)], [(0, 500)]]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (PriceRule(amount=150), ("Every day", "+1.50 USD")),
        (PriceRule(amount=-150, weekdays=[5, 4]), ("Fri, Sat", "-1.50 USD")),
        (PriceRule(percentage=-20, to_time=time(17)), ("Every day, 00:00 to 17:00", "-20 %")),
        (PriceRule(percentage=5, from_time=time(22)), ("Every day, 22:00 to 24:00", "+5 %")),
        (
            PriceRule(percentage=5, from_time=time(22), to_time=time(2)),
            ("Every day, 22:00 to 02:00 of the next day", "+5 %"),
        ),
    ],
)
def test_rules_are_listed_in_words(rule, words):
    assert (window_written(rule), change_written(rule)) == words


def test_who_may_only_look_reads_money(cinema):
    usher = UserFactory(is_staff=True)
    usher.user_permissions.add(Permission.objects.get(codename="view_pricerule"))
    client = Client()
    client.force_login(usher)
    rule = PriceRule.objects.create(cinema=cinema, name="Matinee", amount=-250)
    assert "-2.50 USD" in client.get(page_of(rule)).content.decode()
    assert client.post(page_of(rule), entered(cinema)).status_code == 403
    assert client.get(ADD).status_code == 403


def test_a_rule_is_deleted_and_a_cinema_takes_its_own_along(desk, cinema):
    rule = PriceRule.objects.create(cinema=cinema, name="Matinee", amount=-250)
    assert desk.post(page_of(rule, "delete"), {"post": "yes"}).status_code == 302
    assert not PriceRule.objects.exists()
    PriceRule.objects.create(cinema=cinema, name="Matinee", amount=-250)
    page = reverse("admin:reservation_cinema_delete", args=[cinema.pk])
    assert desk.post(page, {"post": "yes"}).status_code == 302
    assert not PriceRule.objects.exists()


def test_lists_cost_the_same_queries_for_any_number_of_rows(desk, django_assert_max_num_queries):
    """Of rules, and of shows with what the rules make of their price."""
    shows = reverse("admin:reservation_showtime_changelist")
    counts = []
    for _ in range(2):
        for _ in range(3):
            show, _ = show_with_seats(1)
            PriceRule.objects.create(cinema=show.hall.cinema, name="Matinee", amount=-250)
        for page in LIST, shows:
            with django_assert_max_num_queries(20) as done:
                assert desk.get(page).status_code == 200
            counts.append(len(done.captured_queries))
    assert counts[:2] == counts[2:]
    listed = desk.get(shows).content.decode()
    assert "10.00 USD (Matinee -2.50 USD)" in listed
    assert "12.50 USD" in listed


def test_a_reservation_says_how_its_prices_came_about(desk, owner):
    show, seats = show_with_seats(2)
    PriceRule.objects.create(cinema=show.hall.cinema, name="Matinee", amount=-250)
    SeatCategory.objects.update(surcharge=400)
    adult = TicketType.objects.get()
    adult.percentage = 70
    adult.save()
    reservation = held(owner, show, seats)
    Ticket.objects.filter(seat=seats[0]).update(discount=100)
    Ticket.objects.filter(seat=seats[1]).update(show_price=None)
    page = desk.get(
        reverse("admin:reservation_reservation_change", args=[reservation.pk])
    ).content.decode()
    assert "Matinee -2.50 USD" in page
    assert "(10.00 USD + 4.00 USD surcharge) × 70 % - 1.00 USD promotion" in page
    assert "Not kept" in page
