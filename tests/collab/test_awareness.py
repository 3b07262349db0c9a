"""Presence in a document: whose entry counts, what the server stamps, how clocks rise, who disappears when."""

from __future__ import annotations

import json
from random import Random

import pytest

from collab.awareness import (
    COLOURS,
    EPOCH,
    MAX_CHANGES,
    MAX_PEOPLE,
    MAX_STATE,
    Editor,
    Remote,
    Room,
    stamp,
    to_remote,
    wall_clock,
)
from collab.sync import Entry

ADA = Editor("ada", "Ada", "teacher", 0)
BEN = Editor("ben", "Ben", "pupil", 9)
NOW = EPOCH + 1000.0


def say(client: int, state: str = '{"cursor":1}', clock: int = 1) -> tuple[Entry, ...]:
    return (Entry(client, clock, state.encode()),)


def test_the_server_says_who_somebody_is() -> None:
    state = json.loads(stamp(b'{"cursor": {"x": 1}, "user": {"name": "Head"}}', BEN) or b"")
    assert state["cursor"] == {"x": 1}
    assert state["user"] == {"id": "ben", "name": "Ben", "role": "pupil", "color": COLOURS[1], "colour": 1}


@pytest.mark.parametrize(
    "state",
    [
        b"[1]",
        b"5",
        b"{",
        b"\xff",
        b'{"\xff":1}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":' * 700,
        b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
        b"",
    ],
)
def test_what_is_no_object_is_ignored(state: bytes) -> None:
    assert stamp(state, ADA) is None
    assert Room("w").receive(NOW, 1, ADA, (Entry(5, 1, state),)) == []


def test_a_state_that_grows_too_large_by_the_stamp_is_ignored() -> None:
    assert stamp(b'{"a":"' + b"x" * 200 + b'"}', Editor("ada", "A" * 9000, "teacher", 0)) is None
    big = b'{"a":"' + b"x" * MAX_STATE + b'"}'
    assert Room("w").receive(NOW, 1, ADA, (Entry(5, 1, big),)) == []


def test_a_connection_speaks_for_one_client_id_only() -> None:
    room = Room("w")
    (here,) = room.receive(NOW, 1, ADA, say(5))
    assert (here.client, here.owner) == (5, 1)
    assert room.receive(NOW, 2, BEN, say(5, '{"evil":1}', 99)) == []
    assert room.receive(NOW, 2, BEN, say(5, "null", 99)) == []
    room.receive(NOW, 2, BEN, say(6))
    assert room.receive(NOW, 1, ADA, say(6, '{"evil":1}', 99)) == [], "an echo of somebody else"
    assert json.loads(room.here[6].state)["user"]["id"] == "ben"


def test_an_unchanged_state_is_not_passed_on() -> None:
    room = Room("w")
    room.receive(NOW, 1, ADA, say(5))
    assert room.receive(NOW, 1, ADA, say(5, clock=2)) == []
    (changed,) = room.receive(NOW, 1, ADA, say(5, '{"cursor":2}', clock=3))
    assert changed.clock > wall_clock(NOW)


def test_a_new_client_id_of_a_connection_replaces_the_old_one() -> None:
    room = Room("w")
    room.receive(NOW, 1, ADA, say(5))
    gone, here = room.receive(NOW, 1, ADA, say(7))
    assert (gone.client, gone.state, here.client) == (5, b"null", 7)
    assert set(room.here) == {7} and room.here[7].owner == 1


def test_somebody_who_comes_back_takes_the_client_id_along() -> None:
    room = Room("w")
    room.receive(NOW, 1, ADA, say(5))
    (here,) = room.receive(NOW, 2, ADA, say(5, '{"cursor":2}'))
    assert here.owner == 2
    assert room.connection_closed(NOW, 1) == [], "the dead connection takes nothing with it"
    assert set(room.here) == {5}


def test_clocks_rise_over_leaving_and_coming_back() -> None:
    room = Room("w")
    (first,) = room.receive(NOW, 1, ADA, say(5))
    (gone,) = room.connection_closed(NOW, 1)
    (back,) = room.receive(NOW, 2, ADA, say(5, clock=1))
    assert first.clock < gone.clock < back.clock and gone.state == b"null"
    assert room.receive(NOW, 3, BEN, say(9, "null")) == [], "an echo of somebody gone"
    room.connection_closed(NOW, 2)
    assert room.receive(NOW, 3, BEN, say(5)) == [], "a late echo of somebody who has just gone"
    assert room.here == {}


def test_leaving_by_word_counts_too() -> None:
    room = Room("w")
    room.receive(NOW, 1, ADA, say(5))
    (gone,) = room.receive(NOW, 1, ADA, say(5, "null", 2))
    assert gone.state == b"null" and room.connection_closed(NOW, 1) == []


