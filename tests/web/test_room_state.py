"""The room without a server: who is told what, and that a snapshot and its deltas always equal a fresh snapshot."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from msgspec import Struct, structs

from web import messages as wire
from web.errors import AccessDenied, Overloaded, StateError, WebError
from web.room_members import KEEP_PLACE_MS, MAX_DEVICES, MAX_ENCRYPTED, Arrival, Forget, Left, Output, Say
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
            return structs.replace(state, peers=[*state.peers, peer])
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

    def drop(self, client: Client) -> None:
        connection = self.connection(client)
        del self.clients[connection]
        self.play(self.room.dropped(self.now, client.peer, connection))

    def connection(self, client: Client) -> str:
        return next(connection for connection, other in self.clients.items() if other is client)

    def check(self) -> None:
        """Every client's picture is what a fresh snapshot would be."""
        for client in self.clients.values():
            member = self.room.member(client.peer)
            if member.inside:
                assert client.state == self.room.state(client.peer), client.name
            else:
                assert client.state is None


def media(microphone: bool = False, camera: bool = False, screen: bool = False, unmute: bool = False) -> wire.RoomMedia:
    return wire.RoomMedia(microphone, camera, screen, unmute)


@pytest.mark.parametrize("kind", ["lesson", "consultation", "conference"])
@pytest.mark.parametrize("seed", range(25))
def test_snapshot_and_deltas_equal_a_fresh_snapshot(kind: MeetingKind, seed: int) -> None:
    chance = random.Random(f"{kind} {seed}")
    table = Table(kind)
    for step in range(150):
        with contextlib.suppress(WebError):  # refused: then nothing may have changed
            act(table, chance)
        try:
            table.check()
        except AssertionError as error:
            raise AssertionError(f"seed {kind} {seed}, step {step}") from error


def act(table: Table, chance: random.Random) -> None:
    room = table.room
    table.now += chance.randrange(3000)
    peers = [member.peer for member in room.members] or ["nobody"]
    by, of = chance.choice(peers), chance.choice([*peers, None])
    target = of or by
    grants = [grant for (kind, _), grant in GRANTS.items() if kind == table.kind]
    doings: list[Callable[[], object]] = [
        lambda: table.join(chance.choice(list(ROLE)), chance.choice(["", "a", "b"])),
        lambda: table.drop(chance.choice(list(table.clients.values()))) if table.clients else None,
        lambda: table.play(room.leave(by)),
        lambda: table.play(room.tick(table.now)),
        lambda: table.play(room.hand(table.now, by, chance.random() < 0.7)),
        lambda: table.play(room.media(by, media(*(chance.random() < 0.5 for _ in range(4))))[1]),
        lambda: table.play(room.media_state(by, chance.choice(["connected", "lost"]))),
        lambda: table.play(room.present(by, chance.choice(["deck", None]), chance.choice(["1", "2", None]))),
        lambda: table.play(room.lower(by, of)),
        lambda: table.play(room.admit(by, target)),
        lambda: table.play(room.reject(by, target)),
        lambda: table.play(room.remove(by, target)),
        lambda: table.play(room.mute(by, of)),
        lambda: table.play(room.ask_unmute(by, target)),
        lambda: table.play(room.set_stage(by, of)),
        lambda: table.play(room.lock(by, chance.random() < 0.5)),
        lambda: table.play(room.set_grant(by, chance.choice(grants))),
        lambda: table.play(room.set_meeting(structs.replace(room.meeting, title=str(chance.random())))),
    ]
    weights = [6, *([1] * (len(doings) - 1))]
    chance.choices(doings, weights)[0]()


def test_everything_is_off_at_join_and_nobody_switches_it_on_from_afar() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira")
    table.play(table.room.ask_unmute(teacher.peer, amira.peer))
    table.play(table.room.set_stage(teacher.peer, amira.peer))
    assert amira.heard[-2][0] == "room:please_unmute"
    view = table.room.member(amira.peer)
    assert not view.microphone and not view.camera and not view.screen


