"""The router over all of the cinema's resources."""

from rest_framework.routers import SimpleRouter

from reservation.api.availability import AvailableSeatsViewSet
from reservation.api.catalogue import GenreViewSet, MovieViewSet
from reservation.api.programme import MovieShowTimesViewSet, ShowTimeViewSet, TicketTypeViewSet
from reservation.api.reservations import ReservationViewSet
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

urlpatterns = router.urls
