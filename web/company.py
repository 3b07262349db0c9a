"""Who is with whom on this worker: how people are, who writes, what their other devices have read.

Laws: what is told about a channel goes only to connections that may read it; what somebody's devices do goes to their
own. Where somebody sits is told to nobody, only that they do. Nothing in here is stored, but for what a person has
set for themselves; that is followed by the school's events.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from collab.presence import Changed
from web import messages as wire
from web.broadcast import Outgoing, build_event
from web.channels import view_seen
from web.connection import Connection
from web.school.contact_queries import settings_of
from web.school.events import PersonalChanged, SchoolChanged, SchoolEvent
from web.services import Services
from web.signals import Forgotten, Signal, WasRead
from web.typing_state import Sign, Typist
from web.whereabouts import Whereabouts

Send = Callable[[Iterable[str], Outgoing], object]  # packets to engine.io sessions

HOURS_SECONDS = 15.0  # quiet hours begin and end that late at most
_ADMITTED = b'42["room:admitted"'
_CLOSED = b'42["room:closed"'


class _Joined(Struct):
    """What matters of `room:join`'s answer: who waits in the lobby is not inside."""

    state: str


class Company:
    """The people of this worker's connections."""

    def __init__(
        self,
        services: Services,
        connections: Mapping[str, Connection],
        hearers: Mapping[str, Mapping[str, str]],
        send: Send,
    ) -> None:
        self._services = services
        self._connections = connections
        self._hearers = hearers
        self._send = send
        self._whereabouts = Whereabouts()
        self._devices: dict[str, set[str]] = {}
        self._closing = asyncio.Event()
        services.presence.on_change(self._on_presence)
        services.typing.on_change(self._on_typing)
        services.signals.on_signal(self._on_signal)

    async def run(self) -> None:
        """Follow the clock until `close`."""
        while not self._closing.is_set():
            self._tell_moods(hours=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOURS_SECONDS):
                    await self._closing.wait()

    def close(self) -> None:
        self._closing.set()

    # --- connections ---

    async def enter(self, connection: Connection) -> None:
        """A connection is here, and hears nothing yet."""
        personal, zone = await settings_of(self._services.school, connection.person)
        if not connection.gone:
            self._devices.setdefault(connection.person.id, set()).add(connection.sid)
            self._whereabouts.enter(connection.person.id, connection.sid, personal, zone)
            self._tell_moods()

    def leave(self, connection: Connection) -> None:
        """A connection is gone."""
        person = connection.person.id
        devices = self._devices.get(person, set())
        devices.discard(connection.sid)
        if not devices:
            self._devices.pop(person, None)
        self._whereabouts.leave(person, connection.sid)
        self._tell_moods()

    def introduce(self, connection: Connection, channels: Iterable[str]) -> None:
        """Tell a connection who is in these channels; changes follow."""
        for channel in channels:
            state = wire.PresenceState(channel, view_seen(self._services.presence.people(channel)))
            self._send([connection.eio_sid], build_event("presence:state", state))

    async def answer(self, connection: Connection, message: Struct) -> Struct:
        """Take a small sign."""
        match message:
            case wire.PresenceIdle(idle):
                self._whereabouts.set_idle(connection.person.id, connection.sid, idle)
                self._tell_moods()
            case wire.ChatTyping(channel, typing):
                self._take_typing(connection, channel, typing)
            case wire.ChatRead(channel, seq):
                await self._services.signals.tell(WasRead(connection.person.id, channel, seq, connection.sid))
        return wire.Done()

    def answered(self, connection: Connection, event: str, answer: bytes) -> None:
        """A request to a room was carried out: it may have been a way in or out."""
        if event == "room:join":
            self._seat([connection.sid], msgspec.json.decode(answer, type=_Joined).state == "joined")
        elif event == "room:leave":
            self._seat([connection.sid], False)

    def on_room_news(self, sids: Sequence[str], outgoing: Outgoing) -> None:
        """A room says something to these connections: it may let them in or out."""
        if outgoing.payload.startswith(_ADMITTED):
            self._seat(sids, True)
        elif outgoing.payload.startswith(_CLOSED):
            self._seat(sids, False)

    def refresh(self, events: Sequence[SchoolEvent]) -> None:
        """Follow what people and schools have set."""
        for event in events:
            match event.body:
                case PersonalChanged(personal):
                    self._whereabouts.set_personal(personal)
                case SchoolChanged(school):
                    there = {one.person.id for one in self._connections.values() if one.person.school == school.id}
                    self._whereabouts.set_zone(there, school.time_zone)
                case _:
                    continue
        self._tell_moods()

    # --- inner workings ---

    def _seat(self, sids: Iterable[str], seated: bool) -> None:
        for sid in sids:
            connection = self._connections.get(sid)
            if connection is not None:
                self._whereabouts.set_seated(connection.person.id, sid, seated)
        self._tell_moods()

    def _tell_moods(self, *, hours: bool = False) -> None:
        moods = self._whereabouts.moods(self._services.school.clock(), hours=hours)
        for person, (mood, until) in moods.items():
            self._services.presence.mark(person, mood, until)

    def _take_typing(self, connection: Connection, channel: str, typing: bool) -> None:
        person = connection.person
        _, may = connection.channels.get(channel, (None, None))
        if may is None or not may.write or may.held or not self._whereabouts.shows_typing(person.id):
            return  # what waits for approval may never appear: neither does its writing
        others = self._services.presence.people(channel)
        if any(seen.person.id != person.id for seen in others):
            self._services.typing.give(Sign(channel, Typist(person.id, person.name), typing), far=True)

    def _on_presence(self, changed: Changed) -> None:
        hearers = self._hearers.get(changed.channel)
        if hearers:
            news = wire.PresenceChanged(changed.channel, view_seen(changed.people), changed.gone)
            self._send(hearers.values(), build_event("presence:changed", news))

    def _on_typing(self, channel: str, people: Sequence[Typist]) -> None:
        hearers = self._hearers.get(channel)
        if not hearers:
            return
        alone = people[0].id if len(people) == 1 else None
        told = [eio_sid for sid, eio_sid in hearers.items() if self._connections[sid].person.id != alone]
        news = wire.ChatTypists(channel, [wire.TypistView(one.id, one.name) for one in people])
        self._send(told, build_event("chat:typing", news))

    def _on_signal(self, signal: Signal) -> None:
        match signal:
            case WasRead(person, channel, seq, device):
                others = (self._connections[sid] for sid in self._devices.get(person, ()) if sid != device)
                told = [other.eio_sid for other in others if channel in other.heard]
                self._send(told, build_event("chat:read", wire.ChatRead(channel, seq)))
            case Forgotten(channel, before):
                hearers = self._hearers.get(channel, {})
                self._send(hearers.values(), build_event("chat:forgotten", wire.ChatForgotten(channel, before)))
