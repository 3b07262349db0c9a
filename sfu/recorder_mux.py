"""The process that writes a recording's files: frames from its standard input into one WebM file each.

    python -m sfu.recorder_mux FOLDER RESERVE

Laws: it knows nothing of people; a file is a number. It ends when its input does, whoever closed it, and leaves whole
files behind; it does not end by the signals that end its parent. What it writes to its standard output are lines:
`opened FILE MILLISECONDS-SINCE-1970`, `closed FILE BYTES MILLISECONDS`, and, before it gives up with status 3,
`failed full` or `failed broken`. It gives up before less than RESERVE bytes of the disk are left. A cluster that could
not be written whole is cut off again. A crash of the machine costs at most what the system had not written yet.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Final

from sfu.recorder_webm import WebmFile, Written
from sfu.recorder_wire import End, Frame, Reader

CHUNK: Final = 1 << 18
IDLE_SECONDS: Final = 1.0
FULL: Final = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def say(line: str) -> None:
    """Tell the parent, if there is one."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


class Growing:
    """One file on the disk."""

    def __init__(self, path: Path, wall: int) -> None:
        self.webm = WebmFile(wall)
        self._wall = wall
        self._path = path
        self._descriptor = -1
        self.length = 0

    def do(self, written: Written, name: int) -> None:
        """Append and write over; a file is told of once it holds something. OSError: nothing was appended."""
        if not written.data:
            return
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write(self._descriptor, written.data, self.length)
            for patch in written.patches:
                _write(self._descriptor, patch.data, patch.offset)
        except OSError:
            os.ftruncate(self._descriptor, self.length)
            raise
        if not self.length:
            assert self.webm.began is not None
            say(f"opened {name} {(self._wall + self.webm.began) // 1000}")
        self.length += len(written.data)

    def close(self, name: int) -> None:
        """Write the rest and the index; what fails leaves the file as it was before."""
        try:
            self.do(self.webm.close(), name)
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
                say(f"closed {name} {self.length} {self.webm.milliseconds}")


def _write(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, offset)
        view, offset = view[count:], offset + count


class Muxer:
    """All files of a recording."""

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder = folder
        self._reserve = reserve
        self._wall = (time.time_ns() - time.monotonic_ns()) // 1000
        self._files: dict[int, Growing] = {}
        self._looked = 0.0

    def receive(self, record: Frame | End) -> None:
        """Take one record."""
        if isinstance(record, End):
            file = self._files.pop(record.file, None)
            if file is not None:
                file.close(record.file)
            return
        file = self._files.get(record.file)
        if file is None:
            file = self._files[record.file] = Growing(self._folder / f"{record.file}.webm", self._wall)
        file.do(file.webm.take(record), record.file)

    def flush(self) -> None:
        """Nothing came for a while: what is held is written."""
        for name, file in self._files.items():
            file.do(file.webm.flush(), name)

    def check_space(self) -> None:
        """Raise OSError when the disk is nearly full; looks once a second."""
        now = time.monotonic()
        if now < self._looked + 1:
            return
        self._looked = now
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < self._reserve:
            raise OSError(errno.ENOSPC, "the disk is nearly full")

    def close(self) -> None:
        """End every file; OSError of the last that failed."""
        failed: OSError | None = None
        while self._files:
            name, file = self._files.popitem()
            try:
                file.close(name)
            except OSError as error:
                failed = error
        if failed is not None:
            raise failed


def run(folder: Path, reserve: int) -> int:
    """Write until the input ends; the exit status."""
    muxer, reader = Muxer(folder, reserve), Reader()
    try:
        muxer.check_space()
        while True:
            if not select.select([0], [], [], IDLE_SECONDS)[0]:
                muxer.flush()
                muxer.check_space()
                continue
            data = os.read(0, CHUNK)
            if not data:
                break
            for record in reader.receive(data):
                muxer.receive(record)
            muxer.check_space()
        muxer.close()
    except OSError as error:
        say("failed full" if error.errno in FULL else "failed broken")
        with contextlib.suppress(OSError):
            muxer.close()
        return 3
    return 0


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2])))
