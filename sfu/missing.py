"""What a viewer should see and does not, and what it was told of that. Sans-IO.

Laws: everything that is missing has its reason; a reason is told when it changes, and again to a new connection. Who
may not know it, or think of a connection before, is told of all once, also that nothing is missing.
"""

from __future__ import annotations

from sfu.model import LeftOut, MediaEvent, Undecodable, VideoPaused

_Reasons = tuple[bool, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Missing:
    """The pictures that one viewer misses."""

    __slots__ = ("_told", "line", "paused", "screen", "undecodable")

    def __init__(self) -> None:
        self.paused = False
        """Its way carries not even what must be seen."""
        self.undecodable: tuple[str, ...] = ()
        """Whose picture it does not know the codec of."""
        self.line: tuple[str, ...] = ()
        """Whose camera does not fit its line, or what the school allows."""
        self.screen: tuple[str, ...] = ()
        """Whose camera gives way to a screen."""
        self._told: _Reasons | None = self._now()

    def again(self) -> None:
        """Its client may not know what it was told."""
        self._told = None

    def news(self, peer: str) -> list[MediaEvent]:
        """What has changed since it was last told."""
        told, self._told = self._told, self._now()
        events: list[MediaEvent] = []
        if told is None or self.paused != told[0]:
            events.append(VideoPaused(peer, self.paused))
        if told is None or self.undecodable != told[1]:
            events.append(Undecodable(peer, list(self.undecodable)))
        if told is None or (self.line, self.screen) != told[2:]:
            events.append(LeftOut(peer, list(self.line), list(self.screen)))
        return events

    def _now(self) -> _Reasons:
        return self.paused, self.undecodable, self.line, self.screen
