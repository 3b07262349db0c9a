"""Recording a meeting on a whole server: who is asked, who is kept, who sees it, and that deleting deletes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec import structs

from sfu.room import MediaRoom
from tests.sfu.peers import publisher
from tests.web.house import Caller, House, eventually, furnish, open_house
from tests.web.room_table import meeting, person
from web.errors import AccessDenied, StateError
from web.messages import RecordingView
from web.recording import Consents
from web.recording_sweep import sweep_once
from web.room_outputs import Arrival
from web.room_state import Room
from web.school.access import DAY
from web.school.actions.recordings import Recorded, Track, do_begin_recording, do_enrol, read_recordings
from web.school.grants import GRANTS


def room_of(*names: str, encrypted: bool = False, kind: Any = "lesson") -> tuple[Room, Consents]:
    """A room with these people inside."""
    room = Room(meeting(kind, encrypted=encrypted), 0)
    for name in names:
        grant = GRANTS[kind, "host" if name == "teacher" else "pupil"]
        room.join(0, Arrival(name, f"w/{name}", name, person(name), encrypts=True), grant)
    return room, Consents(room)


def begun(*names: str) -> tuple[Room, Consents]:
    room, consents = room_of("teacher", *names)
    consents.start(5, "r", consents.check("teacher"))
    return room, consents


def enrol(consents: Consents) -> list[str]:
    return [member.peer for member, number, word in consents.due() if consents.enrol(member, number, word)]


def records(room: Room) -> dict[str, int]:
    return {peer: wish.record for peer, wish in room.media_wishes().items() if wish.record}


def test_it_begins_with_nobody_and_takes_who_agreed() -> None:
    room, consents = begun("amira", "ben")
    assert room.state("ben").recording == RecordingView("r", 5, "Teacher", [], False)
    assert enrol(consents) == [] and records(room) == {}
    consents.agree(6, "amira", "r")
    assert enrol(consents) == ["amira"] and records(room) == {"amira": 1}
    recording = room.state("ben").recording
    assert recording is not None and recording.peers == ["amira"]
    room.join(7, Arrival("phone", "w/phone", "phone", person("amira")), GRANTS["lesson", "pupil"])
    assert enrol(consents) == ["phone"] and records(room) == {"amira": 1, "phone": 2}


def test_who_takes_it_back_is_out_at_once_and_a_new_word_is_a_new_file() -> None:
    room, consents = begun("amira")
    consents.agree(6, "amira", "r")
    ((member, number, word),) = consents.due()
    consents.withdraw("amira", "r")
    assert consents.enrol(member, number, word) == [] and records(room) == {}  # while its row was being written
    consents.agree(6, "amira", "r")
    assert consents.enrol(member, number, word) == [], "what may be erased by now is not written to again"
    assert enrol(consents) == ["amira"]
    _, numbers, outputs = consents.withdraw("amira", "r")
    assert numbers == [2] and outputs and records(room) == {}
    assert consents.withdraw("amira", "r")[1:] == ([], [])  # who never agreed is not told of either
    room.leave("amira")
    assert enrol(consents) == []


def test_it_ends_without_who_may_end_it_and_a_word_holds_for_one() -> None:
    room, consents = begun("amira")
    consents.agree(6, "amira", "r")
    enrol(consents)
    assert not consents.leaderless()
    room.leave("teacher")
    assert consents.leaderless()
    consents.stop("no_leader")
    assert room.state("amira").recording is None and records(room) == {}
    with pytest.raises(StateError):
        consents.agree(8, "amira", "r")


def test_who_may_not_begin_it() -> None:
    _, consents = room_of("teacher", "amira")
    with pytest.raises(AccessDenied):
        consents.check("amira")
    _, consents = room_of("teacher", kind="consultation")
    with pytest.raises(AccessDenied):
        consents.check("teacher")
    _, consents = room_of("teacher", encrypted=True)
    with pytest.raises(StateError) as refused:
        consents.check("teacher")
    assert refused.value.code == "recording_encrypted"


class Somebody:
    """An account of the demo school in the lesson, with its browser's session."""

    def __init__(self, http: aiohttp.ClientSession, caller: Caller, peer: str) -> None:
        self.http, self.caller, self.peer = http, caller, peer

    async def word(self, recording: str, agree: bool, **more: bool) -> Any:
        return await self.caller.ask("room:consent", recording=recording, agree=agree, **more)

    async def recordings(self) -> list[Any]:
        async with self.http.get("/api/v1/recordings") as answer:
            return list((await answer.json())["recordings"])

    async def status(self, method: str, path: str, **headers: str) -> int:
        async with self.http.request(method, f"/api/v1/recordings/{path}", headers=headers) as answer:
            await answer.read()
            return answer.status


