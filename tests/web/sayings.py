"""A school in which everybody says words of their own, everywhere where words can be said, by chance."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

from pycrdt import Map, Text
from sqlalchemy import insert

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.chat import NewMessage
from collab.chat_changes import Changes
from collab.chat_store import ChatStore
from collab.content import load
from collab.hub import Hub
from collab.scribe import write_edit
from collab.store import DocumentStore
from collab.uploads import Content, Quota, Reference
from web.person import Holdings
from web.school.actions import (
    PersonalPatch,
    do_block,
    do_create_account,
    do_create_document,
    do_create_folder,
    do_enrol,
    do_open_direct,
    do_set_personal,
    do_share,
)
from web.school.model import Account, AccountRole, Block, DocumentInfo, Enrolment, Folder, SharedRight
from web.school.recording_tables import recording, recording_track
from web.school.store import new_id

SCHOOL, CHANNEL, GROUP, MEETING = "demo", "demo-class", "demo-8b", "demo-lesson"
PEOPLE = 4
PLENTY = Quota(10**9, 10**9)


class Sayings:
    """People of the demo school and what each of them said; `shared`: titles that others see."""

    def __init__(self, holdings: Holdings, folder: Path, seed: int) -> None:
        self.holdings = holdings
        self.chance = random.Random(seed)
        self.people: list[Account] = []
        self.words: dict[str, list[str]] = {}
        self.shared: list[str] = []
        self.files: dict[str, list[str]] = {}
        self.documents: list[str] = []
        self._folder = folder
        self._hub = Hub(DocumentStore(holdings.database), MemoryBus(), "sayings")
        self._chat = ChatStore(holdings.database)
        self._states: dict[str, bytes] = {}

    def say(self, person: Account) -> str:
        """A word that nobody else says."""
        word = f"wort{self.chance.getrandbits(64):016x}"
        self.words[person.id].append(word)
        return word

    def other(self, person: Account) -> Account:
        return self.chance.choice([one for one in self.people if one.id != person.id])

    async def happen(self, moves: int) -> None:
        """Let people in, then let them do things."""
        await self._hub.start()
        try:
            for number in range(PEOPLE):
                await self._let_in(number)
            for person in self.people:
                await self._settle(person)
            for _ in range(moves):
                person = self.chance.choice(self.people)
                await self.chance.choice((self._write, self._write, self._chat_in, self._send_file, self._name))(person)
            for person in self.people:
                for move in (self._write, self._chat_in, self._send_file, self._talk, self._sign, self._record):
                    await move(person)
        finally:
            await self._hub.close()

    async def _let_in(self, number: int) -> None:
        token = f"{self.chance.getrandbits(64):016x}"
        role: AccountRole = "teacher" if number % 2 else "pupil"
        person = Account(new_id(), SCHOOL, f"login{token}", role, f"Vor{token}", f"Vor{token} Nach{token}")
        await do_create_account(self.holdings.school, person, None)
        self.people.append(person)
        self.words[person.id], self.files[person.id] = [], []

    async def _settle(self, person: Account) -> None:
        school = self.holdings.school
        await do_enrol(school, Enrolment(SCHOOL, GROUP, person.id))
        await do_set_personal(school, SCHOOL, person.id, PersonalPatch(away=True))
        await do_block(school, Block(SCHOOL, person.id, self.other(person).id))
        folder = await do_create_folder(school, Folder(new_id(), SCHOOL, self.say(person), person.id))
        own = DocumentInfo(new_id(), SCHOOL, "table", self.say(person), folder.id, person.id)
        open_ = DocumentInfo(new_id(), SCHOOL, "table", f"Titel {new_id()}", None, person.id)
        for document in (own, open_):
            await do_create_document(school, document)
            await self._hub.create(document.id, "table")
            self._states[document.id] = (await self._hub.store.load(document.id)).snapshot.state  # type: ignore[union-attr]
        self.shared.append(open_.title)
        rights = [SharedRight("account", one.id, "write") for one in self.people if one.id != person.id]
        await do_share(school, SCHOOL, ("document", open_.id), rights)
        self.documents.append(open_.id)

    async def _edit(self, person: Account, document: str, change: Any) -> None:
        doc = load(self._states[document], 1000 + self.people.index(person))
        events: list[bytes] = []
        subscription = doc.observe(lambda event: events.append(event.update))
        with doc.transaction():
            change(doc.get("rows", type=Map))
        doc.unobserve(subscription)
        epoch = (await self.holdings.history.store.past(document)).epoch
        await write_edit(self._hub, document, epoch, Editor(person.id, person.name, person.role, 1), events[0])
        self._states[document] = doc.get_update()

    async def _write(self, person: Account) -> None:
        """Into a text that several write, and into a cell of one's own."""
        said, cell = self.say(person), self.say(person)

        def change(rows: Any) -> None:
            if "zz" not in rows:
                rows["zz"] = Map({"t": Text()})
            text = rows["zz"]["t"]
            text.insert(self.chance.randrange(len(str(text)) // 20 + 1) * 20, said)
            rows["zz"][f"c{cell[-6:]}"] = cell

        await self._edit(person, self.chance.choice(self.documents), change)

    async def _name(self, person: Account) -> None:
        document = self.chance.choice(self.documents)
        await self.holdings.history.name(document, None, self.say(person), person.id)

    async def _post(self, person: Account, channel: str, files: tuple[str, ...] = (), **more: Any) -> int:
        said = self.say(person)
        new = NewMessage(channel, person.id, person.name, person.role, said, new_id(), attachments=files, **more)
        (stored,) = await self._chat.commit([new])
        return int(stored.seq)  # type: ignore[union-attr]

    async def _chat_in(self, person: Account) -> None:
        seq = await self._post(person, CHANNEL, mentions=(self.other(person).id,))
        await Changes(self._chat).react(CHANNEL, seq, self.other(person).id, "👍", True)

    async def _talk(self, person: Account) -> None:
        channel = await do_open_direct(self.holdings.school, SCHOOL, person.id, self.other(person).id)
        await self._post(person, channel.id)

    async def _sign(self, person: Account) -> None:
        held = NewMessage(CHANNEL, person.id, person.name, person.role, self.say(person), new_id())
        await Changes(self._chat).hold(held)

    async def _send_file(self, person: Account) -> None:
        word = self.say(person)
        body = f"{word} in a file".encode()
        name, id = f"{self.say(person)}.txt", new_id()
        path = self._folder / id
        path.write_bytes(body)
        content = Content(hashlib.sha256(body).hexdigest(), len(body), "text/plain")
        reference = Reference(id, SCHOOL, person.id, name, 1, channel=CHANNEL)
        await self.holdings.uploads.store.add(reference, content, path, None, PLENTY)
        path.unlink(missing_ok=True)
        self.files[person.id].append(id)
        await self._post(person, CHANNEL, (id,))

    async def _record(self, person: Account) -> None:
        id = new_id()
        files = self.holdings.recordings
        files.create(id)
        rows = [{"file": number, "who": who} for number, who in enumerate(self.people)]
        async with self.holdings.school.write() as connection:
            head = {"id": id, "school": SCHOOL, "meeting": MEETING, "leader": person.id, "started_at": 1, "ended_at": 2}
            await connection.execute(insert(recording).values(head))
            for row in rows:
                who, file = row["who"], row["file"]
                assert isinstance(who, Account) and isinstance(file, int)
                files.path(id, file).write_bytes(self.say(who).encode())
                track = {"school": SCHOOL, "recording": id, "file": file, "person": who.id, "name": who.name}
                await connection.execute(insert(recording_track).values(track | {"agreed_at": 1, "bytes": 20}))
