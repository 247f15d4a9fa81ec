"""Films in the public domain in the United States, silent ones at their usual speed.

Those up to 1929 are there by age, the others because nobody renewed or rightly claimed
their copyright.
"""

from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from reservation import edition
from reservation.models import Genre, Movie


class Film(NamedTuple):
    title: str
    released: date
    runtime: int
    language: str
    # As the British Board of Film Classification rates it; empty where we don't know.
    certificate: str
    genres: str
    director: str
    synopsis: str
    # Of the poster: its motif, then paper, shape and accent.
    art: tuple[str, str, str, str]

    @property
    def is_silent(self) -> bool:
        return self.released.year < 1929

    @property
    def poster(self) -> str:
        """Where its poster is kept."""
        return f"posters/demo/{slugify(self.title)}-{self.released.year}.jpg"


FILMS = [
    Film(
        "The Cabinet of Dr. Caligari", date(1920, 2, 26), 74, "de", "U",
        "Horror, Mystery", "Robert Wiene",
        "A showman comes to the fair with a sleeper who tells the future. When people begin to "
        "die as foretold, two friends follow the pair through a town where no wall is straight.",
        ("shards", "#efe3c8", "#1d1a26", "#c8553d"),
    ),
    Film(
        "The Kid", date(1921, 1, 21), 68, "en", "U",
        "Comedy, Drama, Family", "Charles Chaplin",
        "The Tramp finds a baby in an alley and raises him in his garret. Five years later "
        "the two are partners in the window trade, until the authorities take an interest.",
        ("doorway", "#f3e2b8", "#35506b", "#d98f2b"),
    ),
    Film(
        "Nosferatu", date(1922, 3, 4), 94, "de", "PG",
        "Horror", "F. W. Murnau",
        "A young clerk travels to the Carpathians to sell a house to a count who never shows "
        "himself by day. The count sails after him, and a plague comes ashore with his coffins.",
        ("moon", "#16202e", "#060a10", "#e8e0c9"),
    ),
    Film(
        "Safety Last!", date(1923, 4, 1), 73, "en", "U",
        "Comedy, Action", "Fred Newmeyer, Sam Taylor",
        "A country boy writes home that he has made his fortune in the city. To win a bonus "
        "before his fiancée finds out, he has to climb the outside of a department store.",
        ("clock", "#cfe3e2", "#23404a", "#e0a526"),
    ),
    Film(
        "Sherlock Jr.", date(1924, 4, 21), 45, "en", "U",
        "Comedy, Mystery", "Buster Keaton",
        "A projectionist who studies to be a detective is framed for theft. He falls asleep "
        "at the machine, walks into the film on the screen, and solves everything there.",
        ("beam", "#20242c", "#f2d98d", "#c94f3d"),
    ),
    Film(
        "The Gold Rush", date(1925, 6, 26), 95, "en", "U",
        "Comedy, Adventure", "Charles Chaplin",
        "A lone prospector looks for gold in the Klondike and finds hunger, a cabin on the "
        "edge of a cliff, and a dance-hall girl who does not know that he exists.",
        ("peaks", "#dbe8ee", "#4a6478", "#e2b23c"),
    ),
    Film(
        "Battleship Potemkin", date(1925, 12, 21), 74, "ru", "PG",
        "Drama, History", "Sergei Eisenstein",
        "Sailors of the Black Sea fleet refuse rotten meat, and the refusal becomes a mutiny. "
        "The people of Odessa come to greet them on the steps, and so do the soldiers.",
        ("steps", "#e9dcc3", "#2b2b30", "#c22f2f"),
    ),
    Film(
        "The General", date(1926, 12, 31), 78, "en", "U",
        "Comedy, Action, War", "Buster Keaton, Clyde Bruckman",
        "Turned down by the army, an engine driver wins back his two loves, a girl and a "
        "locomotive, by chasing a stolen train behind the enemy's lines and all the way back.",
        ("rails", "#efd9ae", "#3a2f2a", "#b5432e"),
    ),
    Film(
        "Metropolis", date(1927, 1, 10), 153, "de", "PG",
        "Science fiction, Drama", "Fritz Lang",
        "High towers for the masters, deep halls for those who serve the machines. The son of "
        "the city's ruler goes down to see, and an inventor gives a robot a woman's face.",
        ("city", "#1b1e2b", "#c79a3b", "#f4e3b2"),
    ),
    Film(
        "Sunrise", date(1927, 9, 23), 94, "en", "U",
        "Drama, Romance", "F. W. Murnau",
        "A farmer under the spell of a woman from the city takes his wife out on the lake to "
        "drown her. What he does instead takes them both to town for a day, and home at night.",
        ("sun", "#f4c98b", "#27485c", "#e76f51"),
    ),
    Film(
        "My Man Godfrey", date(1936, 9, 6), 94, "en", "U",
        "Comedy, Romance", "Gregory La Cava",
        "On a scavenger hunt among the rich, a scatterbrained heiress wins with a forgotten "
        "man from the city dump, and hires him as the butler of her impossible family.",
        ("fan", "#f2ead8", "#1f3b4d", "#c9a227"),
    ),
    Film(
        "Gulliver's Travels", date(1939, 12, 22), 76, "en", "U",
        "Animation, Family, Adventure", "Dave Fleischer",
        "A shipwrecked sailor wakes up tied to the beach by people no taller than his thumb, "
        "and finds himself between two small kings who would go to war over a song.",
        ("waves", "#bfe3e0", "#1f5f7a", "#f2b134"),
    ),
    Film(
        "His Girl Friday", date(1940, 1, 18), 92, "en", "U",
        "Comedy, Romance", "Howard Hawks",
        "The editor's best reporter, who is also his former wife, comes in to say goodbye: she "
        "is to marry tomorrow. He has until the evening train, one big story, and no scruples.",
        ("columns", "#f5efe0", "#2a2a2a", "#d1495b"),
    ),
    Film(
        "Detour", date(1945, 11, 30), 68, "en", "",
        "Film noir, Crime", "Edgar G. Ulmer",
        "A pianist thumbs his way to his girl in California. One ride ends with a dead man at "
        "the wheel; the next passenger that he picks up knows whose car it is.",
        ("road", "#22262e", "#0f1115", "#e5c07b"),
    ),
    Film(
        "Scarlet Street", date(1945, 12, 28), 102, "en", "PG",
        "Film noir, Crime, Drama", "Fritz Lang",
        "A mild cashier who paints on Sundays rescues a woman in the street and lets her think "
        "that he is a famous artist. She and her friend mean to live on it.",
        ("blinds", "#7d1d24", "#240a0d", "#f0d9b5"),
    ),
    Film(
        "D.O.A.", date(1950, 4, 21), 83, "en", "",
        "Film noir, Crime, Mystery", "Rudolph Maté",
        "A man walks into a police station to report a murder: his own. Poisoned by somebody "
        "whom he never met, he has a few days to find out who, and why.",
        ("target", "#e6e2d6", "#202a33", "#a8323e"),
    ),
    Film(
        "Royal Wedding", date(1951, 3, 8), 93, "en", "U",
        "Musical, Comedy, Romance", "Stanley Donen",
        "A brother and sister take their Broadway act to London in the year of the wedding and "
        "each fall in love there. He dances with a hat stand, and over the ceiling.",
        ("spots", "#2c2350", "#f3c6d3", "#e9c46a"),
    ),
    Film(
        "The Hitch-Hiker", date(1953, 3, 20), 71, "en", "",
        "Film noir, Thriller", "Ida Lupino",
        "Two friends on a fishing trip stop for a stranger whose one eye never closes. He "
        "has killed those who stopped before, and he wants to be driven across Mexico.",
        ("road", "#d9b382", "#4b3424", "#8c2f1b"),
    ),
    Film(
        "House on Haunted Hill", date(1959, 2, 17), 75, "en", "",
        "Horror, Mystery", "William Castle",
        "A millionaire offers five strangers a fortune each for one night in a house where "
        "seven people died. The doors are locked at midnight; everybody is given a pistol.",
        ("moon", "#3b2a4f", "#120c1c", "#f2c14e"),
    ),
    Film(
        "Carnival of Souls", date(1962, 9, 26), 78, "en", "",
        "Horror, Mystery", "Herk Harvey",
        "The only one to climb out of a drowned car takes a job as an organist in another "
        "town. A pale man follows her, and an empty pavilion by the lake seems to call.",
        ("wheel", "#cdd6d3", "#1e2b33", "#7a9e9f"),
    ),
    Film(
        "Charade", date(1963, 12, 5), 113, "en", "PG",
        "Thriller, Comedy, Romance", "Stanley Donen",
        "Her husband is dead, his money is gone, and three men are sure that she has it. The "
        "charming stranger who offers to help keeps changing his name.",
        ("rings", "#f6d55c", "#173f5f", "#ed553b"),
    ),
    Film(
        "Night of the Living Dead", date(1968, 10, 1), 96, "en", "15",
        "Horror", "George A. Romero",
        "Seven people barricade themselves in a farmhouse against the dead, who have got up "
        "and are hungry. It soon matters as much what they do to each other.",
        ("graves", "#8f9f8a", "#131a14", "#d9e2c5"),
    ),
]  # fmt: skip


