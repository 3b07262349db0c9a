"""WHIP and WHEP over the public wire: a foreign client publishes, another watches, on one worker and on two."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping

import aiohttp
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from sfu.ice import Credentials
from tests.server import KreideServer
from tests.services import RedisServer
from tests.sfu.peers import Bars, Tone, next_loudness, next_picture
from tests.web.test_first_bytes import answered, check_for

pytestmark = pytest.mark.edge
SDP = "application/sdp"
CONNECTIONS = 24


@pytest.fixture(params=[1, 2], scope="module")
def server(
    request: pytest.FixtureRequest, _redis_process: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KreideServer]:
    flags = ["--workers", "2", "--redis", _redis_process.url] if request.param == 2 else []
    kreide = KreideServer(tmp_path_factory.mktemp("whip") / "data", *flags)
    kreide.start()
    yield kreide
    assert kreide.stop() == 0


class Client:
    """A program that knows HTTP and WebRTC and nothing of us."""

    def __init__(self, server: KreideServer, ticket: str) -> None:
        self._url = server.url
        self._headers = {"Authorization": f"Bearer {ticket}"}
        self.connection = RTCPeerConnection()
        self.session = ""
        self.etag = ""

    async def open(self, path: str) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = self.connection.localDescription.sdp
        status, headers, answer = await self.call("POST", path, offer, SDP)
        assert (status, headers["Content-Type"].split(";")[0]) == (201, SDP), answer
        self.session, self.etag = headers["Location"], headers["ETag"]
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def call(
        self, method: str, path: str, body: str | None = None, kind: str = "", **headers: str
    ) -> tuple[int, Mapping[str, str], str]:
        """One request, on a connection of its own: with two workers it may reach either."""
        sent = self._headers | ({"Content-Type": kind} if kind else {}) | headers
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, self._url + path, data=body, headers=sent) as answer,
        ):
            return answer.status, answer.headers.copy(), await answer.text()

    async def close(self) -> None:
        await self.connection.close()


@pytest.fixture
async def camera(server: KreideServer) -> AsyncIterator[Client]:
    client = Client(server, server.ticket(meeting="demo-lesson", role="teacher", name="Camera"))
    client.connection.addTrack(Tone())
    client.connection.addTrack(Bars(60))
    for transceiver in client.connection.getTransceivers():
        transceiver.direction = "sendonly"
    await client.open("/whip/demo-lesson")
    yield client
    await client.call("DELETE", client.session)
    await client.close()


async def watch(server: KreideServer, path: str) -> Client:
    client = Client(server, server.ticket(meeting="demo-lesson", role="pupil", name="Screen"))
    client.connection.addTransceiver("audio", "recvonly")
    client.connection.addTransceiver("video", "recvonly")
    await client.open(path)
    return client


async def test_what_is_published_is_seen_and_heard(server: KreideServer, camera: Client) -> None:
    viewer = await watch(server, "/whep/demo-lesson")
    async with asyncio.timeout(120):
        assert abs(await next_picture(viewer.connection) - 60) < 12
        while await next_loudness(viewer.connection) < 500:
            pass
    assert (await viewer.call("DELETE", viewer.session))[0] == 200
    assert (await viewer.call("DELETE", viewer.session))[0] == 404
    await viewer.close()


async def test_a_session_belongs_to_who_made_it(server: KreideServer, camera: Client) -> None:
    stranger = Client(server, server.ticket(meeting="demo-lesson", role="pupil", name="Eve"))
    assert (await stranger.call("DELETE", camera.session))[0] == 404
    fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    status, _, _ = await stranger.call("PATCH", camera.session, fragment, "application/trickle-ice-sdpfrag")
    assert status == 404
    await stranger.close()


async def test_a_trickled_candidate_is_taken(server: KreideServer, camera: Client) -> None:
    kind = "application/trickle-ice-sdpfrag"
    fragment = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n"
    assert (await camera.call("PATCH", camera.session, fragment, kind, **{"If-Match": camera.etag}))[0] == 204
    assert (await camera.call("PATCH", camera.session, fragment, kind, **{"If-Match": '"other"'}))[0] == 412
    assert (await camera.call("PATCH", camera.session, fragment, "text/plain"))[0] == 415
    assert (await camera.call("GET", camera.session))[0] == 405


async def test_who_may_not_publish_may_not(server: KreideServer) -> None:
    """A guardian has to be let in to a consultation first: in the lobby there is no media."""
    for path in ("/whip/demo-consultation", "/whep/demo-consultation"):
        client = Client(server, server.ticket(meeting="demo-consultation", role="guardian", name="Guardian"))
        client.connection.addTransceiver("audio", "recvonly" if "whep" in path else "sendonly")
        await client.connection.setLocalDescription(await client.connection.createOffer())
        status, _, _ = await client.call("POST", path, client.connection.localDescription.sdp, SDP)
        assert status == 409
        await client.close()


async def test_an_encrypted_meeting_takes_no_tools(server: KreideServer) -> None:
    now = time.time_ns() // 1_000_000
    body = {"kind": "lesson", "title": "E", "starts_at": now, "ends_at": now + 3_600_000, "encrypted": True}
    meeting = str(server.login("teacher").post("/api/v1/meetings", body)["id"])
    for way in ("whip", "whep"):
        client = Client(server, server.ticket(meeting=meeting, role="teacher", name="Tool"))
        client.connection.addTransceiver("audio", "recvonly" if way == "whep" else "sendonly")
        await client.connection.setLocalDescription(await client.connection.createOffer())
        status, _, answer = await client.call("POST", f"/{way}/{meeting}", client.connection.localDescription.sdp, SDP)
        assert (status, json.loads(answer)["code"]) == (409, "encrypted")
        await client.close()


async def test_every_connection_to_the_port_of_the_pages_reaches_its_session(server: KreideServer) -> None:
    """Whichever worker takes it, the one that owns the session answers."""
    client = Client(server, server.ticket(meeting="demo-lesson", role="teacher", name="Camera"))
    client.connection.addTrack(Tone())
    await client.connection.setLocalDescription(await client.connection.createOffer())
    status, _, answer = await client.call("POST", "/whip/demo-lesson", client.connection.localDescription.sdp, SDP)
    assert status == 201, answer
    told = dict(line[2:].split(":", 1) for line in answer.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd")))
    session = Credentials(told["ice-ufrag"], told["ice-pwd"])
    assert f" 127.0.0.1 {server.port} typ host tcptype passive" in answer
    async with asyncio.timeout(120):
        for _ in range(CONNECTIONS):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            transaction = os.urandom(12)
            writer.write(check_for(session, transaction))
            assert (await answered(reader, session)).transaction == transaction
            writer.close()
    await client.close()
