"""Typing on one worker: the signs of `typing_state.py` over the bus.

Laws: signs of one tick go out together, in one message for all channels (COALESCE); no tick while nobody writes.
A sign is published only for a channel that somebody else hears; what the bus loses is shown EXPIRES seconds longer, or
not at all. The one task here owns the state.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import uuid4

import msgspec
from msgspec import Struct

from collab.bus import Bus, Subscription
from collab.ending import end
from web.typing_state import Sign, TypingState, Typist

TOPIC = "typing"
TICK_SECONDS = 0.25
log = logging.getLogger(__name__)
Listener = Callable[[str, Sequence[Typist]], None]


class _Signs(Struct, frozen=True, array_like=True):
    origin: str
    signs: list[Sign]


class Typing:
    """Give signs of writing, hear who writes."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._state = TypingState()
        self._origin = uuid4().hex
        self._listeners: list[Listener] = []
        self._given = asyncio.Event()
        self._decoder = msgspec.msgpack.Decoder(_Signs)
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def on_change(self, listener: Listener) -> None:
        """Call `listener` with a channel and everybody who writes in it, whenever that changes."""
        self._listeners.append(listener)

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(TOPIC, self._on_message)
        self._task = asyncio.create_task(self._tick(), name="typing")

    async def close(self) -> None:
        if self._task is not None:
            await end([self._task])
        if self._subscription is not None:
            self._subscription.close()

    def give(self, sign: Sign, *, far: bool) -> None:
        """Somebody of ours began to write, goes on writing, or stopped; `far`: others hear it on other workers."""
        if self._state.give(monotonic(), sign, far=far):
            self._given.set()

    def _on_message(self, payload: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            news = self._decoder.decode(payload)
            if news.origin != self._origin:
                for sign in news.signs:
                    self._state.hear(monotonic(), sign)
                self._given.set()

    async def _tick(self) -> None:
        while True:
            await self._given.wait()
            changed, signs = self._state.flush(monotonic())
            if signs:
                await self._bus.publish(TOPIC, msgspec.msgpack.encode(_Signs(self._origin, signs)))
            for channel, people in changed.items():
                for listener in self._listeners:
                    self._call(listener, channel, people)
            if self._state.idle:
                self._given.clear()
            else:
                await asyncio.sleep(TICK_SECONDS)

    def _call(self, listener: Listener, channel: str, people: Sequence[Typist]) -> None:
        try:
            listener(channel, people)
        except Exception:  # a listener's trouble must not end everybody's signs
            log.exception("a listener of typing failed")
