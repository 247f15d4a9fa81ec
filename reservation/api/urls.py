"""The router over all of the cinema's resources."""

from rest_framework.routers import SimpleRouter

from reservation.api.availability import AvailableSeatsViewSet
from reservation.api.reservations import ReservationViewSet

router = SimpleRouter()
router.register("available-seats", AvailableSeatsViewSet, basename="available-seats")
router.register("reservation", ReservationViewSet, basename="reservation")

urlpatterns = router.urls
