"""What workers tell each other about a document, over the bus topic `doc:{document}`. MessagePack; anything else is
ignored.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from .awareness import Remote


class Announce(Struct, frozen=True, tag="a", array_like=True):
    """Entries [first, head] are in the log; with their bytes unless they are large. `authors`: client ids bound by
    them.
    """

    worker: str
    first: int
    head: int
    data: list[bytes] | None
    authors: dict[int, str]


class People(Struct, frozen=True, tag="p", array_like=True):
    """A worker's people in the document have changed, or are still there."""

    worker: str
    people: list[Remote]


class Want(Struct, frozen=True, tag="w", array_like=True):
    """A worker has just loaded the document and wants to know the others' people."""

    worker: str


News = Announce | People | Want

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[News] = msgspec.msgpack.Decoder(News)


def encode(news: News) -> bytes:
    """Encode for the bus."""
    return _encoder.encode(news)


def decode(data: bytes) -> News | None:
    """Decode; None for anything that is not ours."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
