"""The worker's rounds: Stripe has the last word on seats, and each row has one worker."""

from cinema_reservation.tests.mutants.mutant import Mutant

ROUNDS = "payments/rounds.py"
CHECKOUT = "payments/checkout.py"
RESTS = "payments/tests/test_settlement.py::TestRounds"
GUARDS = "payments/tests/test_guards_rounds.py::TestRounds"
OWED = "payments/tests/test_owed.py::TestRounds"
# What stands between the claim and the step.
TELL = "        refunds.tell_if_late(refund, at=at)\n"

MUTANTS = (
    Mutant(
        name="last-word-before-freeing",
        breaks="A hold is not expired before Stripe was asked about its page.",
        file=ROUNDS,
        old=".exclude(may_be_paid)",
        tests=(f"{RESTS}::test_the_last_word_on_a_payment_comes_before_its_hold_is_expired",),
    ),
    Mutant(
        name="settled-before-freeing",
        breaks="A hold is not expired while its money waits to be looked at.",
        file=ROUNDS,
        old=".filter(settle_after=None)",
        tests=(f"{GUARDS}::test_a_hold_that_may_be_paid_or_is_not_settled_is_not_expired",),
    ),
    Mutant(
        name="settled-later-before-freeing",
        breaks="A hold is not expired though its money is to be looked at later only.",
        file=ROUNDS,
        old=".filter(settle_after=None)",
        new=".exclude(settle_after__lte=at)",
        tests=(f"{GUARDS}::test_a_hold_that_may_be_paid_or_is_not_settled_is_not_expired",),
    ),
    Mutant(
        name="sync-when-closing",
        breaks="A page that could not be closed because it was paid is settled, not given up.",
        file=CHECKOUT,
        old="""could not be closed", payment.pk)
    sync(session_id, at=at)
""",
        new="""could not be closed", payment.pk)
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.EXPIRED)
""",
        tests=(f"{RESTS}::test_the_last_word_on_a_payment_comes_before_its_hold_is_expired",),
    ),
    Mutant(
        name="closed-at-stripe",
        breaks="Nobody pays a page whose hold is over.",
        file=CHECKOUT,
        old="        gateway.expire_session(session_id)\n",
        new="        pass\n",
        tests=(f"{RESTS}::test_the_page_of_a_cancelled_reservation_is_closed",),
    ),
    Mutant(
        name="silent-pages-asked-about",
        breaks="A payment whose webhook never came is found.",
        file=ROUNDS,
        old="        Q(looked_at__lte=at - LOOK_AGAIN)\n        | (unfinished",
        new="        (unfinished",
        tests=(f"{RESTS}::test_a_payment_whose_webhook_never_came_is_found",),
    ),
    Mutant(
        name="payment-claimed",
        breaks="Of several workers, one looks at a payment.",
        file=ROUNDS,
        old="    if not Payment.objects.claim(payment, at=at):\n        return\n",
        new="    Payment.objects.claim(payment, at=at)\n",
        tests=(f"{GUARDS}::test_of_two_workers_one_looks_at_a_payment",),
    ),
    Mutant(
        name="settling-claimed",
        breaks="Of several workers, one settles a reservation.",
        file=ROUNDS,
        old="filter(pk=reservation.pk, settle_after=reservation.settle_after)",
        new="filter(pk=reservation.pk)",
        tests=(f"{GUARDS}::test_of_two_workers_one_settles_a_reservation",),
    ),
    Mutant(
        name="refund-claimed",
        breaks="Of several workers, one sends a refund.",
        file=ROUNDS,
        old=f"    if Refund.objects.claim(refund, at=at):\n{TELL}        refunds.send",
        new=f"    if True:\n{TELL}        refunds.send",
        tests=(f"{GUARDS}::test_of_two_workers_one_sends_or_asks_after_a_refund",),
    ),
    Mutant(
        name="asking-claimed",
        breaks="Of several workers, one asks after a refund.",
        file=ROUNDS,
        old=f"    if Refund.objects.claim(refund, at=at):\n{TELL}        settlement.import",
        new=f"    if True:\n{TELL}        settlement.import",
        tests=(f"{GUARDS}::test_of_two_workers_one_sends_or_asks_after_a_refund",),
    ),
    Mutant(
        name="one-broken-row",
        breaks="One row that breaks keeps nobody else's money.",
        file=ROUNDS,
        old="        except Exception as error:\n",
        new="        except ZeroDivisionError as error:\n",
        tests=(
            f"{GUARDS}::test_rows_that_fail_leave_the_others_to_their_turn",
            f"{RESTS}::test_one_broken_row_does_not_keep_the_others_money",
        ),
    ),
    Mutant(
        name="settling-ends-when-stripe-is-away",
        breaks="A Stripe that is away is not asked once for each reservation to settle.",
        file=ROUNDS,
        old="        settlement.settle_now(",
        new="        settlement.settle(",
        tests=(f"{OWED}::test_stripe_being_away_ends_a_round_of_settling",),
    ),
    Mutant(
        name="rounds-end-in-time",
        breaks="A long round lets the other tasks have their turn.",
        file=ROUNDS,
        old="        if time.monotonic() > ends:\n",
        new="        if False:\n",
        tests=(f"{OWED}::test_a_round_ends_when_its_time_is_over",),
    ),
    Mutant(
        name="mail-sent-by-one",
        breaks="Of several workers, one sends the queued mail.",
        file="cinema_reservation/mail.py",
        old="pk=email.pk, status=email.status, scheduled_time=email.scheduled_time",
        new="pk=email.pk",
        tests=("cinema_reservation/tests/test_mail.py",),
    ),
)
