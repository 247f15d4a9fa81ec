from typing import Any

from django.core.management.base import BaseCommand

from users import otp


class Command(BaseCommand):
    help = "Queues the mails for everybody who asked for a one-time code (the worker does, too)."

    def handle(self, *args: Any, **options: Any) -> None:
        answered = otp.answer_requests()
        self.stdout.write(f"Answered {answered} requests for codes.")
