"""The staff's desk: people, their logins, and the mails that went out.

Codes are shown nowhere, and neither are the mails that hold them: whoever reads a code
can take over an account.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from post_office import models as post_office
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from cinema_reservation.desk import DeskAdmin, ReadOnlyAdmin
from users.models import Login, User


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(User)
class PersonAdmin(UserAdmin, DeskAdmin):  # type: ignore[misc]  # stubs know no paginator
    """People. Only superusers give rights, and touch the accounts of other staff.

    Who can set a colleague's password or address can take over the colleague's rights.
    """

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

    list_display = ("username", "email", "first_name", "last_name", "phone", "is_active")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email", "first_name", "last_name", "phone")
    search_help_text = "Look for a name, an e-mail address or a telephone number"
    ordering = ("-date_joined", "-pk")
    # Other columns have no index: sorting by them would read all accounts.
    sortable_by = ("username",)
    readonly_fields = ("last_login", "date_joined", "email_verified_at")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "phone")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("date_joined", "email_verified_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
    )

    def found(self, words: str) -> QuerySet[Any]:
        return User.objects.resembling(words).values("pk")

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[str] | tuple[Any, ...]:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if is_superuser(request) else (*fixed, *self.RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        if obj is None or is_superuser(request) or obj.pk == request.user.pk:
            return True
        return not (obj.is_staff or obj.is_superuser)


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "refreshed_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    search_help_text = "Look for a name, an e-mail address or a telephone number"
    ordering = ("-created_at", "-pk")
    sortable_by = ("created_at",)
    fields = ("user", "created_at", "refreshed_at", "ended_at")
    actions = ("end_logins",)

    def found(self, words: str) -> QuerySet[Any]:
        people = User.objects.resembling(words).values("pk")
        return Login.objects.filter(user__in=people).values("pk")

    @admin.action(description="End these logins", permissions=["end"])
    def end_logins(self, request: HttpRequest, queryset: QuerySet[Login]) -> None:
        ended = Login.objects.filter(pk__in=queryset.values("pk")).end(at=timezone.now())
        self.message_user(request, f"{ended} logins were ended; their tokens no longer work.")

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.change_login")


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DeskAdmin):
    """Groups carry rights, so that superusers alone change them."""

    search_fields = ("name",)
    filter_horizontal = ("permissions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)


for model in (post_office.Email, post_office.Log, post_office.EmailTemplate):
    admin.site.unregister(model)
admin.site.unregister(post_office.Attachment)


@admin.register(post_office.Email)
class MailAdmin(ReadOnlyAdmin):
    """Whether a mail went out, never what it says."""

    # The queue brings a template of its own, with a button that sends again.
    change_form_template = "admin/change_form.html"
    list_display = fields = ("to", "subject", "status", "created", "last_updated")
    list_filter = ("status",)
    search_fields = ("to", "subject")
    ordering = ("-created", "-pk")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # Django lets staff filter by every column through the address, and so read a
        # code digit by digit: ?message__contains=…
        return lookup.split("__", maxsplit=1)[0] == "status"
