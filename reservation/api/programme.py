"""Shows and ticket types: what is on, and for how much."""

import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from reservation import programme
from reservation.api.docs import documented
from reservation.api.filters import DayFilter, IdFilter, InstantFilter, LanguageFilter, YesNoFilter
from reservation.api.permissions import is_staff
from reservation.api.show_serializers import (
    ShowCancellingSerializer,
    ShowTimeSerializer,
    ShowTimeWriteSerializer,
)
from reservation.api.staff import ShowReads, StaffManaged
from reservation.api.venue import CINEMA_SUMMARY, HALL_PLAN, POLICY
from reservation.models import Cinema, Hall, Movie, ShowFormat, ShowState, ShowTime, TicketType
from reservation.rules import timetable

TAG = "Programme"
SHOWN_HOW = {"format": "35mm", "audio_language": "zxx", "subtitle_language": "en"}
SHOW = {
    "id": 18,
    "movie": {
        "id": 3,
        "title": "Nosferatu",
        "runtime_minutes": 94,
        "certificate": "12",
        "poster": "http://localhost:8000/media/posters/3f2b8c.jpg",
    },
    "hall": {"id": 2, "name": "Hall 2"} | HALL_PLAN,
    "cinema": CINEMA_SUMMARY,
    "starts_at": "2026-11-28T21:00:00+00:00",
    "ends_at": "2026-11-28T22:49:00+00:00",
    "sales_open_at": None,
    "sales_close_at": "2026-11-28T21:00:00+00:00",
    "accessible_released_at": "2026-11-28T20:30:00+00:00",
    "price": {"amount": 1250, "currency": "usd"},
    "base_price": {"amount": 1100, "currency": "usd"},
    "price_rules": [{"name": "Weekend", "change": {"amount": 150, "currency": "usd"}}],
    **SHOWN_HOW,
    "state": "scheduled",
    "on_sale": True,
    "forbids_lonely_seats": True,
    "cancellation_policy": None,
    "promised_cancellation_policy": POLICY["cancellation_policy"],
}
SHOWS = ShowTime.objects.select_related("movie", "hall__cinema")
ADULT = {"name": "Adult", "percentage": 100, "is_default": True, "is_active": True}


class UpcomingFilter(filters.FilterSet):
    """What narrows down a list of shows."""

    cinema = IdFilter(
        field_name="hall__cinema", queryset=Cinema.objects.all(), help_text="Id of a cinema."
    )
    hall = IdFilter(queryset=Hall.objects.all(), help_text="Id of a hall.")
    date = DayFilter(
        method="filter_date",
        help_text="Shows that start on that calendar day of their cinema's own time zone.",
    )
    # The parameter is called `from`, which Python keeps for itself.
    locals()["from"] = InstantFilter(
        field_name="starts_at", lookup_expr="gte", help_text="Shows that start then or later."
    )
    to = InstantFilter(
        field_name="starts_at", lookup_expr="lt", help_text="Shows that start before then."
    )
    format = filters.ChoiceFilter(choices=ShowFormat.choices, help_text="How it is shown.")
    audio_language = LanguageFilter(help_text="Language tag of what is spoken.")
    subtitle_language = LanguageFilter(help_text="Language tag of the subtitles.")

    class Meta:
        model = ShowTime
        fields = ()

    def filter_date(
        self, shows: QuerySet[ShowTime], name: str, day: datetime.date
    ) -> QuerySet[ShowTime]:
        return shows.filter(starting_on(day))


def upcoming(shows: QuerySet[ShowTime]) -> QuerySet[ShowTime]:
    """Those of them that are scheduled and have not begun by now."""
    return shows & ShowTime.objects.upcoming(timezone.now())


