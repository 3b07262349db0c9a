"""Everything that a person has here, with an account or without: where it lies, how much it is, and how it goes.

Laws: erasing begins with shutting the person out (the account disabled, a guest's login ended), which every worker
hears of, and goes on when they have; then recordings, messages and files, the content of documents with all their past,
at last the account itself or what the school noted of the guest. Each step may be repeated, so an erasure that broke
off is simply asked for again. It works beside a running server: what is open learns of it from the database. Who may
ask for it is decided by the caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select

from collab.bus import MemoryBus
from collab.database import Database
from collab.errors import Overloaded
from collab.heavy import HeavyPool
from collab.history import History
from collab.hub import Hub
from collab.person import PersonStore
from collab.store import DocumentStore
from collab.upload_use import find_unused
from collab.uploads import Upload
from web.config import Config
from web.errors import AccessDenied, StateError
from web.live import STALE_SECONDS
from web.recording_files import RecordingFiles
from web.school import queries, tables
from web.school.actions import AccountPatch, do_change_account
from web.school.actions.erasure import REMAINS, do_end_visits, do_erase_account, do_erase_visitor
from web.school.model import Account
from web.school.recording_tables import recording_track
from web.school.store import SchoolStore, new_id, now_ms
from web.uploads import Uploads
from web.visitors import Visitor, Visitors, is_visitor

HEARD_SECONDS: Final = 2 * STALE_SECONDS  # a worker that did not hear of a change by then writes nothing any more
_ROUNDS: Final = 5

Subject = Account | Visitor


@dataclass(frozen=True, slots=True)
class Holdings:
    """The stores in which a person's things lie."""

    school: SchoolStore
    database: Database
    history: History
    heavy: HeavyPool
    uploads: Uploads
    recordings: RecordingFiles

    @property
    def person(self) -> PersonStore:
        """What is of persons in channels and documents."""
        return PersonStore(self.database)

    @property
    def visitors(self) -> Visitors:
        """Who was here without an account."""
        return Visitors(self.school, self.database)


@asynccontextmanager
async def open_holdings(config: Config) -> AsyncIterator[Holdings]:
    """Open the stores of a server that may be running."""
    heavy = HeavyPool()
    school = await SchoolStore.open(config.school_url)
    try:
        database = await Database.open(config.collab_url)
        try:
            hub = Hub(DocumentStore(database), MemoryBus(), "person")
            files = RecordingFiles(config.recordings_folder, 0)
            yield Holdings(school, database, History(hub, heavy), heavy, Uploads(config, database, heavy), files)
        finally:
            await heavy.close()
            await database.close()
    finally:
        await heavy.close()
        await school.close()


async def find_subject(holdings: Holdings, person: str, school: str | None = None) -> Subject:
    """Return who has this login or id; raises AccessDenied, or StateError when several schools have one."""
    if is_visitor(person):
        visitor = await holdings.visitors.find(person)
        if visitor is None or school not in (None, visitor.school):
            raise AccessDenied("not_found", f"nothing is left of a guest {person!r}")
        return visitor
    return await find_account(holdings.school, person, school)


async def find_account(store: SchoolStore, person: str, school: str | None = None) -> Account:
    """Return the account of this login or id; raises AccessDenied, or StateError when several schools have one."""
    table = tables.account.c
    where = [or_(table.login == person, table.id == person)]
    if school is not None:
        where.append(table.school == school)
    async with store.read() as connection:
        found = await queries.accounts(connection, *where)
    exact = [account for account in found if account.id == person] or found
    if not exact:
        raise AccessDenied("not_found", f"there is no account {person!r}")
    if len(exact) > 1:
        schools = ", ".join(account.school for account in exact)
        raise StateError("ambiguous", f"several schools have an account {person!r}: say --school ({schools})")
    return exact[0]


async def count(holdings: Holdings, subject: Subject) -> dict[str, int]:
    """How much there is of a person, by what it is."""
    counts = await holdings.person.counts(subject.id)
    counts["documents"] = len(await holdings.person.documents(subject.id))
    track, session = recording_track.c, tables.login_session.c
    async with holdings.school.read() as connection:
        for name, query in (
            ("recordings of them", select(func.count()).where(track.person == subject.id)),
            ("logins", select(func.count()).where(session.person == subject.id)),
        ):
            counts[name] = int((await connection.execute(query)).scalar() or 0)
    return counts


async def erase(holdings: Holdings, subject: Subject) -> str:
    """Erase a person; return the id of what remains where others' things hang on it."""
    remains, school = REMAINS + new_id(), holdings.school
    if isinstance(subject, Account):
        await do_change_account(school, subject.school, subject.id, AccountPatch(disabled=True))
    else:
        await do_end_visits(school, subject.school, subject.id)
    await asyncio.sleep(HEARD_SECONDS)
    await _erase_recordings(holdings, subject.id)
    await holdings.person.erase_messages(subject.id, remains)
    await _erase_documents(holdings, subject.id)
    await holdings.person.forget_documents(subject.id)
    await _erase_files(holdings, subject.id, remains)
    if isinstance(subject, Account):
        await do_erase_account(school, subject.school, subject.id, remains)
    else:
        await do_erase_visitor(school, subject.school, subject.id, remains)
    return remains


async def _erase_recordings(holdings: Holdings, person: str) -> None:
    """The files first; one that is being written goes with the end of its recording, as no row names it any more."""
    track = recording_track
    query = select(track.c.recording, track.c.file).where(track.c.person == person)
    async with holdings.school.read() as connection:
        rows = (await connection.execute(query)).all()
    for row in rows:
        await asyncio.to_thread(holdings.recordings.delete, row.recording, [row.file])
    async with holdings.school.write() as connection:
        await connection.execute(track.delete().where(track.c.person == person))


async def _erase_documents(holdings: Holdings, person: str) -> None:
    """Until nothing is left: slides may come back into a deck from a copy whose turn is after it."""
    for _ in range(_ROUNDS):
        documents = await holdings.person.written(person)
        if not documents:
            return
        for document in documents:
            await holdings.history.erase(document, person)
    raise Overloaded("too_fast", "the documents change too fast to erase something now")


async def _erase_files(holdings: Holdings, person: str, remains: str) -> None:
    """What others' slides show stays, as nobody's; everything else goes, until nothing is left: pictures are lent."""
    store = holdings.uploads.store
    at = now_ms() + 1  # what others send again from now on is theirs
    while ids := [id async for id, _ in holdings.person.uploads(person)]:
        found = [upload for id in ids if (upload := await store.find(id)) is not None]
        on_slides = [upload for upload in found if upload.reference.document is not None]
        await _drop_unshown(holdings, on_slides, at)
        kept = [upload.reference.id for upload in on_slides]
        await holdings.person.hand_over_uploads(kept, remains)
        await store.remove(sorted(set(ids) - set(kept)))
    await store.collect()


async def _drop_unshown(holdings: Holdings, uploads: Sequence[Upload], at: int) -> None:
    """Let go of what its document does not show; in one that somebody writes in on and on, the hourly sweep does."""
    store, documents = holdings.uploads.store, sorted({upload.reference.document or "" for upload in uploads})
    for document in documents:
        sent = [upload for upload in uploads if upload.reference.document == document]
        for _ in range(_ROUNDS):
            found = await find_unused(holdings.database, document, {upload.content.hash for upload in sent})
            if await store.remove_unused(sent, found, at):
                break
