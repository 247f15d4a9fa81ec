"""Exchanges: nothing is lost on the way, no fee is gone around, and the money adds up."""

from cinema_reservation.tests.mutants.mutant import Mutant

VERBS = "reservation/exchanging.py"
PLACES = "reservation/replacements.py"
RULES = "reservation/rules/exchange.py"
MIGRATION = "reservation/migrations/0012_exchanges.py"
SETTLING = "payments/exchanges.py"
UNIT = "reservation/tests/test_exchanging.py"
DEARER = f"{UNIT}::TestDearer"
REFUSED = f"{UNIT}::TestRefused"
FEE = f"{UNIT}::TestTheFeeIsNoOnesToGoAround"
RIVALS = "reservation/tests/rivals/test_exchanging.py"
MONEY = "payments/tests/test_exchanges.py"
API = "reservation/tests/test_api_exchanges.py"

MUTANTS = (
    Mutant(
        name="one-exchange-waits",
        breaks="A reservation waits for one exchange at a time.",
        file=MIGRATION,
        old="models.UniqueConstraint(condition=models.Q(('state', 'waiting')), "
        "fields=('reservation',), name='one_waiting_exchange_per_reservation')",
        new="models.CheckConstraint(condition=models.Q(('pk__gte', 0)), "
        "name='one_waiting_exchange_per_reservation')",
        tests=(f"{DEARER}::test_there_is_one_at_most",),
    ),
    Mutant(
        name="exchange-in-one-transaction",
        breaks="Nobody comes between looking for the new seats and giving up the old ones.",
        file=VERBS,
        old="@transaction.atomic\ndef exchange_once(",
        new="def exchange_once(",
        tests=(f"{RIVALS}::TestExchanging::test_lets_nobody_have_the_new_seats",),
    ),
    Mutant(
        name="exchange-under-lock",
        breaks="Who cancels, and who asks for other seats, waits for the first exchange.",
        file=VERBS,
        old="""    reservation = booking.lock(reservation_id)
    _check_paid(reservation, at)
    new_id""",
        new="""    reservation = Reservation.objects.get(pk=reservation_id)
    _check_paid(reservation, at)
    new_id""",
        tests=(f"{RIVALS}::TestAsking",),
        needs_postgres=True,
    ),
    Mutant(
        name="make-under-lock",
        breaks="Who cancels while an exchange is made cancels what was made.",
        file=VERBS,
        old="    reservation = booking.lock(_reservation_of(exchange_id))\n    exchange = ",
        new="    reservation = Reservation.objects.get(pk=_reservation_of(exchange_id))\n"
        "    exchange = ",
        tests=(f"{RIVALS}::TestMaking",),
        needs_postgres=True,
    ),
    Mutant(
        name="replacement-under-lock",
        breaks="The worker does not free the seats of an exchange that is being made.",
        file=PLACES,
        old="replacements = Reservation.objects.select_for_update(no_key=True)",
        new="replacements = Reservation.objects",
        tests=(f"{RIVALS}::TestMakingLate::test_leaves_the_worker_nothing_to_tidy_up",),
        needs_postgres=True,
    ),
    Mutant(
        name="shows-in-one-order",
        breaks="Two who swap shows with each other do not end in a deadlock.",
        file="reservation/claims.py",
        old="for pk in sorted(set(show_ids))",
        new="for pk in dict.fromkeys(show_ids)",
        tests=(f"{UNIT}::test_shows_are_locked_in_one_order",),
    ),
    Mutant(
        name="own-seats-are-free",
        breaks="Who swaps one of two seats may keep the other.",
        file=VERBS,
        old=", ruling=ruling, own=own)",
        new=", ruling=ruling)",
        tests=(f"{UNIT}::TestAtOnce::test_some_seats_may_be_kept",),
    ),
    Mutant(
        name="kept-seats-have-one-ticket",
        breaks="A seat that is kept has one live ticket while the exchange waits.",
        file=VERBS,
        old="ticket.released_at = at if ticket.seat_id in own else None",
        new="ticket.released_at = None",
        tests=(f"{DEARER}::test_with_some_seats_kept",),
    ),
    Mutant(
        name="lost-seats-are-claimed",
        breaks="An exchange that lapsed takes no seat that is another's by now, or the house's.",
        file=PLACES,
        old="        claims.free_again(lost, show, at)\n",
        new="        pass\n",
        tests=(
            f"{DEARER}::test_late_is_refused_where_the_house_keeps_one",
            f"{DEARER}::test_late_is_made_where_its_seats_are_free",
            f"{DEARER}::test_late_is_refused_where_one_is_sold",
        ),
    ),
    Mutant(
        name="lost-seats-are-not-prolonged",
        breaks="No page is opened for seats that are another's by now.",
        file=VERBS,
        old=" and not replacements.has_lost_seats(exchange, show)",
        tests=(f"{UNIT}::TestProlong::test_nothing_that_lost_a_seat",),
    ),
    Mutant(
        name="exchange-before-the-show",
        breaks="No exchange is made once either show began.",
        file=VERBS,
        old="        if at >= show.starts_at:\n            raise errors.ExchangeAfterStart\n",
        tests=(f"{DEARER}::test_is_refused_once_a_show_begins",),
    ),
    Mutant(
        name="exchange-of-no-cancelled-show",
        breaks="Nobody exchanges into, or out of, a show that was cancelled meanwhile.",
        file=VERBS,
        old="        if show.is_cancelled:\n            raise errors.ShowCancelled\n",
        tests=(f"{DEARER}::test_is_refused_once_either_show_is_cancelled",),
    ),
    Mutant(
        name="exchange-of-nothing-taken-back",
        breaks="What the house took back is not the customer's by way of an exchange.",
        file=VERBS,
        old="    if replacement.state == ReservationState.CANCELLED:\n"
        "        raise errors.ReservationCancelled\n",
        tests=(f"{DEARER}::test_is_refused_once_the_house_took_what_was_held",),
    ),
    Mutant(
        name="exchange-before-the-door",
        breaks="Nobody sits in one seat and exchanges it.",
        file=VERBS,
        old="    if reservation.tickets.exclude(admitted_at=None).exists():\n"
        "        raise errors.AlreadyAdmitted\n",
        tests=(
            f"{DEARER}::test_is_refused_once_somebody_sits_there",
            f"{REFUSED}::test_what_was_used_at_the_door",
        ),
    ),
    Mutant(
        name="exchange-of-what-is-paid",
        breaks="Only what is paid for is exchanged.",
        file=VERBS,
        old="        booking.check_holding(reservation, at)\n        raise errors.NotConfirmed\n",
        new="        pass\n",
        tests=(f"{REFUSED}::test_what_is_not_paid_for",),
    ),
    Mutant(
        name="no-way-around-the-fee",
        breaks="Once cancelling costs, nothing is exchanged for less, or for another show.",
        file=RULES,
        old="    return cancelling_costs == 0 or (",
        new="    return True or (",
        tests=(FEE,),
    ),
    Mutant(
        name="no-cheaper-seats-late",
        breaks="Once cancelling costs, seats of the same show may not cost less.",
        file=RULES,
        old="(same_show and not isinstance(change, Cheaper))",
        new="same_show",
        tests=(
            f"{FEE}::test_then_nothing_cheaper",
            f"{FEE}::test_whoever_exchanges_and_cancels_gets_no_more_back_than_who_cancels",
        ),
    ),
    Mutant(
        name="same-show-same-promise",
        breaks="Other seats of the same show are cancelled by the terms of the first sale.",
        file=VERBS,
        old="reservation.cancellation_policy if is_same else show.promised_policy",
        new="show.promised_policy",
        tests=(f"{UNIT}::TestAtOnce::test_the_same_show_keeps_its_promise",),
    ),
    Mutant(
        name="difference-can-be-charged",
        breaks="Nobody waits for a payment that Stripe would never take.",
        file=VERBS,
        old="    if 0 < difference < settings.MINIMUM_CHARGE:\n",
        new="    if False:\n",
        tests=(f"{REFUSED}::test_too_small_a_difference",),
    ),
    Mutant(
        name="worth-what-was-given-back",
        breaks="Nobody exchanges for less than was given back already.",
        file=VERBS,
        old="    if total < reservation.waived:\n",
        new="    if False:\n",
        tests=(f"{REFUSED}::test_less_than_was_given_back",),
    ),
    Mutant(
        name="exchange-within-limits",
        breaks="Nobody comes to more seats of a show than one may have by an exchange.",
        file=VERBS,
        old="    if reservation.user_id is not None:\n",
        new="    if False:\n",
        tests=(f"{REFUSED}::test_more_seats_than_one_may_have",),
    ),
    Mutant(
        name="exchange-beside-its-own-seats",
        breaks="The seats that are given up are not counted against the new ones.",
        file="reservation/limits.py",
        old="        if pk != besides\n        and (\n",
        new="        if (\n",
        tests=(f"{REFUSED}::test_more_seats_than_one_may_have",),
    ),
    Mutant(
        name="waiting-ends-with-its-reservation",
        breaks="Who cancels holds nothing more by way of an exchange.",
        file="reservation/booking.py",
        old="        replacements.drop_waiting(reservation, at=at)\n",
        new="        pass\n",
        tests=(f"{DEARER}::test_ends_with_its_reservation",),
    ),
    Mutant(
        name="exchanged-money-is-looked-at",
        breaks="What cheaper seats leave over goes back: the worker is told to look.",
        file=PLACES,
        old="    reservation.settle_after = at\n",
        tests=(f"{UNIT}::TestAtOnce::test_fewer_seats_cost_less",),
    ),
    Mutant(
        name="both-shows-changed",
        breaks="Whoever keeps an answer about free seats hears of both shows of an exchange.",
        file=PLACES,
        old="    for pk in sorted(shows):\n        claims.note_change(pk)\n",
        tests=(f"{UNIT}::TestAtOnce::test_both_shows_are_known_to_have_changed",),
    ),
    Mutant(
        name="replacements-are-nobody-s",
        breaks="What waits for an exchange is no reservation that its customer sees or pays.",
        file="reservation/models/booking.py",
        old=".exclude(channel=Channel.EXCHANGE)",
        tests=(f"{API}::TestExchange::test_is_seen_as_one_reservation",),
    ),
    Mutant(
        name="replacements-get-no-mail",
        breaks="Nobody reads that a reservation was cancelled that they never had.",
        file="reservation/mail.py",
        old=" or reservation.channel == Channel.EXCHANGE",
        tests=(f"{DEARER}::test_is_refused_once_the_house_took_what_was_held",),
    ),
    Mutant(
        name="a-quote-is-rolled-back",
        breaks="Asking what an exchange would come to makes none.",
        file=VERBS,
        old="        transaction.set_rollback(True)\n",
        tests=(f"{API}::TestQuote::test_leaves_nothing_behind",),
    ),
    Mutant(
        name="exchange-key-names-its-reservation",
        breaks="A key that held seats, or exchanged another reservation's, exchanges nothing.",
        file="reservation/api/exchanges.py",
        old='body = {"exchange": reservation.pk, "for": self.request.data}',
        new="body = self.request.data",
        tests=(f"{API}::TestIdempotency::test_for_another_body_or_reservation_it_is_refused",),
    ),
    Mutant(
        name="made-before-too-much",
        breaks="The difference of an exchange buys the seats, and does not come straight back.",
        file="payments/settlement.py",
        old="        reservation = exchanges.make_what_is_covered(held, at)\n",
        new="        pass\n",
        tests=(f"{MONEY}::TestDearer::test_takes_effect_when_it_is_paid",),
    ),
    Mutant(
        name="exchange-covered-in-full",
        breaks="An exchange is made when all that is due then is kept, and not before.",
        file=SETTLING,
        old="    if books.kept(held.paid) >= due:\n",
        new="    if True:\n",
        tests=(f"{MONEY}::TestTooLate::test_is_not_made_where_the_rest_went_back",),
    ),
    Mutant(
        name="exchange-by-its-own-money",
        breaks="A second payment of the old seats, or of another wish, makes no exchange.",
        file=SETTLING,
        old="    waiting = held.reservation.exchanges.waiting().filter(pk__in=ids)\n",
        new="    waiting = held.reservation.exchanges.waiting()\n",
        tests=(f"{MONEY}::TestTooLate::test_makes_no_other_wish",),
    ),
    Mutant(
        name="unmade-is-given-up",
        breaks="What could not be made when it was paid is not made behind anybody's back later.",
        file=SETTLING,
        old="""came too late: %s", exchange, refusal)
        exchanging.give_up(exchange_id=exchange.pk, at=at)
""",
        new="""came too late: %s", exchange, refusal)
""",
        tests=(f"{MONEY}::TestTooLate::test_goes_back_where_they_were_resold",),
    ),
    Mutant(
        name="nothing-on-top-of-missing-money",
        breaks="Nobody pays a difference that can't make the exchange.",
        file="payments/asking.py",
        old="reservation, list(reservation.payments.all())).excess < 0:\n",
        new="reservation, list(reservation.payments.all())).excess < -(10**9):\n",
        tests=(f"{MONEY}::TestNotPaid::test_nothing_is_asked_where_money_is_missing",),
    ),
    Mutant(
        name="page-of-another-wish-is-closed",
        breaks="Who changes their wish pays for the last one.",
        file="payments/checkout.py",
        old="    if live.is_replaceable_at(at):\n        close(live, at=at)\n    elif ",
        new="    if ",
        tests=(f"{MONEY}::TestNotPaid::test_another_wish_has_another_page",),
    ),
    Mutant(
        name="page-of-an-exchange-stays-open",
        breaks="The worker does not close the page of an exchange that waits.",
        file="payments/models/payment.py",
        old="            return self.exchange.is_living_at(at)\n",
        new="            return False\n",
        tests=(f"{MONEY}::TestDearer::test_the_worker_leaves_its_page_open",),
    ),
    Mutant(
        name="exchange-is-no-second-use",
        breaks="What waits to take a reservation's place is no second use of its promo code.",
        file="reservation/promotions.py",
        old="    living = living.exclude(channel=Channel.EXCHANGE)\n",
        new="",
        tests=(
            "reservation/tests/test_exchanging.py::TestWithAPromoCode::test_what_waits_is_no_second_use",
        ),
    ),
)
