"""A worker is killed (-9) while its rooms work in groups: everybody is in their group again, and the time goes on.

A plan is stored before anybody is told of it, so the worker that takes the room finds it. Groups whose time ended while
nobody could be there are not gone to again: everybody is together.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from tests.server import KreideServer
from tests.services import RedisServer
from tests.web.house import Caller

pytestmark = pytest.mark.edge
LESSON, CONFERENCE = "demo-lesson", "demo-conference"
BACK_SECONDS = 180.0  # an outer bound, not what is promised
GONE = (aiohttp.ClientError, OSError, TimeoutError, socketio.exceptions.SocketIOError)


class Person:
    """Somebody in a meeting who, as every client does, comes back when the room or its worker is lost."""

    def __init__(self, server: KreideServer, meeting: str, role: str, name: str) -> None:
        self.caller = Caller(name)
        self._server = server
        self._meeting = meeting
        self._role = role

    @property
    def worker(self) -> int:
        """The number of the worker that holds the connection."""
        return int(str(self.caller.sio.eio.sid).partition("-")[0].removeprefix("w"))

    async def dial(self) -> None:
        """Connect anew, to the worker that the kernel gives."""
        await self.caller.sio.disconnect()
        self.caller = Caller(self.caller.name)
        ticket = self._server.ticket(meeting=self._meeting, role=self._role, name=self.caller.name)
        url, auth = self._server.url, {"ticket": ticket}
        await self.caller.sio.connect(url, auth=auth, transports=["websocket"], wait_timeout=60)
        await self.caller.until("session:hello")

    async def dial_until(self, worker: int, *, same: bool) -> None:
        """Connect to this worker, or to another one."""
        for _ in range(64):
            await self.dial()
            if (self.worker == worker) is same:
                return
        raise AssertionError("one worker takes no connections")

    async def join(self) -> Any:
        return await self.caller.ask("room:join", meeting=self._meeting, client=self.caller.name)

    async def come_back(self) -> Any:
        """Join again, over a new connection when the old one is dead; return the room."""
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                with contextlib.suppress(*GONE):
                    if not self.caller.sio.connected:
                        await self.dial()
                    answer = await self.join()
                    if answer.get("state") == "joined":
                        return answer["room"]
                await asyncio.sleep(0.1)

    async def room(self) -> Any:
        return await self.caller.ask("room:sync")


def place(room: Any, name: str) -> str | None:
    """In which group somebody is."""
    found: list[str | None] = [peer["group"] for peer in room["peers"] if peer["name"] == name]
    assert len(found) == 1, f"{name} is in the room {len(found)} times"
    return found[0]


def seats(room: Any) -> dict[str, set[str]]:
    """Who belongs to which group."""
    return {group["id"]: set(group["people"]) for group in room["groups"]["rooms"]}


def names(room: Any) -> set[str]:
    return {peer["name"] for peer in room["peers"]}


async def together(person: Person, everybody: set[str]) -> None:
    """Return once this person sees everybody, and nobody in a group."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            room = await person.room()
            if names(room) == everybody and all(peer["group"] is None for peer in room["peers"]):
                return
            await asyncio.sleep(0.05)


def pid_of(server: KreideServer, worker: int) -> int:
    for pid in server.workers():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if words[words.index(b"--worker-index") + 1] == str(worker).encode():
            return pid
    raise AssertionError(f"there is no worker {worker}")


@pytest.fixture
async def server(tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[KreideServer]:
    kreide = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url)
    kreide.start()
    yield kreide
    assert kreide.stop() == 0


async def split(teacher: Person, pupils: list[Person], minutes: int | None) -> Any:
    """Everybody comes in and is sent to one of two groups; return the plan."""
    for person in (teacher, *pupils):
        assert (await person.join())["state"] == "joined"
    assert await teacher.caller.ask("groups:prepare", titles=["Eins", "Zwei"], how="chance") == {}
    assert await teacher.caller.ask("groups:begin", minutes=minutes) == {}
    return (await teacher.room())["groups"]


async def test_groups_and_their_time_outlive_the_worker_that_owns_them(server: KreideServer) -> None:
    teacher, chair = Person(server, LESSON, "teacher", "T"), Person(server, CONFERENCE, "head", "C")
    pupils = [Person(server, LESSON, "pupil", name) for name in ("Amira", "Ben", "Clara", "Deniz")]
    colleague = Person(server, CONFERENCE, "teacher", "G")
    everybody = [teacher, *pupils, chair, colleague]
    try:
        await teacher.dial()
        owner = teacher.worker  # who comes first
        await chair.dial_until(owner, same=True)
        for number, person in enumerate([*pupils, colleague]):
            await person.dial_until(owner, same=number % 2 == 1)
        plan = await split(teacher, pupils, minutes=20)
        short = await split(chair, [colleague], minutes=None)
        places = {name: place(await teacher.room(), name) for name in ("Amira", "Ben", "Clara", "Deniz")}
        assert set(places.values()) == {room["id"] for room in plan["rooms"]} and None not in places.values()
        assert await chair.caller.ask("groups:call_back", seconds=1) == {}

        os.kill(pid_of(server, owner), signal.SIGKILL)
        elsewhere = [person for person in pupils if person.worker != owner]
        for person in elsewhere:
            assert (await person.caller.until("room:closed"))["reason"] == "moved", "the owner is not gone"
        rooms = await asyncio.gather(*(person.come_back() for person in everybody))

        # The lesson: the same groups with the same people, for as long as before; each sees their own.
        now = await teacher.room()
        assert seats(now) == seats({"groups": plan}) and now["groups"]["ends_at"] == plan["ends_at"]
        for pupil, room in zip(pupils, rooms[1:5], strict=True):
            name = pupil.caller.name
            assert place(room, name) == places[name]
            mates = {other for other, group in places.items() if group == places[name]}
            assert names(await pupil.room()) == mates
        channel = next(room["channel"] for room in plan["rooms"] if room["id"] == places["Amira"])
        sent = await pupils[0].caller.ask("chat:send", channel=channel, text="Weiter", client_id="1")
        assert sent.get("seq") == 1, sent
        assert await teacher.caller.ask("groups:extend", minutes=5) == {}
        assert (await teacher.room())["groups"]["ends_at"] == plan["ends_at"] + 300_000
        assert await teacher.caller.ask("groups:call_back", seconds=1) == {}
        await asyncio.gather(*(together(person, {"T", *places}) for person in (teacher, *pupils)))

        # The conference: its time ended while nobody was there.
        assert short["phase"] == "open"
        await asyncio.gather(*(together(person, {"C", "G"}) for person in (chair, colleague)))
        assert (await chair.room())["groups"]["phase"] == "prepared"
    finally:
        for person in everybody:
            await person.caller.sio.disconnect()
