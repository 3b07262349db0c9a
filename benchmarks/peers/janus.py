"""Janus by its VideoRoom, over its WebSocket.

Debian's packages are unpacked beside the other peers and not installed, so that no service starts and no other user is
needed. Only the VideoRoom and the WebSocket are loaded. A viewer of the mix is one subscription with a stream for each
slot, as Janus 1.x has it; what is in a slot does not change while it is measured.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import aiohttp

from benchmarks.media_connect import Connector, together
from benchmarks.media_loads import SEVERAL_ROOMS, Load
from benchmarks.peers.gomodule import NotInstalled
from benchmarks.peers.install import bench_home
from benchmarks.servers import Server
from tests.services import free_port

NOT_DRIVEN: Mapping[str, str] = {"lessons": SEVERAL_ROOMS}
ROOM = 1234
_LIBRARIES = "usr/lib/x86_64-linux-gnu"

Reply = dict[str, object]


def install() -> Path:
    """Return the folder that Debian's packages were unpacked into; NotInstalled without apt."""
    home = bench_home() / "janus"
    if not (home / "usr/bin/janus").is_file():
        print(f"unpacking Debian's janus into {home}", file=sys.stderr)
        debs = home / "debs"
        debs.mkdir(parents=True, exist_ok=True)
        try:
            planned = _output(["apt-get", "install", "-s", "--no-install-recommends", "janus"], debs)
            names = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
            _output(["apt-get", "download", *names], debs)
            for package in debs.glob("*.deb"):
                _output(["dpkg-deb", "-x", package.name, str(home)], debs)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotInstalled(f"Debian's janus: {error}") from error
    return home


def _output(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def configure(home: Path, port: int) -> Path:
    """Write the configuration; return its folder. Everything that is not named keeps its default."""
    folder = home / "configs"
    for part, library in (("plugins", "videoroom"), ("transports", "websockets")):
        (home / part).mkdir(exist_ok=True)
        link = home / part / f"libjanus_{library}.so"
        link.unlink(missing_ok=True)
        link.symlink_to(home / _LIBRARIES / f"janus/{part}/libjanus_{library}.so")
    folder.mkdir(exist_ok=True)
    (folder / "janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}" plugins_folder = "{home}/plugins" debug_level = 3\n'
        f'transports_folder = "{home}/transports" session_timeout = 0 }}\n'
        'media: { rtp_port_range = "20000-40000" }\nevents: { broadcast = false }\n'
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}\nadmin: {{ admin_ws = false }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    return folder


class Gateway:
    """One session of Janus: requests and what answers them."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._reader = asyncio.create_task(self._read())
        self.session: Reply = {}

    async def _read(self) -> None:
        async for message in self._socket:
            reply: Reply = message.json()
            waiting = self._waiting.get(str(reply.get("transaction")))
            if waiting is not None and reply["janus"] != "ack" and not waiting.done():
                waiting.set_result(reply)

    async def ask(self, janus: str, more: Mapping[str, object]) -> Reply:
        """Ask, and return what answers; RuntimeError for an error of the gateway or its plugin."""
        transaction = f"t{next(self._numbers)}"
        self._waiting[transaction] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"janus": janus, "transaction": transaction, **self.session, **more})
        async with asyncio.timeout(20):
            reply = await self._waiting[transaction]
        del self._waiting[transaction]
        data = read(reply, "plugindata", "data")
        if "error" in reply or (isinstance(data, dict) and "error" in data):
            raise RuntimeError(f"{janus}: {reply}")
        return reply

    async def attach(self) -> object:
        """A handle of the VideoRoom."""
        return read(await self.ask("attach", {"plugin": "janus.plugin.videoroom"}), "data", "id")

    async def message(self, handle: object, body: Reply, jsep: Reply | None = None) -> Reply:
        """Say something to the VideoRoom."""
        more = {"handle_id": handle, "body": body}
        return await self.ask("message", more if jsep is None else {**more, "jsep": jsep})

    async def close(self) -> None:
        """End the session."""
        await self._socket.close()
        await self._reader


def read(reply: object, *path: str) -> object:
    """What lies at this path, or None."""
    for name in path:
        reply = reply.get(name) if isinstance(reply, dict) else None
    return reply


class Janus:
    """One Janus with one room."""

    name = "janus"

    def __init__(self, load: Load) -> None:
        home, port = install(), free_port()
        version = _output(["dpkg-deb", "-f", next((home / "debs").glob("janus_*.deb")).name, "Version"], home / "debs")
        self.version = f"Debian {version.strip()}"
        command = [str(home / "usr/bin/janus"), "--configs-folder", str(configure(home, port))]
        self.server = Server("janus", command, port, {"LD_LIBRARY_PATH": str(home / _LIBRARIES)})
        self._http: aiohttp.ClientSession | None = None
        self._gateway: Gateway

    async def open(self, load: Load, connector: Connector) -> None:
        """Bring everybody in."""
        self._http = aiohttp.ClientSession()
        url = f"http://127.0.0.1:{self.server.port}"
        self._gateway = gateway = Gateway(await self._http.ws_connect(url, protocols=["janus-protocol"]))
        gateway.session = {"session_id": read(await gateway.ask("create", {}), "data", "id")}
        room = {"request": "create", "room": ROOM, "publishers": 100, "audiocodec": "opus", "videocodec": "vp8"}
        await gateway.message(await gateway.attach(), {**room, "bitrate": 0})
        published = [await self._publish(load, connector, person) for person in range(len(load.published))]

        async def enter(viewer: int) -> None:
            seen, heard = load.watched(viewer)
            wanted = [(one, True) for one in seen] + [(one, False) for one in heard]
            wanted = [one for one in wanted if one in published[one[0]][1]]
            leg = await self._subscribe(
                connector, [(published[one][0], published[one][2][one, video]) for one, video in wanted]
            )
            for one, video in wanted:
                connector.plan.expect(leg, published[one][1][one, video])

        await together(load.viewers, enter)

    async def _publish(
        self, load: Load, connector: Connector, person: int
    ) -> tuple[object, dict[tuple[int, bool], int], dict[tuple[int, bool], str]]:
        """The feed's id; by (person, is it video) the sources and their mids."""
        gateway, sent = self._gateway, load.published[person]
        handle = await gateway.attach()
        joined = await gateway.message(handle, {"request": "join", "room": ROOM, "ptype": "publisher"})

        async def exchange(offer: str) -> str:
            jsep: Reply = {"type": "offer", "sdp": offer}
            return str(read(await gateway.message(handle, {"request": "publish"}, jsep), "jsep", "sdp"))

        _, sources = await connector.offer(sent, [], exchange)
        keys = [(person, stream.video) for stream in sent]
        mids = dict(zip(keys, map(str, range(len(keys))), strict=True))
        return read(joined, "plugindata", "data", "id"), dict(zip(keys, sources, strict=True)), mids

    async def _subscribe(self, connector: Connector, wanted: list[tuple[object, str]]) -> int:
        gateway = self._gateway
        handle = await gateway.attach()
        streams = [{"feed": feed, "mid": mid} for feed, mid in wanted]
        join: Reply = {"request": "join", "room": ROOM, "ptype": "subscriber", "streams": streams}
        end = time.monotonic() + 10
        while True:
            try:
                offer = await gateway.message(handle, join)
                break
            except RuntimeError:  # a feed is there once its media flows
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)

        async def send(answer: str) -> None:
            await gateway.message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

        return await connector.answer(str(read(offer, "jsep", "sdp")), send)

    async def close(self) -> None:
        """End the session."""
        if self._http is not None:
            await self._gateway.close()
            await self._http.close()
