"""Real peers for the tests: aiortc connections that talk to a MediaServer."""

from __future__ import annotations

import asyncio
import fractions
import math
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame
from av.frame import Frame

from sfu.model import MediaEvent, MediaRights
from sfu.room import MediaRoom
from sfu.server import MediaConfig, MediaServer

PUPIL = MediaRights(publish=True, screen=False, receive=True, moderator=False)
TEACHER = MediaRights(publish=True, screen=True, receive=True, moderator=True)


class Log:
    """A room's callback that remembers and can be waited on."""

    def __init__(self) -> None:
        self.events: list[MediaEvent] = []
        self._news = asyncio.Event()

    def __call__(self, event: MediaEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, wanted: MediaEvent | Callable[[MediaEvent], bool], seconds: float = 30) -> MediaEvent:
        """The first event, old or new, that equals or satisfies what is wanted."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if wanted(event) if callable(wanted) else wanted == event:
                        return event
                self._news.clear()
                await self._news.wait()


class Tone(MediaStreamTrack):
    """A tone that swells, 20 ms a frame."""

    kind = "audio"

    def __init__(self, hertz: float = 440.0) -> None:
        super().__init__()
        self._hertz = hertz
        self._frames = 0
        self._start = asyncio.get_running_loop().time()

    async def recv(self) -> Frame:
        number = self._frames
        self._frames += 1
        await _until(self._start + number * 0.02)
        samples = array("h", (self._sample((960 * number + offset) / 48000) for offset in range(960)))
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = 48000, 960 * number, fractions.Fraction(1, 48000)
        return frame

    def _sample(self, at: float) -> int:
        swell = 6000 + 5000 * math.sin(2 * math.pi * 2 * at)
        return int(swell * math.sin(2 * math.pi * self._hertz * at))


class Bars(MediaStreamTrack):
    """A moving picture of 160 x 120 at 15 frames a second whose left half has one brightness."""

    kind = "video"

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._brightness = brightness
        self._frames = 0
        self._start = asyncio.get_running_loop().time()

    async def recv(self) -> Frame:
        number = self._frames
        self._frames += 1
        await _until(self._start + number / 15)
        bar = number % 80
        line = bytes([self._brightness] * (80 + bar) + [235] * (80 - bar))
        frame = VideoFrame(160, 120, "yuv420p")
        for plane, content in zip(frame.planes, (line * 120, b"\x80" * 4800, b"\x80" * 4800), strict=True):
            plane.update(content)
        frame.pts, frame.time_base = number * 6000, fractions.Fraction(1, 90000)
        return frame


async def _until(moment: float) -> None:
    loop = asyncio.get_running_loop()
    reached = asyncio.Event()
    loop.call_at(moment, reached.set)
    await reached.wait()


@asynccontextmanager
async def running(config: MediaConfig | None = None) -> AsyncIterator[MediaServer]:
    """A MediaServer on 127.0.0.1, closed at the end, and then nothing of it may be left."""
    server = MediaServer(config or MediaConfig())
    await server.start()
    try:
        yield server
    finally:
        await server.close()
        assert set(server.counts().values()) == {0}


@asynccontextmanager
async def publisher(
    room: MediaRoom, peer: str, brightness: int, *, audio: bool = True, without: str | None = None
) -> AsyncIterator[RTCPeerConnection]:
    """Somebody who sends a tone and bars by WHIP; lines of the offer that hold `without` are not told."""
    connection = RTCPeerConnection()
    if audio:
        connection.addTrack(Tone())
    connection.addTrack(Bars(brightness))
    for transceiver in connection.getTransceivers():
        transceiver.direction = "sendonly"
    await connection.setLocalDescription(await connection.createOffer())
    lines = connection.localDescription.sdp.split("\r\n")
    told = "\r\n".join(line for line in lines if without is None or without not in line)
    answer = await room.publish(peer, told)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def player(room: MediaRoom, peer: str, of: str | None = None) -> AsyncIterator[RTCPeerConnection]:
    """Somebody who watches by WHEP."""
    connection = RTCPeerConnection()
    connection.addTransceiver("audio", "recvonly")
    connection.addTransceiver("video", "recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    answer = await room.play(peer, connection.localDescription.sdp, of)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        yield connection
    finally:
        await connection.close()


def track_of(connection: RTCPeerConnection, kind: str) -> MediaStreamTrack:
    """The track this connection receives."""
    return next(t.receiver.track for t in connection.getTransceivers() if t.kind == kind)


async def next_picture(connection: RTCPeerConnection) -> int:
    """Decode one picture and tell how bright its left half is."""
    frame = await track_of(connection, "video").recv()
    assert isinstance(frame, VideoFrame)
    plane = frame.planes[0]
    lines = [bytes(plane)[row * plane.line_size :][:70] for row in range(0, frame.height, 8)]
    return sum(map(sum, lines)) // (70 * len(lines))


async def next_loudness(connection: RTCPeerConnection) -> float:
    """Decode 20 ms of sound and tell how loud it is."""
    frame = await track_of(connection, "audio").recv()
    assert isinstance(frame, AudioFrame)
    samples = array("h", bytes(frame.planes[0]))
    return sum(map(abs, samples)) / len(samples)
