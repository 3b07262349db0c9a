"""N replicas around one server over a bad network; partitions, restarts of the server: in the end all are equal.

On the way up messages are lost, repeated and reordered. On the way down they are in order, as in a WebSocket, and end
when it breaks; a replica gets changes only after its first sync was answered, as from the hub.
No loop, no clock: the server is the live document with its log, restarted from the log alone. A server that is told of
something it cannot place asks for the difference, as the hub does.
"""

from __future__ import annotations

from random import Random

import pytest

from collab.document import LiveDocument
from collab.sync import Changes, Step1, build_step1, build_step2, build_update, parse_message
from tests.collab.clients import Replica
from tests.collab.school import content

Wire = list[bytes]


class Server:
    """The sans-IO half of the hub: judge, apply, log, answer."""

    def __init__(self) -> None:
        self.live = LiveDocument()
        self.log: list[bytes] = []

    def restart(self) -> None:
        """Forget everything but the log."""
        self.live = LiveDocument()
        for entry in self.log:
            judged = self.live.judge(entry)
            assert judged.placement is not None, "an entry builds on something that is not in the log before it"
            assert self.live.apply(judged) is not None, "an entry that was known got logged"

    def take(self, data: bytes) -> tuple[Wire, Wire]:
        """Take a message; returns what goes back to its sender, and what goes to everybody else."""
        match parse_message(data):
            case Step1(state_vector):
                return [build_step2(self.live.diff(state_vector))], []
            case Changes(change, _):
                judged = self.live.judge(change)
                if judged.placement is None:
                    return [build_step1(self.live.state_vector())], []
                event = self.live.apply(judged)
                if event is None:
                    return [], []
                self.log.append(event)
                return [], [build_update(event)]
        return [], []


class Network:
    """Links between the server and each replica; seeded faults."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self.server = Server()
        self.replicas = [Replica(100 + number) for number in range(count)]
        self.up: list[Wire] = [[] for _ in range(count)]
        self.down: list[Wire] = [[] for _ in range(count)]
        self.cut: set[int] = set()
        self.synced: set[int] = set(range(count))
        self.faulty = True

    def step(self) -> None:
        """Carry one message somewhere."""
        number = self.random.randrange(len(self.replicas))
        replica = self.replicas[number]
        self.up[number] += replica.outgoing
        replica.outgoing.clear()
        if number in self.cut:
            return
        if self.up[number] and self.random.random() < 0.5:
            back, others = self.server.take(self._pick(self.up[number]))
            self.down[number] += back
            self.synced |= {number} if any(message[1] == 1 for message in back) else set()
            for other in self.synced - {number}:
                self.down[other] += others
        elif self.down[number]:
            replica.take(self.down[number].pop(0))

    def _pick(self, wire: Wire) -> bytes:
        chance = self.random.random() if self.faulty else 1.0
        if chance < 0.1:
            return wire.pop(self.random.randrange(len(wire)))
        if chance < 0.2:
            return wire[0]
        if chance < 0.3 and len(wire) > 1:
            wire.pop(0)
        return wire.pop(0)

    def toggle(self, number: int) -> None:
        """Break the connection of a replica, or make it anew."""
        if number in self.cut:
            self.reconnect(number)
        else:
            self.cut.add(number)
            self.synced.discard(number)

    def reconnect(self, number: int) -> None:
        """What was under way is lost; both sides say what they have."""
        self.cut.discard(number)
        self.synced.discard(number)
        replica = self.replicas[number]
        replica.outgoing.clear()
        self.up[number] = [build_step1(replica.doc.get_state())]
        self.down[number] = [build_step1(self.server.live.state_vector())]

    def quiet(self) -> bool:
        return not any(self.up) and not any(self.down) and not any(replica.outgoing for replica in self.replicas)


def edit(random: Random, replica: Replica) -> None:
    length = len(str(replica.text))
    match random.randrange(5):
        case 0 | 1:
            replica.text.insert(random.randrange(length + 1), random.choice(["a", "b", "wort "]))
        case 2 if length:
            start = random.randrange(length)
            del replica.text[start : min(length, start + random.randrange(1, 5))]
        case 3:
            replica.map[random.choice("xyz")] = random.randrange(100)
        case _:
            replica.map.pop(random.choice("xyz"), None)


@pytest.mark.parametrize("seed", range(12))
def test_everybody_ends_with_the_same_document(seed: int) -> None:
    random = Random(seed)
    network = Network(random, 5)
    for _ in range(1500):
        if random.random() < 0.3:
            edit(random, random.choice(network.replicas))
        if random.random() < 0.01:
            network.toggle(random.randrange(5))
        if random.random() < 0.01:
            network.server.restart()
        network.step()
    network.faulty = False
    for _ in range(2):
        for number in range(5):
            network.reconnect(number)
        while not network.quiet():
            network.step()
    reference = Replica(1)
    network.server.restart()
    reference.doc.apply_update(network.server.live.full())
    for replica in network.replicas:
        assert content(replica) == content(reference), f"seed {seed}"
        assert network.server.live.diff(replica.doc.get_state()) == network.server.live.diff(reference.doc.get_state())
