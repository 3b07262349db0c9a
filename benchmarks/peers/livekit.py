"""LiveKit by its own signalling: a publisher's connection, and a subscriber's that the server offers.

Text frames carry the messages as JSON; what the server says before it has heard the first text is protobuf, of which
the offer and the candidates are read. Viewers subscribe to exactly what they are to see. Everything of the
configuration that is not an address, a port or a key keeps its default, congestion control too. Without an address of
its own it asks public STUN servers about each connection, and where there is no way to them each takes 5 s.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
from aioice.ice import get_host_addresses
from joserfc import jwt
from joserfc.jwk import OctKey

from benchmarks.media_connect import Connector, Viewer, together
from benchmarks.media_loads import SEVERAL_ROOMS, Load
from benchmarks.peers.gomodule import came_from, install_go
from benchmarks.peers.install import bench_home
from benchmarks.peers.signalling import Candidates, dial, open_http
from benchmarks.servers import Server
from tests.services import free_port

MODULE = "github.com/livekit/livekit-server/cmd/server@v1.9.12"
NOT_DRIVEN: Mapping[str, str] = {"lessons": SEVERAL_ROOMS}
KEY, SECRET = "load", "a-secret-of-the-benchmark-that-is-long-enough"
_OFFER, _TRICKLE = 3, 4


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message that are numbers or bytes."""
    at = 0

    def number() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 2:
            length = number()
            yield key >> 3, message[at : at + length]
            at += length
        else:
            at += {1: 8, 5: 4}[key & 7]


def read_binary(payload: bytes) -> dict[str, Any]:
    """An offer or a candidate as its JSON would be; anything else is empty."""
    for kind, body in fields(payload):
        if kind in (_OFFER, _TRICKLE) and isinstance(body, bytes):
            values = dict(fields(body))
            text = {name: value.decode() for name, value in values.items() if isinstance(value, bytes)}
            if kind == _OFFER:
                return {"offer": {"sdp": text[2]}}
            return {"trickle": {"candidateInit": text[1], "target": "SUBSCRIBER" if values.get(2) else "PUBLISHER"}}
    return {}


def token(identity: str) -> str:
    """A token to enter the room."""
    now = int(time.time())
    claims = {"iss": KEY, "sub": identity, "nbf": now - 60, "exp": now + 7200}
    return jwt.encode(
        {"alg": "HS256"}, {**claims, "video": {"roomJoin": True, "room": "load"}}, OctKey.import_key(SECRET)
    )


