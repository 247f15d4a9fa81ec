"""How often what staff look after has changed."""

from django.db import models


class Edition(models.Model):
    """The one row that changes with every change of programme or venue.

    Whoever keeps what was read of them keeps it under this number; see `reservation/edition.py`.
    """

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
