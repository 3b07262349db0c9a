"""Kreide under the media load: WHIP and WHEP, and its own signalling for the school mix."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import socketio

from benchmarks.media_connect import Connector, together
from benchmarks.media_loads import ROOM, TILES, Load
from benchmarks.media_sdp import Kind
from benchmarks.peers.signalling import open_http
from benchmarks.servers import Server, build_server, meeting_tickets, plan_lessons

MEETING = "demo-lesson"
CAP_KBIT, HALF_CAP_KBIT = 20_000, 200_000
"""What a viewer may get where the load is one publisher's 2.4 Mbit/s; or several times
that; the school mix keeps the default of 1 Mbit/s."""
_SLOTS = ("stage-audio", "stage", "voice-1", "voice-2", "voice-3")


class Kreide:
    """One Kreide with all its rooms."""

    name = "kreide"

    def __init__(self, load: Load) -> None:
        self.server: Server = build_server("kreide")
        self.server.command += ["--host", "0.0.0.0"]
        if not load.mix:
            self.server.command += ["--downlink-cap", str(HALF_CAP_KBIT if load.half else CAP_KBIT)]
        self.version = "this commit"
        self._people: list[socketio.AsyncClient] = []

    async def open(self, load: Load, connector: Connector) -> None:
        """Bring everybody in."""
        if load.mix:
            await self._open_rooms(load, connector)
        else:
            await self._open_broadcast(load, connector)

    async def close(self) -> None:
        """Nobody stays."""
        for person in self._people:
            await person.disconnect()

    async def _open_broadcast(self, load: Load, connector: Connector) -> None:
        teacher, *_ = await meeting_tickets(self.server, 1, "teacher")
        tickets = await meeting_tickets(self.server, load.viewers)
        kinds: list[Kind] = ["video" if stream.video else "audio" for stream in load.published[0]]
        async with open_http(f"http://127.0.0.1:{self.server.port}") as http:

            async def exchange(path: str, ticket: str, offer: str) -> str:
                headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
                async with http.post(f"/{path}/{MEETING}", data=offer, headers=headers) as response:
                    answer = await response.text()
                    if response.status != 201:
                        raise RuntimeError(answer)
                    return answer

            _, sources = await connector.offer(load.published[0], [], partial(exchange, "whip", teacher))

            async def enter(viewer: int) -> None:
                leg, _ = await connector.offer([], kinds, partial(exchange, "whep", tickets[viewer]))
                for source in sources:
                    connector.plan.expect(leg, source)

            await together(load.viewers, enter)

    async def _open_rooms(self, load: Load, connector: Connector) -> None:
        meetings = [f"load-{room}" for room in range(load.people // ROOM)]
        await plan_lessons(self.server, meetings)
        for room, meeting in enumerate(meetings):
            await self._open_room(load, connector, room * ROOM, meeting)

    async def _open_room(self, load: Load, connector: Connector, first: int, meeting: str) -> None:
        teacher = await meeting_tickets(self.server, 1, "teacher", meeting)
        tickets = teacher + await meeting_tickets(self.server, ROOM - 1, meeting=meeting)
        room = range(first, first + ROOM)
        peers = {
            person: await self.enter(ticket, person, meeting) for person, ticket in zip(room, tickets, strict=True)
        }
        await self.call(first, "room:stage", {"peer": peers[first]})
        placed = {person: await self._connect(load, connector, person) for person in room}
        sources: dict[tuple[int, bool], int] = {}
        for person, (_, mine) in placed.items():
            for stream, source in zip(load.published[person], mine, strict=True):
                sources[person, stream.video] = source
        for person, (leg, _) in placed.items():
            seen, heard = load.watched(person)
            tiles = [peers[one] for one in seen if one != first]
            await self.call(person, "media:page", {"tiles": tiles})
            for one in seen:
                connector.plan.expect(leg, sources[one, True])
            for one in heard:
                connector.plan.expect(leg, sources[one, False])

    async def enter(self, ticket: str, place: int, meeting: str = MEETING) -> str:
        """Let the holder of a ticket join; their name as a peer. They are known by their place."""
        person = socketio.AsyncClient(reconnection=False)
        hello = asyncio.Event()
        person.on("session:hello", lambda _: hello.set())
        url = f"http://127.0.0.1:{self.server.port}"
        await person.connect(url, auth={"ticket": ticket}, transports=["websocket"], wait_timeout=10)
        async with asyncio.timeout(10):
            await hello.wait()
        self._people.append(person)
        joined = await self.call(place, "room:join", {"meeting": meeting, "client": f"load-{place:04}"})
        return str(joined["peer"])

    async def call(self, person: int, event: str, message: Mapping[str, object]) -> dict[str, object]:
        """What the server answers to somebody's message."""
        answer: dict[str, object] = await self._people[person].call(event, message, timeout=10)
        if answer and "error" in answer:
            raise RuntimeError(f"{event}: {answer}")
        return answer or {}

    async def _connect(self, load: Load, connector: Connector, person: int) -> tuple[int, list[int]]:
        sent = load.published[person]
        slots = [*_SLOTS[:4], *(f"tile-{number + 1}" for number in range(TILES))]
        purposes = ["camera" if stream.video else "microphone" for stream in sent]
        kinds: list[Kind] = ["audio" if slot in ("stage-audio", "voice-1", "voice-2") else "video" for slot in slots]

        async def exchange(offer: str) -> str:
            message = {
                "sdp": offer,
                "sources": [{"mid": str(mid), "purpose": purpose} for mid, purpose in enumerate(purposes)],
                "slots": [{"mid": str(mid), "purpose": slot} for mid, slot in enumerate(slots, len(sent))],
            }
            return str((await self.call(person, "media:offer", message))["sdp"])

        await self.call(person, "room:media", {"camera": True, "microphone": "microphone" in purposes, "screen": False})
        return await connector.offer(sent, kinds, exchange)
