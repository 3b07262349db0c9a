"""A random town whose every word is marked: whoever hears a mark that is not theirs is found out.

Two schools of two classes; families of one or two children; teachers, heads, administrations. Who may reach a thing
and hear its marks is said here by simple sets, and not by the rules of the server.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from random import Random
from typing import Final

from tests.web.school.town import HOUR
from web.school.actions import (
    ChannelPatch,
    do_admit,
    do_change_channel,
    do_create_account,
    do_create_document,
    do_create_folder,
    do_create_group,
    do_create_guest_link,
    do_create_meeting,
    do_create_school,
    do_enrol,
    do_link_guardian,
    do_open_direct,
    do_share,
)
from web.school.actions.recordings import Recorded, Track, do_begin_recording, do_end_recording, do_note_file
from web.school.actions.recordings import do_enrol as do_agree
from web.school.model import (
    Account,
    AccountRole,
    DocumentInfo,
    Enrolment,
    Folder,
    GuardianLink,
    GuestLink,
    LearningGroup,
    Meeting,
    School,
    SchoolClass,
    SharedRight,
)
from web.services import Services
from web.sessions import new_token, token_hash

STAFF: Final = ("teacher", "head")
KINDS: Final = (
    "document", "meeting", "group", "folder", "channel", "upload", "track", "recording", "guest_link",
)  # fmt: skip
_OTHERS: Final[tuple[tuple[str, AccountRole, int], ...]] = (
    ("t", "teacher", 2),
    ("p", "pupil", 4),
    ("g", "guardian", 4),
)
Few = frozenset[str]


class Town:
    """Everything that there is, and whose it is."""

    def __init__(self, seed: int, services: Services) -> None:
        self.chance = Random(seed)
        self.services = services
        self.accounts: dict[str, Account] = {}
        self.marks: dict[str, set[str]] = {}
        self.things: dict[str, dict[str, Few]] = {kind: {} for kind in KINDS}
        self.writers: dict[str, list[str]] = {}
        self.groups: dict[str, list[str]] = {}
        self.children: dict[str, list[str]] = {}
        self.guest_tokens: dict[str, str] = {}
        self.doors: dict[str, list[str]] = {}  # of a consultation: who leads it, who is let in, who waits

    def mark(self, may: Iterable[str]) -> str:
        """A word that only these may hear."""
        word = f"zq{self.chance.randbytes(5).hex()}"
        self.marks[word] = set(may)
        return word

    def new(self, kind: str, reach: Iterable[str]) -> str:
        """An id of something that these may reach."""
        found = secrets.token_urlsafe(12)
        self.things[kind][found] = frozenset(reach)
        return found

    async def found(self) -> None:
        """Build it all."""
        for school in ("north", "south"):
            await self._found_school(school)

    async def _found_school(self, school: str) -> None:
        store, chance = self.services.school, self.chance
        await do_create_school(store, School(school, f"School {school}"))
        roles: dict[str, AccountRole] = {"head": "head", "admin": "school_admin"}
        for letter, role, count in _OTHERS:
            roles |= {f"{letter}{number}": role for number in range(count)}
        ids = {name: f"{name}-{secrets.token_urlsafe(6)}" for name in roles}
        classes = {"c0": ["t0", "p0", "p1"], "c1": ["t1", "p2", "p3"]}
        if chance.random() < 0.5:
            classes["c1"].append("t0")
        classes["course"] = ["t1", *chance.sample(["p0", "p1", "p2", "p3"], 2)]
        links = [(f"g{n}", f"p{n}") for n in range(4)]
        if chance.random() < 0.5:
            links.append(("g0", "p2"))
        everybody = set(ids.values())
        staff = {ids[name] for name, role in roles.items() if role in STAFF}
        for name, role in roles.items():
            mates = {ids[other] for members in classes.values() if name in members for other in members}
            family = {ids[one] for link in links if name in link for one in link}
            near = mates | family | {ids[name], ids["admin"]} if role == "pupil" else family | {ids[name], ids["admin"]}
            shown = self.mark(everybody | {f"guest of {school}"} if role in STAFF else staff | near)
            full = self.mark(staff | {ids[name], ids["admin"]})
            account = Account(ids[name], school, f"{school}-{name}", role, shown, f"{shown} {full}")
            self.accounts[account.id] = account
            await do_create_account(store, account, None)
        self.children |= {ids[g]: [ids[p] for one, p in links if one == g] for g in ids if g.startswith("g")}
        for guardian, pupil in links:
            await do_link_guardian(store, GuardianLink(school, ids[guardian], ids[pupil]))
        for title, members in classes.items():
            people = [ids[name] for name in members]
            reach = {*people, ids["head"], ids["admin"]}
            group, channel = self.new("group", reach), self.new("channel", people)
            self.groups[group] = self.writers[channel] = people
            kind = LearningGroup if title == "course" else SchoolClass
            await do_create_group(store, kind(group, school, title, channel))
            for person in people:
                await do_enrol(store, Enrolment(school, group, person))
            if title != "course":
                await self._plan(school, ids, group, channel, [ids[g] for g, p in links if p in members])
        await self._write(school, ids)

    async def _plan(self, school: str, ids: dict[str, str], group: str, channel: str, families: list[str]) -> None:
        """A lesson with its deck and what was recorded there; a consultation with a page for every family."""
        store, members = self.services.school, self.groups[group]
        host, now = members[0], store.clock()
        if self.chance.random() < 0.5:
            await do_change_channel(store, school, channel, ChannelPatch(mode="moderated"))
        reach = {*members, ids["head"]}
        deck = await self._document(school, host, reach, [one for one in members if one != ids["head"]])
        lesson = Meeting(
            self.new("meeting", reach),
            school,
            "lesson",
            self.mark(reach),
            host,
            group,
            now,
            now + HOUR,
            channel,
            (deck,),
        )
        await do_create_meeting(store, lesson)
        await self._record(school, lesson, [one for one in members if self.accounts[one].role == "pupil"])
        families = list(dict.fromkeys(families))
        inside, waiting = families[: len(families) // 2 or 1], families[len(families) // 2 or 1 :]
        page = await self._document(school, host, {host, *inside}, [host])
        guest, link = f"guest of {school}", self.new("guest_link", {host})
        reach = {host, *families} | ({guest} if guest not in self.guest_tokens else set())
        talk = Meeting(
            self.new("meeting", reach), school, "consultation", self.mark({*reach, ids["head"], ids["admin"]}), host,
            group, now, now + HOUR, self.new("channel", {host}), (page,),
        )  # fmt: skip
        self.writers[talk.channel] = [host]
        await do_create_meeting(store, talk)
        for person in inside:
            await do_admit(store, talk, person)
        self.doors[talk.id] = [host, *inside, *waiting]
        if guest not in self.guest_tokens:  # an interpreter of one of the two consultations
            token = self.guest_tokens[guest] = new_token()
            await do_create_guest_link(store, GuestLink(link, school, talk.id, now + HOUR), token_hash(token))

    async def _record(self, school: str, lesson: Meeting, people: list[str]) -> None:
        store, now = self.services.school, self.services.school.clock()
        leads = [one for one in self.groups[str(lesson.group)] if self.accounts[one].role == "teacher"]
        recording = self.new("recording", {*leads, *people})
        await do_begin_recording(store, Recorded(recording, school, lesson.id, lesson.host, now))
        folder = self.services.recordings.create(recording)
        for number, person in enumerate(people):
            may = {*leads, person}
            data = b"\x1aE\xdf\xa3" + self.mark(may).encode() * 9
            (folder / f"{number * 2}.webm").write_bytes(data)
            await do_agree(store, school, Track(recording, number * 2, person, self.mark(may), now), [number * 2])
            await do_note_file(store, recording, number * 2, started_at=now, milliseconds=1000, bytes=len(data))
            self.things["track"][f"{recording}/{number * 2}"] = frozenset(may)
        await do_end_recording(store, recording, now, "stopped")

    async def _write(self, school: str, ids: dict[str, str]) -> None:
        """What people have of their own, share, and write to each other."""
        store, chance = self.services.school, self.chance
        for name in ("t1", "p0", "p3", "g0", "g1"):
            await self._document(school, ids[name], {ids[name]}, [ids[name]])
        owner = ids[chance.choice(["t0", "t1"])]
        families = {one for one in ids.values() if self.accounts[one].role == "guardian"}
        letter = await self._document(school, owner, {owner, *families}, [owner])
        await do_share(
            store, school, ("document", letter), [SharedRight("account", one, "read") for one in sorted(families)]
        )
        group, members = chance.choice([(g, m) for g, m in self.groups.items() if ids["t1"] in m])
        reach = {ids["t1"], *members}
        folder = self.new("folder", reach)
        await do_create_folder(store, Folder(folder, school, self.mark(reach), ids["t1"]))
        await do_share(store, school, ("folder", folder), [SharedRight("group", group, "write")])
        await self._document(school, ids["t1"], reach, sorted(reach), folder)
        for one, other in (("t0", "t1"), ("g0", "t0"), ("g1", "t0"), ("p0", "t0"), ("g3", "t1")):
            pair = sorted((ids[one], ids[other]))
            channel = await do_open_direct(store, school, *pair)
            self.things["channel"][channel.id] = frozenset(pair)
            self.writers[channel.id] = pair

    async def _document(
        self, school: str, owner: str, reach: Iterable[str], writers: list[str], folder: str | None = None
    ) -> str:
        document = self.new("document", reach)
        await self.services.documents.create(document, "table")
        await do_create_document(
            self.services.school, DocumentInfo(document, school, "table", self.mark(reach), folder, owner)
        )
        self.writers[document] = [one for one in writers if one in set(reach)]
        return document
