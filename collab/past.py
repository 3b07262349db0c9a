"""What an old state of a document is made from: a full state and the entries after it.

Laws: the state after an entry can be had if some full state lies before it and every entry in between is there;
numbers have no gaps, so that is counted, never guessed. Reading runs in a transaction that sees one moment.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select, true

from . import tables
from .checkpoints import EMPTY_UPDATE, plain
from .errors import AccessDenied

DAY: Final = 86_400_000
BASES: Final = ("day", "floor")
"""The checkpoints that the log stands on: nobody removes them by hand."""
_log, _point, _head = tables.log.c, tables.checkpoint.c, tables.document.c


class Past(Struct, frozen=True, kw_only=True):
    """A full state (packed) up to entry `base_seq` and the entries after it, with where the document is."""

    head: int
    epoch: int
    snapshot_seq: int
    base_seq: int
    base: bytes
    entries: list[tuple[int, bytes]]
    times: dict[int, int]

    def day_ends(self, before: int) -> list[int]:
        """Return the last entry of each day that ended before the time `before`."""
        ends: dict[int, int] = {}
        day = 0
        for seq in sorted(self.times):
            day = max(day, self.times[seq] // DAY)  # clocks of workers may differ; days do not go back
            ends[day] = seq
        return [seq for day, seq in sorted(ends.items()) if (day + 1) * DAY <= before]


def read_past(connection: Connection, document: str, seq: int | None, from_snapshot: bool) -> Past:
    """Return what the state after entry `seq` (None: the newest) is made from. Raises AccessDenied."""
    head = connection.execute(select(tables.document).where(_head.id == document)).first()
    if head is None:
        raise AccessDenied("unknown_document", "there is no such document")
    upto = head.head if seq is None else seq
    base = _base(connection, document, upto, from_snapshot)
    rows = connection.execute(
        select(_log.seq, _log.data, _log.at, _log.quarantined)
        .where(_log.document == document, _log.seq > base[0], _log.seq <= upto)
        .order_by(_log.seq)
    ).all()
    if not base[0] <= upto <= head.head or len(rows) != upto - base[0]:
        raise AccessDenied("unknown_state", "this state is not kept any more")
    return Past(
        head=head.head,
        epoch=head.epoch,
        snapshot_seq=head.snapshot_seq,
        base_seq=base[0],
        base=base[1],
        entries=[(row.seq, row.data) for row in rows if row.quarantined is None],
        times={row.seq: row.at for row in rows},
    )


def _base(connection: Connection, document: str, upto: int, from_snapshot: bool) -> tuple[int, bytes]:
    """Return the newest full state up to an entry, packed."""
    point = connection.execute(
        select(_point.seq, _point.state)
        .where(_point.document == document, _point.seq <= upto, true() if from_snapshot else _point.kind.in_(BASES))
        .order_by(_point.seq.desc())
        .limit(1)
    ).first()
    shot = connection.execute(
        select(tables.snapshot.c.seq, tables.snapshot.c.state).where(
            tables.snapshot.c.document == document, tables.snapshot.c.seq <= upto
        )
    ).first()
    if shot is not None and (point is None or (from_snapshot and shot.seq > point.seq)):
        return shot.seq, plain(shot.state)
    return (point.seq, point.state) if point is not None else (0, plain(EMPTY_UPDATE))
