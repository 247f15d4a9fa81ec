"""The mails that we write to people about their accounts."""

from cinema_reservation import mail
from users.models import Purpose, User


def send_code(*, user: User, purpose: Purpose, code: str, minutes: int) -> None:
    """Queue the mail with a one-time code, in the caller's transaction."""
    mail.write(
        to=user.email,
        template=f"users/mail/{purpose}.txt",
        context={"username": user.username, "code": code, "minutes": minutes},
    )
