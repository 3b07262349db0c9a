"""The native load as a process: built once, told its plan, run round by round. See `media_load/src/plan.rs`."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from benchmarks.media_leg import Handed
from benchmarks.media_loads import Stream
from benchmarks.media_sdp import LEVEL, MID, TRANSPORT, Media
from benchmarks.peers.install import bench_home

CRATE = Path(__file__).resolve().parent / "media_load"


class Result(Struct):
    """What the load counted in a run; times in seconds, `lag` is the 99th percentile of its own lateness."""

    seconds: float
    sent: int
    expected: int
    awaited: int
    strange: int
    packets: int
    broken: int
    datagrams: int
    messages: int
    bytes: int
    keyframes: int
    nacks: int
    p50: float
    p99: float
    lag: float


@dataclass
class Outgoing:
    """One stream that is sent; `index` is its next packet's."""

    leg: int
    stream: Stream
    media: Media
    ssrc: int
    index: int = 1

    @property
    def payload_type(self) -> int:
        return self.media.payloads["vp8" if self.stream.video else "opus"]

    def line(self) -> str:
        """Its line in the plan."""
        ids = [self.media.extensions.get(uri, 0) for uri in (MID, LEVEL, TRANSPORT)]
        words = [self.leg, "video" if self.stream.video else "audio", self.payload_type, self.ssrc, self.media.mid]
        shape = [self.stream.interval_us, self.stream.packets, self.stream.bytes]
        return "source " + " ".join(map(str, [*words, *ids, *shape, self.index]))


class Handing(Protocol):
    """A connection that can be handed to the native load."""

    def hand_over(self) -> Handed:
        """Give socket and keys away."""


@dataclass
class Plan:
    """Connections, what is sent over them, and who awaits what."""

    gro: bool = True
    legs: list[tuple[Handing, int, str]] = field(default_factory=list)
    sources: list[Outgoing] = field(default_factory=list)
    expected: list[tuple[int, int]] = field(default_factory=list)

    def add_leg(self, leg: Handing, media: tuple[Media, ...]) -> int:
        """Add a connection with what was agreed on; return its place."""
        kinds = {
            payload: media_line.kind
            for media_line in media
            for codec, payload in media_line.payloads.items()
            if codec in ("opus", "vp8")
        }
        transport = next((line.extensions[TRANSPORT] for line in media if TRANSPORT in line.extensions), 0)
        self.legs.append((leg, transport, ",".join(f"{payload}={kind}" for payload, kind in kinds.items()) or "-"))
        return len(self.legs) - 1

    def add_source(self, leg: int, stream: Stream, media: Media, ssrc: int) -> int:
        """Send this over the connection; return the source's place."""
        self.sources.append(Outgoing(leg, stream, media, ssrc))
        return len(self.sources) - 1

    def expect(self, leg: int, source: int) -> None:
        """Somebody awaits a source."""
        self.expected.append((leg, source))

    def write(self, handed: list[Handed]) -> str:
        """The plan for connections that were handed over."""
        lines = []
        for one, (_, transport, kinds) in zip(handed, self.legs, strict=True):
            words = [
                *(one.descriptor, f"{one.address[0]}:{one.address[1]}", one.local_password, one.remote_password),
                *(one.username, "controlling" if one.controlling else "controlled", "gcm" if one.gcm else "cm"),
                *(part.hex() for pair in (one.send, one.receive) for part in pair),
                *(transport, kinds, "gro" if self.gro else "plain"),
            ]
            lines.append("leg " + " ".join(map(str, words)))
        lines += [source.line() for source in self.sources]
        lines += [f"expect {leg} {source}" for leg, source in self.expected]
        return "\n".join([*lines, "start", ""])


class Generator:
    """The running load of one server."""

    def __init__(self, process: asyncio.subprocess.Process, profiles: set[str]) -> None:
        self._process = process
        self.profiles = profiles

    @classmethod
    async def start(cls, plan: Plan, prefix: Sequence[str] = ()) -> Generator:
        """Hand all connections over."""
        handed = [leg.hand_over() for leg, _, _ in plan.legs]  # what a Trickle sends ends here
        descriptors = [one.descriptor for one in handed]
        process = await asyncio.create_subprocess_exec(
            *prefix, build(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=descriptors
        )
        for descriptor in descriptors:
            os.close(descriptor)
        generator = cls(process, {"AES-128-GCM" if one.gcm else "AES-128-CM + SHA1" for one in handed})
        await generator._say(plan.write(handed))
        await generator._hear("ready")
        return generator

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def run(self, warm: float, seconds: float, on_mark: Callable[[], None], pace: float = 1.0) -> Result:
        """One run, `pace` times as quick as planned; `on_mark` is called as its window opens and as it closes."""
        await self._say(f"run {warm} {seconds} {pace}\n")
        await self._hear("begin")
        on_mark()
        await self._hear("end")
        on_mark()
        return msgspec.json.decode(await self._hear("result"), type=Result)

    async def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        await self._process.stdin.drain()

    async def _hear(self, word: str) -> bytes:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        head, _, rest = line.strip().partition(b" ")
        if head.decode() != word:
            raise RuntimeError(f"the load said {line!r} in place of {word}")
        return rest


def build() -> str:
    """Build what is older than its sources; return the program."""
    target = bench_home() / "media-load"
    command = ["cargo", "build", "--quiet", "--release", "--locked"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    done = subprocess.run(command, cwd=CRATE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return str(target / "release" / "media-load")
