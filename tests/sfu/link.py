"""A school's network with a clock of its own: links with a queue, delay, loss and a capacity that changes; viewers
behind them with the plane's estimate and pacer and the allocator's decisions.

Laws: all chance comes from the seed. Times are microseconds, rates are kbit/s (so bits per millisecond). One step is
5 ms, the pacer's interval. What a viewer gets is counted by the second.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from sfu._native import Rehearsal
from sfu.allocator import LEFT_OUT, Allocation, Supply, Want

SECOND = 1_000_000
STEP = 5_000
FRAME = 65_000
SOUND_EVERY, SOUND_BYTES = 20_000, 120
HEADERS = 60
"""RTP, SRTP, UDP and IP."""
CAMERA = (55, 130, 310)
THINNED = 0.6


@dataclass
class Link:
    """The way to one or many viewers. `capacity`: (from second, kbit/s), 0 carries nothing. `loss`: of one.

    `reliable`: a stream (TCP) that loses nothing: what is lost comes a round trip later, and what follows waits for it.
    """

    capacity: list[tuple[float, float]]
    queue: int = 300_000
    delay: int = 20_000
    jitter: int = 0
    loss: float = 0.0
    reliable: bool = False
    free: int = 0
    last: int = 0

    def rate(self, now: int) -> float:
        return [rate for since, rate in self.capacity if since * SECOND <= now][-1]

    def wait(self, now: int) -> int:
        return max(0, self.free - now)

    def carry(self, now: int, size: int, random: Random) -> int | None:
        """When the packet arrives, if it does."""
        rate = self.rate(now)
        if rate == 0 or (self.wait(now) > self.queue and not self.reliable):
            return None
        self.free = max(self.free, now) + int(size * 8_000 / rate)
        arrival = self.free + self.delay + random.randint(0, self.jitter)
        if random.random() < self.loss:
            if not self.reliable:
                return None
            arrival += 2 * self.delay + 10_000
        self.last = max(self.last, arrival)
        return self.last


@dataclass
class Seen:
    """One second of one viewer. `kbit` includes headers and padding; `wait` is the link's longest queue, in ms."""

    kbit: float = 0.0
    sound: int = 0
    wait: float = 0.0
    late: float = 0.0
    stage: int = LEFT_OUT
    tiles: int = 0
    paused: bool = False
    halved: bool = False


@dataclass
class Viewer:
    """A pupil who sees the teacher on the stage and eight others, within a cap of 1 Mbit/s; or what else is said."""

    link: Link
    phase: int = 0
    gone: tuple[float, float] = (0.0, 0.0)
    """Between these seconds its page is silenced: it asks for nothing and answers nothing."""
    cap: int = 1_000
    stage: tuple[int, ...] = CAMERA
    thinned: bool = False
    """The cameras mark half of their frames, which are THINNED of a layer's bytes."""
    tiles: int = 8
    stalls: float = 0.0
    """The share of time in which this server stands still, for up to 150 ms each: nothing is read, nothing sent."""
    stalled: int = 0
    seconds: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.way = Rehearsal(self.cap * 1_000)
        self.allocation = Allocation(self.cap)
        self.wants = [Want("stage", "stage", 1, _supply(self.stage, self.thinned))]
        self.wants += [
            Want(f"tile-{n}", "tile", 10 + n, _supply(CAMERA, self.thinned)) for n in range(1, self.tiles + 1)
        ]
        self.layers: dict[str, int] = {}
        self.flying: deque[tuple[int, int, int, bool, int]] = deque()
        self.answers: deque[tuple[int, bytes]] = deque()
        self.frame, self.sound, self.look = self.phase, self.phase, 0
        self.now = Seen()

    def step(self, now: int, random: Random) -> None:
        if self._stands_still(now, random):
            return
        away = self.gone[0] * SECOND <= now < self.gone[1] * SECOND
        if not away:
            self._produce(now, random)
        for at in range(
            now, now + STEP, STEP if self.cap <= 1_000 else 1_000
        ):  # quick trains are sent in steps of 1 ms
            self._send(at, self.way.poll(at), random, sound=False)
        self._receive(now, away=away)
        told = self.way.tick(now)
        if told is not None and self.allocation.estimate(told / 1000):
            self.look = now
        if now >= self.look:
            self._decide(now)
        self.now.wait = max(self.now.wait, self.link.wait(now) / 1000)
        while now + STEP >= (len(self.seconds) + 1) * SECOND:
            self.now.stage = self.layers["stage"]
            self.now.halved = "stage" in self.allocation.halved
            self.now.tiles = sum(self.layers[f"tile-{n}"] != LEFT_OUT for n in range(1, self.tiles + 1))
            self.now.paused = self.allocation.paused
            self.seconds.append(self.now)
            self.now = Seen()

    def _stands_still(self, now: int, random: Random) -> bool:
        if self.stalls and now >= self.stalled and random.random() < self.stalls * STEP / 75_000:
            self.stalled = now + random.randint(0, 150_000)
        return now < self.stalled

    def _decide(self, now: int) -> None:
        self.layers = self.allocation.decide(now / SECOND, self.wants, grid=False)
        self.look = now + SECOND

    def _produce(self, now: int, random: Random) -> None:
        if now >= self.sound:
            self.sound = now + SOUND_EVERY
            self._send(now, self.way.offer(now, [SOUND_BYTES], True), random, sound=True)
        if now >= self.frame:
            self.frame = now + FRAME
            for want in self.wants:
                layer = self.layers.get(want.slot, LEFT_OUT)
                if layer != LEFT_OUT:
                    left = int(
                        (self.stage if want.place == "stage" else CAMERA)[layer]
                        * (THINNED if want.slot in self.allocation.halved else 1)
                        * FRAME
                        / 8_000
                        * random.uniform(0.7, 1.3)
                    )
                    sizes = [1_100] * (left // 1_100) + [left % 1_100 + HEADERS]
                    self._send(now, self.way.offer(now, sizes, False), random, sound=False)

    def _send(self, now: int, packets: list[tuple[int, int]], random: Random, *, sound: bool) -> None:
        for number, size in packets:
            arrival = self.link.carry(now, size + 28, random)
            if arrival is not None:
                self.flying.append((arrival, number, size, sound, now))

    def _receive(self, now: int, *, away: bool) -> None:
        while self.flying and self.flying[0][0] <= now:
            arrival, number, size, sound, sent = self.flying.popleft()
            if not away:
                self.way.arrive(arrival, number)
                self.now.kbit += (size + 28) * 8 / 1_000
                self.now.sound += sound
                self.now.late = max(self.now.late, (arrival - sent) / 1000)
        answer = self.way.answer(now)
        if answer and self.link.rate(now) > 0 and not away:
            self.answers.append((now + self.link.delay, answer))
        while self.answers and self.answers[0][0] <= now:
            self.way.feedback(now, self.answers.popleft()[1])


def _supply(rates: tuple[int, ...], thinned: bool) -> Supply:
    made = Supply("camera", len(rates))
    made.measure(0.0, rates, tuple(int(rate * THINNED) for rate in rates) if thinned else ())
    return made


def run(viewers: list[Viewer], seconds: int, seed: int) -> None:
    """Let this much time pass for all of them."""
    random = Random(seed)
    for now in range(0, seconds * SECOND, STEP):
        for viewer in viewers:
            viewer.step(now, random)
