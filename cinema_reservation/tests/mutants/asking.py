"""Asking for money: one page, one session, and nobody waits for Stripe with seats in hand."""

from cinema_reservation.tests.mutants.mutant import Mutant

CHECKOUT = "payments/checkout.py"
GATEWAY = "payments/gateway.py"
OPEN = "payments/tests/test_checkout.py::TestOpen"
GUARDS = "payments/tests/test_guards_checkout.py"
OUTSIDE = "payments/tests/test_no_lock_while_asking.py"

MUTANTS = (
    Mutant(
        name="session-key",
        breaks="Asking again after a lost answer finishes the same session.",
        file=CHECKOUT,
        old="idempotency_key=payment.idempotency_key\n",
        new="idempotency_key=str(uuid.uuid4())\n",
        tests=(f"{OPEN}::test_survives_a_connection_that_breaks",),
    ),
    Mutant(
        name="session-key-sent",
        breaks="Stripe is told the key under which a session is created.",
        file=GATEWAY,
        old='cast("SessionCreateParams", sent), {"idempotency_key": idempotency_key}',
        new='cast("SessionCreateParams", sent), {}',
        tests=(f"{OPEN}::test_survives_a_connection_that_breaks",),
    ),
    Mutant(
        name="one-live-payment",
        breaks="The database itself refuses a second live payment of a reservation.",
        file="payments/migrations/0001_initial.py",
        old="""        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', \
('creating', 'open', 'processing'))), fields=('reservation',), \
name='one_live_payment_per_reservation'),
        ),
""",
        tests=(f"{OPEN}::test_a_reservation_has_one_live_payment_whatever_the_code_does",),
    ),
    Mutant(
        name="same-page-again",
        breaks="A second click gets the page that is open.",
        file=CHECKOUT,
        old="    live = asked.reservation.payments.live().first()\n",
        new="    live = None\n",
        tests=(f"{OPEN}::test_again_gives_the_same_page",),
    ),
    Mutant(
        name="no-page-beside-a-bank",
        breaks="Nobody pays by card while a bank works on the same reservation.",
        file=CHECKOUT,
        old="        if live.state == PaymentState.PROCESSING or ",
        new="        if ",
        tests=("payments/tests/test_trouble.py::TestBankPayments",),
    ),
    Mutant(
        name="ended-page-asked-first",
        breaks="A page that was paid in its last second is learned of before another is opened.",
        file=CHECKOUT,
        old="    _learn_of_ended_payment(reservation_id, at)\n",
        tests=(f"{GUARDS}::TestOpenCheckout::test_learns_first_that_the_ended_page_was_paid",),
    ),
    Mutant(
        name="fast-webhook-kept",
        breaks="The answer that opens a page does not undo a webhook that was faster.",
        file=CHECKOUT,
        old="""    Payment.objects.filter(pk=payment.pk, state=PaymentState.CREATING).update(
        session_id=session.id""",
        new="""    Payment.objects.filter(pk=payment.pk).update(
        session_id=session.id""",
        tests=(f"{GUARDS}::TestAWebhookThatWasFaster",),
    ),
    Mutant(
        name="open-outside-transactions",
        breaks="No transaction is open while Stripe is asked for a page.",
        file=CHECKOUT,
        old="def open_checkout(",
        new="@transaction.atomic\ndef open_checkout(",
        tests=(f"{OUTSIDE}::test_while_a_page_is_opened",),
    ),
    Mutant(
        name="sync-outside-transactions",
        breaks="No transaction is open while Stripe is asked about a session.",
        file=CHECKOUT,
        old="def sync(",
        new="@transaction.atomic\ndef sync(",
        tests=(f"{OUTSIDE}::test_while_an_ended_page_is_asked_about",),
    ),
    Mutant(
        name="webhook-outside-transactions",
        breaks="No transaction is open while a webhook has us ask Stripe.",
        file="payments/webhook.py",
        old="def receive(",
        new="from django.db import transaction\n\n\n@transaction.atomic\ndef receive(",
        tests=(f"{OUTSIDE}::test_while_a_webhook_settles",),
    ),
    Mutant(
        name="settle-outside-transactions",
        breaks="No transaction is open while Stripe is told of a refund.",
        file="payments/settlement.py",
        old="def settle(",
        new="@transaction.atomic\ndef settle(",
        tests=(f"{OUTSIDE}::test_while_a_refund_is_sent",),
    ),
    Mutant(
        name="refusal-outside-transactions",
        breaks="No transaction is open while we ask why Stripe refused a refund.",
        file="payments/refunds.py",
        old="def ask_after(",
        new="@transaction.atomic\ndef ask_after(",
        tests=(f"{OUTSIDE}::test_while_a_refund_is_refused_and_asked_after",),
    ),
)
