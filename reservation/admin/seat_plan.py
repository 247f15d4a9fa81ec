"""A hall's seat plan at the desk: typed, looked at, saved; and every version it ever had."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import action as detail_action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from cinema_reservation.errors import DomainError
from reservation import plan_entry, plan_history, plans
from reservation.admin.confirmation import counted
from reservation.admin.fields import clock
from reservation.admin.refusals import RefusingAdmin
from reservation.api.staff import one_change
from reservation.models import Hall, HallPlan, SeatCategory, SeatKind
from reservation.models.venue import PLAN_NOTE_LENGTH
from reservation.plan_history import Snapshot
from reservation.rules import plan as rules
from reservation.rules.plan import Plan, PlanChange, PlannedSeat

LONGEST_TEXT = 900_000
VERSIONS_LISTED = 50
SEATS_NAMED = 40
CONFLICTS_LISTED = 200


class PlanForm(forms.Form):
    """A plan as typed, and the version that it was made from."""

    text = forms.CharField(
        # Spaces at the beginning of the first row mean something.
        strip=False,
        max_length=LONGEST_TEXT,
        label="The plan",
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 24, "spellcheck": "false", "wrap": "off", "class": "seat-plan-text"}
        ),
    )
    note = forms.CharField(
        required=False,
        max_length=PLAN_NOTE_LENGTH,
        label="What is it for?",
        help_text="Kept with the version, such as “New VIP row”.",
        widget=UnfoldAdminTextInputWidget,
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)


class SeatPlanPage(RefusingAdmin):
    """The page of a hall's seat plan."""

    actions_detail = ("seat_plan",)

    @detail_action(description="Seat plan", url_path="seat-plan", permissions=["change"])
    def seat_plan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        hall = self.get_object(request, object_id)
        if hall is None:
            return HttpResponseRedirect(self.list_url)
        if request.method == "POST":
            return self._entered(request, hall)
        shown, version = self._asked_for(request, hall)
        text = _as_json(shown.plan) if request.GET.get("as") == "json" else _written(shown)
        form = PlanForm(initial={"text": text, "based_on": hall.plan_version})
        return self._page(
            request,
            hall,
            form,
            picture=_picture(hall, shown.plan, shown.colours),
            counts=_counts(shown.plan),
            shown_version=version,
        )

    def _asked_for(self, request: HttpRequest, hall: Hall) -> tuple[Snapshot, int]:
        asked = request.GET.get("version")
        if asked is None:
            return plan_history.present(hall.pk), hall.plan_version
        version = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
        shown = plan_history.find(hall, version)
        if shown is None:
            raise Http404("There is no such version of this plan.")
        return shown, version

    def _entered(self, request: HttpRequest, hall: Hall) -> HttpResponse:
        form = PlanForm(request.POST)
        if not form.is_valid():
            return self._page(request, hall, form)
        try:
            plan = plan_entry.read(form.cleaned_data["text"])
            if "save" in request.POST:
                return self._save(request, hall, plan, form)
            return self._preview(request, hall, plan, form)
        except plan_entry.InvalidPlan as refusal:
            return self._page(
                request,
                hall,
                form,
                problems=refusal.problems,
                left_out=refusal.facts["left_out"],
                in_list=form.cleaned_data["text"].lstrip().startswith("{"),
            )
        except plans.PlanConflicts as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._preview(request, hall, plan, form)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._page(request, hall, form)

    def _save(self, request: HttpRequest, hall: Hall, plan: Plan, form: PlanForm) -> HttpResponse:
        with one_change():
            change = plans.change_plan(
                hall_id=hall.pk,
                plan=plan,
                at=timezone.now(),
                by=request.user.pk,
                note=form.cleaned_data["note"],
                based_on=form.cleaned_data["based_on"],
            )
            if change:
                self.log_change(request, hall, f"Seat plan: {_summed_up(change)}.")
        self.message_user(request, f"The plan is saved: {_summed_up(change)}.", messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def _preview(
        self, request: HttpRequest, hall: Hall, plan: Plan, form: PlanForm
    ) -> HttpResponse:
        preview = plans.preview(hall_id=hall.pk, plan=plan, at=timezone.now())
        return self._page(
            request,
            hall,
            form,
            picture=_picture(hall, plan, _colours()),
            counts=_counts(plan),
            change=_told(preview.change),
            changes_nothing=not preview.change,
            conflicts=list(_linked(preview.conflicts[:CONFLICTS_LISTED])),
            more_conflicts=max(len(preview.conflicts) - CONFLICTS_LISTED, 0),
            may_be_saved=bool(preview.change) and not preview.conflicts,
        )

    def _page(
        self, request: HttpRequest, hall: Hall, form: PlanForm, **shown: Any
    ) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": f"Seat plan of {hall}",
            "hall": hall,
            "form": form,
            "back_url": self.page_of(hall.pk),
            "versions": _versions(hall),
            **shown,
        }
        return TemplateResponse(request, "admin/seat_plan.html", context)