class Person:
    """One participant's signalling."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.candidates = {"PUBLISHER": Candidates(), "SUBSCRIBER": Candidates()}
        self._news = asyncio.Event()
        self.offers: asyncio.Queue[str] = asyncio.Queue()
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.tracks: dict[str, str] = {}
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]

    async def _read(self) -> None:
        async for frame in self._socket:
            text = frame.type is aiohttp.WSMsgType.TEXT
            message: dict[str, Any] = frame.json() if text else read_binary(frame.data)
            for kind, body in message.items():
                if kind in ("offer", "answer"):
                    (self.offers if kind == "offer" else self.answers).put_nowait(body["sdp"])
                elif kind == "trickle":
                    candidate = json.loads(body["candidateInit"]).get("candidate", "")
                    self.candidates[body.get("target", "PUBLISHER")].add(candidate)
                elif kind == "trackPublished":
                    self.tracks[body["cid"]] = body["track"]["sid"]
            self._news.set()

    async def _ping(self) -> None:
        while True:
            await self.say("pingReq", {"timestamp": str(time.time_ns() // 1_000_000)})
            await asyncio.sleep(5)

    async def say(self, kind: str, body: Mapping[str, object]) -> None:
        """Send a request."""
        await self._socket.send_json({kind: body})

    async def track(self, name: str) -> str:
        """The server's id of a track that we announced."""
        async with asyncio.timeout(10):
            while name not in self.tracks:
                self._news.clear()
                await self._news.wait()
        return self.tracks[name]

    async def close(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await self._socket.close()


class LiveKit:
    """One LiveKit with one room."""

    name = "livekit"

    def __init__(self, load: Load) -> None:
        program, port = install_go("livekit", MODULE), free_port()
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        self.version = done.stdout.strip().removeprefix("livekit-server version ")
        self.version += f" ({came_from(program)})"
        config, address = bench_home() / "livekit.yaml", get_host_addresses(use_ipv4=True, use_ipv6=False)[0]
        config.write_text(
            f"port: {port}\nbind_addresses: [127.0.0.1]\nkeys: {{{KEY}: {SECRET}}}\nlogging: {{level: error}}\n"
            f"rtc: {{udp_port: {free_port()}, tcp_port: 0, node_ip: {address}, ips: {{includes: [{address}/32]}}}}\n"
        )
        # it waits for its people for minutes
        self.server = Server("livekit", [str(program), "--config", str(config)], port, ending=1.0)
        self._http: aiohttp.ClientSession | None = None
        self._people: list[Person] = []

    async def open(self, load: Load, connector: Connector) -> None:
        """Bring everybody in."""
        self._http = open_http()
        people = [await self._enter(place) for place in range(len(load.published))]
        if not load.mix:
            # who has no connection to receive by is thrown out after a minute
            await self._subscribe(connector, people[0], [])
        tracks: dict[tuple[int, bool], tuple[str, int]] = {}
        for place, person in enumerate(people):
            for video, track in (await self._publish(load, connector, person, place)).items():
                tracks[place, video] = track

        async def enter(viewer: int) -> None:
            person = people[viewer] if load.mix else await self._enter(1 + viewer)
            seen, heard = load.watched(viewer)
            wanted = [tracks[one, True] for one in seen if (one, True) in tracks]
            wanted += [tracks[one, False] for one in heard]
            leg = await self._subscribe(connector, person, [sid for sid, _ in wanted])
            for _, source in wanted:
                connector.plan.expect(leg, source)

        await together(load.viewers, enter)

    async def _enter(self, place: int) -> Person:
        assert self._http is not None
        url = f"http://127.0.0.1:{self.server.port}/rtc"
        query = {"access_token": token(f"person-{place}"), "protocol": "15", "auto_subscribe": "0", "sdk": "js"}
        person = Person(await dial(self._http, url, query))
        self._people.append(person)
        return person

    async def _publish(
        self, load: Load, connector: Connector, person: Person, place: int
    ) -> dict[bool, tuple[str, int]]:
        """By what it is (video or not) the track's id and the source."""
        streams = load.published[place]
        for stream in streams:
            kind = "video" if stream.video else "audio"
            source = "CAMERA" if stream.video else "MICROPHONE"
            size = {"width": 640, "height": 360} if stream.video else {}
            await person.say("addTrack", {"cid": kind, "name": kind, "type": kind.upper(), "source": source, **size})
            await person.track(kind)

        async def exchange(offer: str) -> str:
            await person.say("offer", {"type": "offer", "sdp": offer})
            async with asyncio.timeout(10):
                answer = await person.answers.get()
            return await person.candidates["PUBLISHER"].complete(answer)

        _, sources = await connector.offer(streams, [], exchange)
        names = ["video" if stream.video else "audio" for stream in streams]
        return {name == "video": (person.tracks[name], source) for name, source in zip(names, sources, strict=True)}

    async def _subscribe(self, connector: Connector, person: Person, sids: list[str]) -> int:
        viewer = Viewer(connector)

        async def send(answer: str) -> None:
            await person.say("answer", {"type": "answer", "sdp": answer})

        if sids:
            await person.say("subscription", {"trackSids": sids, "subscribe": True})
        async with asyncio.timeout(30):
            while not viewer.answered or len(viewer.offered) < len(sids):
                offer = await person.offers.get()
                await viewer.take(await person.candidates["SUBSCRIBER"].complete(offer), send)
        return viewer.place()

    async def close(self) -> None:
        """Let everybody leave."""
        await asyncio.gather(*(person.close() for person in self._people))
        if self._http is not None:
            await self._http.close()
