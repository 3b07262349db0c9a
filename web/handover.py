"""Connections of media that came to the HTTP port of one worker, and belong to a plane of this or another one.

Laws: the place in a connection's first frame names its owner, so nobody is asked. A descriptor goes to another worker
through that one's Unix socket (SCM_RIGHTS), which lies in a folder of ours alone. While that one is busy, `WAITING`
connections wait up to `RETRY_SECONDS`, then they are closed, oldest first: their clients try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from array import array
from collections import deque
from pathlib import Path
from typing import Final

from sfu.server import MediaServer

WAITING: Final = 256
RETRY_SECONDS: Final = 5.0
_PAUSE: Final = 0.02
_AT_ONCE: Final = 32
_LONGEST: Final = 64 << 10  # of one read
_PLACE: Final = 2  # bytes


class Handover:
    """One worker's way to its own planes and to the other workers."""

    def __init__(self, media: MediaServer, folder: Path, index: int, threads: int) -> None:
        self._media = media
        self._folder = folder
        self._index = index
        self._threads = threads
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._waiting: deque[tuple[float, str, bytes, int]] = deque()
        self._retry: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Take what other workers hand over."""
        path = Path(self._path(self._index))
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))
        path.chmod(0o600)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._on_readable)

    def close(self) -> None:
        """Forget what waits."""
        if self._retry is not None:
            self._retry.cancel()
        while self._waiting:
            os.close(self._waiting.popleft()[-1])
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        Path(self._path(self._index)).unlink(missing_ok=True)

    def hand_over(self, place: int, descriptor: int, first: bytes) -> None:
        """Give a copy of this connection to the worker with this place."""
        owner = place // self._threads
        if owner == self._index:
            self._serve(place, descriptor, first)
            return
        path, parcel = self._path(owner), place.to_bytes(_PLACE, "big") + first
        if not self._send(path, parcel, descriptor):
            if len(self._waiting) >= WAITING:
                os.close(self._waiting.popleft()[-1])
            until = asyncio.get_running_loop().time() + RETRY_SECONDS
            self._waiting.append((until, path, parcel, os.dup(descriptor)))
            self._try_later()

    def _send(self, path: str, parcel: bytes, descriptor: int) -> bool:
        """Whether it is done with: sent, or nobody is there."""
        try:
            # Not `socket.send_fds`, which takes an address and forgets it.
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))
            self._socket.sendmsg([parcel], [rights], 0, path)
        except BlockingIOError:  # more wait there than the kernel keeps
            return False
        except OSError:
            pass  # no such worker now; its rooms are elsewhere, and their people come with new addresses
        return True

    def _try_later(self) -> None:
        if self._retry is None and self._waiting:
            self._retry = asyncio.get_running_loop().call_later(_PAUSE, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        now = asyncio.get_running_loop().time()
        for _ in range(len(self._waiting)):
            until, path, parcel, descriptor = self._waiting.popleft()
            if self._send(path, parcel, descriptor) or until < now:
                os.close(descriptor)
            else:
                self._waiting.append((until, path, parcel, descriptor))
        self._try_later()

    def _on_readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                parcel, descriptors, _, _ = socket.recv_fds(self._socket, _LONGEST, 1)
            except OSError:
                return
            for descriptor in descriptors:
                self._serve(int.from_bytes(parcel[:_PLACE], "big"), descriptor, parcel[_PLACE:])
                os.close(descriptor)

    def _serve(self, place: int, descriptor: int, first: bytes) -> None:
        with contextlib.suppress(OSError):  # the client has gone meanwhile
            self._media.take_stream(place, descriptor, first)

    def _path(self, index: int) -> str:
        return str(self._folder / f"{index}.door")
