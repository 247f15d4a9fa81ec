"""Where mail goes on a laptop."""

import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends import console, filebased


class DevelopmentBackend(filebased.EmailBackend):
    """Keeps each mail as a file in `EMAIL_FILE_PATH` and shows it in the console."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        console.EmailBackend(stream=sys.stdout).send_messages(email_messages)
        return super().send_messages(email_messages) or 0
