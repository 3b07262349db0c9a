"""Everything of one person: out in one file, and gone for good, in schools made by chance; nobody else loses a word."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map
from socketio.exceptions import ConnectionError as SocketConnectionError
from sqlalchemy import insert, select

from collab import upload_tables
from collab.chat_search import Search
from collab.chat_store import ChatStore
from collab.checkpoints import unpack
from collab.store import Batch, Committed, DocumentStore, NewEntry
from tests.web.house import furnish, open_house
from tests.web.people import guests
from tests.web.persons import unfilled, unjudged
from tests.web.sayings import CHANNEL, GUARDIAN, GUEST, PUPIL, SCHOOL, TEACHER, Sayings
from web import person as person_module
from web.config import Config
from web.errors import AccessDenied, Unauthenticated
from web.person import Holdings, Subject, count, erase, find_account, find_subject, open_holdings
from web.person_export import export


@pytest.fixture
async def holdings(demo_data: Path) -> AsyncIterator[Holdings]:
    async with open_holdings(Config(data=demo_data)) as found:
        yield found


def everything(data: Path) -> bytes:
    """All that lies in files and tables, unpacked where it is packed."""
    found: list[bytes] = []
    for name in ("school.db", "collab.db"):
        connection = sqlite3.connect(data / name)
        connection.text_factory = bytes
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table == b"channel_search":
                continue  # without content: what it holds lies in its shadow tables
            for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                for value in row:
                    found.append(value if isinstance(value, bytes) else str(value).encode())
                    if table == b"document_checkpoint" and isinstance(value, bytes) and value[:1] in (b"\x00", b"\x01"):
                        found.append(unpack(value))
        connection.close()
    found += [path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file() and path.suffix != ".sock"]
    found += [str(path.relative_to(data)).encode() for path in sorted(data.rglob("*"))]
    return b"\n".join(found)


async def said_by_others(town: Sayings, victim: Subject) -> dict[str, bool]:
    """Which words of the others can still be read where people read them."""
    texts: list[str] = []
    for person in town.people:
        texts += [message.text async for message in town.holdings.person.messages(person.id)]
        texts += [held.text for held in await town.holdings.person.held(person.id)]
        for id in town.files[person.id]:
            upload = await town.holdings.uploads.store.find(id)
            if upload is not None:
                texts.append(upload.reference.name)
                store = town.holdings.uploads.store
                texts += [piece.decode() async for piece in store.bytes.read(upload.place, 0, upload.content.size)]
    history = town.holdings.history
    for document in town.documents:
        head = (await history.store.past(document)).head
        texts.append((await history.state(document, head)).state.decode("latin-1"))
        texts += [version.name for version in await history.versions(document)]
    texts += [path.read_text() for path in Path(town.holdings.recordings.folder("x")).parent.rglob("*.webm")]
    whole = "\n".join(texts)
    return {word: word in whole for person in town.people if person is not victim for word in town.words[person.id]}


@pytest.mark.parametrize(("seed", "who"), [(1, TEACHER), (2, GUARDIAN), (3, GUEST)])
async def test_nothing_of_the_erased_is_left_and_nobody_else_lost_a_word(
    holdings: Holdings, tmp_path: Path, seed: int, who: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)  # no server runs
    town = Sayings(holdings, tmp_path, seed)
    await town.happen(12)
    victim = town.people[who]
    await holdings.history.compact(town.documents[0])
    await Search(ChatStore(holdings.database)).find([CHANNEL], "wort")  # everything is in the index
    data = tmp_path / "data"
    mine = town.marks(victim)
    assert unjudged(data) == [], "say in persons.py what it holds of whom"
    assert unfilled(data, [mark for one in town.people for mark in town.marks(one)]) == []
    before = everything(data)
    assert not [word for word in mine if word.encode() not in before], "all of it has to be there, or nothing is shown"
    others = await said_by_others(town, victim)

    await erase(holdings, victim)
    after = everything(data)
    assert [word for word in mine if word.encode() in after] == []
    left = await said_by_others(town, victim)
    lost = [word for word in others if others[word] and not left[word]]
    assert not lost, (seed, lost)
    assert not [title for title in town.shared if title.encode() not in after]
    with pytest.raises(AccessDenied, match=r"no account|nothing is left"):
        await find_subject(holdings, victim.id)


async def test_what_comes_into_a_document_after_its_turn_is_erased_too(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a group's slides come back into a deck before their own turn."""
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)  # no server runs
    town = Sayings(holdings, tmp_path, 4)
    await town.happen(6)
    victim, take, done = town.people[PUPIL], holdings.history.erase, list[str]()
    work = Doc[Any](client_id=77)
    work.get("slides", type=Map)["back"] = Map({"!": "z", "els": Map({"said": "GEHEIM"})})

    async def come_back(document: str, account: str) -> int:
        epoch = await take(document, account)
        if not done:
            entry = NewEntry("teacher", "w/1", bytes(work.get_update()))
            made = await DocumentStore(holdings.database).commit([Batch(document, (entry,), {77: account}, epoch)])
            assert isinstance(made[document], Committed)
        done.append(document)
        return epoch

    monkeypatch.setattr(holdings.history, "erase", come_back)
    await erase(holdings, victim)
    assert b"GEHEIM" not in everything(tmp_path / "data") and done.count(done[0]) == 2


