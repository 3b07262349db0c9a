"""Half of the frames of a picture, as a real browser sees it: by the number of frames, whatever time they take."""

from __future__ import annotations

from playwright.async_api import Page

from sfu.room import MediaRoom

VOICES = 120
"""kbit/s that the allocator keeps for them."""
WINDOW = 24
TRIES = 40
MIDDLE = 320
"""How wide the layer below is; a slow machine's browser makes the large one smaller than 640."""


class Watch:
    """What of a sender's largest layer left, and what of it a viewer saw on the stage meanwhile."""

    def __init__(self, sender: Page, viewer: Page) -> None:
        self._sender, self._viewer = sender, viewer
        self._left: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self.share = 0.0
        """Of the frames."""
        self.sent = self.received = 0.0
        """kbit/s."""
        self.width = 0.0
        self.clean = False
        """No keyframe was shown, and nothing was lost."""

    async def begin(self) -> None:
        """Count from now on."""
        self._left, self._seen = await self._sender.evaluate("sent()"), await self._viewer.evaluate("picture('stage')")

    async def end(self) -> None:
        """Count up to now, and to a window at the least."""
        left: dict[str, float] = await self._sender.evaluate("sent()")
        while left["frames"] < self._left["frames"] + WINDOW:
            await self._viewer.wait_for_timeout(50)
            left = await self._sender.evaluate("sent()")
        seen: dict[str, float] = await self._viewer.evaluate("picture('stage')")
        spent = (left["at"] - self._left["at"]) / 8
        self.share = (seen["framesDecoded"] - self._seen["framesDecoded"]) / (left["frames"] - self._left["frames"])
        self.sent = (left["bytes"] - self._left["bytes"]) / spent
        self.received = (seen["bytes"] - self._seen["bytes"]) / spent
        self.width = seen["frameWidth"]
        self.clean = all(seen[name] == self._seen[name] for name in ("keyFramesDecoded", "packetsLost"))

    def __str__(self) -> str:
        return (
            f"{self.share:.2f} of the frames, {self.sent:.0f} kbit/s sent, {self.received:.0f} seen, {self.width} wide"
        )


async def halved(room: MediaRoom, watch: Watch) -> None:
    """Give the viewer less than the picture costs, and more than half of its frames do, until that is what it sees.

    How much that is of what its sender sends is looked for from what was counted before: more while the viewer sees a
    smaller layer, less while it sees every frame.
    """
    given = 0.8 * watch.received / watch.sent
    seen = [str(watch)]
    for _ in range(TRIES):
        room.set_cap(VOICES + int(given * watch.sent))
        await watch.begin()
        await watch.end()
        seen.append(f"{watch}; given {given:.2f}")
        large = watch.width > MIDDLE
        if large and 0.35 <= watch.share <= 0.65 and watch.clean:
            room.set_cap(None)
            return
        if not large:
            given *= 1.1
        elif watch.share > 0.8:
            given *= 0.9
    raise AssertionError("\n".join(seen))
