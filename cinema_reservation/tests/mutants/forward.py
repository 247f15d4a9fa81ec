"""What we know moves forward only, in whatever order Stripe's answers arrive."""

from cinema_reservation.tests.mutants.mutant import Mutant

REFUNDS = "payments/refunds.py"
DISPUTES = "payments/disputes.py"
CHECKOUT = "payments/checkout.py"
ROUNDS = "payments/rounds.py"
FORWARD = "payments/tests/test_forward_only.py"
ORDERED = f"{FORWARD}::TestPayments"

MUTANTS = (
    Mutant(
        name="refunds-move-forward",
        breaks="A refund that failed does not come back to life by an older answer.",
        file=REFUNDS,
        old="    return ORDER.index(state) > ORDER.index(RefundState(refund.state))\n",
        new="    return state != refund.state\n",
        tests=(f"{FORWARD}::TestRefunds::test_one_that_failed_stays_failed_and_is_made_again",),
    ),
    Mutant(
        name="given-up-and-made-counts",
        breaks="A refund that we gave up and Stripe made counts as sent.",
        file=REFUNDS,
        old="    if refund.stripe_id is None and stripe_id is not None:\n",
        new="    if False:\n",
        tests=(f"{FORWARD}::TestRefunds::test_one_that_we_gave_up_and_stripe_made_counts",),
    ),
    Mutant(
        name="disputes-move-forward",
        breaks="A dispute that is decided does not open again by an older answer.",
        file=DISPUTES,
        old="state != dispute.state and ORDER[state] >= ORDER[DisputeState(dispute.state)]",
        new="state != dispute.state",
        tests=(f"{FORWARD}::TestDisputes::test_one_that_is_decided_does_not_open_again",),
    ),
    Mutant(
        name="decisions-may-be-turned",
        breaks="A bank may decide once more, and is believed.",
        file=DISPUTES,
        old="ORDER[state] >= ORDER[",
        new="ORDER[state] > ORDER[",
        tests=(f"{FORWARD}::TestDisputes::test_a_decision_may_be_turned_once_more",),
    ),
    Mutant(
        name="ordered-stays-ordered",
        breaks="An order that a bank has is not undone by an answer from before it.",
        file=CHECKOUT,
        old="    if before == PaymentState.PROCESSING and state == PaymentState.OPEN:\n",
        new="    if False:\n",
        tests=(f"{ORDERED}::test_an_order_that_a_bank_has_is_not_open_again",),
    ),
    Mutant(
        name="losses-before-arrival",
        breaks="Money counts as come only after we know what of it is gone again.",
        file=CHECKOUT,
        old="""    if session.has_lost_money:
        # Before its arrival counts: what went back, or was asked back, buys nothing.
        _learn_of_losses(payment_id, session, at)
    payment = _move_forward(payment_id, session, at)
""",
        new="""    payment = _move_forward(payment_id, session, at)
    if session.has_lost_money:
        _learn_of_losses(payment_id, session, at)
""",
        tests=(f"{ORDERED}::test_money_that_went_back_before_it_was_known_buys_nothing",),
    ),
    Mutant(
        name="ordered-is-not-closed",
        breaks="Nobody tries to close a page whose order a bank has.",
        file=ROUNDS,
        old="    if is_open or payment.state == PaymentState.PROCESSING:\n",
        new="    if is_open:\n",
        tests=(f"{ORDERED}::test_an_order_that_a_bank_has_is_asked_about_every_few_minutes_only",),
    ),
    Mutant(
        name="banks-are-not-hurried",
        breaks="What a bank works on is asked about every few minutes, not in every round.",
        file=ROUNDS,
        old="    unwanted = is_over & ~Q(state=PaymentState.PROCESSING)\n",
        new="    unwanted = is_over\n",
        tests=(f"{ORDERED}::test_an_order_that_a_bank_has_is_asked_about_every_few_minutes_only",),
    ),
)
