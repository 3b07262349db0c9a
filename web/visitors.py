"""People without an account of their own: guests who came through a link, and holders of a tool's ticket.

Laws: nothing is kept so that they can be found; they are found by what they left, which is their id and, beside words
and recordings and while their login lasts, the name that they gave. Somebody who came twice is two visitors. A visitor
belongs to the school whose meeting, channel, document, file or recording the traces are of. Looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import Column, ColumnElement, Select, func, literal, or_, select

from collab import chat_tables, upload_tables
from collab import tables as documents
from collab.database import Database
from web.auth import TOOL
from web.school import tables
from web.school.recording_tables import recording, recording_track
from web.school.standing import GUEST
from web.school.store import SchoolStore

MOST: Final = 500  # visitors in one list
_IN_ONE: Final = 500  # ids in one question
_PLACES: Final = 5  # where somebody was, as it is shown

Which = Callable[[Column[Any]], ColumnElement[bool]]
Trace = tuple[str, str, str, int]  # who, by what name, where, when


@dataclass(slots=True)
class Visitor:
    """Somebody without an account: the name they gave ("": none is known), where they were, when seen last (ms)."""

    id: str
    school: str
    name: str = ""
    last: int = 0
    places: list[str] = field(default_factory=list)
    role: Literal["guest"] = "guest"

    @property
    def login(self) -> str:
        """What has to be said again before they are erased."""
        return self.name or self.id

    @property
    def full_name(self) -> str:
        """What they are called where people are listed."""
        return self.login


def is_visitor(person: str) -> bool:
    """Tell whether an id is of somebody without an account."""
    return person.startswith((GUEST, TOOL))


class Visitors:
    """Those of all schools of one server."""

    def __init__(self, school: SchoolStore, database: Database) -> None:
        self._school = school
        self._database = database

    async def find(self, person: str) -> Visitor | None:
        """Return the visitor of this id."""
        found = await self._gather(lambda column: column == person)
        return found[0] if found else None

    async def of(self, school: str | None, text: str = "") -> list[Visitor]:
        """Return who left something in a school (None: in any), newest first, whose name or place holds the text."""
        wanted = text.strip().casefold()
        found = [
            one
            for one in await self._gather(lambda column: or_(column.startswith(GUEST), column.startswith(TOOL)))
            if school in (None, one.school) and wanted in " ".join((one.name, one.id, *one.places)).casefold()
        ]
        return sorted(found, key=lambda one: (-one.last, one.id))[:MOST]

    async def _gather(self, which: Which) -> list[Visitor]:
        found: dict[str, Visitor] = {}
        for who, name, school, place, at in [*await self._from_school(which), *await self._from_collab(which)]:
            visitor = found.setdefault(who, Visitor(who, school))
            visitor.name = name or visitor.name
            visitor.last = max(visitor.last, at)
            if place not in visitor.places and len(visitor.places) < _PLACES:
                visitor.places.append(place)
        return list(found.values())

    async def _from_school(self, which: Which) -> list[tuple[str, str, str, str, int]]:
        session, link, word, meeting = tables.login_session, tables.guest_link, tables.admission, tables.meeting
        track, now = recording_track, literal(self._school.clock())
        of_meeting = (meeting.c.school, meeting.c.title)
        queries: tuple[Select[Any], ...] = (
            select(session.c.person, session.c.name, *of_meeting, now)
            .join(link, link.c.id == session.c.guest_link)
            .join(meeting, meeting.c.id == link.c.meeting)
            .where(which(session.c.person)),
            select(word.c.person, literal(""), *of_meeting, meeting.c.starts_at)
            .join(meeting, meeting.c.id == word.c.meeting)
            .where(which(word.c.person)),
            select(track.c.person, track.c.name, *of_meeting, track.c.agreed_at)
            .join(recording, recording.c.id == track.c.recording)
            .join(meeting, meeting.c.id == recording.c.meeting)
            .where(which(track.c.person)),
        )
        async with self._school.read() as connection:
            return [tuple(row) for query in queries for row in await connection.execute(query)]

    async def _from_collab(self, which: Which) -> list[tuple[str, str, str, str, int]]:
        message, held, upload = chat_tables.message.c, chat_tables.held.c, upload_tables.upload.c
        author, point, read = documents.author.c, documents.checkpoint.c, chat_tables.position.c
        nameless = literal("")
        said: tuple[Select[Any], ...] = (
            _last(which, message.author, message.name, message.channel, message.at),
            _last(which, held.author, held.name, held.channel, held.at),
            _last(which, read.person, nameless, read.channel, literal(0)),
            _last(which, upload.person, nameless, upload.channel, upload.at),
        )
        wrote: tuple[Select[Any], ...] = (
            _last(which, author.account, nameless, author.document, author.at),
            _last(which, point.account, nameless, point.document, point.at),
            _last(which, upload.person, nameless, upload.document, upload.at),
        )
        async with self._database.read() as connection:
            in_channels = [tuple(row) for query in said for row in await connection.execute(query)]
            in_documents = [tuple(row) for query in wrote for row in await connection.execute(query)]
        return [
            *await self._placed(in_channels, tables.channel.c.id, tables.channel.c.school, tables.channel.c.title),
            *await self._placed(in_documents, tables.document.c.id, tables.document.c.school, tables.document.c.title),
        ]

    async def _placed(
        self, traces: Iterable[Trace], id: Column[str], *said: Column[str]
    ) -> list[tuple[str, str, str, str, int]]:
        """Say of which school each place is, and what it is called."""
        traces = [trace for trace in traces if trace[2] is not None]
        wanted = sorted({place for _, _, place, _ in traces})
        known: dict[str, tuple[str, str]] = {}
        for begin in range(0, len(wanted), _IN_ONE):
            query = select(id, *said).where(id.in_(wanted[begin : begin + _IN_ONE]))
            async with self._school.read() as connection:
                known |= {row[0]: (row[1], row[2]) for row in await connection.execute(query)}
        return [(who, name, *known[place], at) for who, name, place, at in traces if place in known]


def _last(which: Which, who: Any, name: Any, place: Any, at: Any) -> Select[Any]:
    grouped = (who, place) if not isinstance(name, Column) else (who, name, place)
    return select(who, name, place, func.max(at)).where(which(who)).group_by(*grouped)
