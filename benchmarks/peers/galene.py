"""Galene by its protocol over WebSocket: the publisher offers its stream, each viewer is offered it.

A stream is a connection of its own, and a viewer chooses by kind, not by person: in the school mix each of 30 viewers
would be offered 29 connections, to keep nine to twelve of them. It is left out of that load.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

import aiohttp

from benchmarks.media_connect import Connector, Viewer, together
from benchmarks.media_loads import Load
from benchmarks.peers.gomodule import came_from, install_go
from benchmarks.peers.install import bench_home
from benchmarks.peers.signalling import Candidates, dial, open_http
from benchmarks.servers import Server
from tests.services import free_port

MODULE = "github.com/jech/galene@v0.0.0-20260621160059-da062e782e78"
NOT_DRIVEN = dict.fromkeys(
    ("school", "lessons"),
    "every stream is a connection of its own and is offered to all: 29 offers to each of 30 viewers",
)
GROUP = "load"


class Client:
    """One client's signalling."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._said: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.candidates = Candidates()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for frame in self._socket:
            message: dict[str, Any] = frame.json()
            if message["type"] == "ping":
                await self.say("pong")
            elif message["type"] == "ice":
                self.candidates.add(message["candidate"]["candidate"])
            else:
                self._queue(message["type"]).put_nowait(message)

    def _queue(self, kind: str) -> asyncio.Queue[dict[str, Any]]:
        return self._said.setdefault(kind, asyncio.Queue())

    async def say(self, message: str, **more: object) -> None:
        """Send a message."""
        await self._socket.send_json({"type": message, **more})

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        async with asyncio.timeout(10):
            return await self._queue(kind).get()

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()
        await self._reader


class Galene:
    """One Galene with one group."""

    name = "galene"

    def __init__(self, load: Load) -> None:
        program, port = install_go("galene", MODULE), free_port()
        home = bench_home() / "galene"
        for folder in ("groups", "data", "static"):
            (home / folder).mkdir(exist_ok=True)
        (home / "data/config.json").write_text("{}")
        everybody = {"wildcard-user": {"password": {"type": "wildcard"}, "permissions": "present"}}
        (home / "groups" / f"{GROUP}.json").write_text(json.dumps({**everybody, "max-clients": 1000}))
        options = {"http": f"127.0.0.1:{port}", "groups": home / "groups", "data": home / "data"}
        options |= {"static": home / "static", "turn": "", "udp-range": free_port()}
        command = [str(program), "-insecure", *(f"-{name}={value}" for name, value in options.items())]
        self.server = Server("galene", command, port)
        done = subprocess.run(["go", "version", "-m", program], capture_output=True, text=True, check=True)
        self.version = next(line.split()[2] for line in done.stdout.splitlines() if line.startswith("\tmod\t"))
        self.version += f" ({came_from(program)})"
        self._http: aiohttp.ClientSession | None = None
        self._clients: list[Client] = []

    async def open(self, load: Load, connector: Connector) -> None:
        """Bring everybody in."""
        self._http = open_http()
        publisher = await self._enter("publisher")

        async def exchange(offer: str) -> str:
            await publisher.say("offer", id="stream", label="camera", source="publisher", sdp=offer)
            return await publisher.candidates.complete((await publisher.hear("answer"))["sdp"])

        _, sources = await connector.offer(load.published[0], [], exchange)

        async def enter(viewer: int) -> None:
            leg = await self._watch(connector, await self._enter(f"viewer-{viewer}-{len(self._clients)}"), len(sources))
            for source in sources:
                connector.plan.expect(leg, source)

        await together(load.viewers, enter)

    async def _enter(self, name: str) -> Client:
        assert self._http is not None
        client = Client(await dial(self._http, f"http://127.0.0.1:{self.server.port}/ws", {}))
        self._clients.append(client)
        await client.say("handshake", version=["2"], id=name)
        await client.say("join", kind="join", group=GROUP, username=name, password="")
        joined = await client.hear("joined")
        if joined.get("kind") != "join":
            raise RuntimeError(joined)
        return client

    async def _watch(self, connector: Connector, client: Client, tracks: int) -> int:
        """Take what is offered, again where a track comes later than the others."""
        await client.say("request", request={"": ["audio", "video"]})
        viewer = Viewer(connector)
        while len(viewer.offered) < tracks:
            offer = await client.hear("offer")

            async def send(answer: str, name: str = offer["id"]) -> None:
                await client.say("answer", id=name, sdp=answer)

            await viewer.take(await client.candidates.complete(offer["sdp"]), send)
        return viewer.place()

    async def close(self) -> None:
        """Let everybody leave."""
        await asyncio.gather(*(client.close() for client in self._clients))
        if self._http is not None:
            await self._http.close()
