"""Several workers on a network that loses and delays, with a clock of our own."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from collab import presence_hub
from collab.bus import MemoryBus
from collab.presence import SILENCE_SECONDS, PresenceState, Present
from collab.presence_hub import LOOKS
from tests.web.house import eventually

AMIRA, BEN = Present("amira", "Amira", "pupil"), Present("ben", "Ben", "pupil")


class World:
    """Workers, what their listeners were told, and the network between them."""

    def __init__(self, *workers: str, seed: int = 0, loss: float = 0.0) -> None:
        self.chance = random.Random(seed)
        self.loss = loss
        self.now = 0.0
        self.workers = {worker: PresenceState(worker) for worker in workers}
        self.told: dict[str, dict[str, dict[str, str]]] = {worker: defaultdict(dict) for worker in workers}
        self.deaf: set[str] = set()
        self._under_way: list[tuple[str, bytes]] = []

    def publish(self, worker: str, payloads: list[bytes]) -> None:
        for payload in payloads:
            for other in self.workers:
                if worker not in self.deaf and other not in self.deaf and self.chance.random() >= self.loss:
                    self._under_way.append((other, payload))

    def deliver(self) -> None:
        while self._under_way:
            index = self.chance.randrange(len(self._under_way)) if self.loss else 0
            to, payload = self._under_way.pop(index)
            if to in self.workers:
                self.publish(to, self.workers[to].receive(self.now, payload))

    def flush(self) -> None:
        for name, worker in self.workers.items():
            changes, payloads = worker.flush()
            self.publish(name, payloads)
            for change in changes:
                people = self.told[name][change.channel]
                for seen in change.people:
                    people[seen.person.id] = seen.status
                for gone in change.gone:
                    del people[gone]

    def second(self) -> None:
        self.now += 1.0
        for name, worker in self.workers.items():
            self.publish(name, worker.tick(self.now, healthy=name not in self.deaf))
        self.deliver()
        self.flush()
        self.deliver()
        self.flush()

    def here(self, worker: str, channel: str = "c") -> dict[str, str]:
        """What a listener of this worker believes; the worker's own answer must be the same."""
        told = self.told[worker][channel]
        assert told == {seen.person.id: seen.status for seen in self.workers[worker].people(channel)}
        return told


def test_people_are_seen_on_all_workers() -> None:
    world = World("a", "b")
    world.workers["a"].enter("c", AMIRA)
    world.workers["b"].enter("c", BEN)
    world.second()
    for worker in world.workers:
        assert world.here(worker) == {"amira": "here", "ben": "here"}
    world.workers["a"].leave("c", "amira")
    world.second()
    assert world.here("b") == {"ben": "here"}


def test_two_connections_are_one_person() -> None:
    world = World("a", "b")
    for worker in ("a", "a", "b"):
        world.workers[worker].enter("c", AMIRA)
    world.second()
    world.workers["a"].leave("c", "amira")
    world.workers["a"].leave("c", "amira")
    world.second()
    assert world.here("a") == world.here("b") == {"amira": "here"}
    world.workers["b"].leave("c", "amira")
    world.second()
    assert world.here("a") == world.here("b") == {}


def test_what_came_and_went_between_two_flushes_is_not_told() -> None:
    world = World("a")
    world.workers["a"].enter("c", AMIRA)
    world.workers["a"].leave("c", "amira")
    assert world.workers["a"].flush()[0] == []


def test_a_silent_worker_is_gone_with_its_people() -> None:
    world = World("a", "b")
    world.workers["b"].enter("c", BEN)
    world.second()
    del world.workers["b"]
    for _ in range(int(SILENCE_SECONDS) - 1):
        world.second()
        assert world.here("a") == {"ben": "here"}
    world.second()
    assert world.here("a") == {}


def test_a_worker_that_says_farewell_is_gone_at_once() -> None:
    world = World("a", "b")
    world.workers["b"].enter("c", BEN)
    world.second()
    world.publish("b", [world.workers["b"].farewell()])
    world.deliver()
    world.flush()
    assert world.here("a") == {}


def test_without_our_bus_others_are_unknown_and_not_gone() -> None:
    world = World("a", "b")
    world.workers["a"].enter("c", AMIRA)
    world.workers["b"].enter("c", BEN)
    world.second()
    world.deaf.add("a")
    for _ in range(20):
        world.second()
    assert world.here("a") == {"amira": "here", "ben": "unknown"}
    assert world.here("b") == {"ben": "here"}
    world.deaf.clear()
    world.second()
    world.second()
    assert world.here("a") == world.here("b") == {"amira": "here", "ben": "here"}


