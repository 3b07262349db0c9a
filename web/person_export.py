"""A person's data as one zip file: open formats, the files as they are, and a page that says what is what.

Laws: whatever may be long goes into the file piece by piece, never through memory as a whole. The file appears under
its name only when it is whole, readable by its owner alone. Of other people only ids are in it.
"""

from __future__ import annotations

import asyncio
import os
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Table, or_, select

from collab.errors import CollabError
from collab.words import WORDS, Asked
from web import person_readme
from web.downloads import file_name
from web.person import Holdings, Subject
from web.school import tables
from web.school.contact_tables import contact_block, direct_channel, personal
from web.school.group_tables import group_seat
from web.school.recording_tables import recording_track
from web.visitors import Visitor

_PIECE: Final = 1 << 20
_MOST_ENTRIES: Final = 1000  # in one question
_MEMBERSHIPS: Final[tuple[tuple[str, Table, tuple[str, ...]], ...]] = (
    ("groups", tables.enrolment, ("account",)),
    ("family", tables.guardian_link, ("guardian", "pupil")),
    ("hosted_meetings", tables.meeting, ("host",)),
    ("invitations", tables.invitation, ("account",)),
    ("admissions", tables.admission, ("person",)),
    ("group_seats", group_seat, ("person",)),
    ("folders", tables.folder, ("owner",)),
    ("documents", tables.document, ("owner",)),
    ("conversations", direct_channel, ("first", "second")),
    ("blocks", contact_block, ("account",)),
)


async def export(holdings: Holdings, subject: Subject, target: Path) -> int:
    """Write the file and return its size; raises FileExistsError, OSError and what the stores raise."""
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
                await _Export(holdings, subject, archive).write()
            raw.flush()
            os.fsync(raw.fileno())
            size = os.fstat(raw.fileno()).st_size
        os.link(part, target)  # unlike a rename, never over a file that is there
        return size
    finally:
        part.unlink(missing_ok=True)


class _Export:
    """One export under way."""

    def __init__(self, holdings: Holdings, subject: Subject, archive: zipfile.ZipFile) -> None:
        self._from = holdings
        self._subject = subject
        self._zip = archive

    async def write(self) -> None:
        await self._write_school()
        await self._write_list("messages.json", self._messages())
        await self._write_list("files.json", self._files())
        for document in await self._from.person.documents(self._subject.id):
            await self._write_document(document)
        await self._write_list("recordings.json", self._recordings())

    async def _write_school(self) -> None:
        mine = self._subject.id
        async with self._from.school.read() as connection:

            async def rows(table: Table, *columns: str) -> list[dict[str, Any]]:
                which = or_(*(table.c[column] == mine for column in columns))
                return [dict(row) for row in (await connection.execute(select(table).where(which))).mappings()]

            titles = select(tables.school.c.title).where(tables.school.c.id == self._subject.school)
            (school,) = (await connection.execute(titles)).scalars()
            logins = [
                {"expires_at": row["expires_at"], "name": row["name"]}
                for row in await rows(tables.login_session, "person")
            ]
            settings = await rows(personal, "account")
            memberships = {name: await rows(table, *columns) for name, table, columns in _MEMBERSHIPS}
            shared = tables.shared_right
            subject = shared.c.subject_kind == "account", shared.c.subject == mine
            memberships["shares"] = [
                dict(row) for row in (await connection.execute(select(shared).where(*subject))).mappings()
            ]
        about = asdict(self._subject) if isinstance(self._subject, Visitor) else msgspec.to_builtins(self._subject)
        self._add("account.json", about | {"school_title": school, "settings": settings, "logins": logins})
        memberships["read"] = await self._from.person.positions(mine)
        self._add("memberships.json", memberships)
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime())
        name, login = self._subject.full_name, self._subject.login
        for file, text in (("LIESMICH.txt", person_readme.GERMAN), ("README.txt", person_readme.ENGLISH)):
            self._zip.writestr(file, text.format(server="Kreide", name=name, login=login, school=school, at=at))

    async def _messages(self) -> AsyncIterator[Any]:
        async for message in self._from.person.messages(self._subject.id):
            yield message
        for held in await self._from.person.held(self._subject.id):
            yield held

    async def _files(self) -> AsyncIterator[Any]:
        names: list[dict[str, Any]] = []
        store = self._from.uploads.store
        async for id, _ in self._from.person.uploads(self._subject.id):
            upload = await store.find(id)
            if upload is None:
                continue
            stem, _, suffix = upload.reference.name.rpartition(".")
            name = f"files/{file_name(f'{id} {stem or suffix}', suffix if stem else 'bin')}"
            with self._zip.open(name, "w", force_zip64=True) as file:
                async for piece in store.bytes.read(upload.place, 0, upload.content.size):
                    file.write(piece)
            names.append({"file": name, "reference": upload.reference, "type": upload.content.type})
        for one in names:  # a zip takes one file at a time
            yield one

    async def _write_document(self, document: str) -> None:
        mine = self._subject.id
        history, store = self._from.history, self._from.history.store
        table = tables.document
        async with self._from.school.read() as connection:
            row = (await connection.execute(select(table.c.title, table.c.kind).where(table.c.id == document))).first()
        entries: list[dict[str, int]] = []
        before: int | None = None
        while page := await store.entries(document, before, _MOST_ENTRIES):
            entries += [{"seq": entry.seq, "at": entry.at} for entry in page if entry.account == mine]
            before = page[-1].seq
        try:
            head = (await store.past(document)).head
            state = (await history.state(document, head)).state
            asked = Asked(state, await store.clients_of(document, mine))
            wrote = msgspec.msgpack.decode(await self._from.heavy.run(WORDS, msgspec.msgpack.encode(asked)))
        except CollabError as error:
            wrote = [f"({error.code}: {error.text})"]
        versions = [version for version in await store.versions(document) if version.account == mine]
        about = {"id": document, "title": row.title if row else "", "kind": row.kind if row else ""}
        self._add(
            f"documents/{file_name(document, 'json')}",
            about | {"wrote": wrote, "changes": entries[::-1], "versions": versions},
        )

    async def _recordings(self) -> AsyncIterator[Any]:
        query = select(recording_track).where(recording_track.c.person == self._subject.id)
        async with self._from.school.read() as connection:
            tracks = [dict(row) for row in (await connection.execute(query)).mappings()]
        for track in tracks:
            if not self._from.recordings.offered:
                break
            path = self._from.recordings.path(track["recording"], track["file"])
            if await asyncio.to_thread(path.is_file):
                kind = await asyncio.to_thread(self._from.recordings.kind, track["recording"], track["file"])
                name = f"recordings/{track['recording']}-{track['file']}.{kind.suffix}"
                await asyncio.to_thread(self._zip.write, path, name)
                track["path"] = name
        for track in tracks:
            yield track

    def _add(self, name: str, value: Any) -> None:
        self._zip.writestr(name, msgspec.json.format(msgspec.json.encode(value)))

    async def _write_list(self, name: str, values: AsyncIterator[Any]) -> None:
        """Write a JSON list one value at a time; the first value is asked for before the file is begun."""
        first = await anext(values, None)
        with self._zip.open(name, "w", force_zip64=True) as file:
            file.write(b"[")
            if first is not None:
                file.write(b"\n  " + msgspec.json.encode(first))
            async for value in values:
                file.write(b",\n  " + msgspec.json.encode(value))
            file.write(b"\n]\n")
