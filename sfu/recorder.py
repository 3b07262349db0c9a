"""A recording of one room: which source becomes which track of which file, and the process that writes the files.

Laws:
- Who is recorded is not decided here: the router puts the recorder into the audience of those whose rights say so, and
  the native tap asks that audience at every packet. No frame passes through this process's Python.
- Files are numbers: `2 * record` holds camera and microphone of who is recorded under that number, the next one the
  screen and its sound. A number that was ended is never used again.
- The files' process reads a pipe. When it is slow, frames are lost and told (`FramesLost`); when it ends, the recording
  has ended (`RecordingEnded`); neither costs the call anything. It ends by itself when this process does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from sfu._native import Recorder
from sfu.errors import Overloaded
from sfu.model import Purpose
from sfu.recorder_wire import PICTURE, SOUND
from sfu.session import Port

WAITING: Final = 4 << 20
"""Bytes that wait for a slow disk: some 10 s of ten people."""
CLOSE_SECONDS: Final = 15.0

_TRACKS: Final[dict[Purpose, tuple[int, int]]] = {
    "microphone": (0, SOUND),
    "camera": (0, PICTURE),
    "screen-audio": (1, SOUND),
    "screen": (1, PICTURE),
}


class FileOpened(Struct, frozen=True, tag=True):
    """A file has its first frames, captured at this time (milliseconds since 1970)."""

    file: int
    at: int


class FileClosed(Struct, frozen=True, tag=True):
    """A file is finished: its length in bytes and in time."""

    file: int
    bytes: int
    milliseconds: int


class FramesLost(Struct, frozen=True, tag=True):
    """So many frames were lost until now because the disk was too slow."""

    count: int


class RecordingEnded(Struct, frozen=True, tag=True):
    """Nothing is written any more: as told, the disk is full, or the process or its disk broke."""

    reason: Literal["closed", "full", "broken"]


RecorderEvent = FileOpened | FileClosed | FramesLost | RecordingEnded


def file_of(record: int, purpose: Purpose) -> int:
    """The file of what somebody who is recorded under this number sends."""
    return 2 * record + _TRACKS[purpose][0]


class Recording:
    """One recording that runs."""

    def __init__(self, port: Port, on_event: Callable[[RecorderEvent], None]) -> None:
        self.id = next(port.numbers)
        """What audiences know it by."""
        self._port = port
        self._on_event = on_event
        self._native: Recorder | None = None
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, folder: Path, reserve: int) -> None:
        """Start the process; it keeps `reserve` bytes of the disk free. Overloaded `recorder` if it cannot be."""
        read, write = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "sfu.recorder_mux", str(folder), str(reserve),
                stdin=read, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
            )  # fmt: skip
            self._native = self._port.plane.recorder(self.id, write, WAITING)
        except (OSError, RuntimeError) as error:
            raise Overloaded("recorder", "the recording could not be started") from error
        finally:
            os.close(read)
            os.close(write)
        self._task = asyncio.create_task(self._listen(self._process), name=f"recorder {self.id}")

    def tap(self, source: int, purpose: Purpose, record: int, layer: int) -> None:
        """Record a source, as long as its audience holds the recorder."""
        if self._native is not None:
            self._native.tap(source, file_of(record, purpose), _TRACKS[purpose][1], layer)

    def end(self, record: int, *, forget: bool) -> None:
        """End the files of somebody; `forget`: what was not written yet is lost."""
        for file in (2 * record, 2 * record + 1):
            if self._native is not None:
                self._native.end(file, forget)

    def on_lost(self, dropped: int, _broken: bool) -> None:
        """The plane's word; that nobody reads is known from the process itself."""
        self._on_event(FramesLost(dropped))

    def close(self) -> None:
        """End all files; `RecordingEnded` follows once they are written."""
        if self._native is not None:
            self._native.close()
            self._native = None

    async def closed(self) -> None:
        """Wait until the files are written; a process that hangs is ended."""
        if self._task is None or self._process is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
        if not done:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.wait({self._task})

    async def _listen(self, process: Process) -> None:
        reason: Literal["closed", "full", "broken"] = "broken"
        assert process.stdout is not None
        async for line in process.stdout:
            match line.decode().split():
                case ["opened", file, at]:
                    self._on_event(FileOpened(int(file), int(at)))
                case ["closed", file, length, milliseconds]:
                    self._on_event(FileClosed(int(file), int(length), int(milliseconds)))
                case ["failed", "full"]:
                    reason = "full"
                case _:
                    pass
        if await process.wait() == 0:
            reason = "closed"
        self._native = None
        self._on_event(RecordingEnded(reason))