@transaction.atomic
def add_films() -> int:
    """Add the films that are not there yet with their genres; says how many those were."""
    known = set(Movie.objects.values_list("title", "release_date"))
    missing = [film for film in FILMS if (film.title, film.released) not in known]
    movies = Movie.objects.bulk_create(map(_movie, missing))
    genres = {genre.name: genre for genre in map(_genre, sorted(_genre_names(missing)))}
    Movie.genres.through.objects.bulk_create(
        Movie.genres.through(movie_id=movie.pk, genre_id=genres[name].pk)
        for movie, film in zip(movies, missing, strict=True)
        for name in film.genres.split(", ")
    )
    edition.change()
    return len(missing)


def _movie(film: Film) -> Movie:
    return Movie(
        title=film.title,
        synopsis=f"{film.synopsis} Directed by {film.director}.",
        runtime_minutes=film.runtime,
        certificate=film.certificate,
        original_language=film.language,
        release_date=film.released,
        poster=film.poster,
    )


def _genre_names(films: list[Film]) -> set[str]:
    return {name for film in films for name in film.genres.split(", ")}


def _genre(name: str) -> Genre:
    slug = slugify(name)
    genre = Genre.objects.filter(Q(name=name) | Q(slug=slug)).first()
    return genre or Genre.objects.create(name=name, slug=slug)