def test_a_mute_holds_until_the_person_unmutes() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira")
    table.play(table.room.media(amira.peer, media(microphone=True))[1])
    table.play(table.room.mute(teacher.peer, None))
    assert table.room.media_wishes()[amira.peer].muted
    assert not table.room.media_wishes()[teacher.peer].muted, "moderators are not muted with the class"
    # A message that was under way when the mute came does not lift it.
    view, _ = table.room.media(amira.peer, media(microphone=True, camera=True))
    assert view.muted and not view.microphone and view.camera
    view, _ = table.room.media(amira.peer, media(microphone=True, camera=True, unmute=True))
    assert view.microphone and not view.muted
    assert not table.room.media_wishes()[amira.peer].muted


def test_hands_are_one_queue_for_all() -> None:
    table = Table()
    teacher, amira, ben = table.join("teacher"), table.join("amira"), table.join("ben")
    for client in (ben, amira):
        table.now += 10
        table.play(table.room.hand(table.now, client.peer, True))
    table.play(table.room.hand(table.now + 5, ben.peer, True))  # raised already: keeps the place
    late = table.join("clara")
    for client in (teacher, amira, ben, late):
        assert client.state is not None
        assert [hand.peer for hand in client.state.hands] == [ben.peer, amira.peer]
    table.play(table.room.lower(teacher.peer, ben.peer))
    assert late.state is not None
    assert [hand.peer for hand in late.state.hands] == [amira.peer]


PUPIL_MUST_NOT = ["lower", "admit", "reject", "remove", "mute", "ask_unmute", "set_stage", "lock", "end"]


@pytest.mark.parametrize("action", PUPIL_MUST_NOT)
def test_pupils_have_no_power_over_others(action: str) -> None:
    table = Table()
    table.join("teacher")
    amira, ben = table.join("amira"), table.join("ben")
    arguments = {"lock": (True,), "end": ()}.get(action, (ben.peer,))
    with pytest.raises(AccessDenied) as refused:
        getattr(table.room, action)(amira.peer, *arguments)
    assert refused.value.code == "not_allowed"


def test_pupils_may_not_present_or_share_without_the_grant() -> None:
    table = Table()
    amira = table.join("amira")
    with pytest.raises(AccessDenied):
        table.room.present(amira.peer, "deck", None)
    with pytest.raises(AccessDenied):
        table.room.media(amira.peer, media(screen=True))


def test_who_waits_sees_and_sends_nothing() -> None:
    table = Table()
    teacher, guest = table.join("teacher"), table.join("guest")
    assert guest.state is None
    table.play(table.room.mute(teacher.peer, None))
    table.play(table.room.present(teacher.peer, "deck", "1"))
    assert [event for event, _ in guest.heard] == ["ack"]
    assert guest.peer not in table.room.media_wishes()
    for attempt in (
        lambda: table.room.hand(0, guest.peer, True),
        lambda: table.room.media(guest.peer, media(microphone=True)),
        lambda: table.room.state(guest.peer),
    ):
        with pytest.raises(StateError):
            attempt()
    assert teacher.state is not None
    assert [waiting.peer for waiting in teacher.state.lobby] == [guest.peer]
    table.play(table.room.admit(teacher.peer, guest.peer))
    assert guest.heard[-1][0] == "room:admitted"
    assert guest.state == table.room.state(guest.peer)
    assert table.join("guest").state is not None, "who was let in once is let in again"


def test_only_moderators_know_of_the_lobby() -> None:
    table = Table()
    amira = table.join("amira")
    table.join("guest")
    assert amira.state is not None
    assert amira.state.lobby == []
    assert [event for event, _ in amira.heard] == ["ack"]


def test_a_locked_room_makes_newcomers_wait() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "key")
    table.play(table.room.lock(teacher.peer, True))
    ben = table.join("ben")
    assert ben.state is None
    table.drop(amira)
    assert table.join("amira", "other").state is not None, "who was in comes in again"
    assert table.join("helper").state is not None, "moderators always come in"


PUBLIC = wire.SecretHello("A" * 87, answer=False)


