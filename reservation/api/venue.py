"""Cinemas, their halls, and the seats in them."""

import copy
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from reservation import venue
from reservation.api.availability import HallPages
from reservation.api.docs import documented
from reservation.api.filters import IdFilter
from reservation.api.permissions import is_staff
from reservation.api.plan_serializers import PlanUrlField
from reservation.api.policies import HOW, PolicyField
from reservation.api.staff import InUse, RelatedIdField, StaffManaged
from reservation.models import Cinema, Hall, Seat, SeatCategory, SeatKind

TAG = "Venue"
CINEMA_FACTS = {"name": "Lumen Lisboa", "slug": "lumen-lisboa", "time_zone": "Europe/Lisbon"}
CINEMA_SUMMARY = {"id": 1} | CINEMA_FACTS
ADDRESS = {"address": "Rua da Rosa 12, 1200-386 Lisboa"}
POLICY = {
    "cancellation_policy": [
        {"hours_before": 24, "refund_percent": 100},
        {"hours_before": 2, "refund_percent": 50},
    ]
}
CATEGORY_FACTS = {"name": "VIP", "colour": "#c0a040"}
HALL_PLAN = {
    "plan_version": 5,
    "plan_url": "http://localhost:8000/api/halls/2/plan/?version=5",
}
PLACE = {"row": "H", "number": 7, "x": 8, "y": 9, "kind": "standard"}


class CinemaSerializer(serializers.ModelSerializer[Cinema]):
    """A site."""

    cancellation_policy = PolicyField(
        required=False,
        allow_null=True,
        help_text=HOW + "null: the house's own policy. Each show names the one in force.",
    )

    class Meta:
        model = Cinema
        fields = ("id", "name", "slug", "address", "time_zone", "cancellation_policy")


class CinemaSummarySerializer(serializers.ModelSerializer[Cinema]):
    """Which cinema, and whose clock its shows go by."""

    class Meta:
        model = Cinema
        fields = ("id", "name", "slug", "time_zone")


class HallSerializer(serializers.ModelSerializer[Hall]):
    """A screen of a cinema."""

    cinema = CinemaSummarySerializer()
    plan_url = PlanUrlField()

    class Meta:
        model = Hall
        fields = ("id", "name", "cinema", "plan_version", "plan_url")


@extend_schema_serializer(component_name="Hall")
class HallWriteSerializer(serializers.ModelSerializer[Hall]):
    """A hall as staff send it."""

    cinema = RelatedIdField(queryset=Cinema.objects.all())

    class Meta:
        model = Hall
        fields = ("id", "name", "cinema")

    def to_representation(self, instance: Hall) -> dict[str, Any]:
        return HallSerializer(instance, context=self.context).data


class SeatCategorySerializer(serializers.ModelSerializer[SeatCategory]):
    """What a seat costs on top of its show's price, and its colour on the plan."""

    class Meta:
        model = SeatCategory
        fields = ("id", "name", "colour", "surcharge")


class SeatCategorySummarySerializer(serializers.ModelSerializer[SeatCategory]):
    """Which category."""

    class Meta:
        model = SeatCategory
        fields = ("id", "name", "colour")


class SeatSerializer(serializers.ModelSerializer[Seat]):
    """One chair of a hall."""

    hall = serializers.PrimaryKeyRelatedField[Hall](read_only=True)
    label = serializers.CharField(  # type: ignore[assignment]
        read_only=True, help_text="As printed on the ticket."
    )
    category = SeatCategorySummarySerializer()

    class Meta:
        model = Seat
        fields = (
            "id",
            "hall",
            "row",
            "number",
            "label",
            "x",
            "y",
            "category",
            "kind",
            "retired_at",
        )
        read_only_fields = ("retired_at",)


@extend_schema_serializer(component_name="Seat")
class SeatWriteSerializer(serializers.ModelSerializer[Seat]):
    """A seat as staff send it."""

    hall = RelatedIdField(queryset=Hall.objects.all())
    category = RelatedIdField(queryset=SeatCategory.objects.all())

    class Meta:
        model = Seat
        fields = ("hall", "row", "number", "x", "y", "category", "kind")

    def validate_hall(self, hall: Hall) -> Hall:
        if self.instance is not None and self.instance.hall_id != hall.pk:
            raise serializers.ValidationError(
                "A seat stays in its hall. Delete it and add one to the other hall.",
                code="hall_fixed",
            )
        return hall

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        seat = copy.copy(self.instance) if self.instance else Seat()
        for name, value in attrs.items():
            setattr(seat, name, value)
        seat.validate_constraints()
        return attrs

    def to_representation(self, instance: Seat) -> dict[str, Any]:
        return SeatSerializer(instance, context=self.context).data


class HallFilter(filters.FilterSet):
    cinema = IdFilter(queryset=Cinema.objects.all(), help_text="Id of a cinema.")

    class Meta:
        model = Hall
        fields = ()


class SeatFilter(filters.FilterSet):
    hall = IdFilter(queryset=Hall.objects.all(), help_text="Id of a hall: its whole plan.")
    category = IdFilter(queryset=SeatCategory.objects.all(), help_text="Id of a category.")
    kind = filters.ChoiceFilter(choices=SeatKind.choices, help_text="What it is made for.")
    row = filters.CharFilter(max_length=4, help_text="Label of a row, such as H.")

    class Meta:
        model = Seat
        fields = ()


