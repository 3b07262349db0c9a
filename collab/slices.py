"""A large state in slices, so that taking it in leaves the loop free in between.

Laws: each slice is an update that builds only on the slices before it; all of them together are the state, the
deletions last. Where to cut is found once, apart from the worker, and stored behind the outline of the snapshot
(`Record`); a small state is one slice. Not done here: applying them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec
from msgspec import Struct

from .codec import Update, parse_update
from .errors import ProtocolError
from .lib0 import Reader, build_uint
from .outline import Outline

PIECES = 2000
"""Structs of a slice: pycrdt takes in some three in 10 us."""


class Part(Struct, frozen=True, array_like=True):
    """`count` structs of one client from `clock` on, which are the bytes [start, end) of the state."""

    client: int
    clock: int
    count: int
    start: int
    end: int


class Cuts(Struct, frozen=True, array_like=True):
    """The slices of a state, and where its deletions begin."""

    slices: list[list[Part]]
    deletions: int


class Record(Struct, frozen=True):
    """What is stored beside a state: its outline, and the cuts of a large one."""

    outline: Outline
    cuts: Cuts | None

    def encode(self) -> bytes:
        """Write it down; whoever reads an outline only finds it first."""
        return self.outline.encode() + (msgspec.msgpack.encode(self.cuts) if self.cuts is not None else b"")

    @classmethod
    def decode(cls, data: bytes) -> Record:
        """Read what `encode` wrote, or an outline alone; raises ProtocolError."""
        reader = Reader(data)
        outline = Outline.read(reader)
        rest = data[reader.position :]
        try:
            return cls(outline, msgspec.msgpack.decode(rest, type=Cuts) if rest else None)
        except msgspec.DecodeError as error:
            raise ProtocolError("frame_malformed", str(error)) from None


def find_cuts(state: bytes, pieces: int = PIECES) -> Cuts | None:
    """Find slices of so many structs each; None if there would be but one. Raises ProtocolError."""
    offsets: list[int] = []
    update = parse_update(state, offsets)
    if len(update.pieces) <= pieces or update.gaps:
        return None
    placed = Outline().place(update)
    if placed is None:
        return None
    queues = _places(update, offsets)
    order = iter(placed.parts)
    slices = []
    while some := list(islice(order, pieces)):
        parts: dict[int, Part] = {}
        for one in some:
            clock, start, end = next(queues[one.client])
            before = parts.get(one.client)
            first = before or Part(one.client, clock, 0, start, end)
            parts[one.client] = Part(one.client, first.clock, first.count + 1, first.start, end)
        slices.append(list(parts.values()))
    return Cuts(slices, offsets[-1])


def _places(update: Update, offsets: list[int]) -> dict[int, Iterator[tuple[int, int, int]]]:
    """Return the clock, start and end of each client's structs."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for number, piece in enumerate(update.pieces):
        found.setdefault(piece.client, []).append((piece.clock, offsets[2 * number], offsets[2 * number + 1]))
    return {client: iter(places) for client, places in found.items()}


def slice_state(state: bytes, cuts: Cuts | None) -> Iterator[bytes]:
    """Return the updates that are the state, one after the other."""
    if cuts is None:
        yield state
        return
    for parts in cuts.slices:
        update = [build_uint(len(parts))]
        for part in parts:
            update += (build_uint(part.count), build_uint(part.client), build_uint(part.clock))
            update.append(state[part.start : part.end])
        yield b"".join((*update, b"\x00"))
    yield b"\x00" + state[cuts.deletions :]
