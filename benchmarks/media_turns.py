"""One load in turns: whoever can be driven with it plays round by round, and it is told why the others do not.

Laws: a peer that does not come up, does not let everybody in within its time, carries nothing or fails later costs the
run that time and loses its own rounds, never another's; who does not come in is started a second time. A failure of
Kreide ends the run. Void rounds are made up for, by half as many turns again at most.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.measure import Row
from benchmarks.media_loads import Load
from benchmarks.media_meter import tell
from benchmarks.media_playing import Playing
from benchmarks.media_report import NOT_DRIVEN
from benchmarks.media_servers import label, make_driver
from benchmarks.media_stage import Stage
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.servers import NotStarted

TRIES = 2
"""A handshake that the machine held up may spoil a connection for good."""


@dataclass(frozen=True)
class Options:
    """How a load is played: beside whom, how often and how long; with viewers that take merged datagrams or not."""

    peers: Sequence[str]
    rounds: int
    seconds: float
    gro: bool


class Turns:
    """One load of all servers: `row` holds the rounds, `facts` by server what it is, or why it was not driven."""

    def __init__(self, load: Load, options: Options) -> None:
        self.row = Row(name=load.title, unit="packet", rounds=[])
        self.facts: dict[str, str] = {}
        self._load = load
        self._options = options
        self._playing: list[Playing] = []
        self._stage = Stage(self._playing)

    async def play(self) -> None:
        """All rounds; the first turn warms up and is not counted."""
        rounds = self._options.rounds
        try:
            for name in ("kreide", *self._options.peers):
                await self._enter(name)
            for turn in range(-1, rounds + rounds // 2):
                if turn >= rounds and not any(self._is_short(one) for one in self._playing):
                    break
                for one in tuple(self._playing):
                    await self._take_turn(one, turn)
        finally:
            for one in self._playing:
                await one.close()

    async def _enter(self, name: str) -> None:
        for _ in range(TRIES):
            if await self._is_in(name):
                return
            print(f"{self._load.name}: {label(name)} did not come in", flush=True)

    async def _is_in(self, name: str) -> bool:
        """Bring a server up and everybody in; also true where there is no such server."""
        try:
            one = Playing(make_driver(name, self._load), self._stage)
        except NotInstalled as error:
            self.facts[label(name)] = NOT_DRIVEN + str(error)
            print(f"{self._load.name}: {label(name)} {self.facts[label(name)]}", flush=True)
            return True
        self._playing.append(one)
        began = time.monotonic()
        async with self._or_without(one):
            await one.open(self._load, self._options.gro)
            entered = time.monotonic()
            await one.settle()
            assert one.generator is not None
            fact = f"{one.driver.version}, {' and '.join(sorted(one.generator.profiles))}"
            if self._load.half:
                await one.find_half()
                fact += f", {one.pace:.2f} times as quick as with 100 viewers above"
            self.facts[one.driver.name] = fact
            took = f"in after {entered - began:.1f} s, ready {time.monotonic() - entered:.1f} s later"
            print(f"{self._load.name}: {one.driver.name} has everybody {took}", flush=True)
        return one in self._playing

    async def _take_turn(self, one: Playing, turn: int) -> None:
        async with self._or_without(one):
            played = await one.play(turn, self._options.seconds)
            print(tell(self._load.name, played), flush=True)
            if turn >= 0:
                self.row.rounds.append(played)

    @asynccontextmanager
    async def _or_without(self, one: Playing) -> AsyncIterator[None]:
        """Go on without a peer that fails here."""
        name = one.driver.name
        try:
            yield
        except (Exception, NotStarted) as error:
            if name == "kreide":
                raise
            came = f" with {one.entered} of {self._load.people} connections" if one.generator is None else ""
            self.facts[name] = f"{NOT_DRIVEN}{why(error)}{came}"
            print(f"{self._load.name}: {name} {self.facts[name]}", flush=True)
            self.row.rounds = [played for played in self.row.rounds if played.server != name]
            self._playing.remove(one)
            await one.close()

    def _is_short(self, one: Playing) -> bool:
        """Whether a server has fewer good rounds than were asked for."""
        good = sum(played.server == one.driver.name and not played.void for played in self.row.rounds)
        return good < self._options.rounds


def why(error: BaseException) -> str:
    """A failure in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(str(error).split())[:200]
    kind = "it took too long" if isinstance(error, TimeoutError) else type(error).__name__
    return f"{kind}: {text}" if text else kind