def test_who_left_while_our_bus_was_away_is_found_out() -> None:
    world = World("a", "b")
    world.workers["b"].enter("c", BEN)
    world.second()
    world.deaf.add("a")
    world.second()
    world.workers["b"].leave("c", "ben")
    world.second()
    world.deaf.clear()
    for _ in range(3):
        world.second()
    assert world.here("a") == {}


@pytest.mark.parametrize("seed", range(30))
def test_all_workers_agree_in_the_end_whatever_was_lost(seed: int) -> None:
    world = World("a", "b", "c", seed=seed, loss=0.4)
    inside: dict[tuple[str, str, str], int] = defaultdict(int)
    people = {number: Present(f"p{number}", f"P{number}", "pupil") for number in range(12)}
    for _ in range(60):
        for _ in range(world.chance.randrange(5)):
            worker, channel = world.chance.choice("abc"), world.chance.choice("xy")
            person = people[world.chance.randrange(12)]
            if inside[worker, channel, person.id] and world.chance.random() < 0.5:
                inside[worker, channel, person.id] -= 1
                world.workers[worker].leave(channel, person.id)
            else:
                inside[worker, channel, person.id] += 1
                world.workers[worker].enter(channel, person)
        world.second()
    world.loss = 0.0
    for _ in range(6):
        world.second()
    for channel in "xy":
        truth = {person: "here" for (_, where, person), count in inside.items() if count and where == channel}
        for worker in world.workers:
            assert world.here(worker, channel) == truth, f"seed {seed}"


async def test_silence_is_looked_for_more_often_than_beats_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SILENCE_SECONDS + presence_hub.BEAT_SECONDS / LOOKS + presence_hub.COLLECT_SECONDS < 5.0
    monkeypatch.setattr(presence_hub, "BEAT_SECONDS", 0.02)
    bus, beats, looks = MemoryBus(), list[bytes](), list[float]()
    presence = presence_hub.Presence(bus, "a")
    await bus.subscribe(presence_hub.TOPIC, beats.append)
    tick = presence._state.tick

    def look(now: float, healthy: bool) -> list[bytes]:
        looks.append(now)
        return tick(now, healthy)

    monkeypatch.setattr(presence._state, "tick", look)
    await presence.start()
    await eventually(lambda: len(looks) > 3 * LOOKS)
    assert len(beats) <= len(looks) // LOOKS + 1
    await presence.close()


def test_garbage_on_the_bus_is_ignored() -> None:
    state = PresenceState("a")
    for payload in (b"", b"\x00", b"\xc1" * 20, b"{}"):
        assert state.receive(0.0, payload) == []


def test_how_somebody_is_reaches_all_their_channels_on_every_worker() -> None:
    world = World("a", "b")
    for channel in ("c", "d"):
        world.workers["a"].enter(channel, AMIRA)
    world.second()
    world.workers["a"].mark("amira", "away")
    world.second()
    assert [world.here(worker, channel) for worker in "ab" for channel in "cd"] == [{"amira": "away"}] * 4
    world.workers["a"].enter("e", AMIRA)  # a channel of later
    world.second()
    assert world.here("b", "e") == {"amira": "away"}
    world.workers["a"].mark("amira", "quiet", 7)
    world.second()
    (seen,) = world.workers["b"].people("c")
    assert (seen.status, seen.person.until) == ("quiet", 7)
    world.workers["a"].mark("amira", "here")
    world.second()
    assert world.here("b") == {"amira": "here"}


def test_the_most_telling_of_several_workers_counts() -> None:
    world = World("a", "b", "c")
    for worker, mood in (("a", "away"), ("b", "here")):
        world.workers[worker].mark("amira", mood)  # type: ignore[arg-type]
        world.workers[worker].enter("c", AMIRA)
    world.second()
    assert [world.here(worker) for worker in "abc"] == [{"amira": "here"}] * 3
    world.workers["a"].mark("amira", "lesson")
    world.second()
    assert [world.here(worker) for worker in "abc"] == [{"amira": "lesson"}] * 3
    world.workers["a"].leave("c", "amira")
    world.second()
    assert [world.here(worker) for worker in "abc"] == [{"amira": "here"}] * 3


def test_a_lost_mood_is_found_by_the_digest() -> None:
    world = World("a", "b")
    world.workers["a"].enter("c", AMIRA)
    world.second()
    world.deaf.add("b")
    world.workers["a"].mark("amira", "away")
    world.flush()
    world.deliver()
    world.deaf.clear()
    assert world.here("b") == {"amira": "here"}
    world.second()
    world.second()
    assert world.here("b") == {"amira": "away"}
