"""Erasing what some client ids wrote from a state: their content becomes deleted, their ids stay.

Laws: pure, bytes in and bytes out. Every text, value, picture and ink of these clients loses its content and is marked
deleted; what only gives shape stays (shared types, positions, sizes, colours), so that what others wrote into the same
row or slide stays too. The ids stay as graves: a replica that still holds the content has nothing that this state
lacks, so it cannot bring it back, and an edit that builds on it still finds its place. Keys of maps stay: in our shapes
they are random ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from msgspec import Struct

from .codec import Id
from .lib0 import Reader, build_uint
from .structs import (
    ANY,
    BINARY,
    DELETED,
    EMBED,
    FORMAT,
    KIND,
    STRING,
    SUBDOCUMENT,
    Part,
    Places,
    build_deletions,
    parse_whole,
)

_SAYS: Final = frozenset((BINARY, STRING, EMBED, FORMAT, ANY, SUBDOCUMENT))
# Keys whose values give shape and say nothing, as long as they look like it.
_SHAPE_KEYS: Final = frozenset(b"! # v kind w fmt bg k g z color size align fill".split())
_SHAPE_TEXT: Final = re.compile(rb"[A-Za-z0-9.%-]{0,32}")
_ANY_STRING, _ANY_ARRAY, _ANY_OBJECT, _ANY_BINARY = 119, 117, 118, 116


def redact(state: bytes, clients: Collection[int]) -> bytes:
    """Return the state (a whole V1 update) without what `clients` wrote."""
    blocks, deletions = parse_whole(state)
    erased = _said(state, blocks, frozenset(clients))
    places = {(part.client, part.clock) for part in erased}
    out = [build_uint(len(blocks))]
    for parts in blocks:
        out.append(build_uint(len(parts)) + build_uint(parts[0].client) + build_uint(parts[0].clock))
        for part in parts:
            if (part.client, part.clock) in places:
                info = state[part.start] & ~KIND | DELETED
                out += (bytes((info,)), state[part.start + 1 : part.content], build_uint(part.length))
            else:
                out.append(state[part.start : part.end])
    for part in erased:
        deletions.setdefault(part.client, []).append((part.clock, part.clock + part.length))
    return b"".join(out) + build_deletions(deletions)


class Said(Struct, frozen=True):
    """A content that somebody wrote: a text, or plain values; `follows`: the id that it was put behind."""

    client: int
    clock: int
    length: int
    follows: Id | None
    text: bool
    content: bytes


def said_by(state: bytes, clients: Collection[int]) -> list[Said]:
    """Return the texts and values that these clients wrote, in the order of their ids."""
    blocks = parse_whole(state)[0]
    return [
        Said(
            part.client, part.clock, part.length, part.left or part.right, part.kind == STRING,
            state[part.content : part.end],
        )
        for part in sorted(_said(state, blocks, frozenset(clients)), key=lambda part: (part.client, part.clock))
        if part.kind in (STRING, ANY)
    ]  # fmt: skip


def writers_by_key(state: bytes) -> dict[bytes, set[int]]:
    """Return under which client ids each key of any map was written."""
    blocks = parse_whole(state)[0]
    places, found = Places(blocks), dict[bytes, set[int]]()
    for part in (part for parts in blocks for part in parts):
        key = places.find(part).key
        if key is not None:
            found.setdefault(key, set()).add(part.client)
    return found


def says(state: bytes, clients: Collection[int]) -> bool:
    """Tell whether a state holds content of these clients."""
    return bool(_said(state, parse_whole(state)[0], frozenset(clients)))


def _said(state: bytes, blocks: list[list[Part]], clients: frozenset[int]) -> list[Part]:
    places = Places(blocks)
    return [
        part
        for parts in blocks
        if parts[0].client in clients
        for part in parts
        if part.kind in _SAYS
        and not (part.kind == ANY and _is_shape(places.find(part).key, state[part.content : part.end]))
    ]


def _is_shape(key: bytes | None, content: bytes) -> bool:
    if key not in _SHAPE_KEYS:
        return False
    reader = Reader(content)
    return reader.uint() == 1 and _is_plain(reader, nested=False)


def _is_plain(reader: Reader, nested: bool) -> bool:
    kind = reader.data[reader.position]
    if kind == _ANY_ARRAY and not nested:
        reader.byte()
        return all(_is_plain(reader, nested=True) for _ in range(reader.uint()))
    if kind == _ANY_STRING and not nested:
        reader.byte()
        return _SHAPE_TEXT.fullmatch(reader.buffer()) is not None
    reader.any()
    return kind not in (_ANY_STRING, _ANY_ARRAY, _ANY_OBJECT, _ANY_BINARY)
