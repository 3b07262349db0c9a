"""People who write into one document and one channel while what they write to dies, and what must be true afterwards.

They come back whenever a connection is lost, with all that was not acknowledged, as any client does.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import aiohttp
import socketio

from tests.server import KreideServer
from tests.wire import ChatClient, YClient

CHANNEL = "demo-class"
BACK_SECONDS = 180.0  # an outer bound; what is promised (5 s) is printed by the soak, not asserted on a shared machine
GONE = (aiohttp.ClientError, OSError, TimeoutError, socketio.exceptions.SocketIOError)


class Person:
    """Writes into one document and one channel without end, and comes back whenever the connection is lost."""

    def __init__(self, server: KreideServer, number: int) -> None:
        name = f"p{number}"
        document = server.ticket(document="scratch-worker", right="write", name=name)
        meeting = server.ticket(meeting="demo-lesson", role="pupil", name=name)
        self.editor = YClient(server.url, "scratch-worker", document, name)
        self.chatter = ChatClient(server.url, meeting, name)
        self.returns: list[float] = []  # seconds from the loss to the next ack

    async def live(self) -> None:
        lost: float | None = None
        while True:
            try:
                await self.editor.connect()
                await self.chatter.connect()
                while True:
                    async with asyncio.timeout(20):
                        await self.editor.until_acked(await self.editor.write())
                    if await self.chatter.send(CHANNEL, timeout=10) is None:
                        break
                    if lost is not None:
                        self.returns.append(time.monotonic() - lost)
                        lost = None
            except GONE:
                pass
            finally:
                lost = lost or time.monotonic()
                await self.editor.disconnect()
                await self.chatter.disconnect()
            await asyncio.sleep(0.1)


def tell(killed: Counter[str], people: list[Person]) -> None:
    """Print what really happened, also of a run that broke off."""
    edits = sum(len(person.editor.acked) for person in people)
    messages = sum(len(person.chatter.acked) for person in people)
    deaths = ", ".join(f"{count} x {what}" for what, count in sorted(killed.items()))
    print(f"killed {deaths}; acked {edits} edits, {messages} messages")
    if seconds := sorted(second for person in people for second in person.returns):
        half, most = (seconds[len(seconds) * part // 100] for part in (50, 95))
        print(f"back after {half:.1f} s (median of {len(seconds)}), {most:.1f} s (p95), {seconds[-1]:.1f} s at most")


async def all_write_again(people: list[Person], before: list[int], lives: list[asyncio.Task[None]]) -> None:
    end = time.monotonic() + BACK_SECONDS
    while any(len(person.editor.acked) <= count for person, count in zip(people, before, strict=True)):
        assert time.monotonic() < end, "somebody did not come back"
        assert not any(life.done() for life in lives), [life.exception() for life in lives if life.done()]
        await asyncio.sleep(0.05)


async def all_leave(lives: list[asyncio.Task[None]]) -> None:
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)


async def compare(server: KreideServer, people: list[Person]) -> None:
    """Start the server anew, so that all of it comes from the store, and look as somebody who was never there."""
    server.kill()
    server.start()
    ticket = server.ticket(document="scratch-worker", right="read", name="Eye")
    async with YClient(server.url, "scratch-worker", ticket, "eye") as eye:
        async with asyncio.timeout(180):
            await eye.until_synced()
            promised = {key for person in people for key in person.editor.acked | person.editor.received}
            await eye.until(promised)
    reader = ChatClient(server.url, server.ticket(meeting="demo-lesson", role="pupil", name="reader"), "reader")
    await reader.connect()
    history = await reader.history(CHANNEL)
    await reader.disconnect()
    for person in people:
        said = person.chatter.acked | person.chatter.seen
        assert {seq: history.get(seq) for seq in said} == said, "an acknowledged or seen message is lost"
    assert len(set(history.values())) == len(history), "a message stands twice"