def carried(client: Client) -> list[str]:
    return [message.peer for _, message in client.heard if isinstance(message, wire.RoomSecretFrom)]


def test_keys_go_to_those_inside_who_see_each_other() -> None:
    table = Table("consultation", encrypted=True)
    teacher, haddad, kaya = table.join("teacher"), table.join("haddad"), table.join("kaya")
    everybody = [wire.Parcel(client.peer, PUBLIC) for client in (teacher, haddad, kaya)]
    with pytest.raises(StateError):
        table.room.carry(haddad.peer, everybody)  # from the lobby
    for client in (haddad, kaya):
        table.play(table.room.admit(teacher.peer, client.peer))
    missed, outputs = table.room.carry(haddad.peer, [*everybody, wire.Parcel("nobody", PUBLIC)])
    table.play(outputs)
    assert missed == [haddad.peer, kaya.peer, "nobody"], "a family neither reaches nor finds out about another"
    assert (carried(teacher), carried(kaya)) == ([haddad.peer], [])
    table.drop(kaya)
    missed, outputs = table.room.carry(teacher.peer, everybody)
    table.play(outputs)
    assert missed == [teacher.peer, kaya.peer], "who is away hears nothing"
    assert carried(haddad) == [teacher.peer]


def test_encryption_is_settled_before_anybody_is_inside() -> None:
    table = Table("consultation")
    waiting = table.join("haddad")
    table.play(table.room.set_meeting(meeting("consultation", encrypted=True)))
    with pytest.raises(StateError, match="encrypted") as refused:
        table.join("teacher")
    assert refused.value.code == "encrypted"
    table.encrypts = True
    teacher = table.join("teacher")
    assert teacher.state is not None and teacher.state.encrypted
    table.play(table.room.admit(teacher.peer, waiting.peer))
    table.play(table.room.set_meeting(meeting("consultation")))
    assert table.room.state(teacher.peer).encrypted, "not while people are inside"
    plain = Table()
    first, second = plain.join("teacher"), plain.join("amira")
    with pytest.raises(StateError):
        plain.room.carry(first.peer, [wire.Parcel(second.peer, PUBLIC)])


def test_an_encrypted_room_is_small() -> None:
    table = Table(encrypted=True)
    for number in range(MAX_ENCRYPTED):
        arrival = Arrival(f"x{number}", f"v/{number}", "", structs.replace(person("amira"), id=f"a{number}"), True)
        table.room.join(0, arrival, GRANTS["lesson", "pupil"])
    with pytest.raises(Overloaded):
        table.join("ben")


def test_a_removed_person_waits_when_coming_again() -> None:
    table = Table()
    teacher, amira, second = table.join("teacher"), table.join("amira"), table.join("amira")
    table.play(table.room.remove(teacher.peer, amira.peer))
    assert not amira.open and not second.open, "all devices of the person go"
    assert table.join("amira").state is None


def test_nobody_removes_themself() -> None:
    table = Table()
    teacher = table.join("teacher")
    with pytest.raises(StateError):
        table.room.remove(teacher.peer, teacher.peer)


def test_a_place_is_kept_and_taken_again() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "tab-1")
    table.play(table.room.hand(table.now, amira.peer, True))
    table.drop(amira)
    assert teacher.state is not None
    assert [peer.connection for peer in teacher.state.peers] == ["waiting", "away"]
    table.now += KEEP_PLACE_MS - 1
    table.play(table.room.tick(table.now))
    again = table.join("amira", "tab-1")
    assert again.peer == amira.peer
    assert teacher.state is not None
    assert len(teacher.state.peers) == 2 and len(teacher.state.hands) == 1
    table.check()


def test_a_place_is_given_up_after_a_while() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira", "tab-1")
    table.drop(amira)
    deadline = table.room.next_deadline()
    assert deadline == table.now + KEEP_PLACE_MS
    table.play(table.room.tick(deadline))
    assert teacher.state is not None
    assert [peer.person for peer in teacher.state.peers] == ["teacher"]
    assert table.room.next_deadline() is None
    assert table.join("amira", "tab-1").peer != amira.peer


