"""What is stored of a document's past: who logged what and when, checkpoints, and what goes when it is old.

Laws: whatever was made from a state is stored in one transaction that compares what it was made from (epoch; snapshot;
for an erasure the head): a loser changes nothing. Entries go only up to a checkpoint, so that what remains can be
replayed (`past.py`). An erasure leaves no entry of the log, and raises the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, delete, func, or_, select, update

from . import tables
from .checkpoints import Checkpoint, Kind, Snapshot, add_checkpoint, pack, put_snapshot, replace_snapshot, upsert
from .claims import forget_author
from .database import Database
from .errors import Overloaded
from .past import BASES, DAY, Past, read_past

MOST_NAMED: Final = 200
MOST_KEPT: Final = 50
_log, _point, _head, _care = tables.log.c, tables.checkpoint.c, tables.document.c, tables.care.c


class Logged(Struct, frozen=True):
    """One entry without its bytes; `at` in milliseconds since 1970."""

    seq: int
    account: str
    at: int


class Version(Struct, frozen=True):
    """A checkpoint without its state."""

    id: str
    seq: int
    kind: Kind
    name: str
    account: str
    at: int


class Tended(Struct, frozen=True, kw_only=True):
    """What tending made: the new snapshot, and packed states at the ends of days; `horizon`: what is older may go."""

    snapshot: Snapshot | None
    days: Mapping[int, bytes]
    horizon: int
    long_ago: int


class Erasure(Struct, frozen=True, kw_only=True):
    """States without an account's content: now, at the ends of days, and of checkpoints by id."""

    snapshot: Snapshot
    days: Mapping[int, bytes]
    others: Mapping[str, bytes]


class HistoryStore:
    """The past of the documents in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, document: str, before: int | None, most: int) -> list[Logged]:
        """Return entries before `before` (None: up to the newest), newest first."""
        query = select(_log.seq, _log.account, _log.at).where(_log.document == document)
        if before is not None:
            query = query.where(_log.seq < before)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(_log.seq.desc()).limit(most))
            return [Logged(row.seq, row.account, row.at) for row in rows]

    async def versions(self, document: str) -> list[Version]:
        """Return the checkpoints, newest first."""
        what = (_point.id, _point.seq, _point.kind, _point.name, _point.account, _point.at)
        query = select(*what).where(_point.document == document).order_by(_point.seq.desc(), _point.at.desc())
        async with self._database.read() as connection:
            return [Version(*row) for row in await connection.execute(query)]

    async def past(self, document: str, seq: int | None = None, *, from_snapshot: bool = True) -> Past:
        """Return what the state after entry `seq` (None: the newest) is made from.

        `from_snapshot=False` begins at the end of a day even if the snapshot is newer, so that days can be cut.
        Raises AccessDenied (unknown_document, unknown_state).
        """
        async with self._database.moment() as connection:
            return await connection.run_sync(lambda sync: read_past(sync, document, seq, from_snapshot))

    async def add_version(self, document: str, epoch: int, checkpoint: Checkpoint) -> Version | None:
        """Store a named or kept version; None if there is one of this name for this entry, or of another epoch.

        Raises Overloaded(too_many) for more than MOST_NAMED; of kept ones the oldest go, the log has them still.
        """

        made = await self._database.transact(lambda connection: _add_version(connection, document, epoch, checkpoint))
        if made is None:
            return None
        return Version(made, checkpoint.seq, checkpoint.kind, checkpoint.name, checkpoint.account, checkpoint.at)

    async def remove_version(self, document: str, version: str) -> bool:
        """Remove a named version; whether it was there."""
        where = (_point.document == document, _point.id == version, _point.kind == "named")
        return (
            await self._database.transact(lambda sync: sync.execute(delete(tables.checkpoint).where(*where)).rowcount)
            > 0
        )

    async def clients_of(self, document: str, account: str) -> list[int]:
        """Return the client ids under which somebody wrote."""
        who = tables.author.c
        async with self._database.read() as connection:
            rows = await connection.execute(select(who.client).where(who.document == document, who.account == account))
            return [row.client for row in rows]

    async def authors(self, document: str) -> dict[int, str]:
        """Return the account behind each client id."""
        who = tables.author.c
        async with self._database.read() as connection:
            rows = await connection.execute(select(who.client, who.account).where(who.document == document))
            return {row.client: row.account for row in rows}

    async def untended(self, today: int, horizon: int, after: str, most: int) -> list[str]:
        """Return documents that were not tended today (a day's number) and have something new or too old."""
        query = (
            select(_head.id)
            .select_from(tables.document.outerjoin(tables.care, _care.document == _head.id))
            .where(
                _head.id > after,
                or_(
                    _care.document.is_(None),
                    (_care.day < today) & or_(_head.head > _care.seq, _care.oldest < horizon),
                ),
            )
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(_head.id).limit(most))).scalars())

    async def tend(self, document: str, past: Past, made: Tended, at: int) -> bool:
        """Store what tending made and take what is too old; False, and nothing done, if another was faster."""
        return await self._database.transact(lambda connection: _tend(connection, document, past, made, at))

    async def checkpoint_states(self, document: str) -> dict[str, bytes]:
        """Return all packed states of the past, by id."""
        query = select(_point.id, _point.state).where(_point.document == document)
        async with self._database.read() as connection:
            return {row.id: row.state for row in await connection.execute(query)}

    async def erase(self, document: str, past: Past, account: str, made: Erasure, at: int) -> int | None:
        """Replace everything by what is without an account's content; the new epoch, None if it must be made anew."""
        return await self._database.transact(lambda connection: _erase(connection, document, past, account, made, at))


