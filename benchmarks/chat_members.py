"""The members of a chat under load: one connection each, by Socket.IO or by Centrifugo's JSON protocol.

Laws: frames are made before they are sent, what arrives is searched for its `client_id` and not decoded; a delivery is
one message that reached one member, the author too. Both protocols carry the same message and answer its author.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from benchmarks.servers import Server, meeting_tickets
from benchmarks.wire import TEXT, Socket, build_frame

CHANNEL = "demo-class"
_PATIENCE = 120.0
_CLIENT_ID = b'"client_id":"'


@dataclass
class Notes:
    """What all members noticed in a round; `sent` holds the time of each message by its number."""

    sent: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    expected: int = 0
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, expected: int) -> None:
        """Forget the round before; so many deliveries will come."""
        self.sent, self.latencies, self.acks, self.expected = {}, [], [], expected
        self.complete.clear()


class Member:
    """One Socket.IO connection."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self, place: int, notes: Notes) -> None:
        self.place = place
        self._notes = notes
        self._time = time.perf_counter  # the loop counts in milliseconds
        self.socket: Socket
        self.ready = asyncio.Event()
        self._seen: set[bytes] = set()

    async def open(self, port: int, ticket: str, deflate: bool) -> None:
        """Connect and come into the channel."""
        self.socket = Socket(self.path, self._on_message, deflate)
        await self.socket.open(port)
        for packet in self._greeting(ticket):
            self.socket.send(build_frame(TEXT, packet))
        async with asyncio.timeout(_PATIENCE):
            await self.ready.wait()

    def saying(self, number: int, round_name: str) -> Callable[[], None]:
        """Return the call that sends message `number`."""
        text = f"Does the parabola open upwards when a is greater than zero? {number:06}"
        message = {"channel": CHANNEL, "text": text, "client_id": f"{round_name}:{number:06}"}
        frame = build_frame(TEXT, self._packet(number, message))

        def send() -> None:
            self._notes.sent[number] = self._time()
            self.socket.send(frame)

        return send

    def _greeting(self, ticket: str) -> list[bytes]:
        auth = {"ticket": ticket} if ticket else {"channel": CHANNEL, "name": f"Person {self.place}"}
        return [b"40" + msgspec.json.encode(auth)]

    def _packet(self, number: int, message: dict[str, str]) -> bytes:
        return f"42{number}".encode() + msgspec.json.encode(["chat:send", message])

    def _on_message(self, _kind: int, payload: bytes) -> None:
        if payload.startswith(b'42["chat:message",'):
            self._on_chat(payload)
        elif payload == b"2":
            self.socket.send(build_frame(TEXT, b"3"))
        elif payload.startswith(b"40"):
            self.ready.set()
        elif payload.startswith(b"43"):
            if b"error" in payload:
                raise RuntimeError(payload)
            self._on_ack(int(payload[2 : payload.index(b"[")]))

    def _on_ack(self, number: int) -> None:
        if number in self._notes.sent:
            self._notes.acks.append(self._time() - self._notes.sent[number])

    def _on_chat(self, payload: bytes) -> None:
        start = payload.index(_CLIENT_ID) + len(_CLIENT_ID)
        name = payload[start : payload.index(b'"', start)]
        if name in self._seen:
            return
        self._seen.add(name)
        notes = self._notes
        notes.latencies.append(self._time() - notes.sent[int(name[-6:])])
        if len(notes.latencies) == notes.expected:
            notes.complete.set()


class CentrifugoMember(Member):
    """One connection to Centrifugo; it writes several replies into one message, a line each."""

    path = "/connection/websocket"

    def _greeting(self, ticket: str) -> list[bytes]:
        subscribe = {"id": 1_000_000, "subscribe": {"channel": CHANNEL}}
        return [msgspec.json.encode(command) for command in ({"id": 999_999, "connect": {}}, subscribe)]

    def _packet(self, number: int, message: dict[str, str]) -> bytes:
        data = {"text": message["text"], "client_id": message["client_id"]}
        return msgspec.json.encode({"id": number + 1, "publish": {"channel": CHANNEL, "data": data}})

    def _on_message(self, _kind: int, payload: bytes) -> None:
        for line in payload.split(b"\n"):
            if line.startswith(b'{"push"'):
                self._on_chat(line)
            elif line == b"{}":
                self.socket.send(build_frame(TEXT, b"{}"))
            elif b'"error"' in line:
                raise RuntimeError(line)
            elif b'"subscribe"' in line:
                self.ready.set()
            elif b'"publish"' in line:
                self._on_ack(int(line[6 : line.index(b",")]) - 1)


async def open_members(server: Server, members: int, notes: Notes, deflate: bool = False) -> list[Member]:
    """Return members who have all come in."""
    tickets = await meeting_tickets(server, members)
    gate = asyncio.Semaphore(30)
    build = CentrifugoMember if server.kind == "centrifugo" else Member
    found = [build(place, notes) for place in range(members)]

    async def enter(member: Member) -> None:
        async with gate:
            await member.open(server.port, tickets[member.place], deflate)

    await asyncio.gather(*map(enter, found))
    return found
