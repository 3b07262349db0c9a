"""Clients that speak the public wire: a Yjs document over `/collab`, chat over Socket.IO.

They keep their own copy and count what was acknowledged and what they received, so that a test can ask
afterwards whether the server kept its word.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Self

import aiohttp
import socketio
from pycrdt import Doc, Map, TransactionEvent, create_sync_message, create_update_message, handle_sync_message

SYNC, ACK = 0, 100
FINAL = range(4400, 4500)  # closed with one of these, nobody comes again
STEP_2, UPDATE = 1, 2
PATIENCE = 120


class YClient:
    """One Yjs replica. Keys written are `"<name>-<n>"` in the root map `keys`."""

    def __init__(self, url: str, document: str, ticket: str, name: str, epoch: int | None = None) -> None:
        self._url = f"{url}/collab/{document}"
        self._query = {"ticket": ticket, "ack": "1", **({} if epoch is None else {"epoch": str(epoch)})}
        self.name = name
        self.take_over(Doc())
        self.acked: set[str] = set()
        self.received: set[str] = set()
        self._syncing = False  # what changes the replica now comes from the server
        self.synced = asyncio.Event()
        self.close_code: int | None = None
        self._heard = asyncio.Event()
        self._sent: list[set[str]] = []  # per counted frame: the keys it carried
        self._acks = 0
        self._next = 0
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: aiohttp.ClientSession | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    def take_over(self, doc: Doc[Any]) -> None:
        """Be the client of this replica. Its keys are followed: asking for all of many thousands takes long."""
        self.doc = doc
        self.keys: Map[Any] = doc.get("keys", type=Map)
        self._known = set(self.keys.keys())
        self.keys.observe(self._on_keys)

    def _on_keys(self, event: Any) -> None:  # a MapEvent: its type does not tell of its keys
        for key, change in event.keys.items():
            (self._known.discard if change["action"] == "delete" else self._known.add)(key)
            if self._syncing and change["action"] == "add" and not key.startswith(f"{self.name}-"):
                self.received.add(key)

    async def connect(self) -> None:
        """Connect and synchronise; everything unacknowledged goes along."""
        self.synced.clear()
        self._sent, self._acks = [], 0
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(self._url, params=self._query, max_msg_size=0)
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._socket.send_bytes(create_sync_message(self.doc))

    async def disconnect(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()
        self._socket = self._session = self._reader = None

    async def write(self) -> str:
        """Write one new key and send it; return the key."""
        key = f"{self.name}-{self._next}"
        self._next += 1
        await self.change(partial(self.put, key), key)
        return key

    async def change(self, edit: Callable[[], None], key: str) -> None:
        """Change the replica in any way and send it; it is acknowledged under this key."""
        updates: list[bytes] = []

        def collect(event: TransactionEvent) -> None:
            updates.append(event.update)

        subscription = self.doc.observe(collect)
        edit()
        self.doc.unobserve(subscription)
        assert self._socket is not None
        self._sent.append({key})
        await self._socket.send_bytes(create_update_message(updates[0]))

    def put(self, key: str) -> None:
        """Change the replica, in one transaction."""
        self.keys[key] = self._next

    def own(self) -> set[str]:
        return {key for key in self._known if key.startswith(f"{self.name}-")}

    def known(self) -> set[str]:
        return set(self._known)

    async def until_synced(self) -> None:
        """Return once what the server holds is here; like every client, come again while it cannot take us in."""
        while not self.synced.is_set():
            try:
                await self._hear()
            except ConnectionResetError:
                if self.close_code in FINAL:
                    raise
                await self.disconnect()
                await asyncio.sleep(0.1)
                await self.connect()

    async def until(self, keys: set[str]) -> None:
        """Return once this replica holds all of `keys`; ConnectionError when it can hear no more."""
        while not keys <= self._known:
            await self._hear()

    async def until_acked(self, key: str) -> None:
        """Return once the server has stored `key`; ConnectionError when it can say so no more."""
        while key not in self.acked:
            await self._hear()

    async def _hear(self) -> None:
        if self._reader is None or self._reader.done():
            raise ConnectionResetError(f"{self.name} was closed with {self.close_code}")
        self._heard.clear()
        await self._heard.wait()

    async def until_closed(self) -> None:
        """Return once the server closed the connection; `close_code` says why."""
        assert self._reader is not None
        await self._reader

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                    continue
                data: bytes = message.data
                if data[0] == SYNC:
                    await self._on_sync(socket, data)
                elif data[0] == ACK:
                    self._on_ack(data[1:])
            self.close_code = socket.close_code
        finally:
            asyncio.get_running_loop().call_soon(self._heard.set)  # whoever waits looks when this task is done

    async def _on_sync(self, socket: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
        self._syncing = True
        reply = handle_sync_message(data[1:], self.doc)
        self._syncing = False
        if reply is not None:
            self._sent.append(self.own())
            await socket.send_bytes(reply)
        self._heard.set()
        if data[1] == STEP_2:
            self.synced.set()

    def _on_ack(self, data: bytes) -> None:
        count, shift = 0, 0
        for byte in data:
            count |= (byte & 0x7F) << shift
            shift += 7
        assert self._acks <= count <= len(self._sent), "an ack counts what was sent, and never goes back"
        for keys in self._sent[self._acks : count]:
            self.acked |= keys
        self._acks = count
        self._heard.set()


class ChatClient:
    """A stock Socket.IO client that sends and remembers what was acknowledged and what it saw."""

    def __init__(self, url: str, ticket: str, name: str) -> None:
        self._url, self._ticket, self.name = url, ticket, name
        self.acked: dict[int, str] = {}
        self.seen: dict[int, str] = {}
        self.order: list[int] = []
        self.refusals: list[str] = []
        self._heard = asyncio.Event()
        self._refused = asyncio.Event()
        self._next = 0
        self.io = socketio.AsyncClient(reconnection=False, request_timeout=PATIENCE)
        self.io.on("chat:message", self._on_message)
        self.io.on("connect_error", self._on_refused)

    async def connect(self) -> None:
        hello = asyncio.Event()
        self.io.on("session:hello", lambda _: hello.set())
        self._refused.clear()
        # Not `wait`: socketio would wait on, all its time, when the connection is lost before the server has let it in.
        await self.io.connect(self._url, auth={"ticket": self._ticket}, transports=["websocket"], wait=False)
        async with asyncio.timeout(PATIENCE):
            await self._unless_gone(hello.wait())  # from here on it hears its channels; what came before is history

    async def disconnect(self) -> None:
        with contextlib.suppress(Exception):
            await self.io.disconnect()

    async def send(self, channel: str, timeout: float = PATIENCE) -> int | None:
        """Send one message; return its number once stored, None when no ack came.

        What is refused for now is sent again a little later, under the same id, as any client would: too fast, or a
        worker that a busy machine kept from reading rights for a second.
        """
        self._next += 1
        text = f"{self.name}-{self._next}"
        message = {"channel": channel, "text": text, "client_id": text}
        while True:
            try:
                answer = await self._unless_gone(self.io.call("chat:send", message, timeout=timeout))
            except (socketio.exceptions.SocketIOError, TimeoutError, ConnectionError):
                return None
            if "seq" in answer:
                break
            assert answer["error"]["code"] in ("too_fast", "unavailable"), answer
            self.refusals.append(answer["error"]["code"])
            await asyncio.sleep(0.1)
        seq: int = answer["seq"]
        self.acked[seq] = text
        return seq

    async def history(self, channel: str) -> dict[int, str]:
        """All messages by number, read page by page."""
        found: dict[int, str] = {}
        after = 0
        while True:
            page = await self.io.call(
                "chat:history", {"channel": channel, "after": after, "limit": 100}, timeout=PATIENCE
            )
            for message in page["messages"]:
                assert message["seq"] > after
                after = message["seq"]
                found[after] = message["text"]
            if after >= page["head"] or not page["messages"]:
                return found

    async def until(self, numbers: set[int]) -> None:
        """Return once all these messages were seen."""
        while not numbers <= set(self.seen):
            self._heard.clear()
            await self._heard.wait()

    async def _unless_gone(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Await what only an open connection brings; socketio would wait on when there is none any more."""
        wanted, refused = asyncio.ensure_future(what), asyncio.ensure_future(self._refused.wait())
        try:  # the reading of the connection ends with it, whether it was let in or not
            await asyncio.wait((wanted, refused, self.io.eio.read_loop_task), return_when=asyncio.FIRST_COMPLETED)
            if not wanted.done():
                raise ConnectionResetError(f"{self.name} was cut off")
            return wanted.result()
        finally:
            for task in (wanted, refused):
                task.cancel()
            await asyncio.gather(wanted, refused, return_exceptions=True)

    async def _on_refused(self, _: object) -> None:
        self._refused.set()

    async def _on_message(self, message: dict[str, Any]) -> None:
        self.seen[message["seq"]] = message["text"]
        self.order.append(message["seq"])
        self._heard.set()