def test_a_half_open_connection_is_replaced() -> None:
    table = Table()
    amira = table.join("amira", "tab-1")
    again = table.join("amira", "tab-1")
    assert again.peer == amira.peer
    assert amira.heard[-1] == ("room:closed", wire.RoomClosed("replaced"))
    assert len(list(table.room.members)) == 1


def test_somebody_elses_key_takes_no_place() -> None:
    table = Table()
    amira = table.join("amira", "tab-1")
    assert table.join("ben", "tab-1").peer != amira.peer


def test_two_devices_are_two_peers_up_to_a_bound() -> None:
    table = Table()
    peers = {table.join("amira", f"tab-{number}").peer for number in range(MAX_DEVICES)}
    assert len(peers) == MAX_DEVICES
    with pytest.raises(Overloaded):
        table.join("amira", "one-more")


def test_no_family_ever_hears_of_another() -> None:
    table = Table("consultation")
    teacher = table.join("teacher")
    haddad, kaya = table.join("haddad"), table.join("kaya")
    for client in (haddad, kaya):
        table.play(table.room.admit(teacher.peer, client.peer))
    before = len(haddad.heard)
    table.play(table.room.media(kaya.peer, media(microphone=True, camera=True))[1])
    table.play(table.room.hand(table.now, kaya.peer, True))
    table.play(table.room.set_stage(teacher.peer, kaya.peer))
    told = [message for _, message in haddad.heard[before:]]
    assert all(isinstance(message, wire.RoomChanged) for message in told)
    assert "kaya" not in str(haddad.heard).lower()
    assert kaya.peer not in str(haddad.heard)
    wishes = table.room.media_wishes()
    assert wishes[kaya.peer].audience == frozenset({teacher.peer, kaya.peer})
    assert wishes[teacher.peer].audience is None
    table.check()


def test_a_family_that_left_asks_again() -> None:
    table = Table("consultation")
    teacher, haddad = table.join("teacher"), table.join("haddad")
    table.play(table.room.admit(teacher.peer, haddad.peer))
    table.play(table.room.leave(haddad.peer))
    assert table.forgotten == ["haddad"]
    assert table.join("haddad").state is None


def test_a_lost_right_ends_what_stood_on_it() -> None:
    table = Table()
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.media(helper.peer, media(True, True, True))[1])
    table.play(table.room.present(helper.peer, "deck", "1"))
    table.play(table.room.set_grant(helper.peer, Grant("yes", False, False, False, False, False, False)))
    member = table.room.member(helper.peer)
    assert not (member.microphone or member.camera or member.screen)
    assert teacher.state is not None
    assert teacher.state.presenting is None
    assert "room:grant" in [event for event, _ in helper.heard]
    table.check()
    table.play(table.room.set_grant(helper.peer, None))
    assert helper.heard[-1] == ("room:closed", wire.RoomClosed("no_right"))
    assert helper.peer not in table.room.media_wishes()


def test_who_becomes_a_moderator_sees_the_lobby() -> None:
    table = Table()
    amira = table.join("amira")
    table.join("guest")
    table.play(table.room.set_grant(amira.peer, GRANTS["lesson", "teacher"]))
    assert amira.state is not None
    assert len(amira.state.lobby) == 1
    table.check()


def test_one_screen_at_a_time() -> None:
    table = Table("conference")
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.media(teacher.peer, media(screen=True))[1])
    with pytest.raises(StateError):
        table.room.media(helper.peer, media(screen=True))
    table.play(table.room.media(teacher.peer, media())[1])
    table.play(table.room.media(helper.peer, media(screen=True))[1])
    table.play(table.room.media(teacher.peer, media(screen=True))[1])  # the chair takes over
    assert not table.room.member(helper.peer).screen
    table.check()