@documented(
    tag=TAG,
    one="a cinema",
    many="cinemas",
    shown=CINEMA_SUMMARY | ADDRESS | POLICY,
    written=CINEMA_FACTS | ADDRESS | POLICY,
    changed=ADDRESS,
    list_note="`search` looks into names and addresses.",
    write_note=(
        "Another time zone changes how shows that are scheduled already are written, not "
        "when they are; once seats were reserved it is fixed (409 `place_fixed`). Another "
        "`cancellation_policy` counts for whoever reserves from then on."
    ),
    delete_note="A cinema with halls answers 409 `in_use`.",
)
class CinemaViewSet(StaffManaged[Cinema]):
    queryset = Cinema.objects.all()
    serializer_class = CinemaSerializer
    search_fields = ("name", "address")
    ordering_fields = ("name",)
    refusals: ClassVar = {
        "update": (venue.PlaceIsSold,),
        "partial_update": (venue.PlaceIsSold,),
        "destroy": (InUse,),
    }

    def perform_update(self, serializer: serializers.BaseSerializer[Cinema]) -> None:
        serializer.instance = venue.change_cinema(
            cinema_id=int(self.kwargs["pk"]), changes=serializer.validated_data
        )


@documented(
    tag=TAG,
    one="a hall",
    many="halls",
    shown={"id": 2, "name": "Hall 2", "cinema": CINEMA_SUMMARY} | HALL_PLAN,
    written={"name": "Hall 2", "cinema": 1},
    changed={"name": "Blue Hall"},
    list_note="`plan_version` grows with every change of a hall's seats.",
    write_note="Once seats were reserved, its cinema is fixed (409 `place_fixed`).",
    delete_note="Deletes its seats with it. A hall with shows answers 409 `in_use`.",
)
class HallViewSet(StaffManaged[Hall]):
    queryset = Hall.objects.select_related("cinema")
    serializer_class = HallSerializer
    write_serializer_class = HallWriteSerializer
    filterset_class = HallFilter
    ordering_fields = ("name",)
    refusals: ClassVar = {
        "update": (venue.PlaceIsSold,),
        "partial_update": (venue.PlaceIsSold,),
        "destroy": (InUse,),
    }

    def perform_update(self, serializer: serializers.BaseSerializer[Hall]) -> None:
        serializer.instance = venue.change_hall(
            hall_id=int(self.kwargs["pk"]), changes=serializer.validated_data
        )


@documented(
    tag=TAG,
    one="a seat category",
    many="seat categories",
    shown=CATEGORY_FACTS | {"id": 2, "surcharge": 400},
    written=CATEGORY_FACTS | {"surcharge": 400},
    changed={"surcharge": 450},
    write_note=(
        "`surcharge` is in minor units (cents) of the house's currency. Another one counts "
        "for seats that are held from then on."
    ),
    delete_note="A category with seats answers 409 `in_use`.",
)
class SeatCategoryViewSet(StaffManaged[SeatCategory]):
    queryset = SeatCategory.objects.all()
    serializer_class = SeatCategorySerializer
    ordering_fields = ("name", "surcharge")

    def perform_update(self, serializer: serializers.BaseSerializer[SeatCategory]) -> None:
        serializer.instance = venue.change_category(
            category_id=int(self.kwargs["pk"]),
            changes=serializer.validated_data,
            at=timezone.now(),
            by=self.request.user.pk,
        )


@documented(
    tag=TAG,
    one="a seat",
    many="seats",
    shown=PLACE
    | {"id": 412, "hall": 2, "label": "H7", "retired_at": None}
    | {"category": CATEGORY_FACTS | {"id": 2}},
    written=PLACE | {"hall": 2, "category": 2},
    changed={"category": 1},
    list_note=(
        "A page holds 1000, so that a hall always fits in one. Seats that were taken out of "
        "their hall are shown to staff only. Which seats of a show are free: see "
        "/api/available-seats/."
    ),
    write_note=(
        "A seat stays in its hall; one that tickets name keeps its row and number (409 "
        "`seat_in_use`), and one that somebody has for a show to come its kind (409 "
        "`kind_was_sold`). A row and number that tickets name are of one seat: added again, it "
        "is that seat, and no other takes its name (409 `label_was_sold`)."
    ),
    delete_note="One that tickets name is retired: it is sold no more, and its tickets stay good.",
)
class SeatViewSet(StaffManaged[Seat]):
    # By the hall's id: sorted by its cinema's name, a page would cost a sort of all seats.
    queryset = Seat.objects.select_related("category").order_by("hall_id", "y", "x", "pk")
    serializer_class = SeatSerializer
    write_serializer_class = SeatWriteSerializer
    pagination_class = HallPages
    filterset_class = SeatFilter
    ordering_fields = ("row", "number")

    def get_queryset(self) -> QuerySet[Seat]:
        seats = super().get_queryset()
        return seats if is_staff(self.request) else seats.filter(retired_at=None)

    def perform_create(self, serializer: serializers.BaseSerializer[Seat]) -> None:
        serializer.instance = venue.add_seat(
            Seat(**serializer.validated_data), by=self.request.user.pk
        )

    def perform_update(self, serializer: serializers.BaseSerializer[Seat]) -> None:
        serializer.instance = venue.change_seat(
            seat_id=int(self.kwargs["pk"]),
            changes=serializer.validated_data,
            at=timezone.now(),
            by=self.request.user.pk,
        )

    def perform_destroy(self, instance: Seat) -> None:
        venue.retire_seat(seat_id=instance.pk, at=timezone.now(), by=self.request.user.pk)
