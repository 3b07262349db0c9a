"""Everybody who has one document open on this worker: fans out changes and awareness.

Laws: a frame is built once and the same bytes go to every transport; one write per client and round; nobody gets own
changes or an own awareness entry back; changes go only to clients whose first sync was answered. Awareness changes of
one tick are joined, the last of each person counts (COALESCE).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from .awareness import Here, Remote, Room, to_remote
from .codec import frame_binary
from .connection import Connection
from .limits import Limits
from .outbox import Kind, State
from .sync import Entry, build_ack, build_awareness, build_update


class Audience:
    """The clients of one document."""

    def __init__(
        self, worker: str, limits: Limits, clock: Callable[[], float], on_congested: Callable[[], None]
    ) -> None:
        self.room = Room(worker)
        self.connections: dict[int, Connection] = {}
        self.deliveries = 0
        self.congested: set[Connection] = set()
        self.base: bytes | None = None
        self._limits = limits
        self._clock = clock
        self._on_congested = on_congested
        self._changed: dict[int, Here] = {}
        self._flushed = float("-inf")
        self._flush: asyncio.TimerHandle | None = None

    def send(self, connection: Connection, frame: bytes, kind: Kind) -> None:
        """Send a frame to one client."""
        outbox = connection.outbox
        outbox.send(self._clock(), frame, kind, self.base)
        if outbox.state is not State.FLOWING and connection not in self.congested:
            self.congested.add(connection)
            self._on_congested()

    def fan_out(self, events: Sequence[tuple[Connection | None, bytes]]) -> None:
        """Send durable changes to everybody but their writers, with each client's ack in the same write."""
        frames = [frame_binary(build_update(data)) for _, data in events]
        shared = b"".join(frames)
        writers = {connection for connection, _ in events if connection is not None}
        for connection in list(self.connections.values()):
            data = shared
            if not connection.synced:
                data = b""
            elif connection in writers:
                data = b"".join(
                    frame for frame, (writer, _) in zip(frames, events, strict=True) if writer is not connection
                )
            count = connection.ack()
            if count is not None:
                ack = frame_binary(build_ack(count))
                if not data or connection.outbox.state is not State.FLOWING:
                    self.send(connection, ack, Kind.CONTROL)
                else:
                    data += ack
            if data:
                self.deliveries += 1
                self.send(connection, data, Kind.CHANGES)

    def pump(self, difference: Callable[[bytes | None], bytes] | None) -> None:
        """Feed congested clients; cut off those that do not keep up at all."""
        now = self._clock()
        for connection in list(self.congested):
            if not connection.open:
                self.congested.discard(connection)
                continue
            connection.outbox.pump(now, difference)
            if connection.outbox.state is State.LOST:
                connection.overloaded()
            if connection.outbox.state is State.FLOWING or not connection.open:
                self.congested.discard(connection)

    def spread(self, changed: Sequence[Here]) -> None:
        """Tell everybody here about awareness entries: at once, or joined with others of the same tick."""
        for here in changed:
            self._changed[here.client] = here
        if not self._changed or self._flush is not None:
            return
        wait = self._flushed + self._limits.join_seconds - self._clock()
        if wait <= 0:
            self._flush_people()
        else:
            self._flush = asyncio.get_running_loop().call_later(wait, self._flush_people)

    def _flush_people(self) -> None:
        self._flush = None
        self._flushed = self._clock()
        changed, self._changed = self._changed, {}
        entries = {client: here.entry() for client, here in changed.items()}
        if not entries:
            return
        shared = frame_binary(build_awareness(list(entries.values())))
        owners = {here.owner for here in changed.values()}
        for connection in list(self.connections.values()):
            frame = shared
            if connection.number in owners:
                rest = [entries[client] for client, here in changed.items() if here.owner != connection.number]
                if not rest:
                    continue
                frame = frame_binary(build_awareness(rest))
            self.send(connection, frame, Kind.AWARENESS)

    def send_people(self, connection: Connection) -> None:
        """Send everybody who is here to one client."""
        entries = [here.entry() for here in self.room.here.values() if here.owner != connection.number]
        if entries:
            self.send(connection, frame_binary(build_awareness(entries)), Kind.AWARENESS)

    def break_silence(self) -> None:
        """Send the empty awareness message where nothing was sent for long: stock clients reconnect otherwise."""
        before = self._clock() - self._limits.silence_seconds
        frame = frame_binary(build_awareness([]))
        for connection in self.connections.values():
            if connection.outbox.last_sent < before:
                self.send(connection, frame, Kind.CONTROL)

    def close(self) -> None:
        """Stop the timer."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None


def only_presence(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Reduce what a reader sends to being there: whoever may not write has no channel to others in awareness either."""
    return tuple(Entry(entry.client, entry.clock, b"null" if entry.state == b"null" else b"{}") for entry in entries)


def remotes(changed: Sequence[Here]) -> list[Remote]:
    """Turn our entries into what other workers are told."""
    return [to_remote(here) for here in changed]
