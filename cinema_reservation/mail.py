"""How queued mail leaves the house, and where it goes on a laptop."""

import fcntl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console, filebased
from django.db import connection
from django.template.loader import render_to_string
from post_office import mail

# Any number, as long as nothing else in the database takes an advisory lock by it.
MAIL_LOCK = 7_238_461


class DevelopmentBackend(filebased.EmailBackend):
    """Keeps each mail as a file in `EMAIL_FILE_PATH` and shows it in the console."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        console.EmailBackend(stream=sys.stdout).send_messages(email_messages)
        return super().send_messages(email_messages) or 0


def write(*, to: str, template: str, context: dict[str, Any]) -> None:
    """Queue a mail in the caller's transaction. The template's first line is the subject."""
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


def send_queued() -> int:
    """Send what is queued, unless another worker is at it. Returns how many were sent."""
    with _alone() as alone:
        if not alone or not mail.get_queued().exists():
            return 0
        sent, _, _ = mail.send_queued(log_level=1)
        return sent


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this worker is the only one that sends: the queue itself has no claims on rows."""
    if connection.vendor != "postgresql":
        with (settings.VAR_DIR / "sending_mail").open("w") as file:
            yield _is_first_to_lock(file)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MAIL_LOCK])
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MAIL_LOCK])


def _is_first_to_lock(file: IO[str]) -> bool:
    """Until the file is closed, be it by a kill: a lock that names a process outlives it, and
    in a container the next worker has the same number.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
