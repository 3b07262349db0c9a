"""A large state, or a large update, in slices, so that taking it in leaves the loop free in between.

Laws: each slice is an update that builds only on the slices before it and on what the document holds already; all of
them together are the state, or what is new in the update, the deletions last. Where to cut a state is found once, apart
from the worker, and stored behind the outline of the snapshot (`Record`); a small state is one slice. Not done here:
applying them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

import msgspec
from msgspec import Struct

from .codec import Update, parse_update
from .errors import ProtocolError
from .lib0 import Reader, build_uint
from .outline import Outline, Placement
from .steps import STEP, Steps, finish

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
    def decode(cls, data: bytes) -> Record | None:
        """Read what `encode` wrote, or an outline alone; None if it is of an earlier version. Raises ProtocolError."""
        reader = Reader(data)
        try:
            outline = Outline.read(reader)
        except ProtocolError as error:
            if error.code == "outline_version":
                return None
            raise
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
    nothing = Outline()
    placed = nothing.place(update)
    return finish(cutting(update, offsets, nothing, placed, pieces)) if placed is not None else None


def cutting(
    update: Update, offsets: list[int], outline: Outline, placed: Placement, pieces: int = PIECES
) -> Steps[Cuts]:
    """Cut an update that was placed in `outline` into slices of so many new structs each, in steps."""
    queues: dict[int, deque[tuple[int, int, int]]] = {}
    for number, piece in enumerate(update.pieces):
        if piece.end > outline.state(piece.client):
            place = (piece.clock, offsets[2 * number], offsets[2 * number + 1])
            queues.setdefault(piece.client, deque()).append(place)
        if number % STEP == 0:
            yield
    order = iter(placed.parts)
    slices = []
    while some := list(islice(order, pieces)):
        parts: dict[int, Part] = {}
        for one in some:
            clock, start, end = queues[one.client].popleft()
            before = parts.get(one.client)
            first = before or Part(one.client, clock, 0, start, end)
            parts[one.client] = Part(one.client, first.clock, first.count + 1, first.start, end)
        slices.append(list(parts.values()))
        yield
    return Cuts(slices, offsets[-1])


def slice_state(state: bytes, cuts: Cuts | None) -> Iterator[bytes]:
    """Return the updates that are the state, one after the other."""
    if cuts is None:
        yield state
        return
    for parts in cuts.slices:
        yield _build(state, parts) + b"\x00"
    yield b"\x00" + state[cuts.deletions :]


def join_slices(state: bytes, cuts: Cuts) -> bytes:
    """Return the structs of all slices as those of one update, which its deletions must follow."""
    whole: dict[int, Part] = {}
    for part in (part for parts in cuts.slices for part in parts):
        first = whole.get(part.client, Part(part.client, part.clock, 0, part.start, part.end))
        whole[part.client] = Part(part.client, first.clock, first.count + part.count, first.start, part.end)
    return _build(state, list(whole.values()))


def _build(state: bytes, parts: list[Part]) -> bytes:
    update = [build_uint(len(parts))]
    for part in parts:
        update += (build_uint(part.count), build_uint(part.client), build_uint(part.clock))
        update.append(state[part.start : part.end])
    return b"".join(update)
