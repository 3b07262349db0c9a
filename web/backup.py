"""`kreide backup FILE` and `kreide restore FILE`: everything a school has, in one file.

The file is a gzipped tar: the stores, `uploads/` where there are any, and last `manifest.json` with the sizes and
SHA-256 of all others. Laws: the file appears under its name only when it is whole and on the disk, readable by its
owner alone; nothing is put back before every byte was checked; a name in it that is not ours is refused. The ticket key
lies in the school's database and comes along; putting back makes a new one.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec
from msgspec import Struct

from collab.fsync import sync
from web.config import Config, ConfigError
from web.store_copies import UPLOADS, StoreCopies, copies_of, stopped

_MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20


class Member(Struct, frozen=True):
    """One file of a backup."""

    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """What a backup holds; `made_at` in seconds since 1970."""

    format: int
    database: str
    made_at: int
    files: dict[str, Member]


def backup(config: Config, file: Path) -> str:
    """Write a backup of the running (or stopped) server; return what to tell. Raises ConfigError."""
    copies = copies_of(config)
    if file.exists():
        raise ConfigError(f"{file} is there already.")
    try:
        with tempfile.TemporaryDirectory(prefix=".kreide-backup-", dir=file.absolute().parent) as name:
            folder = Path(name)
            copies.save(folder)
            part = folder / "backup"
            manifest = _pack(config, copies, folder, part)
            part.rename(file)
            sync(file.absolute().parent)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"The backup could not be written: {error}.") from error
    return f"{file}: {len(manifest.files)} files, {file.stat().st_size / 1e6:.1f} MB."


def restore(config: Config, file: Path) -> str:
    """Put a backup back while no server runs; return what to tell. Raises ConfigError."""
    copies = copies_of(config)
    beside = config.data / time.strftime("before-restore-%Y%m%d-%H%M%S")
    try:
        with stopped(config.data), tempfile.TemporaryDirectory(prefix=".kreide-restore-", dir=config.data) as name:
            folder = Path(name)
            manifest = _unpack(file, folder, copies)
            copies.put_back(folder, beside)
            _put_uploads_back(folder / UPLOADS, config.uploads_folder or config.data / UPLOADS)
    except (OSError, sqlite3.Error, tarfile.TarError, zlib.error, EOFError) as error:
        raise ConfigError(f"The backup could not be put back: {error}.") from error
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(manifest.made_at))
    return f"The school is as it was at {made}. What was there before is in {beside}. Everybody signs in again."


def _pack(config: Config, copies: StoreCopies, folder: Path, target: Path) -> Manifest:
    made_at = int(time.time())
    files: dict[str, Member] = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=4) as tar:
            for name, path in _members(config, copies, folder):
                try:
                    file = path.open("rb")
                except FileNotFoundError:
                    if not name.startswith(UPLOADS):
                        raise
                    continue  # what was deleted while we copied need not come along
                files[name] = _add(tar, name, file)
            manifest = Manifest(1, copies.kind, made_at, files)
            body = msgspec.json.format(msgspec.json.encode(manifest))
            tar.addfile(_entry(_MANIFEST, len(body)), io.BytesIO(body))
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _members(config: Config, copies: StoreCopies, folder: Path) -> Iterator[tuple[str, Path]]:
    for name in copies.names:
        yield name, folder / name
    uploads = config.uploads_folder or config.data / UPLOADS
    for path in sorted(uploads.rglob("*")):  # after the stores: what they name is there by now
        inner = path.relative_to(uploads)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in inner.parts):
            yield f"{UPLOADS}/{inner.as_posix()}", path


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes]) -> Member:
    with file:
        size = os.fstat(file.fileno()).st_size
        reader = _Hashed(file)
        tar.addfile(_entry(name, size), reader)
        return Member(size, reader.hash.hexdigest())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _unpack(file: Path, folder: Path, copies: StoreCopies) -> Manifest:
    """Write the backup's files into `folder`, all checked."""
    found: dict[str, Member] = {}
    body = b""
    with tarfile.open(file, "r:gz") as tar:
        for entry in tar:
            if not entry.isfile() or not _is_ours(entry.name, copies):
                raise ConfigError(f"{file} is no backup of this kind of server: it holds {entry.name!r}.")
            content = tar.extractfile(entry)
            assert content is not None
            if entry.name == _MANIFEST:
                body = content.read(64 << 20)
                continue
            target = folder / entry.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            found[entry.name] = _write(content, target)
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{file} is not whole: it has no manifest.") from error
    if manifest.format != 1 or manifest.database != copies.kind:
        raise ConfigError(f"{file} is a backup of {manifest.database}, not of {copies.kind}.")
    if found != manifest.files or not set(copies.names) <= found.keys():
        raise ConfigError(f"{file} is damaged: its files are not those of its manifest.")
    return manifest


def _is_ours(name: str, copies: StoreCopies) -> bool:
    path = PurePosixPath(name)
    if name in (_MANIFEST, *copies.names):
        return True
    return not path.is_absolute() and ".." not in path.parts and len(path.parts) > 1 and path.parts[0] == UPLOADS


def _write(content: IO[bytes], target: Path) -> Member:
    reader = _Hashed(content)
    size = 0
    with target.open("xb") as file:
        while chunk := reader.read(_CHUNK):
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Member(size, reader.hash.hexdigest())


def _put_uploads_back(source: Path, target: Path) -> None:
    """Uploads are named by their content: what is there already is the same."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o600)
            shutil.move(path, place)  # --uploads may be on another disk
            sync(place)
            sync(place.parent)


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.hash.update(chunk)
        return chunk
