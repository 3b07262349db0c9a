"""People who show themselves and see who else is there, in a document and in a channel, over the public wire."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import aiohttp

from tests.collab.clients import Replica
from tests.server import KreideServer
from tests.web.house import Caller

DOCUMENT, CHANNEL = "scratch-ghosts", "demo-class"


class InDocument:
    """Shows a cursor, and knows whose cursors it sees."""

    def __init__(self) -> None:
        self.replica = Replica()
        self.gone = False

    @property
    def name(self) -> str:
        return str(self.replica.client_id)

    async def come(self, stack: AsyncExitStack, server: KreideServer, number: int) -> None:
        ticket = server.ticket(document=DOCUMENT, right="write", name="Crowd")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        socket = await session.ws_connect(f"{server.url}/collab/{DOCUMENT}", params={"ticket": ticket, "ack": "1"})
        self.replica.hello()
        self.replica.show({"cursor": number})
        stack.callback(asyncio.create_task(self._read(socket)).cancel)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not self.gone:
            while self.replica.outgoing:
                await socket.send_bytes(self.replica.outgoing.popleft())
            message = await socket.receive()
            self.gone = message.type is not aiohttp.WSMsgType.BINARY
            if not self.gone and message.data:
                self.replica.take(message.data)

    def sees(self) -> set[str]:
        """Who is shown here, with ourselves."""
        return {self.name, *map(str, self.replica.here())}


class InChannel:
    """Is in a channel, and knows who is there."""

    def __init__(self) -> None:
        self._caller = Caller("")
        self.name = ""

    @property
    def gone(self) -> bool:
        return not self._caller.sio.connected

    async def come(self, stack: AsyncExitStack, server: KreideServer, number: int) -> None:
        ticket = server.ticket(meeting="demo-lesson", role="pupil", name=f"Watcher {number}")
        sio = self._caller.sio
        await sio.connect(server.url, auth={"ticket": ticket}, transports=["websocket"], wait_timeout=30)
        stack.push_async_callback(sio.disconnect)
        self.name = (await self._caller.until("session:hello"))["person"]["id"]

    def sees(self) -> set[str]:
        """Who is in the channel, as we were told."""
        here: set[str] = set()
        for event, news in self._caller.told:
            if event in ("presence:state", "presence:changed") and news["channel"] == CHANNEL:
                here = set() if event == "presence:state" else here - set(news["gone"])
                here |= {one["person"] for one in news["people"]}
        return here


def left(people: list[InDocument] | list[InChannel]) -> set[str]:
    """Who is still connected."""
    return {one.name for one in people if not one.gone}
