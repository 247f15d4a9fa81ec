"""Who may change what everybody may see, and who may see what is not for everybody."""

from rest_framework.permissions import (
    SAFE_METHODS,
    DjangoModelPermissions,
    DjangoModelPermissionsOrAnonReadOnly,
)
from rest_framework.request import Request
from rest_framework.views import APIView


class StaffWrite(DjangoModelPermissionsOrAnonReadOnly):
    """Anyone reads; staff write, each what Django's model permissions let them.

    An usher without rights on films can't delete one, and a customer can't whatever
    rights somebody gave them by mistake.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return True
        return request.user.is_staff and super().has_permission(request, view)


class StaffOnly(DjangoModelPermissions):
    """Staff read and write, each what Django's model permissions let them; nobody else does."""

    perms_map = DjangoModelPermissions.perms_map | {
        method: ["%(app_label)s.view_%(model_name)s"] for method in SAFE_METHODS
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_staff(request) and super().has_permission(request, view)


def is_staff(request: Request) -> bool:
    """Whether the house's own people ask, who also see what is not for sale any more."""
    return bool(request.user and request.user.is_staff)
