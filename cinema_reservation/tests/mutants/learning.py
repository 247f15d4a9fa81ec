"""Learning what was paid: Stripe's word alone, checked, and never backwards."""

from cinema_reservation.tests.mutants.mutant import Mutant

CHECKOUT = "payments/checkout.py"
GATEWAY = "payments/gateway.py"
WEBHOOK = "payments/webhook.py"
SYNC = "payments/tests/test_checkout.py::TestSync"
BUYS = "payments/tests/test_guards_checkout.py::TestWhatASessionBuys"
RESTS = "payments/tests/test_settlement.py::TestRounds"
SIGNED = "payments/tests/test_webhook.py::TestVerification"
ACTING = "payments/tests/test_webhook.py::TestActing"
REPLAYS = f"{SIGNED}::test_old_and_future_signatures_are_replays"
RACES = "payments/tests/test_races.py"

MUTANTS = (
    Mutant(
        name="amount-check",
        breaks="Another amount than was asked for buys nothing.",
        file=CHECKOUT,
        old="        and session.amount == payment.amount\n",
        tests=(f"{SYNC}::test_another_amount_is_never_confirmed_and_goes_back",),
    ),
    Mutant(
        name="currency-check",
        breaks="Money of another currency buys nothing.",
        file=CHECKOUT,
        old="    return session.currency == payment.currency and session.livemode",
        new="    return session.livemode",
        tests=(f"{SYNC}::test_money_that_is_not_ours_is_never_counted",),
    ),
    Mutant(
        name="livemode-check",
        breaks="Pretended money buys nothing where we ask for real money, nor the other way.",
        file=CHECKOUT,
        old=" and session.livemode == _asks_for_real_money()\n",
        new="\n",
        tests=(f"{SYNC}::test_money_that_is_not_ours_is_never_counted",),
    ),
    Mutant(
        name="mode-check",
        breaks="A session that is no payment buys nothing.",
        file=CHECKOUT,
        old='        session.mode == "payment"\n        and ',
        new="        ",
        tests=(f"{BUYS}::test_a_session_that_is_no_payment_buys_nothing",),
    ),
    Mutant(
        name="paid-is-paid",
        breaks="Only a session that Stripe calls paid is paid; one that is complete may not be.",
        file=GATEWAY,
        old='self.status == "complete" and self.payment_status == "paid"',
        new='self.status == "complete"',
        tests=("payments/tests/test_trouble.py::TestBankPayments",),
    ),
    Mutant(
        name="forward-only",
        breaks="What was paid or rejected stays so, and what ended comes to life by money only.",
        file=CHECKOUT,
        old="    if payment.is_final or not (payment.is_live or session.is_paid):\n",
        new="    if False:\n",
        tests=(
            f"{SYNC}::test_what_was_paid_stays_paid",
            f"{BUYS}::test_what_was_rejected_is_not_paid_afterwards",
            f"{BUYS}::test_what_ended_comes_to_life_only_by_being_paid",
        ),
    ),
    Mutant(
        name="final-stays-final",
        breaks="Old news of a session does not undo what was paid.",
        file=CHECKOUT,
        old="payment.is_final or not",
        new="not",
        tests=(
            f"{BUYS}::test_what_was_paid_is_not_rejected_afterwards",
            f"{BUYS}::test_what_was_rejected_is_not_paid_afterwards",
        ),
    ),
    Mutant(
        name="sync-lock",
        breaks="Of two who look at one payment, the second sees what the first wrote.",
        file=CHECKOUT,
        old="Payment.objects.select_for_update(no_key=True).get(",
        new="Payment.objects.get(",
        tests=(f"{RACES}::TestSync::test_with_old_news_does_not_undo_new_ones",),
        needs_postgres=True,
    ),
    Mutant(
        name="own-sessions-only",
        breaks="A session of somebody else that names our payment moves nothing.",
        file=CHECKOUT,
        old="payment is None or payment.session_id not in {None, session.id}",
        new="payment is None",
        tests=(f"{SYNC}::test_foreign_and_unknown_sessions_are_ignored",),
    ),
    Mutant(
        name="money-is-marked",
        breaks="A crash between payment and confirmation is found by the worker.",
        file=CHECKOUT,
        old="        booking.settle_from(reservation, at)\n    payment.save()\n",
        new="    payment.save()\n",
        tests=(f"{RESTS}::test_a_crash_between_payment_and_confirmation_is_mended",),
    ),
    Mutant(
        name="webhook-signature",
        breaks="Only what Stripe signed is believed to come from Stripe.",
        file=GATEWAY,
        old="    if not any(_signed(text, signature, secret) for secret in"
        " settings.STRIPE_WEBHOOK_SECRETS):\n        raise NotFromStripe\n",
        tests=(f"{SIGNED}::test_a_signature_of_another_body_is_refused",),
    ),
    Mutant(
        name="every-secret-counts",
        breaks="The old secret is accepted while the new one is rolled out.",
        file=GATEWAY,
        old="for secret in settings.STRIPE_WEBHOOK_SECRETS)",
        new="for secret in settings.STRIPE_WEBHOOK_SECRETS[:1])",
        tests=(f"{SIGNED}::test_old_secrets_are_accepted_while_they_are_listed",),
    ),
    Mutant(
        name="signature-from-the-past",
        breaks="A webhook that was recorded long ago can't be played again.",
        file=GATEWAY,
        old="abs(time.time() - int(times[0]))",
        new="int(times[0]) - time.time()",
        tests=(REPLAYS,),
    ),
    Mutant(
        name="signature-from-the-future",
        breaks="A webhook that is dated ahead can't be played again until then.",
        file=GATEWAY,
        old="abs(time.time() - int(times[0]))",
        new="time.time() - int(times[0])",
        tests=(REPLAYS,),
    ),
    Mutant(
        name="event-once",
        breaks="An event that was acted on is not acted on again.",
        file=WEBHOOK,
        old="    if record.processed_at is None:\n",
        new="    if True:\n",
        tests=(f"{ACTING}::test_a_known_event_is_not_acted_on_again",),
    ),
    Mutant(
        name="event-done-last",
        breaks="An event is done when it was acted on, not when it was received.",
        file=WEBHOOK,
        old='"received_at": at}',
        new='"received_at": at, "processed_at": at}',
        tests=(f"{ACTING}::test_the_event_is_marked_as_done_last",),
    ),
)
