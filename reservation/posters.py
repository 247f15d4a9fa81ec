"""What may become a film's poster: a whole JPEG, PNG or WebP picture of a bearable size.

Uploads are strangers' bytes. Size and type are looked at before any pixel is decoded,
since twenty kilobytes of PNG can claim to be half a gigabyte of pixels.
"""

import contextlib
import secrets
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from PIL import Image

# Pillow's name of each type that browsers show and that can hold no script, and its suffix.
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def random_path(movie: object, filename: str) -> str:
    """Where a poster is kept: a name that nobody chose, and that is never used again."""
    suffix = PurePosixPath(filename).suffix.lower()
    return f"posters/{secrets.token_hex(16)}{suffix if suffix in SUFFIXES.values() else ''}"


def validate_poster(file: File) -> None:
    """Raise `ValidationError` unless the file can be shown as a poster.

    A file that is in the storage already was looked at when it came.
    """
    if not getattr(file, "_committed", False):
        picture_type(file)


def picture_type(file: File) -> str:
    """Pillow's name of the picture's type, once all of it proved sound.

    Raises `ValidationError`, whose codes are `too_large`, `not_a_picture`,
    `too_many_pixels` and `broken_picture`. Leaves the file at its beginning.
    """
    if file.size > settings.POSTER_MAX_BYTES:
        raise _refusal("too_large", limit=settings.POSTER_MAX_BYTES // 1024)
    kind = _type_by_content(file)
    with _refusing("broken_picture"), _opened(file, kind) as picture:
        # The header says how large it is; nothing has been decoded so far.
        if picture.width * picture.height > settings.POSTER_MAX_PIXELS:
            raise _refusal("too_many_pixels", limit=settings.POSTER_MAX_PIXELS // 1_000_000)
        picture.load()
    file.seek(0)
    return kind


def _type_by_content(file: File) -> str:
    """By the first bytes: names and content types say whatever the sender likes."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    raise _refusal("not_a_picture")


@contextlib.contextmanager
def _opened(file: File, kind: str) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Our own limit is lower than the one that Pillow warns of.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            picture = Image.open(file, formats=[kind])
        except Image.DecompressionBombError as error:
            limit = settings.POSTER_MAX_PIXELS // 1_000_000
            raise _refusal("too_many_pixels", limit=limit) from error
        yield picture


@contextlib.contextmanager
def _refusing(code: str) -> Iterator[None]:
    """Pillow fails on damaged pictures with whatever exception its decoders meet."""
    try:
        yield
    except ValidationError:
        raise
    except Exception as error:
        raise _refusal(code) from error


SENTENCES = {
    "too_large": "A poster may have at most %(limit)s kB.",
    "not_a_picture": "Send a picture: JPEG, PNG or WebP.",
    "too_many_pixels": "A poster may have at most %(limit)s million pixels.",
    "broken_picture": "The picture is damaged or not complete. Send it again.",
}


def _refusal(code: str, **facts: int) -> ValidationError:
    return ValidationError(SENTENCES[code], code=code, params=facts)


class PosterFormField(forms.ImageField):
    """An upload that is a poster, with the suffix that its content deserves."""

    def to_python(self, data: Any) -> Any:
        # Not ImageField's own: that one opens the file before it knows how large it is.
        file = forms.FileField.to_python(self, data)
        if file is not None:
            file.name = f"poster{SUFFIXES[picture_type(file)]}"
        return file
