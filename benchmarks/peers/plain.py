"""The plain loop (`plain_loop.c`) as a peer: recvfrom, libsrtp's unprotect, for each viewer protect and sendto.

It is no server: keys and addresses are handed to both sides, since it speaks neither ICE nor DTLS. What it does is the
least that anybody's forwarding does without batches.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

from benchmarks.media_connect import Connector
from benchmarks.media_leg import Handed
from benchmarks.media_loads import Load
from benchmarks.media_sdp import OPUS, VP8, Media
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.servers import ROOT, SERVER_CORE, Server

KEY, SALT = 16, 12
SOURCE = Path(__file__).parent / "plain_loop.c"


def build_plain() -> Path:
    """Compile it; it needs libsrtp's headers (Debian: libsrtp2-dev)."""
    made = Path(tempfile.mkdtemp()) / "plain_loop"
    command = ["cc", "-O2", "-o", str(made), str(SOURCE), "-lsrtp2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command)} failed (Debian: libsrtp2-dev): {done.stderr.strip()[-200:]}")
    return made


@dataclass(frozen=True)
class Stream:
    """One stream: who sends it, and who gets it."""

    sender: int
    ssrc: int
    viewers: Sequence[int]


@dataclass(frozen=True)
class Person:
    """The keys of what somebody sends and gets, and where they are."""

    sends: bytes
    gets: bytes
    port: int


def describe(people: Sequence[Person], streams: Sequence[Stream]) -> str:
    """What the program reads."""
    lines = [str(len(people))]
    lines += [f"{one.sends.hex()} {one.gets.hex()} 127.0.0.1 {one.port}" for one in people]
    lines.append(str(len(streams)))
    lines += [" ".join(map(str, (one.sender, one.ssrc, len(one.viewers), *one.viewers))) for one in streams]
    return "\n".join([*lines, ""])


class PlainLeg:
    """One person's socket and keys."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.person = Person(os.urandom(KEY + SALT), os.urandom(KEY + SALT), self._socket.getsockname()[1])
        self.server = 0

    def hand_over(self) -> Handed:
        """Give both away."""
        descriptor = os.dup(self._socket.fileno())
        self._socket.close()
        sends, gets = ((key[:KEY], key[KEY:]) for key in (self.person.sends, self.person.gets))
        return Handed(descriptor, ("127.0.0.1", self.server), "none", "none", "none", True, True, sends, gets)


class _PlainServer(Server):
    """It listens only once it knows its people, and not on TCP."""

    def start(self, patience: float = 60.0) -> None:
        """Start it on its core."""
        command = ["taskset", "-c", str(SERVER_CORE), *self.command]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(self, text: str) -> int:
        """Tell it its work; return its port."""
        assert self.process is not None
        pipes: tuple[IO[bytes] | None, IO[bytes] | None] = self.process.stdin, self.process.stdout
        assert pipes[0] and pipes[1]
        pipes[0].write(text.encode())
        pipes[0].flush()
        return int(pipes[1].readline())


class Plain:
    """One plain loop."""

    name = "plain loop"
    version = "recvfrom, libsrtp, sendto; keys and addresses given, neither ICE nor DTLS"

    def __init__(self, load: Load) -> None:
        self._program = build_plain()
        self.server: Server = _PlainServer("plain-loop", [str(self._program)], 0)

    async def open(self, load: Load, connector: Connector) -> None:
        """Make sockets and keys, and tell both sides."""
        assert isinstance(self.server, _PlainServer)
        legs = [PlainLeg() for _ in range(len(load.published) + (0 if load.mix else load.viewers))]
        streams = list(_route(load, connector, legs))
        port = self.server.tell(describe([leg.person for leg in legs], streams))
        for leg in legs:
            leg.server = port

    async def close(self) -> None:
        """Remove the program."""
        shutil.rmtree(self._program.parent, ignore_errors=True)


def _route(load: Load, connector: Connector, legs: Sequence[PlainLeg]) -> Iterator[Stream]:
    """Put everything into the plan; who gets what."""
    media = (Media("audio", "0", "", {"opus": OPUS}, {}), Media("video", "1", "", {"vp8": VP8}, {}))
    for leg in legs:
        connector.plan.add_leg(leg, media)
    viewers = range(load.viewers) if load.mix else range(1, 1 + load.viewers)
    watched = [load.watched(viewer) for viewer in range(load.viewers)]
    ssrcs = count(1000, 10)
    for sender, published in enumerate(load.published):
        for stream in published:
            ssrc = next(ssrcs)
            source = connector.plan.add_source(sender, stream, media[stream.video], ssrc)
            wants = [
                place
                for place, (seen, heard) in zip(viewers, watched, strict=True)
                if sender in (seen if stream.video else heard)
            ]
            for place in wants:
                connector.plan.expect(place, source)
            yield Stream(sender, ssrc, wants)