def starting_on(day: datetime.date) -> Q:
    """Shows that start on that day by the clock of their cinema: one range per time zone."""
    zones = Cinema.objects.order_by().values_list("time_zone", flat=True).distinct()
    days = {zone: timetable.day_bounds(day, ZoneInfo(zone)) for zone in zones}
    in_its_zone = Q(pk__in=[])
    for zone, (begins, ends) in days.items():
        in_its_zone |= Q(hall__cinema__time_zone=zone, starts_at__gte=begins, starts_at__lt=ends)
    if not days:
        return in_its_zone
    # The database finds this span by its index; what is left to look at is a day or two.
    earliest, latest = min(day[0] for day in days.values()), max(day[1] for day in days.values())
    return Q(starts_at__gte=earliest, starts_at__lt=latest) & in_its_zone


class ShowTimeFilter(UpcomingFilter):
    """The same, over all shows that there ever were."""

    TELL_WHICH_TIME = ("date", "from", "to", "state", "upcoming")

    movie = IdFilter(queryset=Movie.objects.all(), help_text="Id of a film.")
    state = filters.ChoiceFilter(choices=ShowState.choices, help_text="Whether it takes place.")
    upcoming = YesNoFilter(
        method="filter_upcoming",
        help_text="true: only scheduled shows that have not begun. false: all shows.",
    )

    def filter_upcoming(
        self, shows: QuerySet[ShowTime], name: str, answer: str
    ) -> QuerySet[ShowTime]:
        return upcoming(shows) if answer == "true" else shows

    def filter_queryset(self, queryset: QuerySet[ShowTime]) -> QuerySet[ShowTime]:
        shows = super().filter_queryset(queryset)
        asked = [self.form.cleaned_data[name] for name in self.TELL_WHICH_TIME]
        silent = all(value in (None, "") for value in asked)
        return upcoming(shows) if silent else shows


SHOW_CHANGES = (
    programme.HallOccupied,
    programme.ShowHasReservations,
    programme.SalesCloseAfterEnd,
    programme.ChangedMeanwhile,
)


