"""Which servers the media load knows, and what each must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from benchmarks.media_connect import Connector
from benchmarks.media_kreide import Kreide
from benchmarks.media_loads import Load
from benchmarks.peers import galene, janus, livekit, mediamtx, plain
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.servers import Server

PEERS = ("plain", "janus", "livekit", "mediamtx", "galene")


class Driver(Protocol):
    """How one server is started and filled with people."""

    name: str
    version: str
    server: Server

    async def open(self, load: Load, connector: Connector) -> None:
        """Connect all publishers and viewers of the load."""

    async def close(self) -> None:
        """Let go of what signalling held."""


_PEERS: dict[str, tuple[str, Mapping[str, str], Callable[[Load], Driver]]] = {
    "galene": (galene.Galene.name, galene.NOT_DRIVEN, galene.Galene),
    "janus": (janus.Janus.name, janus.NOT_DRIVEN, janus.Janus),
    "livekit": (livekit.LiveKit.name, livekit.NOT_DRIVEN, livekit.LiveKit),
    "mediamtx": (mediamtx.MediaMtx.name, mediamtx.NOT_DRIVEN, mediamtx.MediaMtx),
    "plain": (plain.Plain.name, {}, plain.Plain),
}


def label(name: str) -> str:
    """What the results call this server."""
    return _PEERS[name][0] if name in _PEERS else name


def make_driver(name: str, load: Load) -> Driver:
    """Return the driver of this server; NotInstalled says why there is none."""
    if name == "kreide":
        return Kreide(load)
    _, left_out, make = _PEERS[name]
    if load.name in left_out:
        raise NotInstalled(left_out[load.name])
    return make(load)