def test_renewing_raises_only_our_own_and_forgets_the_long_gone() -> None:
    room = Room("w")
    (before,) = room.receive(NOW, 1, ADA, say(5))
    clock = before.clock
    room.receive_remote("other", [Remote(6, 50, b"{}", "ben")])
    (renewed,) = room.renew(NOW)
    assert renewed.client == 5 and renewed.clock == clock + 1
    room.connection_closed(NOW, 1)
    room.renew(NOW + 3600)
    (back,) = room.receive(NOW + 3600, 2, ADA, say(5))
    assert back.clock == wall_clock(NOW + 3600)


def test_people_of_other_workers() -> None:
    ours, theirs = Room("a"), Room("b")
    told = [to_remote(here) for here in theirs.receive(NOW, 1, BEN, say(6))]
    (here,) = ours.receive_remote("b", told)
    assert here.owner is None and here.worker == "b"
    assert ours.receive_remote("b", told) == [], "nothing new"
    assert ours.receive(NOW, 1, ADA, say(6, '{"evil":1}')) == [], "somebody else's on another worker"
    (gone,) = theirs.connection_closed(NOW, 1)
    assert ours.receive_remote("c", [to_remote(gone)]) == [], "only its own worker takes somebody away"
    (gone,) = ours.receive_remote("b", [to_remote(gone)])
    assert gone.state == b"null" and ours.here == {}
    assert ours.receive_remote("b", told) == [], "late news of somebody gone"


def test_somebody_may_move_to_another_worker() -> None:
    ours = Room("a")
    ours.receive(NOW, 1, BEN, say(6))
    (moved,) = ours.receive_remote("b", [Remote(6, ours.here[6].clock + 1, b"{}", "ben")])
    assert moved.worker == "b" and ours.connection_closed(NOW, 1) == []
    (back,) = ours.receive(NOW, 2, BEN, say(6))
    assert back.owner == 2 and back.worker == "a"


def test_a_lost_worker_takes_its_people_along() -> None:
    room = Room("a")
    room.receive(NOW, 1, ADA, say(5))
    room.receive_remote("b", [Remote(6, 10, b"{}", "ben"), Remote(7, 10, b"{}", "cleo")])
    assert sorted(here.client for here in room.worker_lost(NOW, "b")) == [6, 7]
    assert set(room.here) == {5}


def test_there_is_a_most() -> None:
    room = Room("a")
    for number in range(MAX_PEOPLE):
        room.receive(NOW, number, ADA, say(number))
    assert room.receive(NOW, 5000, BEN, say(5000)) == []
    assert room.receive_remote("b", [Remote(5001, 10, b"{}", "cleo")]) == []
    assert len(room.here) == MAX_PEOPLE


@pytest.mark.parametrize("seed", range(20))
def test_two_workers_agree_on_who_is_here(seed: int) -> None:
    """Whatever people do, once all news has arrived both workers show the same."""
    random = Random(seed)
    rooms = [Room("a"), Room("b")]
    people = [Editor(name, name, "pupil", 0) for name in ("ada", "ben", "cleo")]
    open_connections: list[tuple[int, int]] = []
    number = 0
    for step in range(300):
        now = NOW + step
        if open_connections and random.random() < 0.3:
            side, connection = open_connections.pop(random.randrange(len(open_connections)))
            changed = rooms[side].connection_closed(now, connection)
        else:
            number += 1
            side, who = random.randrange(2), random.randrange(3)
            client = 100 + (who if random.random() < 0.7 else random.randrange(3))
            changed = rooms[side].receive(now, number, people[who], say(client, f'{{"n":{step}}}'))
            open_connections.append((side, number))
        told = [to_remote(here) for here in changed]
        rooms[1 - side].receive_remote(rooms[side].worker, told)
        shown = [{client: (here.clock, here.state) for client, here in room.here.items()} for room in rooms]
        assert shown[0] == shown[1], f"seed {seed} step {step}"


@pytest.mark.parametrize("goodbye", [False, True], ids=["one id after the other", "with goodbyes between"])
def test_a_message_full_of_ids_costs_as_little_as_one(goodbye: bool) -> None:
    room = Room("w")
    ids = range(1, 1001)
    entries = [entry for client in ids for entry in (say(client) + (say(client, "null") if goodbye else ()))]
    changed = room.receive(NOW, 1, BEN, tuple(entries))
    assert len(changed) <= MAX_CHANGES + 1
    assert len(room.here) <= 1
    (mine,) = room.receive(NOW, 2, ADA, say(2000))
    assert (mine.owner, mine.client) == (2, 2000)
