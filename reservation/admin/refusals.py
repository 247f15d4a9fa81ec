"""How a verb's refusal reaches the person at the desk: as a sentence in their form.

Pages call verbs inside Django's own transaction around a change. A refusal rolls all of
it back, and the form is shown again with what was entered and what the verb said.
"""

import contextlib
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from cinema_reservation.errors import DomainError
from reservation.admin.deletion import CountedDeletionAdmin
from reservation.api.staff import one_change


class RefusableForm(forms.ModelForm):
    """A form that can be told what a verb said to it."""

    refusal: DomainError | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            attr = self.refusal.attr
            self.add_error(attr if attr in self.fields else None, str(self.refusal))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """Django's hook for what a form of some of a row's fields can't check."""
        return super()._get_validation_exclusions()  # type: ignore[misc]


class RefusingAdmin(CountedDeletionAdmin):
    """Pages whose changes the cinema's rules may refuse."""

    form = RefusableForm

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> type[forms.ModelForm]:
        # A class of its own for every request, so that this is nobody else's refusal.
        form = super().get_form(request, obj, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with one_change():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)
        try:
            with one_change():
                return super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(self.page_of(unquote(object_id)))

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        # All rows that are to be deleted go, or none; other actions are many changes.
        deleting = request.POST.get("action") == "delete_selected"
        whole = one_change() if deleting else contextlib.nullcontext()
        try:
            with whole:
                return super().response_action(request, queryset)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def page_of(self, pk: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])

    @property
    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