def test_a_presenter_is_not_pushed_aside_by_equals() -> None:
    table = Table("conference")
    teacher, helper = table.join("teacher"), table.join("helper")
    table.play(table.room.present(teacher.peer, "deck", "1"))
    with pytest.raises(StateError):
        table.room.present(helper.peer, "table", None)
    table.play(table.room.present(teacher.peer, None, None))
    table.play(table.room.present(helper.peer, "table", None))
    table.play(table.room.leave(helper.peer))
    assert teacher.state is not None
    assert teacher.state.presenting is None


def test_what_is_presented_stays_with_a_person_who_came_back_in_another_window() -> None:
    table = Table()
    amira, lost = table.join("amira"), table.join("teacher", key="first")
    table.play(table.room.present(lost.peer, "deck", "2"))
    found = table.join("teacher", key="second")
    table.play(table.room.leave(lost.peer))
    assert amira.state is not None
    assert amira.state.presenting == wire.Presenting(found.peer, "deck", "2")
    table.check()
    table.play(table.room.leave(found.peer))
    assert amira.state.presenting is None
    table.check()


def test_the_end_takes_everybody_out() -> None:
    table = Table()
    teacher, amira, guest = table.join("teacher"), table.join("amira"), table.join("guest")
    table.play(table.room.end(teacher.peer))
    assert table.room.empty
    for client in (teacher, amira, guest):
        assert client.heard[-1] == ("room:closed", wire.RoomClosed("ended"))


def test_a_meeting_that_does_not_exist_for_somebody() -> None:
    with pytest.raises(AccessDenied) as refused:
        Table().join("haddad")
    assert refused.value.code == "not_found"


def test_changes_are_numbered_without_gaps() -> None:
    table = Table()
    teacher, amira = table.join("teacher"), table.join("amira")
    for _ in range(3):
        table.join("guest")
        table.play(table.room.hand(table.now, amira.peer, amira.peer not in str(amira.state and amira.state.hands)))
    for client in (teacher, amira):
        numbers = [message.seq for _, message in client.heard if isinstance(message, wire.RoomChanged)]
        assert all(second == first + 1 for first, second in pairwise(numbers))


def test_a_line_has_a_word_while_media_flow() -> None:
    table = Table()
    table.join("teacher")
    amira = table.join("amira")

    def quality() -> str:
        return next(peer.quality for peer in table.room.state(amira.peer).peers if peer.peer == amira.peer)

    def rate(score: int) -> bool:
        table.now += 1000
        counts, outputs = table.room.rate(table.now, amira.peer, score)
        table.play(outputs)
        assert counts
        return bool(outputs)

    assert not rate(90) and quality() == "unknown", "a line without media says nothing"
    table.play(table.room.media_state(amira.peer, "connected"))
    assert rate(90) and quality() == "good"
    assert not rate(78) and quality() == "good", "so little is no news"
    assert rate(76) and quality() == "fair"
    assert rate(40) and quality() == "weak"
    assert table.room.rate(table.now + 999, amira.peer, 90) == (False, []), "once a second"
    table.play(table.room.media_state(amira.peer, "lost"))
    assert quality() == "unknown"


def test_cameras_may_go_to_those_who_lead_and_to_nobody_else() -> None:
    table = Table()
    teacher, helper, amira, ben = (table.join(name) for name in ("teacher", "helper", "amira", "ben"))
    again = table.join("amira", "second device")
    assert all(wish.camera_audience is None for wish in table.room.media_wishes().values())
    table.play(table.room.set_meeting(structs.replace(meeting(), private_cameras=True)))
    assert ben.state is not None and ben.state.private_cameras
    wishes = table.room.media_wishes()
    leaders = {name.peer for name in (teacher, helper) if table.room.member(name.peer).grant.moderate}
    assert teacher.peer in leaders
    assert wishes[teacher.peer].camera_audience is None
    assert wishes[amira.peer].camera_audience == frozenset({*leaders, amira.peer, again.peer})
    assert wishes[ben.peer].camera_audience == frozenset({*leaders, ben.peer})
    assert wishes[amira.peer].audience is None, "all hear each other"
    table.room.check_moderator(teacher.peer)
    with pytest.raises(AccessDenied):
        table.room.check_moderator(ben.peer)