@documented(
    tag=TAG,
    one="a show",
    many="shows",
    shown=SHOW,
    written={"movie": 3, "hall": 2, "starts_at": "2026-11-28T21:00:00", "price": 1250} | SHOWN_HOW,
    changed={"price": 1400},
    list_note=(
        "Without `date`, `from`, `to`, `state` or `upcoming` these are the upcoming ones: "
        "scheduled and not begun. With one of these it is all shows that fit, those that "
        "have begun or were cancelled among them; see `state` and `on_sale`. Ordering by "
        "`price` goes by `base_price`, which the rules of cinemas don't change."
    ),
    write_note=(
        "`price` is in minor units (cents) of the house's currency, before the price rules of "
        "the cinema: it is shown as `base_price`. Times without an offset "
        "are the local time of the hall's cinema. The end follows from the film's runtime, "
        "with trailers before; the hall must be free until it is cleaned (409 "
        "`hall_occupied`). Once seats were reserved, film, hall and start are fixed (409 "
        "`showtime_in_use`). Another price or `cancellation_policy` counts for whoever reserves "
        "from then on."
    ),
    delete_note="A show of which seats were reserved answers 409 `showtime_in_use`.",
)
class ShowTimeViewSet(ShowReads, StaffManaged[ShowTime]):
    queryset = SHOWS
    serializer_class = ShowTimeSerializer
    write_serializer_class = ShowTimeWriteSerializer
    filterset_class = ShowTimeFilter
    ordering_fields = ("starts_at", "price")
    refusals: ClassVar = {
        "create": (programme.HallOccupied, programme.SalesCloseAfterEnd),
        "update": SHOW_CHANGES,
        "partial_update": SHOW_CHANGES,
        "destroy": (programme.ShowHasReservations,),
    }

    def perform_create(self, serializer: serializers.BaseSerializer[ShowTime]) -> None:
        serializer.instance = programme.schedule(ShowTime(**serializer.validated_data))

    def perform_update(self, serializer: serializers.BaseSerializer[ShowTime]) -> None:
        serializer.instance = programme.change(
            show_id=int(self.kwargs["pk"]), changes=serializer.validated_data
        )

    def perform_destroy(self, instance: ShowTime) -> None:
        programme.remove(show_id=instance.pk)

    @extend_schema(
        tags=[TAG],
        summary="Cancel a show",
        description=(
            "Takes it off the programme: no seat of it is sold or kept from now on. The worker "
            "then cancels its reservations, refunds them in full and tells the customers. "
            "Cancelling again changes nothing, the reason neither."
        ),
        request=ShowCancellingSerializer,
        responses=ShowTimeSerializer,
        examples=[
            OpenApiExample("Why", value={"reason": "A burst pipe"}, request_only=True),
            OpenApiExample("A show as shown", value=SHOW, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        asked = ShowCancellingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        show = programme.cancel(
            show_id=self.get_object().pk,
            at=timezone.now(),
            reason=asked.validated_data["reason"],
            staff_id=request.user.pk,
        )
        return Response(self.get_serializer(SHOWS.get(pk=show.pk)).data)


class MovieShowTimesViewSet(ShowReads, mixins.ListModelMixin, viewsets.GenericViewSet[ShowTime]):
    """When one film can be seen."""

    permission_classes = (AllowAny,)
    queryset = SHOWS
    serializer_class = ShowTimeSerializer
    filterset_class = UpcomingFilter
    ordering_fields = ("starts_at", "price")

    def get_queryset(self) -> QuerySet[ShowTime]:
        return upcoming(super().get_queryset()).filter(movie=self.kwargs["movie_id"])

    @extend_schema(
        operation_id="movie_show_times_list",
        tags=[TAG],
        summary="List upcoming shows of a film",
        description=(
            "Shows of one film that are scheduled and have not begun, page by page. An unknown "
            "film answers 404."
        ),
        parameters=[OpenApiParameter("movie_id", int, "path", description="Id of a film.")],
        examples=[OpenApiExample("A show as shown", value=SHOW, response_only=True)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        get_object_or_404(Movie, pk=self.kwargs["movie_id"])
        return super().list(request, *args, **kwargs)


class TicketTypeSerializer(serializers.ModelSerializer[TicketType]):
    """Who pays what share of the price."""

    class Meta:
        model = TicketType
        fields = ("id", "name", "percentage", "is_default", "is_active")
        # Not unique to whoever writes it: the verb takes it from the present default.
        extra_kwargs: ClassVar[dict[str, Any]] = {"is_default": {"validators": []}}


@documented(
    tag=TAG,
    one="a ticket type",
    many="ticket types",
    shown={"id": 1} | ADULT,
    written=ADULT,
    changed={"percentage": 90},
    list_note="Those that are sold no more are shown to staff only.",
    write_note=(
        "`percentage` is the share of (show price + the category's surcharge) that they pay, "
        "rounded half up to the minor unit, once per ticket: half of 1.25 is 0.63. "
        "The default one prices seats for which nobody says who sits there. Making another "
        "one the default takes it from the present one."
    ),
    delete_note="One that tickets were sold at answers 409 `in_use`: switch it off instead.",
)
class TicketTypeViewSet(StaffManaged[TicketType]):
    queryset = TicketType.objects.all()
    serializer_class = TicketTypeSerializer
    ordering_fields = ("name", "percentage")

    def get_queryset(self) -> QuerySet[TicketType]:
        ticket_types = super().get_queryset()
        return ticket_types if is_staff(self.request) else ticket_types.filter(is_active=True)

    def perform_create(self, serializer: serializers.BaseSerializer[TicketType]) -> None:
        self._save(TicketType(), serializer)

    def perform_update(self, serializer: serializers.BaseSerializer[TicketType]) -> None:
        self._save(self.get_object(), serializer)

    def _save(
        self, ticket_type: TicketType, serializer: serializers.BaseSerializer[TicketType]
    ) -> None:
        for name, value in serializer.validated_data.items():
            setattr(ticket_type, name, value)
        serializer.instance = programme.save_ticket_type(ticket_type)

    def perform_destroy(self, instance: TicketType) -> None:
        programme.remove_ticket_type(ticket_type_id=instance.pk)