async def _enter(stack: AsyncExitStack, house: House, name: str) -> Somebody:
    origin, jar = {"Origin": house.url}, aiohttp.CookieJar(unsafe=True)
    http = await stack.enter_async_context(aiohttp.ClientSession(house.url, headers=origin, cookie_jar=jar))
    async with http.post("/api/v1/login", json={"account": name, "password": "kreide"}) as answer:
        assert answer.status == 200, await answer.text()
    async with http.post("/api/v1/meetings/demo-lesson/ticket", json={}) as answer:
        ticket = (await answer.json())["ticket"]
    caller = await house.dial(ticket, name)
    joined = await caller.ask("room:join", meeting="demo-lesson", client=name)
    return Somebody(http, caller, joined["peer"])


@asynccontextmanager
async def _lesson(data: Path) -> AsyncIterator[tuple[House, Somebody, Somebody, Somebody]]:
    """A lesson of three who all send."""
    await furnish(data)
    async with open_house(data) as house, AsyncExitStack() as stack:
        people = [await _enter(stack, house, name) for name in ("teacher", "pupil1", "pupil2")]
        room: MediaRoom = house.services.media.room("demo-lesson", lambda _: None)
        for somebody, brightness in zip(people, (60, 120, 200), strict=True):
            await stack.enter_async_context(publisher(room, somebody.peer, brightness))
        yield house, people[0], people[1], people[2]


async def _taken(house: House, frames: int) -> None:
    wanted = house.services.media.counters()["recorded_frames"] + frames
    async with asyncio.timeout(30):
        while house.services.media.counters()["recorded_frames"] < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _files(data: Path) -> list[Path]:
    return sorted(data.glob("recordings/*/*.webm"))


async def _listed(somebody: Somebody) -> None:
    async with asyncio.timeout(30):
        while not await somebody.recordings():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _ended(somebody: Somebody) -> Any:
    """The one recording that somebody sees, once all of it is written down."""
    async with asyncio.timeout(30):
        while True:
            found = await somebody.recordings()
            if found and found[0]["ended_at"] is not None:
                return found[0]
            await asyncio.sleep(0.02)


def _recording(news: Any) -> Any:
    return next(change["recording"] for change in news["changes"] if change["type"] == "recording_changed")


def _runs(message: Any) -> bool:
    return any(change["type"] == "recording_changed" and change["recording"] for change in message["changes"])


async def test_a_lesson_is_recorded_withdrawn_from_and_deleted(tmp_path: Path) -> None:
    async with _lesson(tmp_path) as (house, teacher, one, two):
        assert (await one.caller.ask("room:record", on=True))["error"]["code"] == "not_allowed"
        assert await teacher.caller.ask("room:record", on=True) == {}
        assert (await teacher.caller.ask("room:record", on=True))["error"]["code"] == "state"
        told = await two.caller.until("room:changed", _runs)
        id = _recording(told)["id"]
        assert await two.word(id, False) == {} == await one.word(id, True) == await teacher.word(id, True)
        await _taken(house, 100)
        await _listed(one)
        assert await two.recordings() == []
        assert await one.word(id, False, erase=True) == {}
        (running,) = await teacher.recordings()
        assert running["led"] and all(track["mine"] for track in running["tracks"]) and await one.recordings() == []
        await _taken(house, 60)
        assert await teacher.status("DELETE", id) == 409
        assert await teacher.caller.ask("room:record", on=False) == {}
        recording = await _ended(teacher)
        (track,) = recording["tracks"]
        (file,) = _files(tmp_path)  # what was taken back is gone from the disk, and no other was ever there
        assert file.stat().st_size == track["bytes"] > 1000 and track["mine"] and track["milliseconds"] > 500
        path = f"{id}/{track['file']}"
        assert await teacher.status("GET", path) == 200
        assert await teacher.status("GET", path, Range="bytes=10-19") == 206
        assert [await who.status("GET", path) for who in (one, two)] == [404, 404]
        assert [await who.status("DELETE", path) for who in (one, two)] == [404, 404]
        assert await teacher.status("DELETE", path) == 204
        assert _files(tmp_path) == [] and await teacher.recordings() == []
        assert list((tmp_path / "recordings").iterdir()) == []


