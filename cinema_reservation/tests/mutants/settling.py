"""The settlement equation: what is due stays, the rest goes back, each refund once."""

from cinema_reservation.tests.mutants.mutant import Mutant

BOOKS = "payments/books.py"
SETTLEMENT = "payments/settlement.py"
REFUNDS = "payments/refunds.py"
PAYMENT = "payments/models/payment.py"
SETTLE = "payments/tests/test_settlement.py::TestSettle"
EQUATION = "payments/tests/test_guards_settlement.py::TestEquation"
LEARNED = "payments/tests/test_guards_settlement.py::TestRefunds"
LOST_CALL = "payments/tests/matrix/test_refunds.py::TestALostCall"
FAILING = "payments/tests/test_trouble.py::TestRefundsThatFail"
SYNC = "payments/tests/test_checkout.py::TestSync"
RACES = "payments/tests/test_races.py::TestSettle"

MUTANTS = (
    Mutant(
        name="refund-key",
        breaks="Two that come to the same conclusion ask Stripe for the same refund.",
        file=SETTLEMENT,
        old='f"refund-{payment.pk}-{len(payment.refunds.all()) + 1}"',
        new='f"refund-{payment.pk}-{at.timestamp()}"',
        tests=(
            f"{EQUATION}::test_two_that_come_to_the_same_conclusion_write_one_refund",
            f"{EQUATION}::test_refunds_have_the_key_that_their_payment_and_number_give",
        ),
    ),
    Mutant(
        name="refund-key-sent",
        breaks="A refund whose answer was lost is asked for again, and made once.",
        file="payments/gateway.py",
        old='client.v1.refunds.create(parameters, {"idempotency_key": idempotency_key})',
        new="client.v1.refunds.create(parameters)",
        tests=(f"{LOST_CALL}::test_is_made_again_with_the_same_key",),
    ),
    Mutant(
        name="new-key-after-a-failure",
        breaks="A refund that failed is tried again, with a key of its own.",
        file=SETTLEMENT,
        old="{len(payment.refunds.all()) + 1}",
        new="1",
        tests=(f"{SETTLE}::test_a_failed_refund_is_tried_again_later_with_a_new_key",),
    ),
    Mutant(
        name="pending-refunds-count",
        breaks="A refund on its way is not sent a second time.",
        file=PAYMENT,
        old="if r.state != RefundState.FAILED",
        new="if r.state == RefundState.SUCCEEDED",
        tests=(f"{EQUATION}::test_what_is_on_its_way_is_not_sent_again",),
    ),
    Mutant(
        name="disputed-money-is-gone",
        breaks="Money that a bank holds back is not refunded on top.",
        file=PAYMENT,
        old="if d.state in GONE_STATES",
        new="if d.state == DisputeState.LOST",
        tests=("payments/tests/test_disputes.py",),
    ),
    Mutant(
        name="given-up-buys-nothing",
        breaks="Money that was on its way back buys no seats when its refund fails.",
        file="payments/books.py",
        old="[p for p in payments if not p.refunds.all() and not p.disputes.all()]",
        new="list(payments)",
        tests=(f"{FAILING}::test_money_that_was_given_up_buys_nothing_when_its_refund_fails",),
    ),
    Mutant(
        name="covered-in-full",
        breaks="A part of the price buys nothing.",
        file=SETTLEMENT,
        old="bool(whole) and books.kept(whole) >= reservation.total",
        new="bool(whole)",
        tests=(f"{EQUATION}::test_what_is_paid_in_part_waits_for_the_end_of_the_hold",),
    ),
    Mutant(
        name="rejected-money-goes-back",
        breaks="What came otherwise than asked for goes back.",
        file=SETTLEMENT,
        old="_write_refunds(held.rejected, books.kept(held.rejected),",
        new="_write_refunds(held.rejected, 0,",
        tests=(f"{SYNC}::test_another_amount_is_never_confirmed_and_goes_back",),
    ),
    Mutant(
        name="no-more-than-came",
        breaks="No payment gives back more than came in by it.",
        file=SETTLEMENT,
        old="min(excess, payment.kept)",
        new="excess",
        tests=(f"{EQUATION}::test_what_one_payment_can_t_give_back_another_does",),
    ),
    Mutant(
        name="pause-after-a-failure",
        breaks="A card that takes no money back is not tried in every round.",
        file=SETTLEMENT,
        old="        if amount > 0 and retry_at is not None and retry_at > at:\n",
        new="        if False:\n",
        tests=(f"{SETTLE}::test_a_failed_refund_is_tried_again_later_with_a_new_key",),
    ),
    Mutant(
        name="failure-is-settled-anew",
        breaks="A refund that fails makes its reservation unsettled again.",
        file=REFUNDS,
        old="        if RefundState.FAILED in {before, state}:\n"
        "            booking.settle_from(held.reservation, at)\n",
        tests=(f"{LEARNED}::test_what_fails_is_noted_once_and_settled_anew",),
    ),
    Mutant(
        name="own-refund-recognised",
        breaks="A refund of ours that Stripe lists is not counted as one more.",
        file=REFUNDS,
        old="_known(payment, told) or _import(payment, told, at)",
        new="_import(payment, told, at)",
        tests=(f"{LEARNED}::test_ours_is_recognised_before_its_id_was_stored",),
    ),
    Mutant(
        name="live-page-holds-seats",
        breaks="A hold is not expired while a page may still bring its money.",
        file=SETTLEMENT,
        old="    elif not any(payment.is_live for payment in held.payments):\n",
        new="    else:\n",
        tests=(f"{EQUATION}::test_a_hold_that_a_page_may_still_pay_for_is_not_expired",),
    ),
    Mutant(
        name="decided-at-once",
        breaks="A refund is written together with its mail and the mark of its money.",
        file=SETTLEMENT,
        old="@transaction.atomic\ndef _decide(",
        new="def _decide(",
        tests=(f"{EQUATION}::test_a_crash_while_deciding_leaves_no_refund_without_its_mail",),
    ),
    Mutant(
        name="settle-lock",
        breaks="Between a look at the books and what follows from it, nobody changes them.",
        file=BOOKS,
        old="""    payments = _lock_payments(reservation_id)
    return read(booking.lock(reservation_id), payments)
""",
        new="""    payments = list(Payment.objects.filter(reservation=reservation_id))
    return read(Reservation.objects.get(pk=reservation_id), payments)
""",
        tests=(f"{RACES}::test_clears_no_mark_of_a_cancellation_that_came_after_its_look",),
        needs_postgres=True,
    ),
    Mutant(
        name="settle-locks-payments",
        breaks="Money that comes while another settles keeps its mark.",
        file=BOOKS,
        old="payments.select_for_update(no_key=True)",
        new="payments",
        tests=(f"{RACES}::test_clears_no_mark_of_money_that_came_after_its_look",),
        needs_postgres=True,
    ),
    Mutant(
        name="refund-moves-under-lock",
        breaks="A refund that fails while another settles leaves its mark.",
        file=REFUNDS,
        old="""    held = books.lock(refund.payment.reservation_id)
    refund = Refund.objects.get(pk=refund.pk)
""",
        new="""    reservation = refund.payment.reservation
    held = books.read(reservation, list(reservation.payments.all()))
    refund = Refund.objects.get(pk=refund.pk)
""",
        tests=(f"{RACES}::test_clears_no_mark_of_a_refund_that_fails_meanwhile",),
        needs_postgres=True,
    ),
    Mutant(
        name="fee-as-promised",
        breaks="What a cancellation costs was promised at the sale, whatever is set today.",
        file="reservation/booking.py",
        old="        policy=reservation.cancellation_policy,\n",
        new="        policy=settings.CANCELLATION_POLICY,\n",
        tests=(
            "reservation/tests/test_booking.py::TestHold::test_the_policy_is_promised_at_the_sale",
        ),
    ),
)
