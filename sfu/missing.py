"""What a viewer should see and does not, and what it was told of that. Sans-IO.

Laws: everything that is missing has its reason; a reason is told when it changes, and again to a new connection.
"""

from __future__ import annotations

from sfu.model import LeftOut, MediaEvent, Undecodable, VideoPaused


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
        self._told = self._now()

    def news(self, peer: str) -> list[MediaEvent]:
        """What has changed since it was last told."""
        paused, undecodable, *left_out = self._told
        self._told = self._now()
        events: list[MediaEvent] = []
        if self.paused != paused:
            events.append(VideoPaused(peer, self.paused))
        if self.undecodable != undecodable:
            events.append(Undecodable(peer, list(self.undecodable)))
        if [self.line, self.screen] != left_out:
            events.append(LeftOut(peer, list(self.line), list(self.screen)))
        return events

    def _now(self) -> tuple[bool, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        return self.paused, self.undecodable, self.line, self.screen
