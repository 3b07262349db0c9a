"""Yjs clients for load: real wire, no document of their own; what they type was encoded by pycrdt before.

Each edit types six characters, `#` and five digits, at the end of the typist's text: whoever finds the digits in an
update has received that edit, also when the server merged updates.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from pycrdt import Doc, Text, TransactionEvent

from benchmarks.wire import BINARY, Socket, build_frame

EDITS = 3000  # numbers for each typist; 33 of them in five digits
_MARK = re.compile(rb"#(\d{5})")
_SYNC, _AWARENESS, _AUTH, _ACK = 0, 1, 2, 100
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2
_PATIENCE = 60.0
_COME_AGAIN = (1012, 4509, 4529)  # as every provider does
EMPTY_STEP_2 = bytes((_SYNC, _STEP_2, 2, 0, 0))


def varint(number: int) -> bytes:
    """Encode as lib0 does."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def buffer(data: bytes) -> bytes:
    """Encode bytes with their length before."""
    return varint(len(data)) + data


def client_id(place: int) -> int:
    """Return the Yjs client id of the client at this place of a document."""
    return 1_000_000_007 + place


@lru_cache
def updates(typist: int, number: int) -> tuple[bytes, ...]:
    """Return the update messages of one typist."""
    doc: Doc[Text] = Doc(client_id=client_id(typist))
    text = doc.get("text", type=Text)
    found: list[bytes] = []

    def collect(event: TransactionEvent) -> None:
        found.append(bytes((_SYNC, _UPDATE)) + buffer(event.update))

    subscription = doc.observe(collect)
    for edit in range(number):
        text += f"#{typist * EDITS + edit:05}"
    doc.unobserve(subscription)
    return tuple(found)


@lru_cache
def page() -> bytes:
    """Return the update message of a page of text."""
    doc: Doc[Text] = Doc(client_id=client_id(0))
    text = doc.get("text", type=Text)
    text += "Does the parabola open upwards when a is greater than zero? " * 30
    return bytes((_SYNC, _UPDATE)) + buffer(doc.get_update())


def awareness(place: int, clock: int) -> bytes:
    """Return the awareness message of a client whose cursor moves with its clock."""
    cursor = f'"cursor":{{"anchor":{clock},"head":{clock}}}' if clock > 1 else '"cursor":null'
    state = f'{{"user":{{"name":"Person {place}","color":"#30bced"}},{cursor}}}'.encode()
    return bytes((_AWARENESS,)) + buffer(b"\x01" + varint(client_id(place)) + varint(clock) + buffer(state))


@dataclass
class Notes:
    """What all clients of a round noticed."""

    latencies: list[float] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    awareness: int = 0
    received: int = 0
    began: float = 0.0
    closed: list[int] = field(default_factory=list)
    expected: int | None = None
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    wanted_acks: int = 0
    some_acked: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Forget what came before the measured time."""
        self.latencies, self.acks, self.awareness, self.received = [], [], 0, 0
        self.began = time.perf_counter()

    def forget(self) -> None:
        """Expect nothing, until told to."""
        self.expected = None
        self.complete.clear()

    def expect(self, number: int) -> None:
        """Set `complete` when so many deliveries have come."""
        self.expected = number
        self.check()

    async def acked(self, number: int) -> None:
        """Return when so many frames were acknowledged since `start`."""
        self.wanted_acks = number
        self.some_acked.clear()
        if len(self.acks) < number:
            await self.some_acked.wait()

    def on_acks(self, latencies: list[float]) -> None:
        self.acks += latencies
        if len(self.acks) >= self.wanted_acks:
            self.some_acked.set()

    def check(self) -> None:
        if self.expected is not None and self.received >= self.expected:
            self.complete.set()


class Client:
    """One connection to one document. `sent` is shared by all clients of the document: edit -> time."""

    def __init__(self, place: int, name: str, sent: dict[int, float], notes: Notes, hocuspocus: bool) -> None:
        self.place = place
        self.announced = True
        self._address = buffer(name.encode()) if hocuspocus else b""
        self._skip = len(self._address)
        self._sent = sent
        self._notes = notes
        self._seen: set[int] = set()
        self._time = time.perf_counter  # the loop counts in milliseconds
        self.socket: Socket
        self.synced = asyncio.Event()
        self.synced_bytes = 0
        self.frame_times: list[float] = []  # of each frame that is acknowledged
        self._acked = 0

    async def open(self, port: int, path: str, deflate: bool = False) -> None:
        """Connect, synchronise and say who is here."""
        end = time.monotonic() + _PATIENCE
        while not self.synced.is_set() and time.monotonic() < end:
            await self._try(port, path, deflate)
            if self.socket.close_code not in (None, *_COME_AGAIN):
                break
        if not self.synced.is_set():
            raise SystemExit(f"{path.partition('?')[0]} gave no first sync (closed: {self.socket.close_code})")

    async def _try(self, port: int, path: str, deflate: bool) -> None:
        """Connect once; return when synchronised, closed, or after a minute."""
        self.frame_times, self._acked = [], 0
        self.socket = Socket(path, self._on_message, deflate)
        await self.socket.open(port)
        if self._skip:
            self._send(bytes((_AUTH, 0)) + buffer(b"token"))
        self._send(bytes((_SYNC, _STEP_1, 1, 0)))
        if self.announced:
            self._send(awareness(self.place, 1))
        waiting: asyncio.Future[object] = asyncio.ensure_future(self.synced.wait())
        await asyncio.wait({waiting, self.socket.gone}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    def frame(self, *messages: bytes) -> bytes:
        """Return the frames of these messages."""
        return b"".join(build_frame(BINARY, self._address + message) for message in messages)

    def typing(self, number: int, frame: bytes) -> Callable[[], None]:
        """Return the call that sends the edit of this number."""

        def send() -> None:
            now = self._sent[number] = self._time()
            self.frame_times.append(now)
            self.socket.send(frame)

        return send

    def _send(self, message: bytes) -> None:
        self.socket.send(self.frame(message))

    def _on_message(self, _kind: int, payload: bytes) -> None:
        skip = self._skip
        kind = payload[skip]
        if kind == _SYNC:
            step = payload[skip + 1]
            if step == _UPDATE:
                self._on_update(payload)
            elif step == _STEP_1:
                self.frame_times.append(self._time())
                self._send(EMPTY_STEP_2)
            else:
                self.synced_bytes = len(payload)
                self.synced.set()
        elif kind == _AWARENESS:
            self._notes.awareness += 1
        elif kind == _ACK:
            self._on_ack(payload)

    def _on_update(self, payload: bytes) -> None:
        now = self._time()
        notes = self._notes
        for digits in _MARK.findall(payload):
            number = int(digits)
            if number // EDITS != self.place and number not in self._seen:
                self._seen.add(number)
                sent = self._sent[number]
                if sent >= notes.began:
                    notes.received += 1
                    notes.latencies.append(now - sent)
        if notes.expected is not None:
            notes.check()

    def _on_ack(self, payload: bytes) -> None:
        now = self._time()
        count = sum((byte & 127) << 7 * place for place, byte in enumerate(payload[1:]))
        began = self._notes.began
        self._notes.on_acks([now - at for at in self.frame_times[self._acked : count] if at >= began])
        self._acked = count
