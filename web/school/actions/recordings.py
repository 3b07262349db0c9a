"""Recordings: what was recorded, of whom, with whose word, and letting go of it.

Laws: a row is written before its file can be, and deleted only when the file is; who deletes the files is
`web/recording_files.py`. Nobody is told news of these rows: who lists them reads them.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import delete, func, select, update

from web.school.recording_tables import recording, recording_track
from web.school.store import SchoolStore


class Track(Struct, frozen=True):
    """One file of one person. An odd number is a screen. Times are milliseconds since 1970; None: not known yet."""

    recording: str
    file: int
    person: str
    name: str
    agreed_at: int
    withdrawn_at: int | None = None
    started_at: int | None = None
    milliseconds: int | None = None
    bytes: int | None = None


class Recorded(Struct, frozen=True):
    """One recording of a meeting. `gaps`: the disk was too slow for all of it."""

    id: str
    school: str
    meeting: str
    leader: str
    started_at: int
    ended_at: int | None = None
    reason: str | None = None
    gaps: bool = False
    tracks: tuple[Track, ...] = ()


async def do_begin_recording(store: SchoolStore, begun: Recorded) -> None:
    """A recording begins."""
    async with store.change(begun.school) as change:
        await change.insert(
            recording, id=begun.id, meeting=begun.meeting, leader=begun.leader, started_at=begun.started_at, gaps=False
        )


async def do_enrol(store: SchoolStore, school: str, track: Track, files: Sequence[int]) -> None:
    """Somebody has agreed: there may be these files of them."""
    async with store.change(school) as change:
        for file in files:
            await change.insert(
                recording_track, recording=track.recording, file=file, person=track.person, name=track.name,
                agreed_at=track.agreed_at,
            )  # fmt: skip


async def do_withdraw(store: SchoolStore, school: str, id: str, person: str) -> None:
    """Somebody does not agree any longer."""
    async with store.change(school) as change:
        table = recording_track
        mine = (table.c.recording == id, table.c.person == person, table.c.withdrawn_at.is_(None))
        await change.connection.execute(update(table).where(*mine).values(withdrawn_at=change.at))


async def do_note_file(
    store: SchoolStore,
    id: str,
    file: int,
    *,
    started_at: int | None = None,
    milliseconds: int | None = None,
    bytes: int | None = None,
) -> None:
    """What became known of a file; what is None is left as it is."""
    known = {"started_at": started_at, "milliseconds": milliseconds, "bytes": bytes}
    values = {name: value for name, value in known.items() if value is not None}
    table = recording_track
    async with store.write() as connection:
        await connection.execute(update(table).where(table.c.recording == id, table.c.file == file).values(values))


async def do_note_gaps(store: SchoolStore, id: str) -> None:
    """Frames were lost."""
    async with store.write() as connection:
        await connection.execute(update(recording).where(recording.c.id == id).values(gaps=True))


async def do_end_recording(store: SchoolStore, id: str, at: int, reason: str) -> None:
    """It is over: rows of files that never came go, and a recording without any goes whole."""
    tracks = recording_track
    async with store.write() as connection:
        ended = update(recording).where(recording.c.id == id, recording.c.ended_at.is_(None))
        await connection.execute(ended.values(ended_at=at, reason=reason))
        await connection.execute(delete(tracks).where(tracks.c.recording == id, tracks.c.bytes.is_(None)))
        left = await connection.scalar(select(func.count()).select_from(tracks).where(tracks.c.recording == id))
        if not left:
            await connection.execute(delete(recording).where(recording.c.id == id))


async def do_delete_tracks(store: SchoolStore, id: str, files: Sequence[int] | None = None) -> None:
    """Rows of files that are gone (None: all); a recording that is over and has none left goes with them."""
    tracks = recording_track
    async with store.write() as connection:
        chosen = [tracks.c.recording == id] if files is None else [tracks.c.recording == id, tracks.c.file.in_(files)]
        await connection.execute(delete(tracks).where(*chosen))
        left = await connection.scalar(select(func.count()).select_from(tracks).where(tracks.c.recording == id))
        if not left:
            over = delete(recording).where(recording.c.id == id, recording.c.ended_at.is_not(None))
            await connection.execute(over)


async def read_recordings(
    store: SchoolStore, school: str | None = None, id: str | None = None, meeting: str | None = None
) -> list[Recorded]:
    """Recordings with their tracks, the newest first: of a school, of a meeting, or the one of this id."""
    asked = select(recording).order_by(recording.c.started_at.desc(), recording.c.id)
    if school is not None:
        asked = asked.where(recording.c.school == school)
    if id is not None:
        asked = asked.where(recording.c.id == id)
    if meeting is not None:
        asked = asked.where(recording.c.meeting == meeting)
    async with store.read() as connection:
        rows = (await connection.execute(asked)).mappings().all()
        named = select(recording_track).where(recording_track.c.recording.in_([row["id"] for row in rows]))
        tracks: dict[str, list[Track]] = {}
        for row in (await connection.execute(named.order_by(recording_track.c.file))).mappings():
            values = {name: value for name, value in row.items() if name != "school"}
            tracks.setdefault(row["recording"], []).append(Track(**values))
    return [Recorded(**row, tracks=tuple(tracks.get(row["id"], ()))) for row in rows]
