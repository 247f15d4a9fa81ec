"""Posters for the demo films: a motif, three colours and the title, always the same."""

import io
import unicodedata
from typing import cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from reservation.demo import motifs
from reservation.demo.films import FILMS, Film
from reservation.demo.motifs import ART_HEIGHT, HEIGHT, WIDTH, Pen

MARGIN = 44
# Drawn larger and scaled down, which makes the edges smooth.
OVERSIZE = 2


def missing_posters() -> list[Film]:
    """The films whose poster is not in the storage (yet, or any more)."""
    return [film for film in FILMS if not default_storage.exists(film.poster)]


def add_poster(film: Film) -> None:
    """Draw a film's poster and keep it where its row says."""
    default_storage.save(film.poster, ContentFile(draw(film)))


def draw(film: Film) -> bytes:
    """A JPEG of 600 x 900 pixels, well under 100 kB."""
    motif, paper, shape, accent = film.art
    image = Image.new("RGB", (WIDTH * OVERSIZE, HEIGHT * OVERSIZE), paper)
    pen = Pen(ImageDraw.Draw(image), OVERSIZE)
    motifs.MOTIFS[motif](pen, paper, shape, accent)
    pen.box(0, ART_HEIGHT, WIDTH, HEIGHT, shape)
    pen.box(0, ART_HEIGHT, WIDTH, ART_HEIGHT + 8, accent)
    _write(pen, film, ink=_more_legible(paper, accent, on=shape))
    poster = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    poster.save(buffer, "JPEG", quality=86, optimize=True)
    return buffer.getvalue()


def _write(pen: Pen, film: Film, *, ink: str) -> None:
    lines = film.title.upper().split(" ")
    font, lines = _fit(lines, pen.scale)
    top = ART_HEIGHT + 42
    for number, line in enumerate(lines):
        height = font.size / pen.scale * 1.14
        pen.text(MARGIN, top + number * height, line, font, ink, stroke=1)
    small = _type(19 * pen.scale)
    pen.text(MARGIN, HEIGHT - 52, credit(film), small, ink)


def credit(film: Film) -> str:
    """The small print, without accents: Pillow's own typeface has none."""
    director = unicodedata.normalize("NFKD", film.director).encode("ascii", "ignore").decode()
    return f"{director}  ·  {film.released.year}  ·  {film.runtime} min"


def _fit(words: list[str], scale: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest type in which the title fits its box."""
    for size in range(84, 30, -3):
        font = _type(size * scale)
        lines = _wrapped(words, font, (WIDTH - 2 * MARGIN) * scale)
        if lines and len(lines) * size * 1.14 <= HEIGHT - ART_HEIGHT - 110:
            break
    return font, lines


def _type(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own typeface; only a Pillow built without FreeType has none that scales."""
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))


def _wrapped(words: list[str], font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """The words in lines of that width; none where a word alone is wider."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(word) > width:
            return []
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _more_legible(*colours: str, on: str) -> str:
    return max(colours, key=lambda colour: abs(_lightness(colour) - _lightness(on)))


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
