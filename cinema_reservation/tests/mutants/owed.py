"""What is owed decides: what is sent, what staff may note, who is told, when trouble is over."""

from cinema_reservation.tests.mutants.mutant import Mutant

REFUNDS = "payments/refunds.py"
SETTLEMENT = "payments/settlement.py"
ALERTS = "payments/alerts.py"
OWED = "payments/tests/test_owed.py"
SENDING = f"{OWED}::TestSending"
ALARMS = f"{OWED}::TestAlarms"
RETRIES = "payments/tests/test_refund_retries.py"
LEARNED = "payments/tests/test_guards_settlement.py::TestRefunds"
FASTER = f"{SENDING}::test_what_staff_sent_meanwhile_is_not_sent_once_more"

MUTANTS = (
    Mutant(
        name="look-before-second-try",
        breaks="What others sent since the first try is not sent once more by the second.",
        file=REFUNDS,
        old="    if refund.created_at < at and not",
        new="    if refund.created_at < at - timedelta(days=1) and not",
        tests=(FASTER,),
    ),
    Mutant(
        name="refusal-is-looked-into",
        breaks="A refusal is the reason to learn what others sent.",
        file=REFUNDS,
        old="        if _is_still_to_be_sent(refund, at):\n",
        new="        if True:\n",
        tests=(
            f"{LEARNED}::test_a_refusal_is_the_reason_to_learn_what_staff_sent",
            f"{RETRIES}::test_a_refusal_because_staff_were_faster_alarms_nobody",
        ),
    ),
    Mutant(
        name="rejected-is-owed-whatever-is-due",
        breaks="A refund of what was not as asked for is not given up for what is due.",
        file="payments/books.py",
        old="payment.state == PaymentState.PAID and self.excess < 0",
        new="self.excess < 0",
        tests=(f"{OWED}::TestSending",),
    ),
    Mutant(
        name="give-up-what-is-not-owed",
        breaks="What went another way is given up, though the payment could give it once more.",
        file="payments/books.py",
        old="is_too_much = payment.state == PaymentState.PAID and self.excess < 0",
        new="is_too_much = False",
        tests=(FASTER,),
    ),
    Mutant(
        name="give-up-what-is-not-there",
        breaks="A refund over more than the payment has left is given up.",
        file="payments/books.py",
        old="is_too_much or payment.is_overdrawn",
        new="is_too_much",
        tests=(SENDING,),
    ),
    Mutant(
        name="paid-by-hand-of-a-failure",
        breaks="Only a refund that failed is paid by other means.",
        file=REFUNDS,
        old="    if failed.state != RefundState.FAILED or not is_owed",
        new="    if not is_owed",
        tests=(f"{RETRIES}::TestPaidByOtherMeans", f"{OWED}::TestPaidByOtherMeans"),
    ),
    Mutant(
        name="paid-by-hand-known-key",
        breaks="A failure that was noted is not noted again, though as much is owed anew.",
        file=REFUNDS,
        old=" or not is_owed or _is_known(key):\n",
        new=" or not is_owed:\n",
        tests=(f"{OWED}::TestPaidByOtherMeans",),
    ),
    Mutant(
        name="trouble-ends-when-all-is-back",
        breaks="A part that came back ends no trouble.",
        file=REFUNDS,
        old="    elif refund.state == RefundState.SUCCEEDED and held.is_all_back:\n",
        new="    elif refund.state == RefundState.SUCCEEDED:\n",
        tests=(f"{ALARMS}::test_a_part_that_came_back_does_not_end_the_trouble",),
    ),
    Mutant(
        name="dealt-with-stays-so",
        breaks="What staff dealt with is not told again without news.",
        file=ALERTS,
        old="    if told.filter(sentence=sentence).exclude(closed_by=None).exists():\n",
        new="    if False:\n",
        tests=(f"{ALARMS}::test_what_staff_dealt_with_stays_so",),
    ),
    Mutant(
        name="alerts-name-what-is-owed-now",
        breaks="An open alert says how things stand, not how they stood.",
        file=ALERTS,
        old="    elif opened.sentence != sentence:\n",
        new="    elif False:\n",
        tests=(f"{ALARMS}::test_it_names_all_that_is_owed",),
    ),
    Mutant(
        name="failed-amounts-are-held-back",
        breaks="What failed waits, whatever else is sent from the same payment.",
        file=SETTLEMENT,
        old="            amount -= payment.held_back\n",
        tests=(f"{SENDING}::test_what_fails_together_waits_together",),
    ),
    Mutant(
        name="untried-money-does-not-wait",
        breaks="What was not tried yet does not wait for what failed.",
        file=SETTLEMENT,
        old="            amount -= payment.held_back\n",
        new="            amount = 0\n",
        tests=(f"{SENDING}::test_what_was_not_tried_yet_does_not_wait_for_what_failed",),
    ),
)