async def test_a_file_that_is_lent_while_files_go_is_nobodys_either(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)
    town = Sayings(holdings, tmp_path, 5)
    await town.happen(6)
    victim, store, lent = town.people[PUPIL], holdings.uploads.store, list[str]()
    remove = store.remove

    async def lend(ids: list[str]) -> None:
        await remove(ids)
        if not lent:
            lent.append("lent")
            table = upload_tables.upload
            async with holdings.database.write() as connection:
                row = (await connection.execute(select(table).limit(1))).one()
                values = row._asdict() | {"id": "lent", "document": town.documents[0], "person": victim.id}
                await connection.execute(insert(table).values(values | {"channel": None, "seq": None, "held": None}))

    monkeypatch.setattr(store, "remove", lend)
    await erase(holdings, victim)
    assert lent and (await holdings.person.counts(victim.id))["files"] == 0


async def test_an_export_holds_everything_in_open_formats(holdings: Holdings, tmp_path: Path) -> None:
    town = Sayings(holdings, tmp_path, 7)
    await town.happen(8)
    subject = town.people[0]
    target = tmp_path / "out.zip"
    size = await export(holdings, subject, target)
    assert size == target.stat().st_size and target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        bodies = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {"LIESMICH.txt", "README.txt", "account.json", "memberships.json", "messages.json"} <= bodies.keys()
    parsed: Any = {name: json.loads(body) for name, body in bodies.items() if name.endswith(".json")}
    assert parsed["account.json"]["login"] == subject.login and "password_hash" not in parsed["account.json"]
    assert len(parsed["recordings.json"]) == len(town.people)
    whole = "\n".join(bodies.values())
    assert not [word for word in town.words[subject.id] if word not in whole]
    for other in town.people[1:]:
        assert not [word for word in town.words[other.id] if word in whole], "others' words are theirs"
        assert other.full_name not in whole
    with pytest.raises(FileExistsError):
        await export(holdings, subject, target)
    assert (await count(holdings, subject))["recordings of them"] == len(town.people)


