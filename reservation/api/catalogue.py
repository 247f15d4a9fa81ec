"""Films and their genres."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.parsers import DataAndFiles, MultiPartParser

from cinema_reservation.api.parsers import StrictJSONParser
from cinema_reservation.errors import PayloadTooLarge
from reservation.api.docs import documented
from reservation.api.filters import DayFilter, LanguageFilter, YesNoFilter
from reservation.api.staff import RelatedIdField, ShowReads, StaffManaged
from reservation.models import Genre, Movie, ShowTime
from reservation.posters import PosterFormField

TAG = "Films"
GENRE = {"id": 4, "name": "Horror", "slug": "horror"}
MOVIE_FACTS = {
    "title": "Nosferatu",
    "synopsis": "A clerk sells a house to a count who does not die.",
    "runtime_minutes": 94,
    "certificate": "12",
    "original_language": "de",
    "trailer_url": "",
    "release_date": "1922-03-04",
}
MOVIE = MOVIE_FACTS | {
    "id": 3,
    "genres": [GENRE],
    "poster": "http://localhost:8000/media/posters/3f2b8c.jpg",
}


class GenreSerializer(serializers.ModelSerializer[Genre]):
    """A kind of film."""

    class Meta:
        model = Genre
        fields = ("id", "name", "slug")


class PosterField(serializers.ImageField):
    """A JPEG, PNG or WebP picture; read as its address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"_DjangoImageField": PosterFormField} | kwargs))


class MovieSerializer(serializers.ModelSerializer[Movie]):
    """A film."""

    genres = GenreSerializer(many=True)

    class Meta:
        model = Movie
        fields = (
            "id",
            "title",
            "synopsis",
            "runtime_minutes",
            "genres",
            "certificate",
            "original_language",
            "poster",
            "trailer_url",
            "release_date",
        )


@extend_schema_serializer(component_name="Movie")
class MovieWriteSerializer(serializers.ModelSerializer[Movie]):
    """A film as staff send it."""

    genres = RelatedIdField(queryset=Genre.objects.all(), many=True, required=False)
    poster = PosterField(
        required=False,
        allow_null=True,
        help_text="Needs multipart/form-data. null takes the poster away.",
    )

    class Meta:
        model = Movie
        fields = MovieSerializer.Meta.fields

    def validate_poster(self, poster: Any) -> Any:
        return "" if poster is None else poster

    def to_representation(self, instance: Movie) -> dict[str, Any]:
        return MovieSerializer(instance, context=self.context).data


class PosterParser(MultiPartParser):
    """Forms with a picture, refused unread where they are longer than any poster may be."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles:
        longest = settings.POSTER_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > longest:
            raise PayloadTooLarge
        return super().parse(stream, media_type, parser_context)


class MovieFilter(filters.FilterSet):
    genre = filters.ModelChoiceFilter(
        field_name="genres",
        queryset=Genre.objects.all(),
        to_field_name="slug",
        help_text="Slug of a genre; see /api/genres/.",
    )
    certificate = filters.CharFilter(lookup_expr="iexact", help_text="Age rating, such as 12.")
    language = LanguageFilter(
        field_name="original_language", help_text="Language tag of the original, such as de."
    )
    release_date_from = DayFilter(
        field_name="release_date", lookup_expr="gte", help_text="First day of release."
    )
    release_date_to = DayFilter(
        field_name="release_date", lookup_expr="lte", help_text="Last day of release."
    )
    showing = YesNoFilter(
        method="filter_showing", help_text="Whether the film has upcoming shows."
    )

    class Meta:
        model = Movie
        fields = ()

    def filter_showing(self, movies: QuerySet[Movie], name: str, answer: str) -> QuerySet[Movie]:
        shows = ShowTime.objects.upcoming(timezone.now()).filter(movie=OuterRef("pk"))
        return movies.filter(Exists(shows) if answer == "true" else ~Exists(shows))


@documented(
    tag=TAG,
    one="a genre",
    many="genres",
    shown=GENRE,
    written={"name": "Horror", "slug": "horror"},
    changed={"name": "Horror"},
    delete_note="Films of that genre lose it and stay.",
)
class GenreViewSet(StaffManaged[Genre]):
    queryset = Genre.objects.all()
    serializer_class = GenreSerializer
    ordering_fields = ("name",)


@documented(
    tag=TAG,
    one="a film",
    many="films",
    shown=MOVIE,
    written=MOVIE_FACTS | {"genres": [4]},
    changed={"runtime_minutes": 96},
    list_note="`search` looks into titles and synopses.",
    write_note=(
        "A poster (JPEG, PNG or WebP) comes as multipart/form-data. Another runtime counts "
        "for shows that are scheduled or moved from then on; those announced keep their times."
    ),
    delete_note="A film with shows answers 409 `in_use`.",
)
class MovieViewSet(ShowReads, StaffManaged[Movie]):
    queryset = Movie.objects.prefetch_related("genres")
    serializer_class = MovieSerializer
    write_serializer_class = MovieWriteSerializer
    filterset_class = MovieFilter
    search_fields = ("title", "synopsis")
    ordering_fields = ("title", "release_date", "runtime_minutes")
    parser_classes = (StrictJSONParser, PosterParser)
