"""Clients for tests: a transport in memory, and a Yjs replica that speaks the y-websocket protocol over it."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from pycrdt import Doc, Map, Text, TransactionEvent

from collab.connection import Connection
from collab.lib0 import Reader, build_buffer, build_uint
from collab.sync import Entry, build_entry, parse_entries


class MemoryTransport:
    """Keeps the payloads of what was written; `stalled` makes it hold bytes like a socket nobody reads."""

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque()
        self.stalled = False
        self.held = 0
        self.closed: tuple[int, str] | None = None
        self.writes = 0

    def write(self, frame: bytes) -> None:
        assert self.closed is None, "written after close"
        self.writes += 1
        self.frames.extend(unframe(frame))
        if self.stalled:
            self.held += len(frame)

    def buffered(self) -> int:
        return self.held

    def resume(self) -> None:
        self.stalled = False
        self.held = 0

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


def unframe(data: bytes) -> list[bytes]:
    """Split unmasked WebSocket frames into their payloads."""
    payloads = []
    while data:
        assert data[0] == 0x82
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        payloads.append(data[start : start + length])
        assert len(payloads[-1]) == length
        data = data[start + length :]
    return payloads


class Replica:
    """A client's copy of a document; `outgoing` waits to be sent. Echoes foreign awareness as stock clients do."""

    def __init__(self, client_id: int | None = None) -> None:
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.outgoing: deque[bytes] = deque()
        self.acked = 0
        self.sent = 0
        self.synced = False
        self.people: dict[int, tuple[int, Any]] = {}
        self.received: list[bytes] = []
        self._remote = False
        self.text = self.doc.get("text", type=Text)
        self.map = self.doc.get("map", type=Map)
        self.doc.observe(self._on_change)

    @property
    def client_id(self) -> int:
        return self.doc.client_id

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._remote:
            self.send_changes(event.update)

    def send_changes(self, update: bytes, step: int = 2) -> None:
        self.sent += 1
        self.outgoing.append(bytes((0, step)) + build_buffer(update))

    def hello(self) -> None:
        """What a provider sends when its socket opens."""
        self.outgoing.append(b"\x00\x00" + build_buffer(self.doc.get_state()))

    def show(self, state: dict[str, Any] | None, clock: int = 1) -> None:
        """Set the own awareness state."""
        self.send_entries([Entry(self.client_id, clock, json.dumps(state).encode())])

    def send_entries(self, entries: list[Entry]) -> None:
        self.outgoing.append(b"\x01" + build_buffer(build_uint(len(entries)) + b"".join(map(build_entry, entries))))

    def take(self, payload: bytes) -> None:
        """Take one message from the server."""
        self.received.append(payload)
        reader = Reader(payload)
        match reader.uint():
            case 0:
                step, data = reader.uint(), reader.buffer()
                if step == 0:
                    self.send_changes(self.doc.get_update(data), step=1)
                else:
                    self._remote = True
                    self.doc.apply_update(data)
                    self._remote = False
                    self.synced = self.synced or step == 1
            case 1:
                self._take_people(parse_entries(reader.buffer()))
            case 100:
                count = reader.uint()
                assert self.acked < count <= self.sent
                self.acked = count

    def _take_people(self, entries: tuple[Entry, ...]) -> None:
        seen = []
        for entry in entries:
            assert entry.client != self.client_id, "got an own entry back"
            clock, _ = self.people.get(entry.client, (0, None))
            state = json.loads(entry.state)
            if entry.clock > clock:
                self.people[entry.client] = (entry.clock, state)
                seen.append(entry)
        if seen:
            self.send_entries(seen)

    def here(self) -> dict[int, Any]:
        """Who this replica believes to be here."""
        return {client: state for client, (_, state) in self.people.items() if state is not None}


class Client:
    """A replica on a connection of a hub."""

    def __init__(self, replica: Replica, connection: Connection, transport: MemoryTransport) -> None:
        self.replica = replica
        self.connection = connection
        self.transport = transport

    def exchange(self) -> bool:
        """Carry everything both ways; returns whether there was anything."""
        busy = bool(self.replica.outgoing or self.transport.frames)
        while self.replica.outgoing and self.connection.open:
            self.connection.receive(self.replica.outgoing.popleft())
        while self.transport.frames:
            self.replica.take(self.transport.frames.popleft())
        return busy

    def leave(self) -> None:
        """Drop the connection without a word, as a network does."""
        self.replica.outgoing.clear()
        self.connection.closed()
