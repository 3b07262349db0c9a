"""A room without a server, with clients that show what a browser would."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from web import messages as wire
from web.errors import WebError
from web.room_outputs import Arrival, Changed, Forget, Left, Output, Say
from web.room_state import Room
from web.school.grants import GRANTS
from web.school.model import Grant, Meeting, MeetingKind, MeetingRole, Person, Role

ROLE: dict[str, MeetingRole] = {
    "teacher": "host", "helper": "teacher", "amira": "pupil", "ben": "pupil", "clara": "pupil", "guest": "guest",
    "haddad": "guardian", "kaya": "guardian",
}  # fmt: skip


def meeting(kind: MeetingKind = "lesson", locked: bool = False, encrypted: bool = False) -> Meeting:
    return Meeting("m", "s", kind, "8b", "teacher", "8b", 0, 0, "c", ("deck",), locked=locked, encrypted=encrypted)


def person(name: str) -> Person:
    role = ROLE[name]
    shown: Role = "teacher" if role == "host" else role
    return Person(name, "s", shown, name.title())


class Client:
    """What a browser would show: applies the messages of one connection, and fails on a gap."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.peer = ""
        self.state: wire.RoomState | None = None
        self.heard: list[tuple[str, Struct]] = []
        self.open = True
        self.held: list[tuple[str, Struct]] | None = []  # until the join is acked, as the sockets do

    def joined(self, answer: wire.RoomJoined) -> None:
        held, self.held = self.held or [], None
        for event, message in [("ack", answer), *held]:
            self.receive(event, message)

    def receive(self, event: str, message: Struct) -> None:
        assert self.open, f"{self.name} is told {event} after being taken out"
        if self.held is not None:
            self.held.append((event, message))
            return
        self.heard.append((event, message))
        match message:
            case wire.RoomState():
                self.state = message
            case wire.RoomJoined(room=room):
                self.state = room
            case wire.RoomChanged(seq, changes):
                assert self.state is not None
                if seq <= self.state.seq:
                    return
                assert seq == self.state.seq + 1, f"{self.name} missed a change"
                for change in changes:
                    self.state = apply(self.state, change)
                self.state = structs.replace(self.state, seq=seq)
            case wire.RoomClosed():
                self.open = False
            case _:
                pass


def apply(state: wire.RoomState, change: wire.RoomChange) -> wire.RoomState:
    match change:
        case wire.PeerJoined(peer):
            if all(old.peer != peer.peer for old in state.peers):
                return structs.replace(state, peers=[*state.peers, peer])
            return apply(state, wire.PeerChanged(peer))
        case wire.PeerChanged(peer):
            assert any(old.peer == peer.peer for old in state.peers)
            return structs.replace(state, peers=[peer if old.peer == peer.peer else old for old in state.peers])
        case wire.PeerLeft(peer):
            return structs.replace(state, peers=[old for old in state.peers if old.peer != peer])
        case wire.HandsChanged(hands):
            return structs.replace(state, hands=hands)
        case wire.LobbyChanged(lobby):
            return structs.replace(state, lobby=lobby)
        case wire.PresentingChanged(presenting):
            return structs.replace(state, presenting=presenting)
        case wire.StageChanged(stage):
            return structs.replace(state, stage=stage)
        case wire.RecordingChanged(recording):
            return structs.replace(state, recording=recording)
        case wire.LockChanged(locked):
            return structs.replace(state, locked=locked)
        case wire.GroupsChanged(groups):
            return structs.replace(state, groups=groups)


class Table:
    """A room with its clients."""

    def __init__(self, kind: MeetingKind = "lesson", locked: bool = False, encrypted: bool = False) -> None:
        self.room = Room(meeting(kind, locked, encrypted), 0)
        self.encrypts = encrypted
        self.kind: MeetingKind = kind
        self.now = 1000
        self.clients: dict[str, Client] = {}  # by connection
        self.forgotten: list[str] = []
        self._count = 0
        self.gathers = False  # news wait until they are looked at

    def join(self, name: str, key: str = "", grant: Grant | None = None) -> Client:
        self._count += 1
        connection = f"w/{self._count}"
        client = self.clients[connection] = Client(name)
        arrival = Arrival(f"p{self._count}", connection, key, person(name), self.encrypts)
        try:
            joined, outputs = self.room.join(self.now, arrival, grant or GRANTS[self.kind, ROLE[name]])
        except WebError:
            del self.clients[connection]
            raise
        client.peer = joined.peer
        self.play(outputs)
        client.joined(joined)
        return client

    def play(self, outputs: list[Output]) -> None:
        """Bring the outputs to the clients, and the news of the room unless they are left to gather."""
        self.deliver(outputs)
        if not self.gathers:
            self.deliver(self.room.flush())

    def deliver(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Say(connections, event, message):
                    for connection in connections:
                        self.clients[connection].receive(event, message)
                case Left(_, connection):
                    if connection is not None:
                        self.clients.pop(connection).open = False
                case Forget(who):
                    self.forgotten.append(who)
                case Changed():
                    pass

    def drop(self, client: Client) -> None:
        connection = self.connection(client)
        del self.clients[connection]
        self.play(self.room.dropped(self.now, client.peer, connection))

    def connection(self, client: Client) -> str:
        return next(connection for connection, other in self.clients.items() if other is client)

    def check(self) -> None:
        """Every client's picture is what a fresh snapshot would be."""
        self.deliver(self.room.flush())
        for client in self.clients.values():
            member = self.room.member(client.peer)
            if member.inside:
                assert client.state == self.room.state(client.peer), client.name
            else:
                assert client.state is None


def media(microphone: bool = False, camera: bool = False, screen: bool = False, unmute: bool = False) -> wire.RoomMedia:
    return wire.RoomMedia(microphone, camera, screen, unmute)
