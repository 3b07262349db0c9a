"""Small news for all workers that nothing depends on: what a person has read elsewhere, what a channel has forgotten.

Laws: told at once on this worker and once over the bus on the others; what is lost there shows at the next connect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from uuid import uuid4

import msgspec
from msgspec import Struct

from collab.bus import Bus, Subscription

TOPIC = "signals"


class WasRead(Struct, frozen=True, array_like=True, tag="read"):
    """A person has read a channel up to a message, with this device."""

    person: str
    channel: str
    seq: int
    device: str


class Forgotten(Struct, frozen=True, array_like=True, tag="forgotten"):
    """A channel does not keep what stands before this number any more."""

    channel: str
    before: int


Signal = WasRead | Forgotten


class Signals:
    """Tell all workers, hear what they tell."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._origin = uuid4().hex
        self._decoder = msgspec.msgpack.Decoder(tuple[str, Signal])
        self._listeners: list[Callable[[Signal], None]] = []
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.subscribe(TOPIC, self._on_message)

    def close(self) -> None:
        if self._subscription is not None:
            self._subscription.close()

    def on_signal(self, listener: Callable[[Signal], None]) -> None:
        """Call `listener` with every signal, our own, too."""
        self._listeners.append(listener)

    async def tell(self, signal: Signal) -> None:
        """Tell this worker and all others."""
        self._hand_out(signal)
        await self._bus.publish(TOPIC, msgspec.msgpack.encode((self._origin, signal)))

    def _on_message(self, payload: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            origin, signal = self._decoder.decode(payload)
            if origin != self._origin:
                self._hand_out(signal)

    def _hand_out(self, signal: Signal) -> None:
        for listener in self._listeners:
            listener(signal)
