"""The staff's desk, by concept. Its pages and actions call the same verbs as the API."""

from reservation.admin import booking, catalogue, programme, venue

__all__ = ["booking", "catalogue", "programme", "venue"]
