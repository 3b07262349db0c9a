"""Everybody who has one document open on this worker: fans out changes and awareness.

Laws: a frame is built once and the same bytes go to every transport; one write per client and round; nobody gets own
changes or an own awareness entry back; changes go only to clients whose first sync was answered. Awareness changes of
one tick are joined, the last of each person counts (COALESCE); while changes are on their way to the store they wait
for them, for `hold_seconds` at most, and share their writes: a cursor comes with the text it stands behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from .awareness import Here, Remote, Room, to_remote
from .codec import frame_binary
from .connection import Connection
from .limits import Limits
from .outbox import Kind, State
from .salvo import Salvo
from .sync import Entry, build_awareness, frame_ack, frame_update

_SILENCE = frame_binary(build_awareness([]))


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
        self._flushed = self._held_at = self._silence_at = float("-inf")
        self._flush: asyncio.TimerHandle | None = None
        self._salvo: Salvo | None = None
        self._without: frozenset[int] = frozenset()
        self._left: list[Connection] = []

    def send(self, connection: Connection, frame: bytes, kind: Kind) -> None:
        """Send a frame to one client."""
        outbox = connection.outbox
        outbox.send(self._clock(), frame, kind, self.base)
        if outbox.state is not State.FLOWING and connection not in self.congested:
            self.congested.add(connection)
            self.regroup()
            self._on_congested()

    def fan_out(self, events: Sequence[tuple[Connection | None, bytes]], handled: Iterable[Connection]) -> None:
        """Send durable changes to everybody but their writers, with what awareness waits and with the acks of those
        whose frames were handled, in one write each.
        """
        frames = [frame_update(data) for _, data in events]
        people = self._take_people()
        apart = {connection.number: connection for connection in handled}
        for here in people:
            if here.owner is not None and here.owner in self.connections:
                apart[here.owner] = self.connections[here.owner]
        changes = b"".join(frames)
        entries = _frame(people)
        both = changes + entries
        for connection in apart.values():
            if not connection.open:
                continue
            own = [frame for frame, (writer, _) in zip(frames, events, strict=True) if writer is not connection]
            others = _frame([here for here in people if here.owner != connection.number]) if people else b""
            self._send(connection, b"".join(own), others, connection.ack())
        if not both:
            return
        without = frozenset(apart)
        if self._salvo is None or self._without != without:
            self._aim(without)
        delivered, left = 0, self._left
        if self._salvo is not None and self._salvo.fire(self._clock(), both):
            delivered = len(self._salvo)
        else:
            left = [one for number, one in self.connections.items() if number not in apart]
        for connection in left:
            delivered += self._send_both(connection, changes, entries, both)
        if frames:
            self.deliveries += delivered

    def _aim(self, without: frozenset[int]) -> None:
        """Find who but these can be written to at once, and who is left."""
        self.regroup()
        self._without, self._left, ready = without, [], []
        for number, connection in self.connections.items():
            outbox = connection.outbox
            if number in without:
                continue
            if connection.synced and outbox.way is not None and outbox.state is State.FLOWING:
                ready.append(outbox)
            else:
                self._left.append(connection)
        self._salvo = Salvo(ready)

    def regroup(self) -> None:
        """Somebody came, went, had the first sync or keeps up differently."""
        if self._salvo is not None:
            self._salvo.settle()
            self._salvo = None

    def _send_both(self, connection: Connection, changes: bytes, entries: bytes, both: bytes) -> int:
        outbox = connection.outbox
        if outbox.state is not State.FLOWING or not connection.synced or outbox.congested():
            self._send(connection, changes, entries, None)
            return 0
        outbox.last_sent = self._clock()
        try:
            outbox.put(both)
        except RuntimeError:  # gone; its connection will hear of it
            return 0
        return 1

    def _send(self, connection: Connection, changes: bytes, people: bytes, ack: int | None) -> None:
        """Send to one client what concerns it: in one write if it keeps up, each by its kind if not."""
        told = frame_ack(ack) if ack is not None else b""
        if not connection.synced:
            changes = b""
        if changes:
            self.deliveries += 1
        outbox = connection.outbox
        if outbox.state is State.FLOWING and not outbox.congested():
            if data := changes + people + told:
                outbox.write(self._clock(), data)
            return
        for data, kind in ((changes, Kind.CHANGES), (people, Kind.AWARENESS), (told, Kind.CONTROL)):
            if data:
                self.send(connection, data, kind)

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
                self.regroup()

    def hold(self, now: float) -> None:
        """Changes are on their way to `fan_out`: awareness may wait a little and share their writes."""
        self._held_at = now

    def spread(self, changed: Sequence[Here]) -> None:
        """Tell everybody here about awareness entries: at once, with changes that are under way, or joined with others
        of the same tick.
        """
        for here in changed:
            self._changed[here.client] = here
        if not self._changed or self._flush is not None:
            return
        now = self._clock()
        wait = max(self._flushed + self._limits.join_seconds, self._held_at + self._limits.hold_seconds) - now
        if wait <= 0:
            self._flush_people()
        else:
            self._flush = asyncio.get_running_loop().call_later(wait, self._flush_people)

    def _flush_people(self) -> None:
        self._flush = None
        people = self._take_people()
        if not people:
            return
        entries = [here.entry() for here in people]
        shared = frame_binary(build_awareness(entries))
        owners = {here.owner for here in people}
        for connection in list(self.connections.values()):
            frame = shared
            if (number := connection.number) in owners:
                others = [entry for entry, here in zip(entries, people, strict=True) if here.owner != number]
                frame = frame_binary(build_awareness(others)) if others else b""
            if frame:
                self.send(connection, frame, Kind.AWARENESS)

    def _take_people(self) -> list[Here]:
        """Take the awareness that waits; it is told now."""
        self._held_at = float("-inf")
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        if not self._changed:
            return []
        self._flushed = self._clock()
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def send_people(self, connection: Connection) -> None:
        """Send everybody who is here to one client."""
        frame = _frame([here for here in self.room.here.values() if here.owner != connection.number])
        if frame:
            self.send(connection, frame, Kind.AWARENESS)

    def break_silence(self, now: float) -> None:
        """Send the empty awareness message where nothing was sent for long: stock clients reconnect otherwise."""
        if now < self._silence_at:
            return
        before = now - self._limits.silence_seconds
        if self._salvo is not None:
            self._salvo.settle()
        for connection in self.connections.values():
            if connection.outbox.last_sent < before:
                self.send(connection, _SILENCE, Kind.CONTROL)
        oldest = min((connection.outbox.last_sent for connection in self.connections.values()), default=now)
        self._silence_at = max(oldest, before) + self._limits.silence_seconds

    def close(self) -> None:
        """Stop the timer."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None


def _frame(people: Sequence[Here]) -> bytes:
    return frame_binary(build_awareness([here.entry() for here in people])) if people else b""


def only_presence(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Reduce what a reader sends to being there: whoever may not write has no channel to others in awareness either."""
    return tuple(Entry(entry.client, entry.clock, b"null" if entry.state == b"null" else b"{}") for entry in entries)


def remotes(changed: Sequence[Here]) -> list[Remote]:
    """Turn our entries into what other workers are told."""
    return [to_remote(here) for here in changed]
