"""Files that people send: taken in while they arrive, looked at, made harmless, kept.

Laws: nothing that arrives is held in memory, and no more of it is taken than may be kept; who sends too slowly is cut
off, so that a few cannot hold the door. A picture is made anew before it is kept (`uploads_picture.py`), so nobody ever
reads what it told beside what it shows. Where a virus scanner is named, it has found a file clean before it is kept
(`scan.py`). What is acknowledged is on the disk. Who may send where is decided by the
caller; bounds belong to a person, not to an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from collab.database import Database
from collab.errors import StateError
from collab.limits import Bucket
from collab.upload_bytes import INCOMING, DatabaseBytes, FileBytes, UploadBytes
from collab.upload_store import DAY, UploadStore
from collab.uploads import Content, Quota, Reference, Upload
from web import uploads_picture
from web.crowd import Shares
from web.errors import Overloaded, ProtocolError
from web.scan import Scanner
from web.school.model import Person
from web.school.store import new_id, now_ms
from web.uploads_kind import HEAD, PICTURES, TAIL, Longer, kind_of
from web.uploads_names import clean_name

if TYPE_CHECKING:
    from collab.heavy import HeavyPool
    from web.config import Config

AT_ONCE: Final = 3  # of one person
ALTOGETHER: Final = 64  # of one worker
RATE: Final = (0.5, 40.0)  # per second, burst: a class trip's pictures in one go
SILENCE_SECONDS: Final = 20.0  # the longest pause between two pieces
SLOWEST: Final = 8 * 1024  # bytes a second, on the whole
GRACE_SECONDS: Final = 30.0
MEGABYTE: Final = 1_000_000


class Source(Protocol):
    """What a file arrives through: bytes, and nothing at its end."""

    async def readany(self) -> bytes: ...


class Target(Struct, frozen=True):
    """Where a file goes: a channel or a document."""

    channel: str | None = None
    document: str | None = None


class Uploads:
    """The uploads of one worker."""

    def __init__(self, config: Config, database: Database, heavy: HeavyPool) -> None:
        bytes_: UploadBytes
        folder = config.uploads_folder
        if folder is None:
            bytes_, folder = DatabaseBytes(database), config.data
        else:
            bytes_ = FileBytes(folder)
        self.store = UploadStore(database, bytes_)
        self.limit = config.upload_limit * MEGABYTE
        self.quota = Quota(config.uploads_per_person * MEGABYTE, config.uploads_per_school * MEGABYTE)
        self._incoming = folder / INCOMING
        self._heavy = heavy
        self._scanner = Scanner(config.clamd) if config.clamd else None
        self._shares = Shares(
            AT_ONCE, f"at most {AT_ONCE} files are sent at a time", altogether=ALTOGETHER, retry_after=2
        )
        self._rates: dict[str, Bucket] = {}

    async def take(self, person: Person, target: Target, name: str, source: Source, length: int | None) -> Upload:
        """Keep what arrives; durable on return. Raises ProtocolError(too_large | upload_*), Overloaded, Unavailable."""
        if (length or 0) > self.limit:
            raise self._too_large()
        with self._turn(person.id):
            used = await self.store.used(person.school, person.id)
            if used.person + (length or 0) > self.quota.person:
                raise Overloaded("upload_quota", "you have sent as much as one person may: delete something first")
            async with self._folder() as folder:
                arrived = folder / "file"
                size = await self._receive(source, arrived)
                if length is not None and size != length:
                    raise ProtocolError("upload_damaged", "the file did not arrive whole")
                kind = await asyncio.to_thread(_kind, arrived, size)
                if target.document is not None and kind not in PICTURES:
                    raise ProtocolError("upload_picture", "pictures are taken as JPEG, PNG, GIF or WebP")
                await self.require_clean(arrived)
                small = None
                content = Content("", size, kind)
                if kind in PICTURES:
                    content, small = await self._clean(arrived, folder / "small", kind)
                if content.size > self.limit:
                    raise self._too_large()
                digest = await asyncio.to_thread(_digest, arrived)
                reference = Reference(
                    new_id(),
                    person.school,
                    person.id,
                    clean_name(name, kind),
                    now_ms(),
                    target.channel,
                    target.document,
                )
                return await self._keep(reference, _named(content, digest), arrived, small)

    async def require_clean(self, file: Path | bytes) -> None:
        """Have a file looked through, where a scanner is named, whatever is to become of it; as Scanner raises."""
        if self._scanner is not None:
            await self._scanner.require_clean(file)

    def under_way(self, person: str) -> int:
        """Return how many files somebody is sending now."""
        return self._shares.of(person)

    async def _keep(self, reference: Reference, content: Content, file: Path, small: Path | None) -> Upload:
        if reference.document is not None:
            known = await self.store.find_image(reference.document, content.hash)
            if known is not None and await self.store.renew(known, reference.at):
                return await self.store.mend(known, file, small)
        return await self.store.add(reference, content, file, small, self.quota)

    async def _receive(self, source: Source, target: Path) -> int:
        """Write what arrives to a file; return how much it was."""
        size, begun = 0, monotonic()
        file = await asyncio.to_thread(target.open, "xb")
        try:
            while True:
                try:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        piece = await source.readany()
                except TimeoutError:
                    raise _too_slow() from None
                if not piece:
                    return size
                size += len(piece)
                if size > self.limit:
                    raise self._too_large()
                if monotonic() - begun > GRACE_SECONDS + size / SLOWEST:
                    raise _too_slow()
                await asyncio.to_thread(file.write, piece)
        finally:
            await asyncio.to_thread(file.close)  # what is short is written here, and may find no room

    async def _clean(self, file: Path, small: Path, kind: str) -> tuple[Content, Path | None]:
        order = uploads_picture.Picture(kind, await asyncio.to_thread(file.read_bytes))
        try:
            answer = await self._heavy.run(
                uploads_picture.JOB, uploads_picture.encode(order), uploads_picture.ALLOWANCE
            )
        except StateError as error:
            if error.code in ("heavy_memory", "heavy_time", "heavy_answer"):
                raise ProtocolError("upload_pixels", "the picture is too large to be looked at") from error
            if error.code in ("heavy_failed", "heavy_crashed"):
                raise ProtocolError("upload_damaged", "the picture is damaged") from error
            raise
        made = uploads_picture.decode(answer)
        await asyncio.to_thread(file.write_bytes, made.data)
        if made.small:
            await asyncio.to_thread(small.write_bytes, made.small)
        content = Content("", len(made.data), kind, made.width, made.height, len(made.small))
        return content, small if made.small else None

    async def sweep(self, now: int) -> None:
        """Let go of what nobody needs: sent and never used, deleted, left behind by a crash; `now` in milliseconds."""
        await self.store.sweep(now)
        await self.store.drop_strays(now // 1000)
        await asyncio.to_thread(_clear, self._incoming, now / 1000 - DAY)

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        """A folder of this upload's own, gone afterwards; raises StateError(store_failed) when the disk fails in it."""
        try:
            await asyncio.to_thread(self._incoming.mkdir, mode=0o700, parents=True, exist_ok=True)
            folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=self._incoming)
            try:
                yield Path(folder.name)
            finally:
                await asyncio.to_thread(folder.cleanup)
        except ConnectionError:
            raise
        except OSError as error:
            raise StateError("store_failed", "the file could not be kept") from error

    @contextmanager
    def _turn(self, person: str) -> Iterator[None]:
        with self._shares.one(person):
            now = monotonic()
            self._rates = {who: bucket for who, bucket in self._rates.items() if not bucket.full(now)}
            if not self._rates.setdefault(person, Bucket(*RATE, now)).take(now, 1):
                raise Overloaded(text="too many files in a short time", retry_after=10)
            yield

    def _too_large(self) -> ProtocolError:
        return ProtocolError("too_large", f"a file has at most {self.limit // MEGABYTE} MB")


def _too_slow() -> ProtocolError:
    return ProtocolError("upload_too_slow", "the file arrives too slowly")


def _named(content: Content, digest: str) -> Content:
    return Content(digest, content.size, content.type, content.width, content.height, content.thumb)


def _kind(file: Path, size: int) -> str:
    with file.open("rb") as source:
        head = source.read(HEAD)
        source.seek(max(0, size - TAIL))
        tail = source.read()
        try:
            return kind_of(head, tail, size)
        except Longer as more:
            source.seek(max(0, size - more.length))
            tail = source.read()
    try:
        return kind_of(head, tail, size)
    except Longer:
        raise ProtocolError("upload_damaged", "the file is damaged") from None


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _clear(incoming: Path, before: float) -> None:
    """Drop what crashed uploads have left."""
    with contextlib.suppress(OSError):
        for folder in incoming.iterdir():
            if folder.stat().st_mtime < before:
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()