async def test_each_sees_their_own_and_nothing_is_kept_too_long(tmp_path: Path) -> None:
    async with _lesson(tmp_path) as (house, teacher, one, _):
        assert await teacher.caller.ask("room:record", on=True) == {}
        id = _recording(await one.caller.until("room:changed", _runs))["id"]
        assert await one.word(id, True) == {} == await teacher.word(id, True)
        await _taken(house, 100)
        assert await teacher.caller.ask("room:end") == {}  # the meeting's end is the recording's
        assert len((await _ended(teacher))["tracks"]) == 2
        (mine,) = (await _ended(one))["tracks"]
        assert mine["mine"] and await one.status("GET", f"{id}/{mine['file']}") == 200
        services = house.services
        (kept,) = await read_recordings(services.school)
        assert kept.ended_at is not None and structs.replace(kept, tracks=()).reason == "ended"
        (tmp_path / "recordings" / "stray").mkdir()
        (tmp_path / "recordings" / id / "99.webm").write_bytes(b"made too late")
        await sweep_once(services, kept.started_at + 29 * DAY)
        assert len(_files(tmp_path)) == 2 and not (tmp_path / "recordings" / "stray").exists()
        await sweep_once(services, kept.started_at + 31 * DAY)
        assert _files(tmp_path) == [] and await read_recordings(services.school) == []


async def _lose(house: House, data: Path, id: str, person: str) -> None:
    """What a worker leaves that was killed while it recorded somebody."""
    meeting = house.services.rooms.hosts()[0].room.meeting
    await do_begin_recording(house.services.school, Recorded(id, meeting.school, meeting.id, person, 5))
    await do_enrol(house.services.school, meeting.school, Track(id, 2, person, "T", 5), (2, 3))
    folder = data / "recordings" / id
    folder.mkdir(parents=True)
    (folder / "2.webm").write_bytes(b"a film")


async def test_what_a_lost_worker_recorded_is_over_and_can_be_deleted(tmp_path: Path) -> None:
    await furnish(tmp_path)
    async with open_house(tmp_path) as house, AsyncExitStack() as stack:
        teacher = await _enter(stack, house, "teacher")
        (person,) = [member.person.id for member in house.services.rooms.hosts()[0].room.members]
        for id in ("fetched", "erased", "unseen"):
            await _lose(house, tmp_path, id, person)
        assert await teacher.status("DELETE", "fetched") == 409, "somebody may still be recorded there"
        assert await teacher.word("erased", False, erase=True) == {}
        assert [path.parent.name for path in _files(tmp_path)] == ["fetched", "unseen"]
        assert await teacher.caller.ask("room:leave") == {}
        await eventually(lambda: house.services.rooms.counts()["rooms"] == 0)
        assert await teacher.status("DELETE", "unseen") == 204, "nobody is there who could end it first"
        await teacher.caller.ask("room:join", meeting="demo-lesson", client="teacher")
        ended = await _ended(teacher)
        assert (ended["id"], ended["ended"], ended["tracks"][0]["bytes"]) == ("fetched", "broken", 6)
        assert await teacher.status("DELETE", "fetched") == 204
        assert list((tmp_path / "recordings").iterdir()) == []
        assert await read_recordings(house.services.school) == []
