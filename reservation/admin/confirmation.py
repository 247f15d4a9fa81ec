"""A page that says what an action is going to do, before it does it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse


def counted(number: int, word: str) -> str:
    """`1 show`, `2 shows`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def is_confirmed(request: HttpRequest) -> bool:
    return request.method == "POST" and "confirmed" in request.POST


def ask(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    action: str,
    question: str,
    consequences: Iterable[str],
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    selected: Iterable[object],
    button: str,
    form: forms.Form | None = None,
) -> TemplateResponse:
    """Show what is selected and what follows; the button sends the action again, confirmed.

    Where more has to be known, a form asks for it.
    """
    opts = admin.opts
    changelist = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return show(
        admin,
        request,
        question=question,
        consequences=consequences,
        table={"headings": headings, "rows": list(rows)},
        form=form,
        form_url=changelist,
        back_url=changelist,
        hidden=[
            *(("_selected_action", pk) for pk in selected),
            ("action", action),
            ("confirmed", "yes"),
        ],
        button=button,
    )


def show(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    question: str,
    consequences: Iterable[str],
    table: Mapping[str, Any],
    form: forms.Form | None,
    form_url: str,
    back_url: str,
    hidden: Sequence[tuple[str, object]] = (),
    button: str,
) -> TemplateResponse:
    """The page: a question, what follows, a table of what it is about, a form, a button."""
    context = admin.admin_site.each_context(request) | {
        "opts": admin.opts,
        "title": question,
        "question": question,
        "consequences": list(consequences),
        "table": table,
        "form": form,
        "form_url": form_url,
        "back_url": back_url,
        "hidden": hidden,
        "button": button,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)
