"""The pictures of a deck, as other programs take them.

Laws: a picture is given by its hash, as bytes that were checked when they came in; what every program reads stays as it
is, WebP becomes PNG. A picture keeps its proportions in its box, as on the slide. One that is not given, or cannot be
read, is its description in a dashed box.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

_SUFFIXES: Final = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "png"}
At = tuple[float, float, float, float, float]


class Picture(Struct, frozen=True):
    """A picture and its size in pixels; `suffix` says of which kind it is: jpg, png or gif."""

    data: bytes
    suffix: str
    width: int
    height: int

    @property
    def media_type(self) -> str:
        return "image/jpeg" if self.suffix == "jpg" else f"image/{self.suffix}"


def read_pictures(given: Mapping[str, bytes]) -> dict[str, Picture]:
    """Return the pictures that can be read, by their hash."""
    found = ((name, _read(data)) for name, data in given.items())
    return {name: picture for name, picture in found if picture is not None}


def _read(data: bytes) -> Picture | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=tuple(kind for kind in _SUFFIXES if kind != "MPO")) as image:
            suffix = _SUFFIXES[image.format or ""]
            width, height = image.size
            if image.format == "WEBP":
                out = io.BytesIO()
                image.save(out, "PNG")
                data = out.getvalue()
    except (OSError, SyntaxError, ValueError, KeyError):
        return None
    return Picture(data, suffix, width, height)


def fitted(at: At, picture: Picture) -> At:
    """Return where a picture is drawn in its box: in the middle, as large as fits."""
    x, y, width, height, turn = at
    scale = min(width / picture.width, height / picture.height)
    drawn_width, drawn_height = picture.width * scale, picture.height * scale
    return (x + (width - drawn_width) / 2, y + (height - drawn_height) / 2, drawn_width, drawn_height, turn)
