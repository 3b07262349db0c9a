"""Where the bytes of uploads lie: files in a folder, or rows of the database.

Laws: what `put` took is on the disk when it returns, whole or not at all; nobody overwrites anything, each place is
written once. Who reads a whole file gets its end only if it is still what was put; parts are not looked at. Reading
goes in pieces, and between two pieces nothing is held but an open file. A place is
"<school>/<two>/<hash>.<time>-<random>": what no row names and is old can be found and dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import delete, insert, select

from . import upload_tables as tables
from .database import Database
from .errors import StateError
from .fsync import sync
from .uploads import SMALL

_log = logging.getLogger("collab.uploads")

PIECE: Final = 256 * 1024
INCOMING: Final = ".incoming"
_REMEMBERED: Final = 10_000  # folders


class UploadBytes(Protocol):
    """A way to keep bytes."""

    async def put(self, place: str, file: Path) -> None:
        """Keep what is in a file; the file may be moved away. Raises StateError(store_failed)."""

    def read(self, place: str, start: int, length: int) -> AsyncIterator[bytes]:
        """Give `length` bytes from `start` on. Raises StateError(upload_missing)."""

    async def drop(self, places: Sequence[str]) -> None:
        """Let go of these, whether they are there or not."""

    async def places(self, before: int) -> list[str]:
        """Return what was put before a time (seconds since 1970), without thumbnails."""


def new_place(school: str, content: str, now: int) -> str:
    """Return a place that nobody has; `now` in seconds. The school's id need not be a file's name."""
    folder = hashlib.sha256(school.encode()).hexdigest()[:16]
    return f"{folder}/{content[:2]}/{content}.{now:x}-{secrets.token_hex(4)}"


async def unchanged(pieces: AsyncIterator[bytes], content: str, length: int) -> AsyncIterator[bytes]:
    """Give the pieces of a whole file on; raise StateError(upload_missing) before the last if it is not `content`."""
    found = hashlib.sha256()
    async for piece in pieces:
        found.update(piece)
        length -= len(piece)
        if length <= 0 and found.hexdigest() != content:
            _log.error("the file of %s is not what it was", content)
            raise _missing()
        yield piece


class FileBytes:
    """Files under a folder that all workers share."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._safe: set[Path] = set()  # folders that are on the disk: that one is there does not say so

    async def put(self, place: str, file: Path) -> None:
        try:
            await asyncio.to_thread(self._put, place, file)
        except OSError as error:
            raise _failed(error) from error

    async def read(self, place: str, start: int, length: int) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread((self._root / place).open, "rb")
        except OSError as error:
            raise _missing() from error
        try:
            file.seek(start)
            while length > 0:
                piece = await asyncio.to_thread(file.read, min(PIECE, length))
                if not piece:
                    raise _missing()
                length -= len(piece)
                yield piece
        finally:
            file.close()

    async def drop(self, places: Sequence[str]) -> None:
        await asyncio.to_thread(self._drop, places)

    async def places(self, before: int) -> list[str]:
        return await asyncio.to_thread(self._places, before)

    def _put(self, place: str, file: Path) -> None:
        target = self._root / place
        part = target.with_name(f".{target.name}")
        self._make_folders(target.parent)
        try:
            try:
                file.replace(part)
            except OSError:  # another disk
                shutil.copyfile(file, part)
            part.chmod(0o600)
            sync(part)
            part.replace(target)
            sync(target.parent)
        except OSError:
            for path in (part, target):
                with contextlib.suppress(OSError):
                    path.unlink()
            raise

    def _make_folders(self, folder: Path) -> None:
        if folder in self._safe and folder.is_dir():  # somebody may have cleared away what was empty
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        above = folder
        while above != self._root:
            above = above.parent
            sync(above)
        with contextlib.suppress(PermissionError):  # the root itself may be somebody else's to make
            sync(self._root.parent)
        if len(self._safe) >= _REMEMBERED:
            self._safe.clear()
        self._safe.add(folder)

    def _drop(self, places: Sequence[str]) -> None:
        for place in places:
            for name in (place, place + SMALL):
                with contextlib.suppress(OSError):
                    (self._root / name).unlink()

    def _places(self, before: int) -> list[str]:
        found = []
        for path in self._root.glob("*/*/*"):
            if path.name.startswith(".") or path.parent.parent.name.startswith("."):
                continue
            with contextlib.suppress(OSError):
                if not path.name.endswith(SMALL) and path.stat().st_mtime < before:
                    found.append(path.relative_to(self._root).as_posix())
        return found


class DatabaseBytes:
    """Rows of at most PIECE bytes; they are in every backup of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, place: str, file: Path) -> None:
        async with self._database.write() as connection:
            number = 0
            with await asyncio.to_thread(file.open, "rb") as source:
                while piece := await asyncio.to_thread(source.read, PIECE):
                    await connection.execute(insert(tables.chunk), {"place": place, "number": number, "data": piece})
                    number += 1

    async def read(self, place: str, start: int, length: int) -> AsyncIterator[bytes]:
        number, skip = divmod(start, PIECE)
        while length > 0:
            query = select(tables.chunk.c.data).where(tables.chunk.c.place == place, tables.chunk.c.number == number)
            async with self._database.read() as connection:
                data = (await connection.execute(query)).scalar()
            piece = b"" if data is None else bytes(data[skip : skip + length])
            if not piece:
                raise _missing()
            length, number, skip = length - len(piece), number + 1, 0
            yield piece

    async def drop(self, places: Sequence[str]) -> None:
        both = [name for place in places for name in (place, place + SMALL)]
        async with self._database.write() as connection:
            await connection.execute(delete(tables.chunk).where(tables.chunk.c.place.in_(both)))

    async def places(self, before: int) -> list[str]:
        query = select(tables.chunk.c.place).where(tables.chunk.c.number == 0)
        async with self._database.read() as connection:
            found = [row.place for row in await connection.execute(query)]
        return [place for place in found if not place.endswith(SMALL) and _put_at(place) < before]


def _put_at(place: str) -> int:
    try:
        return int(place.rpartition(".")[2].partition("-")[0], 16)
    except ValueError:
        return 0


def _failed(error: OSError) -> StateError:
    return StateError("store_failed", f"the file could not be kept ({type(error).__name__})")


def _missing() -> StateError:
    return StateError("upload_missing", "the file is not there any more")
