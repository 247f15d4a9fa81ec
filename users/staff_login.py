"""The login form of the staff's desk, under the same limits as the API's login."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.request import Request
from unfold.forms import AuthenticationForm

from users.models import normalised
from users.throttles import LoginAccountThrottle, LoginAddressThrottle


class StaffLoginForm(AuthenticationForm):
    """Refuses, with the right password too, once an address or a name tried too often."""

    def clean(self) -> dict[str, Any]:
        address = LoginAddressThrottle().ident(Request(self.request)) or ""
        name = normalised(self.cleaned_data.get("username") or "")
        counts = [(LoginAddressThrottle(), address), (LoginAccountThrottle(), name)]
        allowed = [throttle.allows(ident) for throttle, ident in counts]
        if not all(allowed):
            raise ValidationError(
                "Too many attempts. Please wait ten minutes and try again.", code="throttled"
            )
        cleaned = super().clean()
        for throttle, ident in counts:
            throttle.forgive(ident)
        return cleaned
