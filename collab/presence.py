"""Who is here, channel by channel, seen from one worker. No I/O, no clock.

Laws: a worker tells the others each change of its own people under a rising version, and every second its version
and a digest of its whole set; whoever finds a difference asks for the set. A worker that is not heard for 4 s is
gone with its people. While our own bus is away the others' people are "unknown", never "gone"; after its return each
worker has 4 s to be heard again. Changes are collected: what came and went between two `flush`es is not told. How
somebody is (`mark`) is part of what is told and digested; of what several workers say of one person, the most telling
counts: in a lesson, quiet, here, away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct, structs

SILENCE_SECONDS = 4.0
ASK_SECONDS = 1.0
Mood = Literal["here", "away", "lesson", "quiet"]
Status = Literal["here", "away", "lesson", "quiet", "unknown"]
_TELLING: Mapping[Mood, int] = MappingProxyType({"away": 0, "here": 1, "quiet": 2, "lesson": 3})


class Present(Struct, frozen=True, array_like=True):
    """A person as others see them; `until`: when their quiet hours end, milliseconds since 1970."""

    id: str
    name: str
    role: str
    mood: Mood = "here"
    until: int | None = None


class Seen(Struct, frozen=True):
    """A person in a channel, and whether we can be sure."""

    person: Present
    status: Status


class Changed(Struct, frozen=True):
    """Who came or changed in a channel, and whose ids are gone."""

    channel: str
    people: list[Seen]
    gone: list[str]


class _Beat(Struct, frozen=True, tag="beat"):
    worker: str
    version: int
    digest: int


class _Delta(Struct, frozen=True, tag="delta"):
    worker: str
    version: int
    entered: list[tuple[str, Present]]
    left: list[tuple[str, str]]


class _Ask(Struct, frozen=True, tag="ask"):
    of: str


class _Full(Struct, frozen=True, tag="full"):
    worker: str
    version: int
    entries: list[tuple[str, Present]]


_DECODER = msgspec.msgpack.Decoder(_Beat | _Delta | _Ask | _Full)


class _People:
    """One worker's people: channel -> id -> person, with the digest of all of it."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Present]] = {}
        self.version = 0
        self.digest = 0

    def put(self, channel: str, person: Present) -> None:
        self.drop(channel, person.id)
        self.channels.setdefault(channel, {})[person.id] = person
        self.digest ^= _digest(channel, person)

    def drop(self, channel: str, person: str) -> None:
        people = self.channels.get(channel, {})
        old = people.pop(person, None)
        if old is not None:
            self.digest ^= _digest(channel, old)
            if not people:
                del self.channels[channel]

    def entries(self) -> Iterator[tuple[str, Present]]:
        for channel, people in self.channels.items():
            for person in people.values():
                yield channel, person


class _Remote(_People):
    def __init__(self, heard: float) -> None:
        super().__init__()
        self.heard = heard
        self.asked = float("-inf")
        self.sure = True