def _written(shown: Snapshot) -> str:
    return rules.written(shown.plan) if shown.seats else ""


def _as_json(plan: Plan) -> str:
    seats = ",\n".join(f"  {json.dumps(seat)}" for seat in rules.to_json(plan)["seats"])
    return f'{{"seats": [\n{seats}\n]}}'


def _colours() -> dict[str, str]:
    return dict(SeatCategory.objects.values_list("name", "colour"))


def _picture(hall: Hall, plan: Plan, colours: dict[str, str]) -> SafeString:
    picture = rules.draw(plan, rules.Dressing(title=f"Plan of {hall}", colours=colours))
    return mark_safe(picture)  # noqa: S308  # `draw` escapes every text in it


def _counts(plan: Plan) -> list[tuple[str, str, int]]:
    """How many seats there are of each category and kind."""
    counts = Counter((seat.category, str(SeatKind(seat.kind).label)) for seat in plan.seats)
    return [*((*which, count) for which, count in counts.items()), ("All", "", len(plan.seats))]


def _summed_up(change: PlanChange) -> str:
    parts = {"added": change.added, "changed": change.changed, "taken out": change.removed}
    told = [f"{counted(len(seats), 'seat')} {what}" for what, seats in parts.items() if seats]
    return ", ".join(told) or "nothing was changed"


def _told(change: PlanChange) -> list[tuple[str, int, str]]:
    """What becomes of which seats, in a line each."""
    changed = [f"{was.label}: {_difference(was, now)}" for was, now in change.changed]
    lines = {
        "Added": [seat.label for seat in change.added],
        "Changed": changed,
        "Taken out": [seat.label for seat in change.removed],
    }
    return [(what, len(seats), _named(seats)) for what, seats in lines.items() if seats]


def _named(seats: list[str]) -> str:
    more = f" and {len(seats) - SEATS_NAMED} more" if len(seats) > SEATS_NAMED else ""
    return ", ".join(seats[:SEATS_NAMED]) + more


def _difference(was: PlannedSeat, now: PlannedSeat) -> str:
    parts = [now.category] if was.category != now.category else []
    parts += [str(SeatKind(now.kind).label).lower()] if was.kind != now.kind else []
    parts += ["moved"] if (was.x, was.y) != (now.x, now.y) else []
    return " ".join(parts)


def _linked(conflicts: Iterable[plans.Conflict]) -> Iterator[dict[str, Any]]:
    for conflict in conflicts:
        show, reservation = conflict.show, conflict.reservation
        yield {
            "seat": conflict.seat.label,
            "show": f"{show.movie.title}, {clock(show.starts_at, show.hall.cinema)}",
            "show_url": reverse("admin:reservation_showtime_change", args=[show.pk]),
            "code": reservation.code,
            "url": reverse("admin:reservation_reservation_change", args=[reservation.pk]),
            "what_to_do": conflict.what_to_do,
        }


def _versions(hall: Hall) -> QuerySet[HallPlan]:
    kept = HallPlan.objects.filter(hall=hall).select_related("created_by")
    return kept.defer("seats", "categories", "text").order_by("-version")[:VERSIONS_LISTED]
