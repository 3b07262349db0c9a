"""The room without a server: who is told what, and that a snapshot and its deltas always equal a fresh snapshot."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from msgspec import structs

from tests.web.room_table import ROLE, Table, media
from web import messages as wire
from web.errors import AccessDenied, WebError
from web.school.grants import GRANTS
from web.school.model import MeetingKind


@pytest.mark.parametrize("kind", ["lesson", "consultation", "conference"])
@pytest.mark.parametrize("seed", range(25))
def test_snapshot_and_deltas_equal_a_fresh_snapshot(kind: MeetingKind, seed: int) -> None:
    chance = random.Random(f"{kind} {seed}")
    table = Table(kind)
    table.gathers = seed % 2 == 1
    for step in range(150):
        with contextlib.suppress(WebError):  # refused: then nothing may have changed
            act(table, chance)
        try:
            if not table.gathers or chance.random() < 0.3:
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


def test_the_end_takes_everybody_out() -> None:
    table = Table()
    teacher, amira, guest = table.join("teacher"), table.join("amira"), table.join("guest")
    table.play(table.room.close("ended"))
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