def _add_version(connection: Connection, document: str, epoch: int, checkpoint: Checkpoint) -> str | None:
    same = select(_head.id).where(_head.id == document, _head.epoch == epoch).with_for_update()
    if connection.execute(same).first() is None:
        return None
    alike = (_point.document == document, _point.kind == checkpoint.kind)
    if checkpoint.kind == "named":
        if (
            connection.execute(select(func.count()).select_from(tables.checkpoint).where(*alike)).scalar_one()
            >= MOST_NAMED
        ):
            raise Overloaded("too_many", f"a document has at most {MOST_NAMED} named versions")
        return add_checkpoint(connection, document, checkpoint)
    newest = select(_point.id).where(*alike).order_by(_point.at.desc(), _point.seq.desc()).limit(MOST_KEPT - 1)
    connection.execute(delete(tables.checkpoint).where(*alike, _point.id.not_in(newest)))
    return add_checkpoint(connection, document, checkpoint)


def _tend(connection: Connection, document: str, past: Past, made: Tended, at: int) -> bool:
    if made.snapshot is not None and not replace_snapshot(
        connection, document, made.snapshot, past.snapshot_seq, past.epoch, at
    ):
        return False
    for seq, state in made.days.items():
        add_checkpoint(connection, document, Checkpoint(seq=seq, kind="day", at=past.times[seq], state=state))
    _take_old(connection, document, made)
    oldest = connection.execute(select(func.min(_log.at)).where(_log.document == document)).scalar()
    row = {"document": document, "day": at // DAY, "seq": max([past.base_seq, *made.days]), "oldest": oldest}
    changed = {key: value for key, value in row.items() if key != "document"}
    statement = upsert(connection)(tables.care).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["document"], set_=changed))
    return True


def _take_old(connection: Connection, document: str, made: Tended) -> None:
    """Delete entries older than the horizon, up to a checkpoint; of what is long ago keep what people named."""
    ours = _log.document == document
    young = connection.execute(select(func.min(_log.seq)).where(ours, _log.at >= made.horizon)).scalar()
    points = select(func.max(_point.seq)).where(_point.document == document, _point.kind.in_(BASES))
    upto = connection.execute(points if young is None else points.where(_point.seq < young)).scalar()
    if upto is None:
        return
    connection.execute(delete(tables.log).where(ours, _log.seq <= upto))
    connection.execute(
        delete(tables.checkpoint).where(
            _point.document == document, _point.kind != "named", _point.at < made.long_ago, _point.seq < upto
        )
    )


def _erase(connection: Connection, document: str, past: Past, account: str, made: Erasure, at: int) -> int | None:
    where = (_head.id == document, _head.head == past.head, _head.epoch == past.epoch)
    taken = connection.execute(
        update(tables.document)
        .where(*where, _head.snapshot_seq == past.snapshot_seq)
        .values(epoch=past.epoch + 1, snapshot_seq=past.head)
    )
    if taken.rowcount != 1:
        return None
    put_snapshot(connection, document, made.snapshot, at)
    connection.execute(delete(tables.log).where(_log.document == document))
    _rewrite_checkpoints(connection, document, account, made.others)
    for seq, state in {**made.days, past.head: pack(made.snapshot.state)}.items():
        add_checkpoint(connection, document, Checkpoint(seq=seq, kind="day", at=past.times.get(seq, at), state=state))
    forget_author(connection, document, account)
    return past.epoch + 1


def _rewrite_checkpoints(connection: Connection, document: str, account: str, states: Mapping[str, bytes]) -> None:
    found = connection.execute(
        select(_point.id, _point.seq, _point.account, _point.at).where(_point.document == document)
    ).all()
    for row in found:
        mine = _point.id == row.id
        if row.id not in states:  # made meanwhile from what is now erased
            connection.execute(delete(tables.checkpoint).where(mine))
        elif row.account != account:
            connection.execute(update(tables.checkpoint).where(mine).values(state=states[row.id]))
        else:  # a name is content, too
            connection.execute(delete(tables.checkpoint).where(mine))
            kept = Checkpoint(seq=row.seq, kind="day", at=row.at, state=states[row.id])
            add_checkpoint(connection, document, kept)
