"""What can be shown: films."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from reservation import posters

validate_language = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "Give a language tag, such as en or pt-BR."
)


class Genre(models.Model):
    name = models.CharField(max_length=40, unique=True)
    slug = models.SlugField(max_length=40, unique=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Movie(models.Model):
    title = models.CharField(max_length=200, db_index=True)
    synopsis = models.TextField(max_length=5000, blank=True)
    runtime_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(900)]
    )
    genres = models.ManyToManyField(Genre, related_name="movies", blank=True)
    certificate = models.CharField(
        max_length=12, blank=True, help_text="The age rating, such as PG or 16."
    )
    original_language = models.CharField(
        max_length=12,
        blank=True,
        validators=[validate_language],
        help_text="A language tag, such as en or pt-BR.",
    )
    poster = models.ImageField(
        upload_to=posters.random_path, validators=[posters.validate_poster], blank=True
    )
    trailer_url = models.URLField(blank=True)
    release_date = models.DateField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "film"
        ordering: ClassVar = ["title", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(runtime_minutes__gte=1), name="movie_has_a_runtime"
            )
        ]

    def __str__(self) -> str:
        return self.title