async def test_guests_are_found_by_what_they_left_and_get_their_copy(holdings: Holdings, tmp_path: Path) -> None:
    town = Sayings(holdings, tmp_path, 9)
    await town.happen(0)
    guest = town.people[GUEST]
    (found,) = await holdings.visitors.of(SCHOOL, guest.name.upper())
    assert (found.id, found.name, found.login) == (guest.id, guest.name, guest.name) and found.last and found.places
    assert await holdings.visitors.of("another school") == []
    assert (await find_subject(holdings, guest.id)).full_name == guest.name
    with pytest.raises(AccessDenied, match="nothing is left"):
        await find_subject(holdings, "guest:nobody")
    target = tmp_path / "guest.zip"
    await export(holdings, found, target)
    with zipfile.ZipFile(target) as archive:
        bodies = {name: archive.read(name).decode() for name in archive.namelist()}
    whole, account = "\n".join(bodies.values()), json.loads(bodies["account.json"])
    assert not [word for word in town.marks(guest) if word not in whole]
    assert (account["name"], account["logins"][0]["name"]) == (guest.name, guest.name)
    member = json.loads(bodies["memberships.json"])
    assert member["admissions"] and member["group_seats"] and member["read"]
    for other in town.people[:GUEST]:
        assert not [word for word in town.words[other.id] if word in whole], "others' words are theirs"
    counts = await count(holdings, found)
    assert counts["logins"] == 1 and counts["recordings of them"] == len(town.people)


async def test_a_running_server_lets_go_of_the_erased(demo_data: Path) -> None:
    async with open_house(demo_data) as house, guests() as people:
        pupil, teacher = await people.enter(house, "pupil1"), await people.enter(house, "teacher")
        await pupil.ask("chat:send", channel=CHANNEL, text="geheim", client_id="1")
        await teacher.ask("chat:send", channel=CHANNEL, text="bleibt", client_id="2")
        await teacher.until("chat:message", lambda message: message["text"] == "geheim")
        async with open_holdings(Config(data=demo_data)) as beside:
            await erase(beside, await find_account(beside.school, "pupil1"))
        await pupil.gone()
        await teacher.until("chat:deleted")
        page = await teacher.ask("chat:history", channel=CHANNEL, after=0, limit=50)
        texts = [message["text"] for message in page["messages"]]
        assert "geheim" not in texts and "bleibt" in texts
        answer = await teacher.ask("chat:send", channel=CHANNEL, text="weiter", client_id="3")
        assert answer["seq"]


async def test_a_ticket_ends_with_its_holder(demo_data: Path) -> None:
    """What is erased beside the server, or in another worker, is known to nobody there but through the database."""
    async with open_house(demo_data) as house:
        issued = await house.services.auth.issue_role_ticket("demo-lesson", "teacher", "Werkzeug")
        other = await house.services.auth.issue_role_ticket("demo-lesson", "teacher", "Werkzeug")
        tool, stays = await house.dial(issued.ticket, "Werkzeug"), await house.dial(other.ticket, "Werkzeug")
        holder = await house.services.auth.person_of_ticket(issued.ticket)
        await tool.ask("chat:send", channel=CHANNEL, text="von einem Werkzeug", client_id="1")
        async with open_holdings(Config(data=demo_data)) as beside:
            assert await erase(beside, await find_subject(beside, holder.id))
        await tool.gone()
        with pytest.raises(Unauthenticated):
            await house.services.auth.person_of_ticket(issued.ticket)
        with pytest.raises(SocketConnectionError):
            await house.dial(issued.ticket, "Werkzeug")
        page = await stays.ask("chat:history", channel=CHANNEL, after=0, limit=50)
        assert "messages" in page, "a namesake's ticket is another's"
    assert holder.id.encode() not in everything(demo_data)


async def test_on_postgresql_too(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_module, "HEARD_SECONDS", 0.0)  # no server runs
    await furnish(tmp_path, database=postgres_url)
    async with open_holdings(Config(data=tmp_path, database=postgres_url)) as holdings:
        town = Sayings(holdings, tmp_path, 3)
        await town.happen(6)
        victim = town.people[PUPIL]
        others = await said_by_others(town, victim)
        target = tmp_path / "out.zip"
        assert await export(holdings, victim, target) == target.stat().st_size
        await erase(holdings, victim)
        left = await said_by_others(town, victim)
        assert not [word for word in others if others[word] and not left[word]]
        assert not any((await holdings.person.counts(victim.id)).values())
        assert await holdings.person.documents(victim.id) == []
        with pytest.raises(AccessDenied):
            await find_account(holdings.school, victim.login)
