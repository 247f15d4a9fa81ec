"""How queued mail leaves the house, and where it goes on a laptop."""

import logging
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends import console, filebased
from django.template.loader import render_to_string
from django.utils import timezone
from post_office import mail
from post_office.models import Email
from post_office.validators import validate_email_with_name

log = logging.getLogger(__name__)

# Mails taken by a worker that was killed are another's after that. Longer than a handful may
# take to send (`BATCH_DELIVERY_TIMEOUT`), so that nobody gets one twice while both live.
LEASE = timedelta(minutes=1)
HANDFUL = 20


class DevelopmentBackend(filebased.EmailBackend):
    """Keeps each mail as a file in `EMAIL_FILE_PATH` and shows it in the console."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        console.EmailBackend(stream=sys.stdout).send_messages(email_messages)
        return super().send_messages(email_messages) or 0


def write(*, to: str, template: str, context: dict[str, Any]) -> None:
    """Queue a mail in the caller's transaction. The template's first line is the subject.

    To an address that can't be one nothing is written, and that is logged: what the mail was
    to tell of has happened, and must not be undone for it.
    """
    if not _is_usable(to):
        log.error("no mail is written (%s): %r is no e-mail address", template, to)
        return
    text = render_to_string(template, context)
    subject, _, body = text.partition("\n")
    # The queue reads what it is given as a template once more. So it is given one that only
    # names the finished text: braces in a film's title stay what they are.
    mail.send(
        [to],
        settings.DEFAULT_FROM_EMAIL,
        subject="{{ subject|safe }}",
        message="{{ body|safe }}",
        context={"subject": " ".join(subject.split()), "body": body.strip() + "\n"},
    )


def _is_usable(address: str) -> bool:
    try:
        validate_email_with_name(address)
    except ValidationError:
        return False
    return True


def send_queued() -> int:
    """Send what is queued and not in another worker's hands. Returns how many were sent.

    A handful at a time: where none of it leaves, the server is away, and the rest waits.
    """
    queued, total = list(mail.get_queued()), 0
    for start in range(0, len(queued), HANDFUL):
        sent, failed = _send(_claim(queued[start : start + HANDFUL]))
        total += sent
        if failed and not sent:
            break
    return total


def _claim(emails: Iterable[Email]) -> list[Email]:
    """Those that are ours to send: nobody else finds them in the queue until the lease ends.

    Rows, not a lock: behind PgBouncer a lock of the session stays with a connection that the
    next statement need not get, and a lock of the transaction would be held while SMTP speaks.
    """
    until = timezone.now() + LEASE
    return [
        email
        for email in emails
        if Email.objects.filter(
            pk=email.pk, status=email.status, scheduled_time=email.scheduled_time
        ).update(scheduled_time=until)
    ]


def _send(emails: list[Email]) -> tuple[int, int]:
    """How many left, and how many are to be tried again or given up."""
    if not emails:
        return 0, 0
    # The library's own step below its `send_queued`, which would look for the rows by itself.
    sent, given_up, again = mail._send_bulk(emails, uses_multiprocessing=False, log_level=1)
    return sent, given_up + again
