"""Where the files of recordings lie, and how they go.

Laws: one folder for each recording, readable by this server alone; a name is made of numbers and our own ids, never of
what somebody wrote, and does not tell whether a file is WebM or Matroska: its head does. What is deleted is gone from
the disk when the call returns, and only then from the rows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple


class FileKind(NamedTuple):
    """How a file's name ends, and its media type."""

    suffix: str
    type: str


WEBM: Final = FileKind("webm", "video/webm")
MATROSKA: Final = FileKind("mkv", "video/x-matroska")
"""What is not allowed in WebM, H.264, makes it."""


class RecordingFiles:
    """The folder of all recordings; None: nothing may be recorded here."""

    def __init__(self, folder: Path | None, reserve: int) -> None:
        self._folder = folder
        self.reserve = reserve

    @property
    def offered(self) -> bool:
        """Whether there is a place for recordings."""
        return self._folder is not None

    def folder(self, recording: str) -> Path:
        """The folder of one recording."""
        assert self._folder is not None
        return self._folder / recording

    def path(self, recording: str, file: int) -> Path:
        """One file."""
        return self.folder(recording) / f"{file}.webm"

    def create(self, recording: str) -> Path:
        """Make the folder of a recording; OSError when that fails."""
        folder = self.folder(recording)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        return folder

    def is_full(self) -> bool:
        """Whether less is free than has to stay so."""
        assert self._folder is not None
        disk = os.statvfs(self._folder if self._folder.exists() else self._folder.parent)
        return disk.f_bavail * disk.f_frsize < self.reserve

    def written(self, recording: str, file: int) -> tuple[int, int] | None:
        """A file's bytes and when it was last written to (ms since 1970); None if there is none, or an empty one."""
        try:
            found = self.path(recording, file).stat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns // 1_000_000) if found.st_size else None

    def kind(self, recording: str, file: int) -> FileKind:
        """What a file is by its own word; OSError when there is none."""
        with self.path(recording, file).open("rb") as opened:
            return MATROSKA if b"matroska" in opened.read(64) else WEBM

    def delete(self, recording: str, files: Iterable[int] | None = None) -> None:
        """Delete these files, or all; what is not there is no error. OSError when something stays."""
        if self._folder is None:
            return
        folder = self.folder(recording)
        if files is None:
            if folder.exists():
                shutil.rmtree(folder)
            return
        for file in files:
            self.path(recording, file).unlink(missing_ok=True)

    def delete_others(self, recording: str, keep: Iterable[int]) -> None:
        """Delete what no row names: a process that died with its worker may have made a file too late."""
        names = {f"{file}.webm" for file in keep}
        folder = self.folder(recording)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in names:
                path.unlink()

    def strays(self, known: Iterable[str], before: float) -> list[str]:
        """Folders that no recording knows and nothing was written to since this time (seconds since 1970)."""
        if self._folder is None or not self._folder.is_dir():
            return []
        names = {path.name for path in self._folder.iterdir() if path.is_dir() and path.stat().st_mtime < before}
        return sorted(names - set(known))
