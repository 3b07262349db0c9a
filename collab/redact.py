"""Erasing what some client ids wrote from a state: their content becomes deleted, their ids stay.

Laws: pure, bytes in and bytes out. Every text, value, picture and ink of these clients loses its content and is marked
deleted; what only gives shape stays (shared types, positions, sizes, colours), so that what others wrote into the same
row or slide stays too. The ids stay as graves: a replica that still holds the content has nothing that this state
lacks, so it cannot bring it back, and an edit that builds on it still finds its place. Keys of maps stay: in our shapes
they are random ids.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from typing import Final

from msgspec import Struct

from .codec import Id
from .lib0 import Reader, build_uint

_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _KIND = 0x80, 0x40, 0x20, 0x1F
_GC, _DELETED, _, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _SUBDOCUMENT, _SKIP = range(11)
_XML_ELEMENT: Final = 3
_SAYS: Final = frozenset((_BINARY, _STRING, _EMBED, _FORMAT, _ANY, _SUBDOCUMENT))
# Keys whose values give shape and say nothing, as long as they look like it.
_SHAPE_KEYS: Final = frozenset(b"! # v kind w fmt bg k g z color size align fill".split())
_SHAPE_TEXT: Final = re.compile(rb"[A-Za-z0-9.%-]{0,32}")
_ANY_STRING, _ANY_ARRAY, _ANY_OBJECT, _ANY_BINARY = 119, 117, 118, 116


class _Part(Struct):
    """One struct of the update and where its bytes are."""

    client: int
    clock: int
    length: int
    kind: int
    start: int
    content: int
    end: int
    beside: Id | None = None
    key: bytes | None = None


def redact(state: bytes, clients: Collection[int]) -> bytes:
    """Return the state (a whole V1 update) without what `clients` wrote."""
    blocks, deletions = _parse(state)
    erased = _said(state, blocks, frozenset(clients))
    places = {(part.client, part.clock) for part in erased}
    out = [build_uint(len(blocks))]
    for parts in blocks:
        out.append(build_uint(len(parts)) + build_uint(parts[0].client) + build_uint(parts[0].clock))
        for part in parts:
            if (part.client, part.clock) in places:
                info = state[part.start] & ~_KIND | _DELETED
                out += (bytes((info,)), state[part.start + 1 : part.content], build_uint(part.length))
            else:
                out.append(state[part.start : part.end])
    for part in erased:
        deletions.setdefault(part.client, []).append((part.clock, part.clock + part.length))
    return b"".join(out) + _build_deletions(deletions)


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
    blocks = _parse(state)[0]
    behind = {part.start: part.beside for parts in blocks for part in parts}  # before keys are looked up through it
    return [
        Said(
            part.client, part.clock, part.length, behind[part.start], part.kind == _STRING,
            state[part.content : part.end],
        )
        for part in sorted(_said(state, blocks, frozenset(clients)), key=lambda part: (part.client, part.clock))
        if part.kind in (_STRING, _ANY)
    ]  # fmt: skip


def writers_by_key(state: bytes) -> dict[bytes, set[int]]:
    """Return under which client ids each key of any map was written."""
    blocks = _parse(state)[0]
    keys, found = _Keys(blocks), dict[bytes, set[int]]()
    for part in (part for parts in blocks for part in parts):
        key = keys.of(part)
        if key is not None:
            found.setdefault(key, set()).add(part.client)
    return found


def says(state: bytes, clients: Collection[int]) -> bool:
    """Tell whether a state holds content of these clients."""
    return bool(_said(state, _parse(state)[0], frozenset(clients)))


def _said(state: bytes, blocks: list[list[_Part]], clients: frozenset[int]) -> list[_Part]:
    keys = _Keys(blocks)
    return [
        part
        for parts in blocks
        if parts[0].client in clients
        for part in parts
        if part.kind in _SAYS and not (part.kind == _ANY and _is_shape(keys.of(part), state[part.content : part.end]))
    ]


class _Keys:
    """Under which key of a map each part stands: what is not written on it is that of the part it was put beside."""

    def __init__(self, blocks: list[list[_Part]]) -> None:
        self._parts = {parts[0].client: parts for parts in blocks}
        self._clocks = {client: [part.clock for part in parts] for client, parts in self._parts.items()}

    def of(self, part: _Part) -> bytes | None:
        way = []
        while part.beside is not None:
            way.append(part)
            other = self._at(part.beside)
            if other is None:
                return None
            part = other
        for passed in way:
            passed.beside, passed.key = None, part.key
        return part.key

    def _at(self, place: Id) -> _Part | None:
        clocks = self._clocks.get(place[0])
        return self._parts[place[0]][bisect_right(clocks, place[1]) - 1] if clocks else None


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


def _parse(state: bytes) -> tuple[list[list[_Part]], dict[int, list[tuple[int, int]]]]:
    reader = Reader(state)
    blocks = []
    for _ in range(reader.uint()):
        count, client, clock = reader.uint(), reader.uint(), reader.uint()
        parts = []
        for _ in range(count):
            parts.append(_parse_part(reader, client, clock))
            clock += parts[-1].length
        blocks.append(parts)
    deletions: dict[int, list[tuple[int, int]]] = {}
    for _ in range(reader.uint()):
        spans = deletions.setdefault(reader.uint(), [])
        for _ in range(reader.uint()):
            start = reader.uint()
            spans.append((start, start + reader.uint()))
    return blocks, deletions


def _parse_part(reader: Reader, client: int, clock: int) -> _Part:
    start = reader.position
    info = reader.byte()
    kind = info & _KIND
    part = _Part(client, clock, 0, kind, start, reader.position, 0)
    if kind in (_GC, _SKIP):
        part.length = reader.uint()
    else:
        sides = [(reader.uint(), reader.uint()) for bit in (_HAS_LEFT, _HAS_RIGHT) if info & bit]
        if sides:
            part.beside = sides[0]
        else:
            _pass_parent(reader)
            part.key = reader.buffer() if info & _HAS_KEY else None
        part.content = reader.position
        part.length = _pass_content(reader, kind)
    part.end = reader.position
    return part


def _pass_parent(reader: Reader) -> None:
    if reader.uint() == 1:
        reader.buffer()
    else:
        reader.uint()
        reader.uint()


def _pass_content(reader: Reader, kind: int) -> int:
    """Pass over a content; returns its length in ids."""
    if kind == _STRING:
        return len(reader.string().encode("utf-16-le")) // 2
    if kind == _DELETED:
        return reader.uint()
    if kind == _ANY:
        count = reader.uint()
        for _ in range(count):
            reader.any()
        return count
    if kind == _TYPE:
        if reader.uint() == _XML_ELEMENT:
            reader.buffer()
    elif kind == _FORMAT:
        reader.buffer()
        reader.json()
    elif kind == _SUBDOCUMENT:
        reader.buffer()
        reader.any()
    elif kind == _EMBED:
        reader.json()
    else:
        reader.skip(reader.uint())
    return 1


def _build_deletions(deletions: dict[int, list[tuple[int, int]]]) -> bytes:
    out = [build_uint(len(deletions))]
    for client in sorted(deletions, reverse=True):
        merged: list[tuple[int, int]] = []
        for start, end in sorted(deletions[client]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        out.append(build_uint(client) + build_uint(len(merged)))
        out += [build_uint(start) + build_uint(end - start) for start, end in merged]
    return b"".join(out)
