"""Guards of money that leaves: retries, disputes, what others sent, who hears of it."""

from cinema_reservation.tests.mutants.mutant import Mutant

ALERTS, RETRIES = "payments/tests/test_alerts.py", "payments/tests/test_refund_retries.py"
DISPUTES, MISSED = "payments/tests/test_disputes.py", "payments/tests/test_missed_events.py"
DISPUTES_MATRIX = "payments/tests/matrix/test_disputes.py"

MUTANTS = (
    Mutant(
        name="look-before-late-resend",
        breaks="A refund whose key Stripe has forgotten is not made twice.",
        file="payments/refunds.py",
        old="if at - refund.created_at > KEY_IS_KNOWN_FOR:",
        new="if False:",
        tests=(f"{RETRIES}::TestForgottenKeys",),
    ),
    Mutant(
        name="retries-grow-rare",
        breaks="A refund that keeps failing is tried at most once a day.",
        file="payments/models/payment.py",
        old="RETRY_FAILED_REFUND * 2 ** min(len(failures) - 1, 10)",
        new="RETRY_FAILED_REFUND",
        tests=(f"{RETRIES}::test_the_worker_keeps_the_pauses",),
    ),
    Mutant(
        name="paid-by-hand-once",
        breaks="What staff paid by other means is noted once, and only where it is owed.",
        file="payments/refunds.py",
        old="failed.state != RefundState.FAILED or payment.kept < failed.amount",
        new="failed.state != RefundState.FAILED",
        tests=(f"{RETRIES}::TestPaidByOtherMeans",),
    ),
    Mutant(
        name="no-false-alarm",
        breaks="A refusal because the money went another way alarms nobody.",
        file="payments/refunds.py",
        old="refund.state != RefundState.FAILED or payment.kept < refund.amount",
        new="refund.state != RefundState.FAILED",
        tests=(f"{RETRIES}::test_a_refusal_because_staff_were_faster_alarms_nobody",),
    ),
    Mutant(
        name="disputed-is-gone",
        breaks="Disputed money is not refunded too.",
        file="payments/models/payment.py",
        old="return max(self.amount_received - back - taken, 0)",
        new="return max(self.amount_received - back, 0)",
        tests=(f"{DISPUTES}::test_its_money_counts_as_gone_and_comes_back_when_it_is_won",),
    ),
    Mutant(
        name="losses-stay-with-their-payment",
        breaks="A loss on one payment is not made good by keeping another.",
        file="payments/models/payment.py",
        old="return max(self.amount_received - back - taken, 0)",
        new="return self.amount_received - back - taken",
        tests=(f"{DISPUTES}::test_more_gone_than_came_is_not_made_good_by_other_money",),
    ),
    Mutant(
        name="asked-back-buys-nothing",
        breaks="Money that a bank asked back confirms nothing.",
        file="payments/settlement.py",
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
        old="    if is_new:\n        _mail(opened)",
        new="    _mail(opened)",
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
