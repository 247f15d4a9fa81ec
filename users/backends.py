"""How a name and a password become an account, for the API and the staff's desk alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from users.models import User


class UsernameOrEmailBackend(ModelBackend):
    """Accepts the username or the e-mail address, whatever the case. At most one query."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.called(username).first()
        if user is None:
            # As slow as a wrong password: the time must not tell whether a name exists.
            User().set_password(password)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None
