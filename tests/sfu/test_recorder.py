"""Recording with real peers: who agreed and nobody else, cut when they withdraw; and what fails costs no packet."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import av
import pytest
from av import VideoFrame
from msgspec.structs import replace

from sfu.errors import StateError
from sfu.model import SourceChanged
from sfu.recorder import FileClosed, FileOpened, RecorderEvent, RecordingEnded, file_of
from sfu.room import MediaRoom
from sfu.server import MediaServer
from tests.sfu.peers import PUPIL, TEACHER, Log, player, publisher, running

SECONDS = 30


class Told:
    """What a recording told."""

    def __init__(self) -> None:
        self.events: list[RecorderEvent] = []
        self._news = asyncio.Event()

    def __call__(self, event: RecorderEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, wanted: Callable[[RecorderEvent], bool]) -> RecorderEvent:
        async with asyncio.timeout(SECONDS):
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                self._news.clear()
                await self._news.wait()


async def _recorded(server: MediaServer, frames: int) -> None:
    """Wait until so many frames more were taken."""
    await _counted(server, "recorded_frames", server.counters()["recorded_frames"] + frames)


async def _counted(server: MediaServer, name: str, least: int) -> None:
    async with asyncio.timeout(SECONDS):
        while server.counters()[name] < least:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _until_pictures(path: Path, more_than: int = 5) -> None:
    """Wait until a file that grows holds more pictures; a cluster that is just being written does not count yet."""
    async with asyncio.timeout(SECONDS):
        while True:
            with contextlib.suppress(OSError, av.error.FFmpegError):
                if _content(path)[0] > more_than:
                    return
            await asyncio.sleep(0.1)


def _held(pid: int) -> None:
    """Stop a process and return when it stands."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)


def _content(path: Path) -> tuple[int, int, int]:
    """How many pictures and sounds of a file a decoder decodes, and how bright the pictures are."""
    pictures = sounds = brightness = 0
    with av.open(path, "r") as container:
        for frame in container.decode():
            if isinstance(frame, VideoFrame):
                pictures += 1
                brightness = bytes(frame.planes[0])[5]
            else:
                sounds += 1
    return pictures, sounds, brightness


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def _lesson(stack: AsyncExitStack, server: MediaServer) -> tuple[MediaRoom, Log]:
    """A teacher and two pupils whose cameras flow, each with a brightness of their own."""
    log = Log()
    room = server.room("lesson", log)
    for peer, rights, brightness in (("t", TEACHER, 60), ("a", PUPIL, 120), ("b", PUPIL, 200)):
        room.admit(peer, rights)
        await stack.enter_async_context(publisher(room, peer, brightness))
    for peer in "tab":
        await log.until(SourceChanged(peer, "camera", True))
    return room, log


async def test_only_who_agreed_is_in_a_file_and_who_withdraws_is_cut(tmp_path: Path) -> None:
    async with running() as server, AsyncExitStack() as stack:
        room, _ = await _lesson(stack, server)
        told, began = Told(), time.time() * 1000 - 1
        recording = await room.record(tmp_path, 0, told)
        with pytest.raises(StateError):
            await room.record(tmp_path, 0, told)
        await _counted(server, "rtp_in", server.counters()["rtp_in"] + 100)
        assert server.counters()["recorded_frames"] == 0  # it runs, and nobody has agreed
        room.set_rights("t", replace(TEACHER, record=1))
        room.set_rights("a", replace(PUPIL, record=2))
        await _until_pictures(tmp_path / "4.webm")
        room.set_rights("a", PUPIL)
        recording.end(2, forget=False)
        closed = await told.until(lambda event: isinstance(event, FileClosed) and event.file == 4)
        length = (tmp_path / "4.webm").stat().st_size
        await _until_pictures(tmp_path / "2.webm", _content(tmp_path / "4.webm")[0])
        room.stop_recording()
        await recording.closed()
        assert told.events[-1] == RecordingEnded("closed")
        assert _names(tmp_path) == {"2.webm", "4.webm"}
        assert isinstance(closed, FileClosed) and closed.bytes == length == (tmp_path / "4.webm").stat().st_size
        mine, theirs = _content(tmp_path / "2.webm"), _content(tmp_path / "4.webm")
        assert mine[0] > theirs[0] > 5 and min(mine[1], theirs[1]) > 25
        assert abs(mine[2] - 60) < 12 and abs(theirs[2] - 120) < 12
        opened = {event.file: event.at for event in told.events if isinstance(event, FileOpened)}
        assert opened.keys() == {file_of(1, "camera"), file_of(2, "microphone")}
        assert all(began <= at <= time.time() * 1000 for at in opened.values())
        assert (tmp_path / "2.webm").stat().st_mode & 0o777 == 0o600
        assert server.counters()["commands_refused"] == 0 == server.counters()["dropped_recorded"]
        room.set_rights("b", replace(PUPIL, record=3))  # too late: nothing records
        assert not (tmp_path / "6.webm").exists()


async def test_what_happens_to_the_files_does_not_happen_to_the_call(tmp_path: Path) -> None:
    async with running() as server, AsyncExitStack() as stack:
        room, _ = await _lesson(stack, server)
        room.admit("w", PUPIL)
        await stack.enter_async_context(player(room, "w"))

        async def record(name: str) -> tuple[Told, int, Path]:
            """Record the teacher until there is something to see."""
            (tmp_path / name).mkdir()
            told = Told()
            recording = await room.record(tmp_path / name, 0, told)
            room.set_rights("t", replace(TEACHER, record=1))
            await _until_pictures(tmp_path / name / "2.webm")
            await told.until(lambda event: isinstance(event, FileOpened))
            process = recording._process
            assert process is not None
            return told, process.pid, tmp_path / name / "2.webm"

        async def goes_on() -> None:
            """The viewer's packets flow."""
            before = server.counters()["forwarded"]
            await _counted(server, "forwarded", before + 60)

        async def ended(told: Told, reason: str) -> None:
            await told.until(lambda event: isinstance(event, RecordingEnded) and event.reason == reason)
            room.stop_recording()
            room.set_rights("t", TEACHER)

        told, pid, file = await record("killed")
        os.kill(pid, signal.SIGKILL)
        await ended(told, "broken")
        await goes_on()
        assert _content(file)[0] > 5  # what was written is whole

        told, pid, file = await record("full")
        _held(pid)
        limit = file.stat().st_size + 100
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))
        os.kill(pid, signal.SIGCONT)
        await ended(told, "full")
        await goes_on()
        assert _content(file)[0] > 5 and file.stat().st_size <= limit

        told, pid, file = await record("stopped")
        _held(pid)
        await goes_on()
        await _recorded(server, 200)  # taken, and nobody waits for the process
        os.kill(pid, signal.SIGCONT)
        room.stop_recording()
        await told.until(lambda event: event == RecordingEnded("closed"))
        pictures, sounds, brightness = _content(file)
        assert pictures > 20 and sounds > 60 and abs(brightness - 60) < 12
