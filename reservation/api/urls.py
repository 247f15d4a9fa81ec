"""The router over all of the cinema's resources."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from reservation.api.availability import AvailableSeatsViewSet
from reservation.api.catalogue import GenreViewSet, MovieViewSet
from reservation.api.exchanges import ExchangeViewSet
from reservation.api.plans import HallPlanViewSet
from reservation.api.price_rules import PriceRuleViewSet
from reservation.api.programme import MovieShowTimesViewSet, ShowTimeViewSet, TicketTypeViewSet
from reservation.api.promotions import PromotionViewSet
from reservation.api.quotes import ShowQuoteViewSet
from reservation.api.reservations import ReservationViewSet
from reservation.api.show_seats import AvailabilityViewSet, SeatMapViewSet
from reservation.api.venue import (
    CinemaViewSet,
    HallViewSet,
    SeatCategoryViewSet,
    SeatViewSet,
)

router = SimpleRouter()
# Routes are tried one after the other, so what is asked for most comes first.
router.register("available-seats", AvailableSeatsViewSet, basename="available-seats")
router.register("show_times", ShowTimeViewSet)
router.register("movies", MovieViewSet)
router.register("reservation", ReservationViewSet, basename="reservation")
router.register(
    "showtime/(?P<movie_id>[0-9]+)", MovieShowTimesViewSet, basename="movie-show-times"
)
router.register("genres", GenreViewSet)
router.register("cinemas", CinemaViewSet)
router.register("halls", HallViewSet)
router.register("seat_categories", SeatCategoryViewSet)
router.register("seats", SeatViewSet)
router.register("ticket_types", TicketTypeViewSet)
router.register("promotions", PromotionViewSet)
router.register("price_rules", PriceRuleViewSet)

urlpatterns = [
    re_path(
        r"^halls/(?P<hall_id>[0-9]+)/plan/$",
        HallPlanViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="hall-plan",
    ),
    re_path(
        r"^show_times/(?P<show_id>[0-9]+)/availability/$",
        AvailabilityViewSet.as_view({"get": "retrieve"}),
        name="show-availability",
    ),
    re_path(
        r"^show_times/(?P<show_id>[0-9]+)/seat_map\.svg$",
        SeatMapViewSet.as_view({"get": "retrieve"}),
        name="show-seat-map",
    ),
    re_path(
        r"^show_times/(?P<show_id>[0-9]+)/quote/$",
        ShowQuoteViewSet.as_view({"post": "create"}),
        name="show-quote",
    ),
    re_path(
        r"^reservation/(?P<pk>[0-9]{1,19})/exchange/$",
        ExchangeViewSet.as_view({"post": "create", "delete": "destroy"}),
        name="reservation-exchange",
    ),
    re_path(
        r"^reservation/(?P<pk>[0-9]{1,19})/exchange/quote/$",
        ExchangeViewSet.as_view({"post": "quote"}),
        name="reservation-exchange-quote",
    ),
    *router.urls,
]
