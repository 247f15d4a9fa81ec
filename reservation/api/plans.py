"""A hall's plan: for clients to draw and to keep for ever, and for staff to write."""

from collections.abc import Mapping
from itertools import groupby
from typing import IO, Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.api.hot import HotReads, Version, tag_of
from cinema_reservation.api.parsers import StrictJSONParser
from cinema_reservation.errors import PayloadTooLarge, PreconditionFailed
from reservation import edition, plan_entry, plan_history, plans, programme
from reservation.api.permissions import StaffWrite
from reservation.api.plan_serializers import (
    BasedOnQuery,
    HallPlanSerializer,
    SentPlanSerializer,
    VersionQuery,
)
from reservation.models import Hall, SeatKind
from reservation.plan_history import Snapshot
from reservation.rules.plan import Plan

A_YEAR = 365 * 24 * 3600
SEAT_FACTS = ("number", "x", "y", "category", "kind")
CATEGORY_FACTS = ("id", "name", "colour")
TEXT = "A P PPPP P\nB WC SS CW\n"
SEAT = {
    "id": 412,
    "number": 7,
    "label": "H7",
    "x": 8,
    "y": 9,
    "category": 2,
    "kind": "standard",
}
PLAN = {
    "hall": 2,
    "version": 5,
    "columns": 14,
    "lines": 12,
    "categories": [{"id": 2, "name": "VIP", "colour": "#c0a040"}],
    "kinds": [{"kind": "standard", "name": "Standard"}],
    "rows": [{"label": "H", "y": 9, "seats": [SEAT]}],
}
SENT = {
    "seats": [
        {"row": "A", "number": 1, "x": 0, "y": 0, "category": "Standard", "kind": "standard"},
    ]
}

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the plan as it was read."
)


class PlainTextParser(BaseParser):
    """Text as it is, up to the size of any body."""

    media_type = "text/plain"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLarge()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError("This is no text in UTF-8.") from error


