"""A school in which everybody says words of their own, everywhere where words can be said, by chance.

Everybody is four people with accounts (PUPIL and GUARDIAN are family) and, last, a guest without one.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import msgspec
from pycrdt import Map, Text
from sqlalchemy import insert, select

from collab.awareness import Editor
from collab.bus import MemoryBus
from collab.chat import NewMessage
from collab.chat_changes import Changes
from collab.chat_positions import Positions
from collab.chat_store import ChatStore
from collab.content import load
from collab.hub import Hub
from collab.scribe import write_edit
from collab.store import DocumentStore
from collab.uploads import Content, Quota, Reference
from web.person import Holdings, Subject
from web.school import queries, tables
from web.school.actions import (
    PersonalPatch,
    do_admit,
    do_block,
    do_create_account,
    do_create_document,
    do_create_folder,
    do_create_guest_link,
    do_create_meeting,
    do_enrol,
    do_invite,
    do_link_guardian,
    do_open_direct,
    do_set_personal,
    do_share,
)
from web.school.group_tables import group_plan, group_room, group_seat
from web.school.model import (
    Account,
    AccountRole,
    Block,
    DocumentInfo,
    Enrolment,
    Folder,
    GuardianLink,
    GuestLink,
    Invitation,
    Meeting,
    SharedRight,
)
from web.school.recording_tables import recording, recording_track
from web.school.store import new_id
from web.sessions import Sessions, token_hash
from web.visitors import Visitor

SCHOOL, CHANNEL, GROUP, MEETING = "demo", "demo-class", "demo-8b", "demo-lesson"
ROLES: tuple[AccountRole, ...] = ("pupil", "teacher", "guardian", "teacher")
PUPIL, TEACHER, GUARDIAN, GUEST = 0, 1, 2, 4
PLENTY = Quota(10**9, 10**9)


class Sayings:
    """People of the demo school and what each of them said; `shared`: titles that others see."""

    def __init__(self, holdings: Holdings, folder: Path, seed: int) -> None:
        self.holdings = holdings
        self.chance = random.Random(seed)
        self.people: list[Subject] = []
        self.words: dict[str, list[str]] = {}
        self.shared: list[str] = []
        self.files: dict[str, list[str]] = {}
        self.documents: list[str] = []
        self._folder = folder
        self._hub = Hub(DocumentStore(holdings.database), MemoryBus(), "sayings")
        self._chat = ChatStore(holdings.database)
        self._states: dict[str, bytes] = {}

    def say(self, person: Subject) -> str:
        """A word that nobody else says."""
        word = f"wort{self.chance.getrandbits(64):016x}"
        self.words[person.id].append(word)
        return word

    def other(self, person: Subject) -> Account:
        return self.chance.choice([one for one in self.accounts if one.id != person.id])

    @property
    def accounts(self) -> list[Account]:
        return [person for person in self.people if isinstance(person, Account)]

    def marks(self, person: Subject) -> list[str]:
        """Everything that is said only of or by this person."""
        return [person.id, person.login, person.name, person.full_name, *self.words[person.id]]

    async def happen(self, moves: int) -> None:
        """Let people in, then let them do things."""
        await self._hub.start()
        try:
            for role in ROLES:
                await self._let_in(role)
            for account in self.accounts:
                await self._settle(account)
                await self._come_and_go(account)
            await do_link_guardian(
                self.holdings.school, GuardianLink(SCHOOL, self.people[GUARDIAN].id, self.people[PUPIL].id)
            )
            await self._let_guest_in()
            seldom = (self._chat_in, self._send_file, self._name)
            for _ in range(moves):
                person = self.chance.choice(self.people)
                await self.chance.choice((self._write, self._write, *seldom))(person)
            always = (self._write, self._name, self._chat_in, self._send_file, self._lay_out, self._sign, self._record)
            for person in self.people:
                await self._write(person, self.documents[0])
                for move in always:
                    await move(person)
                await self._sit(person)
            for account in self.accounts:
                await self._talk(account)
        finally:
            await self._hub.store.claims.settled()
            await self._hub.close()

    async def _let_in(self, role: AccountRole) -> None:
        token = f"{self.chance.getrandbits(64):016x}"
        person = Account(new_id(), SCHOOL, f"login{token}", role, f"Vor{token}", f"Vor{token} Nach{token}")
        await do_create_account(self.holdings.school, person, None)
        self._meet(person)

    async def _let_guest_in(self) -> None:
        """Through a link, with a name of their own, into the meeting's lobby and out of it."""
        store, name = self.holdings.school, f"Gast{self.chance.getrandbits(64):016x}"
        link = GuestLink(new_id(), SCHOOL, MEETING, store.clock() + 3_600_000)
        await do_create_guest_link(store, link, token_hash(new_id()))
        token = await Sessions(store).open_guest(link, name)
        guest = Visitor((await Sessions(store).person(token)).id, SCHOOL, name)
        async with store.read() as connection:
            (meeting,) = await queries.meetings(connection, tables.meeting.c.id == MEETING)
        await do_admit(store, meeting, guest.id)
        self._meet(guest)

    def _meet(self, person: Subject) -> None:
        self.people.append(person)
        self.words[person.id], self.files[person.id] = [], []

    async def _come_and_go(self, person: Account) -> None:
        """Log in; who teaches holds a meeting that is nobody else's business and one that others are let into."""
        school, now = self.holdings.school, self.holdings.school.clock()
        await Sessions(school).open_account(person)
        if person.role != "teacher":
            return
        own = Meeting(new_id(), SCHOOL, "consultation", self.say(person), person.id, None, now, now + 60_000, new_id())
        open_ = Meeting(
            new_id(), SCHOOL, "conference", f"Titel {new_id()}", person.id, None, now, now + 60_000, new_id()
        )
        for meeting in (own, open_):
            await do_create_meeting(school, meeting)
        for other in self.accounts:
            if other is not person:
                await do_invite(school, Invitation(SCHOOL, open_.id, other.id))
                await do_admit(school, open_, other.id)
        self.shared.append(open_.title)

    async def _settle(self, person: Account) -> None:
        school = self.holdings.school
        if person.role != "guardian":
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
        rights = [SharedRight("account", one.id, "write") for one in self.accounts if one.id != person.id]
        await do_share(school, SCHOOL, ("document", open_.id), rights)
        self.documents.append(open_.id)

    async def _edit(self, person: Subject, document: str, change: Any) -> None:
        doc = load(self._states[document], 1000 + self.people.index(person))
        events: list[bytes] = []
        subscription = doc.observe(lambda event: events.append(event.update))
        with doc.transaction():
            change(doc.get("rows", type=Map))
        doc.unobserve(subscription)
        epoch = (await self.holdings.history.store.past(document)).epoch
        self._hub.store.claims.note(document, 2000 + self.people.index(person), person.id)  # seen here
        await write_edit(self._hub, document, epoch, Editor(person.id, person.name, person.role, 1), events[0])
        self._states[document] = doc.get_update()

    async def _write(self, person: Subject, document: str | None = None) -> None:
        """Into a text that several write, and into a cell of one's own."""
        said, cell = self.say(person), self.say(person)

        def change(rows: Any) -> None:
            if "zz" not in rows:
                rows["zz"] = Map({"t": Text()})
            text = rows["zz"]["t"]
            text.insert(self.chance.randrange(len(str(text)) // 20 + 1) * 20, said)
            rows["zz"][f"c{cell[-6:]}"] = cell

        await self._edit(person, document or self.chance.choice(self.documents), change)

    async def _name(self, person: Subject) -> None:
        document = self.chance.choice(self.documents)
        await self.holdings.history.name(document, None, self.say(person), person.id)

    async def _post(self, person: Subject, channel: str, files: tuple[str, ...] = (), **more: Any) -> int:
        said = self.say(person)
        new = NewMessage(channel, person.id, person.name, person.role, said, new_id(), attachments=files, **more)
        (stored,) = await self._chat.commit([new])
        return int(stored.seq)  # type: ignore[union-attr]

    async def _chat_in(self, person: Subject) -> None:
        seq = await self._post(person, CHANNEL, mentions=(self.other(person).id,))
        await Changes(self._chat).react(CHANNEL, seq, self.chance.choice(self.people).id, "👍", True)
        await Positions(self._chat).move(person.id, CHANNEL, seq)

    async def _talk(self, person: Account) -> None:
        channel = await do_open_direct(self.holdings.school, SCHOOL, person.id, self.other(person).id)
        await self._post(person, channel.id)

    async def _sign(self, person: Subject) -> None:
        held = NewMessage(CHANNEL, person.id, person.name, person.role, self.say(person), new_id())
        await Changes(self._chat).hold(msgspec.structs.replace(held, mentions=(self.other(person).id,)))

    async def _send_file(self, person: Subject) -> None:
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

    async def _lay_out(self, person: Subject) -> None:
        """A picture that only its sender shows, and one that somebody else shows: that one stays, without a name."""
        document, word = self.chance.choice(self.documents), self.say(person)
        for body, shows in ((word.encode(), person), (new_id().encode(), self.other(person))):
            content = Content(hashlib.sha256(body).hexdigest(), len(body), "image/png", 1, 1)
            reference = Reference(new_id(), SCHOOL, person.id, self.say(person), 1, document=document)
            path = self._folder / reference.id
            path.write_bytes(body)
            await self.holdings.uploads.store.add(reference, content, path, None, PLENTY)
            path.unlink(missing_ok=True)
            await self._edit(shows, document, lambda rows, hash=content.hash: rows.update({hash[:9]: Text(hash)}))

    async def _sit(self, person: Subject) -> None:
        """In a room for a group, a place in which says no word."""
        meeting, room = {"school": SCHOOL, "meeting": MEETING}, new_id()
        async with self.holdings.school.write() as connection:
            if (await connection.execute(select(group_plan))).first() is None:
                plan = {"how": "chance", "phase": "open"}
                await connection.execute(insert(group_plan).values(meeting | plan))
            channel = {"id": room, "school": SCHOOL, "title": "Gruppe"}
            await connection.execute(insert(tables.channel).values(channel))
            place = {"id": room, "position": 1, "title": "Gruppe", "channel": room}
            await connection.execute(insert(group_room).values(meeting | place))
            seat = {"person": person.id, "group_room": room, "entered": True}
            await connection.execute(insert(group_seat).values(meeting | seat))

    async def _record(self, person: Subject) -> None:
        id = new_id()
        files = self.holdings.recordings
        files.create(id)
        rows = [{"file": number, "who": who} for number, who in enumerate(self.people)]
        async with self.holdings.school.write() as connection:
            head = {
                "id": id,
                "school": SCHOOL,
                "meeting": MEETING,
                "leader": self.other(person).id,
                "started_at": 1,
                "ended_at": 2,
            }
            await connection.execute(insert(recording).values(head))
            for row in rows:
                who, file = row["who"], row["file"]
                assert isinstance(who, Account | Visitor) and isinstance(file, int)
                files.path(id, file).write_bytes(self.say(who).encode())
                track = {"school": SCHOOL, "recording": id, "file": file, "person": who.id, "name": who.name}
                await connection.execute(insert(recording_track).values(track | {"agreed_at": 1, "bytes": 20}))
