"""Films and genres at the desk."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminImageFieldWidget,
    UnfoldAdminURLInputWidget,
)

from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.models import Genre, Movie, ShowTime
from reservation.posters import PosterFormField


class MovieForm(RefusableForm):
    poster = PosterFormField(
        required=False,
        widget=UnfoldAdminImageFieldWidget,
        help_text="JPEG, PNG or WebP, upright, at least 600 pixels wide.",
    )

    trailer_url = forms.URLField(
        label="Trailer",
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        help_text="The address of a page or video.",
    )

    class Meta:
        model = Movie
        fields = "__all__"
        widgets: ClassVar = {"genres": UnfoldAdminCheckboxSelectMultipleWidget}
        labels: ClassVar = {"runtime_minutes": "Runtime in minutes"}
        help_texts: ClassVar = {
            "runtime_minutes": "Without trailers. It counts for shows that are scheduled from "
            "now on; correcting it moves no show that was announced.",
        }


@admin.register(Movie)
class MovieAdmin(RefusingAdmin):
    form = MovieForm
    list_display = (
        "thumbnail",
        "title",
        "genre_names",
        "runtime",
        "certificate",
        "release_date",
        "upcoming_shows",
    )
    list_display_links = ("thumbnail", "title")
    list_filter = ("genres", "certificate", "release_date")
    search_fields = ("title",)
    search_help_text = "Look for a title"
    fieldsets = (
        (None, {"fields": ("title", "synopsis", "genres")}),
        (
            "Facts",
            {"fields": ("runtime_minutes", "certificate", "original_language", "release_date")},
        ),
        ("Pictures", {"fields": ("poster", "trailer_url")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        upcoming = ShowTime.objects.upcoming(timezone.now()).filter(movie=OuterRef("pk"))
        counted = upcoming.order_by().values("movie").annotate(count=Count("pk")).values("count")
        movies = super().get_queryset(request).prefetch_related("genres")
        return movies.annotate(upcoming_count=Coalesce(Subquery(counted), 0))

    @admin.display(description="Poster")
    def thumbnail(self, movie: Movie) -> str:
        if not movie.poster:
            return "none"
        return format_html(
            '<img src="{}" alt="" loading="lazy" style="height:3.5rem;border-radius:3px">',
            movie.poster.url,
        )

    @admin.display(description="Genres")
    def genre_names(self, movie: Movie) -> str:
        return ", ".join(genre.name for genre in movie.genres.all())

    @admin.display(description="Runtime", ordering="runtime_minutes")
    def runtime(self, movie: Movie) -> str:
        return f"{movie.runtime_minutes} min"

    @admin.display(description="Upcoming shows", ordering="upcoming_count")
    def upcoming_shows(self, movie: Model) -> int:
        return movie.upcoming_count  # type: ignore[attr-defined]


@admin.register(Genre)
class GenreAdmin(RefusingAdmin):
    list_display = ("name", "films")
    search_fields = ("name",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Genre]:
        return super().get_queryset(request).annotate(film_count=Count("movies"))

    @admin.display(description="Films", ordering="film_count")
    def films(self, genre: Model) -> int:
        return genre.film_count  # type: ignore[attr-defined]