class HallPlanViewSet(HotReads, viewsets.GenericViewSet[Hall]):
    """The plan of one hall, the same for everybody who reads it."""

    permission_classes = (StaffWrite,)
    parser_classes = (StrictJSONParser, PlainTextParser)
    serializer_class = HallPlanSerializer
    heeds_tokens = False
    pagination_class = None
    filter_backends = ()
    queryset = Hall.objects.all()
    lookup_url_kwarg = "hall_id"
    refusals: ClassVar = {
        "update": (
            plan_entry.InvalidPlan,
            plans.PlanConflicts,
            programme.ChangedMeanwhile,
            PreconditionFailed,
        )
    }

    def get_authenticators(self) -> list[BaseAuthentication]:
        # Whoever reads gets what anybody gets, and may keep it.
        reads = self.request is not None and self.request.method in SAFE_METHODS
        return [] if reads else super().get_authenticators()

    def asks_version(self, request: HttpRequest) -> Version:
        return edition.current

    @extend_schema(
        tags=["Venue"],
        summary="Show the plan of a hall",
        description=(
            "Every seat with its place, row by row from the screen, and the colours of their "
            "categories. Halls and shows name the address of their present version in "
            "`plan_url`; what is there never changes, so keep it for ever. Without `version` "
            "this is the hall as it is now: ask again with `If-None-Match`. What of it is not "
            "free, and what it costs: see /api/show_times/{id}/availability/."
        ),
        parameters=[VersionQuery],
        examples=[OpenApiExample("A plan", value=PLAN, response_only=True)],
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = VersionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        hall = self.get_object()
        named = query.validated_data.get("version")
        shown = plan_history.find(hall, named) if named else plan_history.present(hall.pk)
        if shown is None:
            raise NotFound("There is no such version of this plan. `plan_url` names the present.")
        response = Response(plan_as_shown(hall.pk, named or hall.plan_version, shown))
        kept_for = f"max-age={A_YEAR}, immutable" if named else "no-cache"
        response["Cache-Control"] = f"public, {kept_for}"
        return response

    @extend_schema(
        tags=["Venue"],
        summary="Replace the plan of a hall",
        description=(
            "For staff with the rights to change halls. The plan is sent as JSON, or as "
            "`text/plain` in letters, as it is typed at the desk. Seats are told "
            "by row and number: those that stay keep their ids, those that are gone are "
            "retired. A plan that takes seats from people who hold or bought them for a show to "
            "come answers 409 `plan_conflicts`: `conflicts` says for each seat what to do, and "
            "nothing is changed. All that is wrong with a plan is in `problems`, each with its "
            "line and column (in JSON, `line` is the seat's place in the list). "
            "Say which plan yours was made of, by `based_on` or by `If-Match` with the `ETag` of "
            "the plan, and it never undoes what a colleague did meanwhile: another version there "
            "is a 409 `changed_meanwhile`, another `ETag` a 412 `precondition_failed`."
        ),
        parameters=[BasedOnQuery, IF_MATCH],
        request={"application/json": SentPlanSerializer, "text/plain": str},
        examples=[
            OpenApiExample("A plan as sent", value=SENT, request_only=True),
            OpenApiExample("In letters", value=TEXT, request_only=True, media_type="text/plain"),
            OpenApiExample("A plan", value=PLAN, response_only=True),
        ],
    )
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        hall = self.get_object()
        plans.change_plan(
            hall_id=hall.pk,
            plan=_plan_sent(request),
            at=timezone.now(),
            by=request.user.pk,
            note="Over the API",
            based_on=_based_on(request, hall),
        )
        hall.refresh_from_db()
        return Response(plan_as_shown(hall.pk, hall.plan_version, plan_history.present(hall.pk)))


def _based_on(request: Request, hall: Hall) -> int | None:
    """The version that a plan was made of, if the request says. Raises `PreconditionFailed`."""
    query = BasedOnQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    version: int | None = query.validated_data.get("based_on")
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags or "*" in tags:
        return version
    if tag_of(_rendered(request, hall)) not in tags:
        raise PreconditionFailed
    # Should it change from here on, that is told by its version.
    return version or hall.plan_version


def _rendered(request: Request, hall: Hall) -> bytes:
    """The plan as it goes over the wire to whoever asks for it now."""
    shown = plan_as_shown(hall.pk, hall.plan_version, plan_history.present(hall.pk))
    rendered = request.accepted_renderer.render(shown, request.accepted_media_type, {})
    return rendered if isinstance(rendered, bytes) else rendered.encode()


def _plan_sent(request: Request) -> Plan:
    # What a string is, its type says: one in JSON is no plan.
    is_text = str(request.content_type).startswith(PlainTextParser.media_type)
    return (
        plan_entry.read(str(request.data or "")) if is_text else plan_entry.read_data(request.data)
    )


def plan_as_shown(hall_id: int, version: int, shown: Snapshot) -> dict[str, Any]:
    """A plan in the shape that clients get."""
    return {
        "hall": hall_id,
        "version": version,
        "columns": 1 + max((seat["x"] for seat in shown.seats), default=-1),
        "lines": 1 + max((seat["y"] for seat in shown.seats), default=-1),
        "categories": [
            {name: category[name] for name in CATEGORY_FACTS} for category in shown.categories
        ],
        "kinds": [{"kind": kind.value, "name": kind.label} for kind in SeatKind],
        "rows": _rows(shown),
    }


def _rows(shown: Snapshot) -> list[dict[str, Any]]:
    in_order = sorted(shown.seats, key=lambda seat: (seat["y"], seat["row"], seat["x"]))
    rows = groupby(in_order, key=lambda seat: (seat["y"], seat["row"]))
    return [
        {"label": row, "y": y, "seats": [_seat(seat) for seat in seats]}
        for (y, row), seats in rows
    ]


def _seat(seat: dict[str, Any]) -> dict[str, Any]:
    label = f"{seat['row']}{seat['number']}"
    # In an order of our own: a database may give members back in another one.
    return {"id": seat["id"], "label": label} | {name: seat[name] for name in SEAT_FACTS}
