"""Guards of money that leaves: retries, disputes, what others sent, who hears of it."""

from cinema_reservation.tests.mutants.mutant import Mutant

OWED = "payments/tests/test_owed.py"
ALERTS, RETRIES = "payments/tests/test_alerts.py", "payments/tests/test_refund_retries.py"
DISPUTES, MISSED = "payments/tests/test_disputes.py", "payments/tests/test_missed_events.py"
DISPUTES_MATRIX = "payments/tests/matrix/test_disputes.py"

MUTANTS = (
    Mutant(
        name="look-before-late-resend",
        breaks="A refund whose key Stripe has forgotten is not made twice.",
        file="payments/refunds.py",
        old="if refund.created_at < at and not _is_still_to_be_sent(refund, at):",
        new="if False:",
        tests=(f"{RETRIES}::TestForgottenKeys",),
    ),
    Mutant(
        name="retries-grow-rare",
        breaks="A refund that keeps failing is tried at most once a day.",
        file="payments/models/payment.py",
        old="RETRY_FAILED_REFUND * 2 ** min(len(failed) - 1, 10)",
        new="RETRY_FAILED_REFUND",
        tests=(f"{RETRIES}::test_the_worker_keeps_the_pauses",),
    ),
    Mutant(
        name="paid-by-hand-once",
        breaks="What staff paid by other means is noted once, and only where it is owed.",
        file="payments/refunds.py",
        old="    is_owed = held.owed_from(payment) >= failed.amount\n",
        new="    is_owed = True\n",
        tests=(f"{RETRIES}::TestPaidByOtherMeans", f"{OWED}::TestPaidByOtherMeans"),
    ),
    Mutant(
        name="no-false-alarm",
        breaks="A refund that fails and is not owed alarms nobody.",
        file="payments/refunds.py",
        old="    if refund.state == RefundState.FAILED and held.owed_from(payment):\n",
        new="    if refund.state == RefundState.FAILED:\n",
        tests=(f"{OWED}::TestAlarms::test_money_that_nobody_owed_alarms_nobody_when_it_fails",),
    ),
    Mutant(
        name="disputed-is-gone",
        breaks="Disputed money is not refunded too.",
        file="payments/models/payment.py",
        old="return back + taken",
        new="return back",
        tests=(f"{DISPUTES}::test_its_money_counts_as_gone_and_comes_back_when_it_is_won",),
    ),
    Mutant(
        name="losses-stay-with-their-payment",
        breaks="A loss on one payment is not made good by keeping another.",
        file="payments/models/payment.py",
        old="return max(self.amount_received - self._gone, 0)",
        new="return self.amount_received - self._gone",
        tests=(f"{DISPUTES}::test_more_gone_than_came_is_not_made_good_by_other_money",),
    ),
    Mutant(
        name="asked-back-buys-nothing",
        breaks="Money that a bank asked back confirms nothing.",
        file="payments/books.py",
        old="not p.refunds.all() and not p.disputes.all()",
        new="not p.refunds.all()",
        tests=(f"{DISPUTES}::test_money_that_was_asked_back_confirms_nothing",),
    ),
    Mutant(
        name="losses-before-settling",
        breaks="Money that left before its arrival was news buys nothing.",
        file="payments/checkout.py",
        old="if session.has_lost_money:",
        new="if False:",
        tests=(f"{DISPUTES_MATRIX}::TestNewsOfADispute",),
    ),
    Mutant(
        name="one-mail-per-trouble",
        breaks="Staff hear of one trouble once.",
        file="payments/alerts.py",
        old="    if is_new:\n        _mail(opened)\n    elif",
        new="    _mail(opened)\n    if",
        tests=(f"{ALERTS}::test_everybody_who_is_named_gets_one_mail",),
    ),
    Mutant(
        name="missed-events",
        breaks="What only events tell is learned of though every event was lost.",
        file="payments/gateway.py",
        old="return events[::-1]",
        new="return []",
        tests=(f"{MISSED}::test_refunds_and_disputes_are_learned_of_though_every_event_was_lost",),
    ),
)
