"""The mails that we write to people about their accounts."""

from django.core.mail import send_mail
from django.template.loader import render_to_string

from users.models import Purpose, User

SUBJECTS = {
    Purpose.VERIFY_EMAIL: "Your code to confirm your e-mail address",
    Purpose.RESET_PASSWORD: "Your code to choose a new password",
}


def send_code(*, user: User, purpose: Purpose, code: str, minutes: int) -> None:
    """Queue the mail with a one-time code, in the caller's transaction."""
    # The queue reads the finished text as a template once more. So it holds nothing that
    # people choose freely: a username has no braces, a first name or an e-mail may.
    body = render_to_string(
        f"users/mail/{purpose}.txt", {"username": user.username, "code": code, "minutes": minutes}
    )
    send_mail(SUBJECTS[purpose], body, None, [user.email])
