"""One person's signalling in a join storm: Socket.IO over one bare WebSocket.

Laws: waits to be let in for as long as the server says that others come before, as our client does; an answer that is
an error is a refusal; what is told unasked is counted and not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
import msgspec

STEP_SECONDS = 20.0
"""The longest that anything may take."""


class Refused(Exception):
    """The server said no, or nothing in time."""


class Wire:
    """Socket.IO over one WebSocket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._answers: dict[int, asyncio.Future[dict[str, object]]] = {}
        self._hello: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number = 0
        self.heard = 0  # bytes of everything that was told
        self.told: dict[str, int] = {}
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, http: aiohttp.ClientSession, url: str, ticket: str) -> Wire:
        ws = await http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0, compress=0)
        wire = cls(ws)
        await ws.send_str("40" + msgspec.json.encode({"ticket": ticket}).decode())
        await wire._greeted()
        return wire

    async def _greeted(self) -> None:
        """Wait to be greeted, as our client does: for as long as the server says that others come in before."""
        told = -1
        while not self._hello.done() and told != self.told.get("session:wait", 0):
            told = self.told.get("session:wait", 0)
            await asyncio.wait({self._hello}, timeout=STEP_SECONDS)
        if not self._hello.done():
            raise TimeoutError("greeted by nobody")
        self._hello.result()

    async def ask(self, event: str, message: Mapping[str, object]) -> dict[str, object]:
        """Send a request and return its ack; Refused when it is an error."""
        self._number += 1
        future = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._ws.send_str(f"42{self._number}{msgspec.json.encode([event, message]).decode()}")
        async with asyncio.timeout(STEP_SECONDS):
            answer: dict[str, object] = await future
        if "error" in answer:
            raise Refused(f"{event}: {answer['error']}")
        return answer

    async def close(self) -> None:
        self._task.cancel()
        await self._ws.close()

    async def _read(self) -> None:
        async for message in self._ws:
            text = str(message.data)
            self.heard += len(text)
            if text == "2":
                await self._ws.send_str("3")
            elif text.startswith("43"):
                head, _, body = text[2:].partition("[")
                future = self._answers.pop(int(head), None)
                if future is not None and not future.done():
                    future.set_result(msgspec.json.decode(body[:-1]))
            elif text.startswith("42"):
                event = text[4 : text.index('"', 4)]
                self.told[event] = self.told.get(event, 0) + 1
                if event == "session:hello" and not self._hello.done():
                    self._hello.set_result(None)
            elif text.startswith("44") and not self._hello.done():
                self._hello.set_exception(Refused(text[:200]))
