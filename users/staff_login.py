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
        address = LoginAddressThrottle()
        by_address = address.allows(address.ident(Request(self.request)) or "")
        name = normalised(self.cleaned_data.get("username") or "")
        by_name = LoginAccountThrottle().allows(name)
        if not (by_address and by_name):
            raise ValidationError(
                "Too many attempts. Please wait ten minutes and try again.", code="throttled"
            )
        return super().clean()
