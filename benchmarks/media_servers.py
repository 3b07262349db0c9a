"""Which servers the media load knows, and what each must offer."""

from __future__ import annotations

from typing import Protocol

from benchmarks.media_connect import Connector
from benchmarks.media_kreide import Kreide
from benchmarks.media_loads import Load
from benchmarks.peers import mediamtx
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.servers import Server

PEERS = ("mediamtx",)


class Driver(Protocol):
    """How one server is started and filled with people."""

    name: str
    version: str
    server: Server

    async def open(self, load: Load, connector: Connector) -> None:
        """Connect all publishers and viewers of the load."""

    async def close(self) -> None:
        """Let go of what signalling held."""


def make_driver(name: str, load: Load) -> Driver:
    """Return the driver of this server; NotInstalled says why there is none."""
    if name == "kreide":
        return Kreide(load)
    module, make = {"mediamtx": (mediamtx, mediamtx.MediaMtx)}[name]
    if load.name in module.NOT_DRIVEN:
        raise NotInstalled(module.NOT_DRIVEN[load.name])
    return make(load)
