"""What people send: kept once in a school, counted, gone when nothing refers to it; in files and in the database."""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from collab import chat_tables, tables, upload_use
from collab.bus import MemoryBus
from collab.chat import Held, Message, NewMessage, check_message
from collab.chat_hub import Chat
from collab.chat_store import ChatStore, now
from collab.checkpoints import Checkpoint, Snapshot, add_checkpoint, pack, plain, unpack, unpacked
from collab.database import Database, migrate
from collab.errors import CollabError, Overloaded, ProtocolError, StateError
from collab.history_store import HistoryStore
from collab.store import Batch, Committed, DocumentStore, NewEntry
from collab.upload_bytes import PIECE, DatabaseBytes, FileBytes
from collab.upload_store import DAY, UploadStore
from collab.upload_use import find_unused
from collab.uploads import SMALL, Content, Quota, Reference, Upload
from tests.services import Postgres

PLENTY = Quota(10_000_000, 20_000_000)
Send = Callable[..., "asyncio.Future[Upload]"]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of each kind, for all tests here."""
    if request.param == "sqlite":
        found = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('uploads') / 'test.db'}"
        migrate(found)
        yield found
        return
    cluster: Postgres = request.getfixturevalue("_postgres_cluster")
    name = cluster.create_database()
    found = cluster.url(name).replace("postgresql://", "postgresql+asyncpg://", 1)
    migrate(found)
    yield found
    cluster.drop_database(name)


@pytest.fixture
async def uploads(url: str, tmp_path: Path) -> AsyncIterator[UploadStore]:
    """Files beside SQLite; rows in PostgreSQL. Empty."""
    database = await Database.open(url)
    async with database.write() as connection:
        for table in ("upload", "upload_blob", "upload_chunk", "channel_message", "channel_held", "channel"):
            await connection.execute(text(f"DELETE FROM {table}"))
    files = FileBytes(tmp_path / "uploads") if database.dialect == "sqlite" else DatabaseBytes(database)
    yield UploadStore(database, files)
    await database.close()


@pytest.fixture
def send(uploads: UploadStore, tmp_path: Path) -> Callable[..., object]:
    """Send bytes: `await send(b"...", person="amira")`."""

    async def send(data: bytes, *, small: bytes = b"", quota: Quota = PLENTY, **where: str | int) -> Upload:
        file, thumb = tmp_path / uuid4().hex, tmp_path / uuid4().hex
        file.write_bytes(data)
        thumb.write_bytes(small)
        given = {"school": "s", "person": "amira", "name": "Blatt_3 Parabel.pdf", "at": now(), "channel": "c"} | where
        reference = Reference(uuid4().hex[:16], **given)  # type: ignore[arg-type]
        content = Content(hashlib.sha256(data).hexdigest(), len(data), "application/pdf", thumb=len(small))
        return await uploads.add(reference, content, file, thumb if small else None, quota)

    return send


async def read(uploads: UploadStore, place: str, start: int = 0, length: int | None = None, size: int = 0) -> bytes:
    return b"".join([piece async for piece in uploads.bytes.read(place, start, size if length is None else length)])


def said(files: tuple[str, ...] = (), author: str = "amira", words: str = "", key: str = "") -> NewMessage:
    return NewMessage("c", author, author, "pupil", words, key or uuid4().hex, attachments=files)


async def commit(chat: ChatStore, message: NewMessage) -> Message:
    (stored,) = await chat.commit([message])
    assert isinstance(stored, Message), stored
    return stored


async def test_what_was_sent_is_read_in_parts(uploads: UploadStore, send: Send) -> None:
    data = bytes(range(256)) * 3000
    upload = await send(data, small=b"thumb")
    assert await read(uploads, upload.place, size=len(data)) == data
    for start, length in ((0, 1), (PIECE - 1, 2), (PIECE, PIECE), (len(data) - 5, 5), (7, len(data) - 7)):
        assert await read(uploads, upload.place, start, length) == data[start : start + length]
    assert await read(uploads, upload.place + "~small", size=5) == b"thumb"
    assert await uploads.find(upload.reference.id) == upload
    with pytest.raises(StateError, match="not there"):
        await read(uploads, "nowhere/ab/x", 0, 1)
    with pytest.raises(StateError):
        await read(uploads, upload.place, 0, len(data) + 1)


async def test_a_school_keeps_a_content_once_and_shares_none(uploads: UploadStore, send: Send) -> None:
    first, again, foreign = await send(b"same"), await send(b"same", person="ben"), await send(b"same", school="t")
    assert first.place == again.place != foreign.place
    assert len(await uploads.bytes.places(now() // 1000 + 9)) == 2
    assert (await uploads.used("s", "amira")) == Quota(4, 4)
    await uploads.remove([first.reference.id])
    assert await uploads.collect() == 0, "ben still has it"
    await uploads.remove([again.reference.id])
    assert await uploads.collect() == 1
    assert await read(uploads, foreign.place, size=4) == b"same"
    with pytest.raises(StateError):
        await read(uploads, first.place, size=4)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("again", ["another message", "the same document"])
async def test_what_is_damaged_is_whole_when_it_is_sent_again(
    uploads: UploadStore, send: Send, tmp_path: Path, small: bool, again: str
) -> None:
    data, thumb = b"Parabel" * 100, b"small"
    first = await send(data, small=thumb)
    damaged = first.place + SMALL if small else first.place
    await uploads.bytes.drop([damaged])
    if not small:
        (tmp_path / "other").write_bytes(b"p" + data[1:])
        await uploads.bytes.put(damaged, tmp_path / "other")
    if again == "another message":
        second = await send(data, small=thumb, person="ben")
    else:
        for name, content in (("file", data), ("small", thumb)):
            (tmp_path / name).write_bytes(content)
        second = await uploads.mend(first, tmp_path / "file", tmp_path / "small")
    assert second.place != first.place
    found = await uploads.find(first.reference.id)
    assert found is not None and found.place == second.place, "whole for whoever has it already, too"
    assert await read(uploads, found.place, size=len(data)) == data
    assert await read(uploads, found.place + SMALL, size=len(thumb)) == thumb
    assert await uploads.bytes.places(2**40) == [second.place]
    third = await send(data, small=thumb, person="cem")
    assert third.place == second.place, "what is whole stays where it is"


async def test_quotas_of_a_person_and_of_a_school(uploads: UploadStore, send: Send) -> None:
    await send(b"12345", quota=Quota(8, 12))
    for who, quota in (("amira", Quota(8, 99)), ("ben", Quota(99, 8))):
        with pytest.raises(Overloaded) as refused:
            await send(b"67890", person=who, quota=quota)
        assert refused.value.code == "upload_quota"
    assert len(await uploads.bytes.places(now() // 1000 + 9)) == 1, "the bytes of what was refused are gone"
    await send(b"12345", person="ben", quota=Quota(8, 8))  # nothing new for the school
    assert (await uploads.used("s", "ben")) == Quota(5, 5)


async def test_many_send_the_same_at_once(uploads: UploadStore, send: Send) -> None:
    sent = await asyncio.gather(*(send(b"one and the same", person=f"p{number}") for number in range(12)))
    assert len({upload.place for upload in sent}) == 1
    await uploads.remove([upload.reference.id for upload in sent[1:]])
    await uploads.collect()
    assert await read(uploads, sent[0].place, size=16) == b"one and the same"


async def test_sending_while_the_last_reference_goes_never_loses_bytes(uploads: UploadStore, send: Send) -> None:
    upload = await send(b"in and out")
    for _ in range(15):
        await uploads.remove([upload.reference.id])
        upload, _ = await asyncio.gather(send(b"in and out"), uploads.collect())
        assert await read(uploads, upload.place, size=10) == b"in and out"


async def test_a_message_claims_its_files_once(uploads: UploadStore, send: Send) -> None:
    chat = ChatStore(uploads.database)
    mine, two, other = await send(b"a"), await send(b"b"), await send(b"c", person="ben")
    elsewhere, on_slide = await send(b"d", channel="d"), await send(b"e", channel=None, document="deck")
    message = said((mine.reference.id, two.reference.id))
    stored = await commit(chat, message)
    assert [file.name for file in stored.attachments] == ["Blatt_3 Parabel.pdf"] * 2
    assert stored.attachments[0].size == 1 and stored.text == ""
    assert await commit(chat, message) == stored, "a repeat is the same message"
    bad = [said((one.reference.id,)) for one in (mine, other, elsewhere, on_slide)] + [said(("nothing",))]
    results = await chat.commit([*bad, said((), words="fine")])
    assert [isinstance(result, CollabError) and result.code for result in results[:-1]] == ["attachment"] * 5
    assert isinstance(results[-1], Message) and results[-1].seq == 2, "others in the batch are not held up"
    history = await Chat(chat, MemoryBus()).history("c", 0, 9)
    assert history.messages[0].attachments == stored.attachments


@pytest.mark.parametrize("id", ["\0", "\udced\udca0", "x\n", "é", ""])
async def test_an_id_that_is_none_names_nothing(uploads: UploadStore, id: str) -> None:
    assert await uploads.find(id) is None and await uploads.find_image("deck", id) is None
    with pytest.raises(ProtocolError):
        check_message(said((id,)))


async def test_a_file_goes_with_its_message(uploads: UploadStore, send: Send) -> None:
    chat = ChatStore(uploads.database)
    changes = Chat(chat, MemoryBus()).changes
    upload = await send(b"x")
    stored = await commit(chat, said((upload.reference.id,), words="look"))
    edited = await changes.edit("c", stored.seq, "amira", "", ())
    assert isinstance(edited.item, Message) and edited.item.attachments == stored.attachments
    deleted = await changes.delete("c", stored.seq)
    assert isinstance(deleted.item, Message) and deleted.item.attachments == ()
    assert await uploads.find(upload.reference.id) is None
    assert await uploads.collect() == 1
    with pytest.raises(StateError):
        await changes.edit("c", stored.seq, "amira", "", ())


async def test_files_of_forgotten_messages_go(uploads: UploadStore, send: Send) -> None:
    chat = Chat(ChatStore(uploads.database), MemoryBus())
    old, held, young = await send(b"old"), await send(b"held"), await send(b"young")
    await commit(ChatStore(uploads.database), said((old.reference.id,)))
    await chat.changes.hold(said((held.reference.id,)))
    async with uploads.database.write() as connection:
        for table in (chat_tables.message, chat_tables.held):
            await connection.execute(table.update().values(at=5))
    await commit(ChatStore(uploads.database), said((young.reference.id,)))
    assert await chat.retention.forget("c", 6) == 1
    found = [await uploads.find(one.reference.id) for one in (old, held, young)]
    assert [one is not None for one in found] == [False, False, True]
    assert await uploads.collect() == 2


@pytest.mark.parametrize("approve", [True, False])
async def test_files_of_a_held_message_wait_with_it(uploads: UploadStore, send: Send, approve: bool) -> None:
    chat = Chat(ChatStore(uploads.database), MemoryBus())
    upload = await send(b"x")
    change = await chat.changes.hold(said((upload.reference.id,)))
    assert isinstance(change.item, Held) and [file.id for file in change.item.attachments] == [upload.reference.id]
    waiting = await uploads.find(upload.reference.id)
    assert waiting is not None and waiting.held == change.item.id and waiting.seq is None
    with pytest.raises(ProtocolError):
        await chat.changes.hold(said((upload.reference.id,)))
    _, message = await chat.changes.decide("c", change.item.id, approve)
    after = await uploads.find(upload.reference.id)
    if approve:
        assert message is not None and [file.id for file in message.attachments] == [upload.reference.id]
        assert after is not None and (after.seq, after.held) == (message.seq, None)
    else:
        assert after is None


async def test_messages_are_found_by_the_names_of_their_files(uploads: UploadStore, send: Send) -> None:
    chat = Chat(ChatStore(uploads.database), MemoryBus())
    stored = await commit(ChatStore(uploads.database), said(((await send(b"x")).reference.id,), words="Hier bitte"))
    for question in ("parab", "Blatt_3", "bitte parabel", "pdf"):
        assert [found.seq for found in await chat.search.find(["c"], question)] == [stored.seq], question
    assert await chat.search.find(["c"], "parabel xyz") == []
    assert await chat.search.find(["c"], "application") == [], "the type is no name"
    await chat.changes.edit("c", stored.seq, "amira", "Neuer Text", ())
    assert await chat.search.find(["c"], "neuer parabel") and not await chat.search.find(["c"], "bitte")
    await chat.changes.delete("c", stored.seq)
    assert await chat.search.find(["c"], "parabel") == []


async def test_what_hangs_on_nothing_goes_after_a_day(uploads: UploadStore, send: Send) -> None:
    chat = ChatStore(uploads.database)
    unused, used = await send(b"unused"), await send(b"used")
    slide = await send(b"slide", channel=None, document="deck")
    await commit(chat, said((used.reference.id,)))
    assert await uploads.sweep(now()) == 0
    assert await uploads.sweep(now() + DAY * 1000 + 5) == 1
    found = [await uploads.find(one.reference.id) for one in (unused, used, slide)]
    assert [one is not None for one in found] == [False, True, True]


async def test_bytes_that_a_crash_left_behind_are_dropped(uploads: UploadStore, send: Send, tmp_path: Path) -> None:
    kept = await send(b"kept", small=b"k")
    stray = kept.place.replace(kept.content.hash, "ef" * 32)
    for place in (stray, stray + "~small"):
        (tmp_path / "left").write_bytes(b"left")
        await uploads.bytes.put(place, tmp_path / "left")
    assert await uploads.drop_strays(now() // 1000) == 0, "one may be on its way in"
    assert await uploads.drop_strays(now() // 1000 + DAY + 9) == 1
    assert await read(uploads, kept.place, size=4) == b"kept"
    for place in (stray, stray + "~small"):
        with pytest.raises(StateError):
            await read(uploads, place, size=4)


async def test_a_folder_that_was_cleared_away_is_made_again(tmp_path: Path) -> None:
    files = FileBytes(tmp_path / "uploads")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"kept")
        await files.put(f"school/aa/{name}", tmp_path / name)
        assert [piece async for piece in files.read(f"school/aa/{name}", 0, 4)] == [b"kept"]
        shutil.rmtree(tmp_path / "uploads" / "school")


NOW, LOGGED, OLD, GONE = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)


@pytest.fixture
async def deck(uploads: UploadStore) -> DocumentStore:
    """A document "deck" whose snapshot, log and past each name a picture; beside it "other"."""
    store = DocumentStore(uploads.database)
    async with uploads.database.write() as connection:
        for table in ("document", "document_snapshot", "document_log", "document_checkpoint"):
            await connection.execute(text(f"DELETE FROM {table}"))
        head = {"id": "deck", "kind": "deck", "epoch": 1, "head": 2, "snapshot_seq": 1, "created_at": 1}
        await connection.execute(tables.document.insert().values(head))
        row = {"document": "deck", "seq": 1, "at": 1}
        await connection.execute(tables.snapshot.insert().values(**row, state=f"..{NOW}..".encode(), outline=b""))
        entry = {"account": "a", "origin": "o", "data": f"..{LOGGED}..".encode()}
        await connection.execute(tables.log.insert().values(**row, **entry))
        kept = {"id": "x", "kind": "named", "name": "n", "account": "a", "state": pack(f"..{OLD}..".encode())}
        await connection.execute(tables.checkpoint.insert().values(**row, **kept))
    await store.create("other", "scratch", None, None)
    return store


async def edit(store: DocumentStore, document: str, data: bytes) -> None:
    answer = (await store.commit([Batch(document, (NewEntry("ada", "w/1", data),), {})]))[document]
    assert isinstance(answer, Committed), answer


@pytest.mark.usefixtures("deck")
async def test_a_picture_that_the_past_still_names_is_used(uploads: UploadStore) -> None:
    assert (await find_unused(uploads.database, "deck", {NOW, LOGGED, OLD, GONE})).hashes == {GONE}
    assert (await find_unused(uploads.database, "nowhere", {NOW})).hashes == {NOW}


@pytest.mark.parametrize("packing", [pack, plain])
async def test_a_picture_is_found_wherever_it_stands_in_much(
    uploads: UploadStore, deck: DocumentStore, packing: Callable[[bytes], bytes]
) -> None:
    noise = random.Random(7).randbytes(upload_use.PIECE)
    at_a_seam = [b"-" * (upload_use.PIECE - cut) + f"{cut:064}".encode() + noise for cut in (1, 63, 64, 70)]
    for number, data in enumerate(at_a_seam[:2]):
        await edit(deck, "deck", data)
        point = Checkpoint(seq=number, kind="day", at=number, state=packing(at_a_seam[2 + number]))
        await uploads.database.transact(lambda sync, point=point: add_checkpoint(sync, "deck", point))  # type: ignore[misc]
    hashes = {f"{cut:064}" for cut in (1, 63, 64, 70)}
    assert (await find_unused(uploads.database, "deck", {*hashes, GONE})).hashes == {GONE}


@pytest.mark.parametrize("damage", [lambda state: state[:-5], lambda state: state[:9] + b"!" + state[10:]])
async def test_what_cannot_be_read_may_name_everything(
    uploads: UploadStore, deck: DocumentStore, damage: Callable[[bytes], bytes]
) -> None:
    state = damage(pack(random.Random(7).randbytes(1000)))
    point = Checkpoint(seq=1, kind="day", at=1, state=state)
    await uploads.database.transact(lambda connection: add_checkpoint(connection, "deck", point))
    assert not (await find_unused(uploads.database, "deck", {GONE})).hashes


async def test_no_state_is_read_once_all_are_found(
    uploads: UploadStore, deck: DocumentStore, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def watched(packed: bytes) -> Iterator[bytes]:
        seen.append(unpack(packed))
        return unpacked(packed)

    monkeypatch.setattr(upload_use, "unpacked", watched)
    assert not (await find_unused(uploads.database, "deck", {NOW, LOGGED})).hashes
    assert seen == []
    shown = await send(b"shown", channel=None, document="deck", at=500)
    for day in range(10):
        state = f"{day} {shown.content.hash if day in (5, 6) else ''}".encode()
        point = Checkpoint(seq=day, kind="day", at=day * 100, state=pack(state))
        await uploads.database.transact(lambda sync, point=point: add_checkpoint(sync, "deck", point))  # type: ignore[misc]
    assert not (await find_unused(uploads.database, "deck", {shown.content.hash})).hashes
    assert len(seen) == 1, "it stands in the first state after it was sent"


async def test_nobody_waits_while_the_past_of_a_document_is_searched(
    uploads: UploadStore, deck: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, go_on, begun = asyncio.get_running_loop(), threading.Event(), asyncio.Event()

    def held(packed: bytes) -> Iterator[bytes]:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        yield from unpacked(packed)

    monkeypatch.setattr(upload_use, "unpacked", held)
    searching = asyncio.create_task(find_unused(uploads.database, "deck", {GONE}))
    try:
        await begun.wait()
        async with asyncio.timeout(60):  # it would be for ever
            await edit(deck, "other", b"of somebody else")
            await edit(deck, "deck", b"of the same document")
        assert not searching.done()
    finally:
        go_on.set()
        found = await searching
    assert found.hashes == {GONE}


@pytest.mark.parametrize("back", ["as an edit", "as a version", "in a new snapshot", "not", "not, and a version goes"])
async def test_what_comes_back_while_the_past_is_searched_stays(
    uploads: UploadStore, deck: DocumentStore, send: Send, back: str
) -> None:
    shown = await send(b"shown", channel=None, document="deck", at=5)
    name = shown.content.hash.encode()
    found = await find_unused(uploads.database, "deck", {shown.content.hash})
    assert found.hashes == {shown.content.hash}
    history = HistoryStore(uploads.database)
    match back:
        case "as an edit":
            await edit(deck, "deck", name)
        case "as a version":
            point = Checkpoint(seq=1, kind="named", name="again", at=9, state=pack(name))
            assert await history.add_version("deck", 1, point)
        case "in a new snapshot":
            assert await deck.compact("deck", Snapshot(2, name, b""), 1, 1)
        case "not, and a version goes":
            assert await history.remove_version("deck", "x")
    stays = not back.startswith("not")
    assert await uploads.remove_unused([shown], found, 9) is not stays
    assert (await uploads.find(shown.reference.id) is not None) is stays


async def test_what_is_sent_again_while_the_past_is_searched_stays(
    uploads: UploadStore, deck: DocumentStore, send: Send
) -> None:
    shown = await send(b"shown", channel=None, document="deck", at=5)
    found = await find_unused(uploads.database, "deck", {shown.content.hash})
    assert await uploads.renew(shown, 20)
    assert await uploads.remove_unused([shown], found, 10)
    assert await uploads.find(shown.reference.id) is not None, "whoever was told that it is there will show it"
    assert await uploads.remove_unused([shown], found, 30)
    assert not await uploads.renew(shown, 40), "it has to be sent as a new one"
