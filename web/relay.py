"""Direct calls between the workers of one server: a request and its answer over a Unix socket, or TLS between machines.

Laws: a call has a deadline and ends in an answer or in RelayUnreachable, never in silence. Calls between two
workers are begun in their order. A worker that is called by itself takes the short way, with the same semantics.
Frames are `u32 length, msgpack(Frame)`; both ends are this program, files are readable by its owner alone. Who is on
this machine is known by its socket file, who is on another one by the address in its name (`web/machines.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from collab.ending import end
from web.errors import Exit, Unavailable, WebError, describe
from web.machines import Credentials, address_of, name_in

MAX_FRAME = 1 << 20
Handler = Callable[[bytes], Awaitable[bytes]]
log = logging.getLogger(__name__)


class RelayUnreachable(Unavailable):
    code = "relay_unreachable"


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One request (`name` set) or its answer (`error` set when it failed)."""

    call: int
    name: str
    payload: bytes = b""
    error: Exit | None = None


class Relay:
    """Serve named handlers to other workers, and call theirs."""

    def __init__(self, worker: str, folder: Path, credentials: Credentials | None = None) -> None:
        self.worker = worker
        self._folder = folder
        self._credentials = credentials
        self._handlers: dict[str, Handler] = {}
        self._links: dict[str, _Link] = {}
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()

    def serve(self, name: str, handler: Handler) -> None:
        """Answer calls of `name` with `handler`; call before `start`."""
        self._handlers[name] = handler

    async def start(self) -> None:
        path = self._path(self.worker)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._servers.append(await asyncio.start_unix_server(self._on_link, path))
        path.chmod(0o600)
        address = address_of(self.worker)
        if address is not None and self._credentials is not None:
            server = asyncio.start_server(
                self._on_link, address.host, address.port, ssl=self._credentials.server, ssl_handshake_timeout=5
            )
            self._servers.append(await server)

    async def close(self) -> None:
        for link in list(self._links.values()):
            link.close()
        await end(self._serving)
        for server in self._servers:
            server.close()
        with contextlib.suppress(FileNotFoundError):
            self._path(self.worker).unlink()

    def others(self) -> list[str]:
        """The other workers on this machine that are, or lately were, there."""
        return sorted(path.stem for path in self._folder.glob("*.sock") if path.stem != self.worker)

    async def call(self, worker: str, name: str, payload: bytes, deadline: float = 3.0) -> bytes:
        """Return the answer of `worker`'s handler within `deadline` seconds.

        Raises RelayUnreachable (no such worker, link lost, deadline over) or RemoteError with the callee's code.
        """
        try:
            async with asyncio.timeout(deadline):
                if worker == self.worker:
                    return await self._answer(name, payload)
                return await (await self._link(worker)).request(name, payload)
        except (TimeoutError, OSError) as error:
            raise RelayUnreachable(text=f"worker {worker} does not answer") from error

    async def _link(self, worker: str) -> _Link:
        link = self._links.get(worker)
        if link is None or link.closed:
            reader, writer = await self._open(worker)
            # A second caller may have connected while this one waited: one link keeps the order.
            current = self._links.get(worker)
            if current is not None and not current.closed:
                writer.close()
                return current
            link = self._links[worker] = _Link(reader, writer)
        return link

    async def _open(self, worker: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        path, address = self._path(worker), address_of(worker)
        if address is None or self._credentials is None or path.exists():
            return await asyncio.open_unix_connection(path)
        tls = self._credentials.client
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
        if name_in(writer.get_extra_info("peercert")) != worker:
            writer.close()
            raise RelayUnreachable(text=f"worker {worker} is not there any more")
        return reader, writer

    def _path(self, worker: str) -> Path:
        if not worker.replace("-", "").isalnum():
            raise RelayUnreachable(text="no such worker")
        return self._folder / f"{worker}.sock"

    async def _answer(self, name: str, payload: bytes) -> bytes:
        handler = self._handlers.get(name)
        if handler is None:
            raise RelayUnreachable(text=f"no handler for {name}")
        return await handler(payload)

    async def _on_link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    frame = await _read(reader)
                    group.create_task(self._serve_one(frame, writer))
        except* (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            pass  # the other worker left
        except* asyncio.CancelledError:
            pass  # close() ended this link; asyncio would report it as an accident
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve_one(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        try:
            answer = Frame(frame.call, "", await self._answer(frame.name, frame.payload))
        except Exception as error:  # top of this call: it must be answered
            way_out = describe(error)
            if way_out is None:
                log.exception("relay call %s failed", frame.name)
            answer = Frame(frame.call, "", error=way_out or Exit(500, 1011, "internal", "internal error"))
        with contextlib.suppress(RelayUnreachable):  # the caller is gone: nobody waits for this answer
            _write(writer, answer)


class _Link:
    """The calling end of one connection to another worker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._next = 0
        self.closed = False
        self._task = asyncio.create_task(self._read_answers(reader))

    async def request(self, name: str, payload: bytes) -> bytes:
        self._next += 1
        call = self._next
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[call] = future
        _write(self._writer, Frame(call, name, payload))
        try:
            return await future
        finally:
            self._waiting.pop(call, None)

    def close(self) -> None:
        self.closed = True
        self._task.cancel()
        self._writer.close()

    async def _read_answers(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                frame = await _read(reader)
                future = self._waiting.get(frame.call)
                if future is None or future.done():
                    continue
                if frame.error:
                    future.set_exception(RemoteError(frame.error))
                else:
                    future.set_result(frame.payload)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            pass  # the other worker is gone: everyone who waits is told below
        finally:
            self.closed = True
            self._writer.close()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(RelayUnreachable(text="the link was lost"))


class RemoteError(WebError):
    """What the other worker's handler raised; it leaves the house as it would have there."""

    def __init__(self, way_out: Exit) -> None:
        super().__init__(way_out.code, way_out.text)
        self.way_out = way_out


async def _read(reader: asyncio.StreamReader) -> Frame:
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    if length > MAX_FRAME:
        raise ConnectionError("relay frame too long")
    return msgspec.msgpack.decode(await reader.readexactly(length), type=Frame)


def _write(writer: asyncio.StreamWriter, frame: Frame) -> None:
    if writer.is_closing():
        raise RelayUnreachable(text="the link was lost")
    body = msgspec.msgpack.encode(frame)
    if len(body) > MAX_FRAME:
        raise RelayUnreachable(text="relay frame too long")
    writer.write(struct.pack("!I", len(body)) + body)
