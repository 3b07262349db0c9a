"""When each letter was written, from the entries of a log.

Yjs numbers what a client writes: whoever knows which numbers an entry brought knows when it was written, and the table
of authors says by whom. Laws: pure, MessagePack in and out, a job of the heavy pool. A `Run` begins at a clock and
holds until the client's next one. What a client wrote within a moment is one run; the moment grows until at most `most`
runs are left, so that a year's work answers as briefly as a lesson's. Clocks without a run are older than the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from .codec import parse_update
from .errors import ProtocolError

RUNS: Final = "collab.authorship:runs"
MOMENT: Final = 10 * 60 * 1000


class Run(Struct, frozen=True, array_like=True):
    """What `client` wrote from `clock` on was written at `at` (milliseconds since 1970)."""

    client: int
    clock: int
    at: int


def runs(data: bytes) -> bytes:
    """Entries as (at, update) -> the runs that they begin."""
    entries = msgspec.msgpack.decode(data, type=list[tuple[int, bytes]])
    return msgspec.msgpack.encode(join(_written(entries), MOMENT))


def join(found: Iterable[Run], moment: int) -> list[Run]:
    """Leave out what begins within a moment of its client's run before it."""
    joined: list[Run] = []
    for run in sorted(found, key=lambda run: (run.client, run.clock)):
        last = joined[-1] if joined else None
        if last is None or last.client != run.client or abs(run.at - last.at) > moment:
            joined.append(run)
    return joined


def bounded(found: Iterable[Run], most: int) -> list[Run]:
    """Join ever longer moments until at most `most` runs, or one a client, are left."""
    moment = MOMENT
    joined = join(found, moment)
    while len(joined) > max(most, len({run.client for run in joined})):
        moment *= 4
        joined = join(joined, moment)
    return joined


def _written(entries: Iterable[tuple[int, bytes]]) -> list[Run]:
    found: list[Run] = []
    for at, update in entries:
        try:
            pieces = parse_update(update).pieces
        except ProtocolError:  # it stands in the log but in no document
            continue
        begun: dict[int, int] = {}
        for piece in pieces:
            begun[piece.client] = min(piece.clock, begun.get(piece.client, piece.clock))
        found += [Run(client, clock, at) for client, clock in begun.items()]
    return found
