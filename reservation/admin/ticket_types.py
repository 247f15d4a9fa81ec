"""Ticket types at the desk."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from reservation import programme
from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.models import (
    TicketType,
)


class TicketTypeForm(RefusableForm):
    class Meta:
        model = TicketType
        fields = ("name", "percentage", "is_default", "is_active")
        labels: ClassVar = {"is_default": "Default", "is_active": "On sale"}
        help_texts: ClassVar = {
            "percentage": "So many percent of the show's price and the seat's surcharge together. "
            "Half a cent is rounded up, once per ticket: 50 % of 1.25 are 0.63.",
            "is_default": "What a seat costs where nobody says who sits there. Making this one "
            "the default takes it from the present one.",
            "is_active": "Switch off what is to be sold no more; sold tickets stay good.",
        }

    def _get_validation_exclusions(self) -> set[str]:
        # That there is another default is no error: the verb takes it from that one.
        return super()._get_validation_exclusions() | {"is_default"}


@admin.register(TicketType)
class TicketTypeAdmin(RefusingAdmin):
    form = TicketTypeForm
    list_display = ("name", "share", "is_default", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)

    @admin.display(description="Share of the price", ordering="percentage")
    def share(self, ticket_type: TicketType) -> str:
        return f"{ticket_type.percentage} %"

    def save_model(
        self,
        request: HttpRequest,
        obj: TicketType,
        form: TicketTypeForm,
        change: bool,
    ) -> None:
        programme.save_ticket_type(obj)

    def delete_model(self, request: HttpRequest, obj: TicketType) -> None:
        programme.remove_ticket_type(ticket_type_id=obj.pk)
