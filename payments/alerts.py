"""What about money a person has to look at: kept in a list, and mailed to staff once.

An alert is written in the transaction of what it tells. While it is open, the same trouble
with the same payment adds nothing to it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from cinema_reservation import mail
from payments.models import Alert, AlertKind, Payment
from users.models import User

ADVICE = {
    AlertKind.REFUND_FAILED: (
        "We try again by ourselves, with longer and longer pauses. If the card is closed, pay "
        "the customer by other means and say so at the desk: Refunds, select the failed one, "
        "'Paid back by other means'."
    ),
    AlertKind.REFUND_OVERDUE: (
        "Look at the refund in Stripe's dashboard: the balance may be short, or the key of this "
        "system may not be allowed to refund."
    ),
    AlertKind.NOT_AS_ASKED: (
        "The seats were not sold for it. What came in our currency goes back by itself; look at "
        "Stripe's dashboard for anything else."
    ),
    AlertKind.DISPUTED: (
        "Answer in Stripe's dashboard before the date is over. The seats stay the customer's "
        "until you cancel the reservation."
    ),
    AlertKind.TOO_LITTLE_KEPT: (
        "Money went back, or was taken back, without us, and the reservation stands. Cancel it "
        "if its seats are to be sold again."
    ),
    AlertKind.UNKNOWN_TO_STRIPE: (
        "Does STRIPE_SECRET_KEY belong to another account than before? Nobody can pay that page "
        "any more."
    ),
}


def alert(*, kind: AlertKind, payment: Payment, sentence: str, at: datetime) -> None:
    """Put it on the list, and mail it to staff, unless it is on the list already.

    What somebody has dealt with stays so: only news, another amount, opens it again.
    """
    told = Alert.objects.filter(kind=kind, payment=payment)
    if told.filter(sentence=sentence).exclude(closed_by=None).exists():
        return
    opened, is_new = told.open().get_or_create(
        kind=kind, payment=payment, defaults={"sentence": sentence, "created_at": at}
    )
    if is_new:
        _mail(opened)
    elif opened.sentence != sentence:
        opened.sentence = sentence
        opened.save(update_fields=["sentence"])


def mended(*, kind: AlertKind, payments: Iterable[Payment], at: datetime) -> None:
    """Close what has come right by itself."""
    Alert.objects.open().filter(kind=kind, payment__in=payments).update(closed_at=at)


def _mail(opened: Alert) -> None:
    page = reverse("admin:payments_payment_change", args=[opened.payment_id])
    for address in _addresses():
        mail.write(
            to=address,
            template="payments/mail/alert.txt",
            context={
                "what": opened.get_kind_display(),
                "code": opened.payment.reservation.code,
                "sentence": opened.sentence,
                "advice": ADVICE[AlertKind(opened.kind)],
                "url": f"{settings.PUBLIC_URL}{page}",
            },
        )


def _addresses() -> list[str]:
    """Who is told: those whom the operator named, or else all superusers."""
    if settings.ALERT_EMAILS:
        return list(settings.ALERT_EMAILS)
    superusers = User.objects.filter(is_superuser=True, is_active=True).exclude(email="")
    return list(superusers.order_by("pk").values_list("email", flat=True))