class PresenceState:
    """One worker's picture of all channels."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self._own = _People()
        self._counts: dict[tuple[str, str], int] = {}
        self._where: dict[str, set[str]] = {}  # person -> channels, of our own
        self._marks: dict[str, tuple[Mood, int | None]] = {}
        self._untold: dict[tuple[str, str], Present | None] = {}
        self._remotes: dict[str, _Remote] = {}
        self._told: dict[str, dict[str, Seen]] = {}
        self._dirty: set[tuple[str, str]] = set()

    # --- our own people ---

    def enter(self, channel: str, person: Present) -> None:
        """One more connection of a person hears a channel."""
        key = (channel, person.id)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._where.setdefault(person.id, set()).add(channel)
        self._put(channel, person)

    def leave(self, channel: str, person: str) -> None:
        """One connection fewer."""
        key = (channel, person)
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]
            self._where[person].discard(channel)
            if not self._where[person]:
                del self._where[person]
            self._own.drop(channel, person)
            self._untold[key] = None
            self._dirty.add(key)

    def mark(self, person: str, mood: Mood, until: int | None = None) -> None:
        """Say how one of our own people is, in all their channels and in those they enter later."""
        if (mood, until) == ("here", None):
            self._marks.pop(person, None)
        else:
            self._marks[person] = (mood, until)
        for channel in self._where.get(person, ()):
            self._put(channel, self._own.channels[channel][person])

    def people(self, channel: str) -> list[Seen]:
        """Return who is in a channel, as it was told last."""
        return list(self._told.get(channel, {}).values())

    # --- others ---

    def receive(self, now: float, payload: bytes) -> list[bytes]:
        """Take what a worker published; return what to publish in answer."""
        try:
            message = _DECODER.decode(payload)
        except msgspec.DecodeError:
            return []
        if isinstance(message, _Ask):
            return [self._full()] if message.of == self.worker else []
        if message.worker == self.worker:
            return []
        if isinstance(message, _Delta):
            return self._apply(now, message)
        if isinstance(message, _Full):
            self._replace(now, message)
            return []
        remote = self._hear(now, message.worker)
        matches = (remote.version, remote.digest) == (message.version, message.digest)
        return [] if matches else self._ask(now, message.worker, remote)

    def tick(self, now: float, healthy: bool) -> list[bytes]:
        """Forget silent workers, and return this worker's beat. Call it every second."""
        for worker, remote in list(self._remotes.items()):
            if not healthy:
                remote.heard = now
                self._set_sure(remote, False)
            elif now - remote.heard >= SILENCE_SECONDS:
                del self._remotes[worker]
                self._dirty.update((channel, person.id) for channel, person in remote.entries())
        return [msgspec.msgpack.encode(_Beat(self.worker, self._own.version, self._own.digest))]

    def flush(self) -> tuple[list[Changed], list[bytes]]:
        """Return what changed since the last flush, and what to publish of it."""
        changes: dict[str, Changed] = {}
        for channel, person in self._dirty:
            now = self._see(channel, person)
            told = self._told.setdefault(channel, {})
            if now == told.get(person):
                continue
            changed = changes.setdefault(channel, Changed(channel, [], []))
            if now is None:
                del told[person]
                changed.gone.append(person)
            else:
                told[person] = now
                changed.people.append(now)
        for channel in {channel for channel, _ in self._dirty}:
            if not self._told.get(channel):
                self._told.pop(channel, None)
        self._dirty.clear()
        return list(changes.values()), self._deltas()

    def farewell(self) -> bytes:
        """Return what to publish when this worker ends: it has nobody any more."""
        return msgspec.msgpack.encode(_Full(self.worker, self._own.version + 1, []))

    # --- inner workings ---

    def _put(self, channel: str, person: Present) -> None:
        mood, until = self._marks.get(person.id, ("here", None))
        person = structs.replace(person, mood=mood, until=until)
        if self._own.channels.get(channel, {}).get(person.id) != person:
            self._own.put(channel, person)
            self._untold[channel, person.id] = person
            self._dirty.add((channel, person.id))

    def _deltas(self) -> list[bytes]:
        if not self._untold:
            return []
        self._own.version += 1
        entered = [(channel, person) for (channel, _), person in self._untold.items() if person is not None]
        left = [key for key, person in self._untold.items() if person is None]
        self._untold.clear()
        return [msgspec.msgpack.encode(_Delta(self.worker, self._own.version, entered, left))]

    def _full(self) -> bytes:
        # What is not told yet will be told again by the next delta, under the next version.
        return msgspec.msgpack.encode(_Full(self.worker, self._own.version, list(self._own.entries())))

    def _see(self, channel: str, person: str) -> Seen | None:
        unsure: Present | None = None
        own = self._own.channels.get(channel, {}).get(person)
        sure = [] if own is None else [own]
        for remote in self._remotes.values():
            there = remote.channels.get(channel, {}).get(person)
            if there is not None and remote.sure:
                sure.append(there)
            unsure = there or unsure
        if sure:
            best = max(sure, key=lambda present: _TELLING[present.mood])
            return Seen(best, best.mood)
        return None if unsure is None else Seen(unsure, "unknown")

    def _hear(self, now: float, worker: str) -> _Remote:
        remote = self._remotes.setdefault(worker, _Remote(now))
        remote.heard = now
        self._set_sure(remote, True)
        return remote

    def _set_sure(self, remote: _Remote, sure: bool) -> None:
        if remote.sure != sure:
            remote.sure = sure
            self._dirty.update((channel, person.id) for channel, person in remote.entries())

    def _ask(self, now: float, worker: str, remote: _Remote) -> list[bytes]:
        if now - remote.asked < ASK_SECONDS:
            return []
        remote.asked = now
        return [msgspec.msgpack.encode(_Ask(worker))]

    def _apply(self, now: float, delta: _Delta) -> list[bytes]:
        remote = self._hear(now, delta.worker)
        if delta.version != remote.version + 1:
            return self._ask(now, delta.worker, remote) if delta.version > remote.version else []
        remote.version = delta.version
        for channel, person in delta.entered:
            remote.put(channel, person)
            self._dirty.add((channel, person.id))
        for channel, gone in delta.left:
            remote.drop(channel, gone)
            self._dirty.add((channel, gone))
        return []

    def _replace(self, now: float, full: _Full) -> None:
        old = self._hear(now, full.worker)
        fresh = _Remote(now)
        fresh.version, fresh.asked = full.version, old.asked
        for channel, person in full.entries:
            fresh.put(channel, person)
        self._remotes[full.worker] = fresh
        for people in (old, fresh):
            self._dirty.update((channel, person.id) for channel, person in people.entries())


def _digest(channel: str, person: Present) -> int:
    key = msgspec.msgpack.encode((channel, person))
    return int.from_bytes(blake2b(key, digest_size=7).digest())
