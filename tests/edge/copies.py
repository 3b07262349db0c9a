"""People with copies of a document: they write words that exist once, come and go, and keep what they wrote."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, MutableMapping
from random import Random
from typing import Any, Protocol

import aiohttp
from msgspec import Struct
from pycrdt import Doc, Map, Text, create_sync_message, create_update_message, handle_sync_message

GONE = (aiohttp.ClientError, OSError, TimeoutError)
AGAIN = (429, 502, 503)
ERASED_ID, OTHER_EPOCH = 4403, 4404
STEP_2, ACK = 1, 100


class Word(Struct):
    """One word that somebody wrote; times of the monotonic clock."""

    text: str
    author: str
    cell: bool
    sent: float | None = None
    acked: float | None = None
    epoch: int | None = None  # under which it was acknowledged; None: its client named none
    deleted: bool = False


class Story(Protocol):
    """What all copies of a document know of it."""

    @property
    def document(self) -> str: ...
    @property
    def words(self) -> MutableMapping[str, Word]: ...
    @property
    def erased(self) -> Collection[str]: ...


class Human:
    """An account that speaks HTTP, and asks again as long as the server cannot answer."""

    def __init__(self, url: str, account: str, cookie: str) -> None:
        self.url, self.account = url, account
        self.http = aiohttp.ClientSession(
            headers={"Cookie": cookie, "Origin": url}, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with asyncio.timeout(120):
            while True:
                with contextlib.suppress(*GONE):
                    async with self.http.request(method, f"{self.url}/api/v1/documents{path}", json=body) as answer:
                        if answer.status not in AGAIN:
                            return answer.status, await answer.json(content_type=None)
                await asyncio.sleep(0.1)


class Copy:
    """One replica: comes and goes, keeps what it wrote meanwhile. `stock`: it names no epoch, as other clients."""

    def __init__(self, story: Story, human: Human, name: str, stock: bool) -> None:
        self.story, self.human, self.name, self.stock = story, human, name, stock
        self.wanted, self.synced, self.count = True, False, 0
        self.told: list[tuple[int | None, bytes]] = []
        self.epoch: int | None = None
        self._frames: list[list[Word]] = []
        self._acks = 0
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[int | None] | None = None
        self.begin()

    def begin(self) -> None:
        """Let the copy go and begin anew, under another client id."""
        self.doc: Doc[Any] = Doc()
        self.rows, self.text = self.doc.get("rows", type=Map), self.doc.get("notes", type=Text)
        self.own: list[Word] = []
        self.epoch = None

    @property
    def quiet(self) -> bool:
        return self._socket is not None and self.synced and self._acks >= len(self._frames)

    async def step(self) -> None:
        """Come back where the connection was lost, as the close code says."""
        if self._reading is not None and self._reading.done():
            code = None if self._reading.cancelled() or self._reading.exception() else self._reading.result()
            await self.leave()
            if (code == OTHER_EPOCH and not self.stock) or (
                code == ERASED_ID and self.human.account in self.story.erased
            ):
                self.begin()
            assert code not in (4400, 4401, 4413), f"{self.name} was closed with {code}"
        if self.wanted and self._socket is None:
            with contextlib.suppress(*GONE):
                await self._come()

    async def _come(self) -> None:
        if self.epoch is None and not self.stock:
            self.epoch = (await self.human.call("GET", f"/{self.story.document}"))[1]["epoch"]
        query = {"ack": "1"} | ({} if self.epoch is None else {"epoch": str(self.epoch)})
        url = f"{self.human.url}/collab/{self.story.document}"
        self._socket = await self.human.http.ws_connect(url, params=query, max_msg_size=0)
        self._frames, self._acks, self.synced = [], 0, False
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._send(create_sync_message(self.doc))

    async def leave(self) -> None:
        socket, self._socket, self.synced = self._socket, None, False
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            self._reading = None
        if socket is not None:
            with contextlib.suppress(*GONE):
                await socket.close()

    async def _send(self, data: bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(*GONE):
                await self._socket.send_bytes(data)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> int | None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                continue
            data: bytes = message.data
            self.told.append((self.epoch, data))
            if data[0] == ACK:
                self._on_ack(data[1:])
            elif data[0] == 0:
                reply = handle_sync_message(data[1:], self.doc)
                if reply is not None:
                    self._count(self.own)
                    await self._send(reply)
                self.synced |= data[1] == STEP_2
        return socket.close_code

    def _count(self, words: list[Word]) -> None:
        self._frames.append(list(words))
        for word in words:
            word.sent = word.sent or time.monotonic()

    def _on_ack(self, data: bytes) -> None:
        count = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data))
        assert self._acks <= count <= len(self._frames)
        for word in (word for words in self._frames[self._acks : count] for word in words):
            if word.acked is None:
                word.acked, word.epoch = time.monotonic(), self.epoch
        self._acks = count

    async def edit(self, chance: Random) -> None:
        """Write a word, or delete somebody's."""
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        written: list[Word] = []
        borders = [0, *(place + 1 for place, letter in enumerate(str(self.text)) if letter == ">")]
        rows = sorted(self.rows.keys())
        if chance.random() < 0.12 and len(borders) > 1:
            which = chance.randrange(len(borders) - 1)
            begin, end = borders[which], borders[which + 1]
            self.story.words[str(self.text)[begin:end]].deleted = True
            del self.text[begin:end]
        else:
            self.count += 1
            cell = bool(rows) and chance.random() < 0.5
            word = Word(f"<{self.name}.{self.count}>", self.human.account, cell)
            self.story.words[word.text] = word
            if cell:
                self.rows[chance.choice(rows)][f"{self.name}-{self.count}"] = word.text
            else:
                self.text.insert(chance.choice(borders), word.text)
            written = [word]
        self.doc.unobserve(watching)
        self.own += written
        if self._socket is not None:
            for update in updates:
                self._count(written)
                await self._send(create_update_message(update))
