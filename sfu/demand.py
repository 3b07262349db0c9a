"""Which layers of a source somebody watches, so that its client sends no others. Sans-IO; time is an argument.

Laws: a layer that is wanted is asked for at once; one that nobody wants any more is given up `LINGER` seconds later, so
that turning a page there and back costs nothing. The lowest layer is always wanted: whoever turns a page sees it
without waiting. A client that was told nothing sends all; one that may have missed it, or may think of what it was told
for a connection before, is told again.
"""

from __future__ import annotations

from typing import Final

LINGER: Final = 1.5


class Demand:
    """The layers of one source that are wanted."""

    __slots__ = ("_again", "_layers", "_told", "_unwanted")

    def __init__(self, layers: int) -> None:
        self._layers = layers
        self._told = frozenset(range(layers))
        self._again = False
        self._unwanted: dict[int, float] = {}

    @property
    def told(self) -> frozenset[int]:
        """What the client was told to send."""
        return self._told

    @property
    def deadline(self) -> float | None:
        """When a layer will have been unwanted for long enough."""
        return min(self._unwanted.values()) + LINGER if self._unwanted else None

    def again(self) -> None:
        """The client may not know what it was told."""
        self._again = True

    def update(self, now: float, watched: frozenset[int]) -> bool:
        """These layers are watched now; whether it is to be told of them."""
        wanted = watched & frozenset(range(self._layers)) | {0}
        idle = self._told - wanted
        self._unwanted = {layer: self._unwanted.get(layer, now) for layer in idle}
        over = {layer for layer, since in self._unwanted.items() if since + LINGER <= now}
        for layer in over:
            del self._unwanted[layer]
        told = (self._told | wanted) - over
        changed, self._told, self._again = self._again or told != self._told, told, False
        return changed
