"""A page that says what an action is going to do, before it does it."""

from collections.abc import Iterable, Sequence

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
) -> TemplateResponse:
    """Show what is selected and what follows; the button sends the action again, confirmed."""
    opts = admin.opts
    context = admin.admin_site.each_context(request) | {
        "opts": opts,
        "title": question,
        "question": question,
        "consequences": list(consequences),
        "headings": headings,
        "rows": list(rows),
        "selected": list(selected),
        "action": action,
        "button": button,
        "form_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)
