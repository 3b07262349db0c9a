"""The parts of a whole state, with where their bytes are, what they stand beside and in which list or under which key.

Laws: pure. Nothing is checked that `codec.py` checks: these are bytes that a document of ours gave. What is written
beside another part does not say where it stands: it stands where that one does (`Places`).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from msgspec import Struct

from .codec import Id
from .lib0 import Reader, build_uint

HAS_LEFT, HAS_RIGHT, HAS_KEY, KIND = 0x80, 0x40, 0x20, 0x1F
GC, DELETED, _, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, SUBDOCUMENT, SKIP = range(11)
_XML_ELEMENT: Final = 3


class Part(Struct):
    """One struct of the update and where its bytes are; `root` or `parent`: what it stands in."""

    client: int
    clock: int
    length: int
    kind: int
    start: int
    content: int
    end: int
    left: Id | None = None
    right: Id | None = None
    beside: Id | None = None
    root: bytes | None = None
    parent: Id | None = None
    key: bytes | None = None


class Places:
    """Where each part stands: what is not written on it is that of the part it was put beside."""

    def __init__(self, blocks: list[list[Part]]) -> None:
        self._parts = {parts[0].client: parts for parts in blocks}
        self._clocks = {client: [part.clock for part in parts] for client, parts in self._parts.items()}

    def find(self, part: Part) -> Part:
        """Return the part with its root or parent, and its key; with neither if what it was put beside is gone."""
        way, end = [], part
        while end.beside is not None:
            way.append(end)
            other = self.at(end.beside)
            if other is None:
                break
            end = other
        for passed in way:
            passed.beside = None
            passed.root, passed.parent, passed.key = end.root, end.parent, end.key
        return part

    def at(self, place: Id) -> Part | None:
        """Return the part that holds an id."""
        clocks = self._clocks.get(place[0])
        return self._parts[place[0]][bisect_right(clocks, place[1]) - 1] if clocks else None


def parse_whole(state: bytes) -> tuple[list[list[Part]], dict[int, list[tuple[int, int]]]]:
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


def _parse_part(reader: Reader, client: int, clock: int) -> Part:
    start = reader.position
    info = reader.byte()
    kind = info & KIND
    part = Part(client, clock, 0, kind, start, reader.position, 0)
    if kind in (GC, SKIP):
        part.length = reader.uint()
    else:
        part.left = (reader.uint(), reader.uint()) if info & HAS_LEFT else None
        part.right = (reader.uint(), reader.uint()) if info & HAS_RIGHT else None
        part.beside = part.left or part.right
        if part.beside is None:
            if reader.uint() == 1:
                part.root = reader.buffer()
            else:
                part.parent = (reader.uint(), reader.uint())
            part.key = reader.buffer() if info & HAS_KEY else None
        part.content = reader.position
        part.length = _pass_content(reader, kind)
    part.end = reader.position
    return part


def _pass_content(reader: Reader, kind: int) -> int:
    """Pass over a content; returns its length in ids."""
    if kind == STRING:
        return len(reader.string().encode("utf-16-le")) // 2
    if kind == DELETED:
        return reader.uint()
    if kind == ANY:
        count = reader.uint()
        for _ in range(count):
            reader.any()
        return count
    if kind == TYPE:
        if reader.uint() == _XML_ELEMENT:
            reader.buffer()
    elif kind == FORMAT:
        reader.buffer()
        reader.json()
    elif kind == SUBDOCUMENT:
        reader.buffer()
        reader.any()
    elif kind == EMBED:
        reader.json()
    else:
        reader.skip(reader.uint())
    return 1


def build_deletions(deletions: dict[int, list[tuple[int, int]]]) -> bytes:
    """Return what stands behind the parts: the deleted clocks of each client."""
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
