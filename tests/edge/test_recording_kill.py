"""kill -9 of a server that records, in the very moment in which somebody takes back their word.

Nothing of what follows may depend on the process that is gone: the room begins anew with nobody recorded, what there is
ends at once though the room is full of people again, and whoever wants theirs deleted gets it deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from tests.e2e.recordings import content, files_in
from tests.server import KreideServer
from tests.sfu.peers import Bars, Tone
from tests.web.house import Caller

pytestmark = pytest.mark.edge


class Somebody:
    """An account in the lesson: its browser's session, its socket, its microphone and camera."""

    def __init__(self, server: KreideServer, name: str) -> None:
        headers, jar = {"Origin": server.url}, aiohttp.CookieJar(unsafe=True)
        self.http = aiohttp.ClientSession(server.url, headers=headers, cookie_jar=jar)
        self.connection = RTCPeerConnection()
        self.caller = Caller(name)
        self._url, self._name = server.url, name

    async def __aenter__(self) -> Somebody:
        async with self.http.post("/api/v1/login", json={"account": self._name, "password": "kreide"}) as answer:
            assert answer.status == 200, await answer.text()
        async with self.http.post("/api/v1/meetings/demo-lesson/ticket", json={}) as answer:
            ticket = (await answer.json())["ticket"]
        await self.caller.sio.connect(self._url, auth={"ticket": ticket}, transports=["websocket"], wait_timeout=30)
        await self.caller.ask("room:join", meeting="demo-lesson", client=self._name)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.caller.sio.disconnect()
        await self.connection.close()
        await self.http.close()

    async def send(self) -> None:
        """Switch everything on."""
        for track in (Tone(), Bars(60)):
            self.connection.addTrack(track)
        for transceiver in self.connection.getTransceivers():
            transceiver.direction = "sendonly"
        await self.connection.setLocalDescription(await self.connection.createOffer())
        audio, video = (transceiver.mid for transceiver in self.connection.getTransceivers())
        sources = [{"mid": audio, "purpose": "microphone"}, {"mid": video, "purpose": "camera"}]
        sdp = self.connection.localDescription.sdp
        answer = await self.caller.ask("media:offer", sdp=sdp, sources=sources, slots=[])
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def word(self, recording: str, agree: bool, **more: bool) -> Any:
        return await self.caller.ask("room:consent", recording=recording, agree=agree, **more)

    async def recordings(self) -> list[Any]:
        async with self.http.get("/api/v1/recordings") as answer:
            return list((await answer.json())["recordings"])

    async def status(self, method: str, path: str) -> int:
        async with self.http.request(method, f"/api/v1/recordings/{path}") as answer:
            await answer.read()
            return answer.status


async def until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(what) from None


async def test_what_was_recorded_when_the_server_died_is_whole_ended_and_can_be_deleted(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    try:
        async with AsyncExitStack() as stack:
            teacher, pupil = [await stack.enter_async_context(Somebody(server, n)) for n in ("teacher", "pupil1")]
            for somebody in (teacher, pupil):
                await somebody.send()
            assert await teacher.caller.ask("room:record", on=True) == {}
            news = await pupil.caller.until("room:changed", lambda news: bool(recording_in(news)))
            id = recording_in(news)["id"]
            assert await teacher.word(id, True) == {} == await pupil.word(id, True)
            await until(lambda: len(files_in(server.data)) == 2, "two films begin")
            pupil.caller.sio.start_background_task(pupil.word, id, False, erase=True)
            server.kill()  # what the word did is chance: nothing, something, everything but the answer
        server.start()
        async with Somebody(server, "teacher") as teacher, Somebody(server, "pupil1") as pupil:
            state = await teacher.caller.ask("room:sync")
            assert state["recording"] is None
            assert await pupil.word(id, False, erase=True) == {}, "it is asked again, as nobody has answered"
            assert await pupil.recordings() == []
            (kept,) = files_in(server.data)
            (recording,) = await teacher.recordings()
            (track,) = recording["tracks"]
            assert track["mine"] and f"{track['file']}.webm" == kept.name
            assert recording["ended"] == "broken", "it has ended although people are in the room"
            assert sum(content(kept)[:2]) > 0, "what was written plays"
            assert await teacher.status("GET", f"{id}/{track['file']}") == 200
            assert await teacher.status("DELETE", id) == 204
            assert list((server.data / "recordings").iterdir()) == [] == await teacher.recordings()
    finally:
        assert server.stop() == 0


def recording_in(news: Any) -> Any:
    return next((change["recording"] for change in news["changes"] if change["type"] == "recording_changed"), None)
