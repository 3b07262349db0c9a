"""How much of each picture a viewer gets, so that its downlink is not overfilled. Sans-IO; time is an argument.

Laws, in the order of the phases; rates are kbit/s on the wire:
1. 120 are kept for voices, whether anyone speaks or not.
2. The screen and the stage get their lowest layer, whatever the school's cap says: a lesson without them is none.
3. The screen gets the best layer up to 750 that fits.
4. The stage gets the best layer up to 500 that fits; beside a screen, where faces are small, up to 150.
5. Tiles share the rest in their order. In a lesson with a stage each gets the best layer up to 100, beside a screen the
   lowest; in a `grid`, where nobody is on stage, their equal share up to 500. One whose lowest layer does not fit is
   left out, but never the very first picture.
A layer may go out with half of its frames, where its sender marks them (temporal layers): a step between the layer
below and the whole of it, and between the lowest layer and nothing. Of what fits the dearest step is given.
What there is, is the school's cap, or what the way to the viewer carries where that is less. Where the way does not
carry what phase 2 promises, the picture is left out as well, and the viewer's video counts as paused; sound goes on.
A layer costs what was measured, falling slowly from its peaks; what was never measured, its nominal rate. Down and out
goes at once; up and in again only `HOLD` seconds after that, and with a reserve of `RESERVE`; and once the way had
fallen below what was sent, by no more than `RISE` a second, or `RISE_SHARE` of what it carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from math import inf
from typing import Final, Literal

from msgspec import Struct

VOICES: Final = 120.0
SCREEN_MOST: Final = 750.0
STAGE_MOST: Final = 500.0
STAGE_BESIDE_SCREEN: Final = 150.0
TILE_MOST: Final = 100.0
GRID_MOST: Final = 500.0
TILES_BESIDE_SCREEN: Final = 4
HOLD: Final = 3.0
RESERVE: Final = 1.15
FADE: Final = 5.0
"""Seconds in which a peak that does not come again loses half of its height over what is measured now."""
SHARE: Final = 0.95
"""Of what the way carries; the rest is for retransmissions and reports."""
RISE: Final = 50.0
"""kbit/s that a viewer may be sent more with each second, once its way had shown that it is narrow: thirty behind one
access point that all take back at once what they gave up overfill it again."""
RISE_SHARE: Final = 0.05
"""The same, of what the way carries within the cap: whoever has megabits does not wait for minutes."""
RESUMED: Final = 300.0
"""Up to this it comes back without delay: a voice and a small stage."""
LEFT_OUT: Final = -1
MAX_LAYERS: Final = 3
_HALF, _WHOLE, _STEPS = 0, 1, 2
"""The steps of layer n are 2n, half of its frames, and 2n + 1; so `step // 2` is the layer, of LEFT_OUT too."""

_SINGLE: Final = 95.0
"""Somebody without layers is shown first and measured then: a stage and eight tiles of such fit."""
_UNKNOWN: Final = 1

Place = Literal["screen", "stage", "tile"]

_NOMINAL: Final[Mapping[str, tuple[float, ...]]] = {"camera": (60.0, 130.0, 320.0), "screen": (280.0, 720.0)}


class Supply:
    """What the layers of one source cost, lowest first."""

    __slots__ = ("_at", "_halves", "_peaks", "_rates")

    def __init__(self, purpose: str, layers: int) -> None:
        nominal = _NOMINAL.get(purpose, _NOMINAL["camera"]) if layers > 1 else (_SINGLE,)
        self._peaks = [*nominal[:1] * (layers - len(nominal)), *nominal[-layers:]]
        self._rates: tuple[int, ...] = (0,) * layers
        self._halves = [inf] * layers
        self._at = 0.0

    @property
    def layers(self) -> int:
        """How many there are."""
        return len(self._peaks)

    def measure(self, now: float, rates: tuple[int, ...], halves: tuple[int, ...] = ()) -> None:
        """These are the rates from now on; 0 where nothing flows, 1 where it was not measured yet.

        `halves` are those of half of the frames; 0 where there is no half.
        """
        before = self._rates
        faded = [self.cost(now, layer) for layer in range(self.layers)]
        self._rates = tuple(rates[: self.layers])
        self._peaks = [
            cost if rate <= _UNKNOWN else max(cost, rate) if was > _UNKNOWN else float(rate)
            for rate, was, cost in zip(self._rates, before, faded, strict=True)
        ]
        self._halves = [
            half / rate if half and rate > _UNKNOWN else inf
            for half, rate in zip_longest(halves[: self.layers], self._rates, fillvalue=0)
        ]
        self._at = now

    def half(self, now: float, layer: int) -> float:
        """What one viewer of half of its frames needs; more than there is where they are not marked."""
        return self._halves[layer] * self.cost(now, layer)

    def cost(self, now: float, layer: int) -> float:
        """What one viewer of this layer needs."""
        rate, peak = self._rates[layer], self._peaks[layer]
        return peak if rate <= _UNKNOWN else rate + (peak - rate) * 0.5 ** ((now - self._at) / FADE)


class Want(Struct, frozen=True):
    """A picture that a slot is to show."""

    slot: str
    place: Place
    source: int
    supply: Supply


class Held(Struct, frozen=True):
    """What a picture had, and when it last had to give something up."""

    step: int
    lowered: float | None


class Allocation:
    """What one viewer's pictures have; kept from one decision to the next."""

    def __init__(self, cap: float) -> None:
        self._cap = cap
        self._way = inf
        self._probed = False
        self._room = inf
        self._at = 0.0
        self._spent = 0.0
        self._held: dict[tuple[Place, int], Held] = {}
        self._retry: float | None = None
        self._paused = False
        self.halved: frozenset[str] = frozenset()
        """The slots that get half of their layer's frames, since the last decision."""

    @property
    def retry(self) -> float | None:
        """When to look again at what did not fit: costs fade, and what had just gone down may rise."""
        return self._retry

    @property
    def paused(self) -> bool:
        """Whether the way carries less than must be seen."""
        return self._paused

    def limit(self, cap: float) -> None:
        """The school's cap from now on."""
        self._cap = cap

    def estimate(self, kbit: float, *, probed: bool = True) -> bool:
        """What the way carries from now on; whether it is less than what is sent.

        Who cannot be `probed` judges by what it gets, and would never see again what was paused: it keeps the least.
        """
        self._probed = probed
        before, self._way = self._way, kbit * SHARE
        if self._way >= min(self._cap, self._spent + VOICES):
            return False
        if self._way < before:
            self._room = max(self._way, RESUMED)
        return True

    def decide(self, now: float, wants: Sequence[Want], *, grid: bool) -> dict[str, int]:
        """The highest layer for each slot, or LEFT_OUT."""
        if self._room < inf:
            self._room += max(RISE, RISE_SHARE * min(self._way, self._cap)) * max(0.0, now - self._at)
        self._at = now
        way = min(self._way, self._room)
        narrow = way < self._cap
        left = min(way, self._cap) - VOICES
        round_ = _Round(now, left, self._held)
        tiles = [want for want in wants if want.place == "tile"]
        large = sorted((want for want in wants if want.place != "tile"), key=lambda want: want.place != "screen")
        must = large or tiles[:1]
        for want in must:
            round_.enter(want, 0.0, always=not (narrow and self._probed))
        beside_screen = any(want.place == "screen" for want in large)
        stage_most = STAGE_BESIDE_SCREEN if beside_screen else STAGE_MOST
        for want in large:
            round_.raise_to(want, SCREEN_MOST if want.place == "screen" else stage_most)
        self._paused = any(round_.given[want.slot] == LEFT_OUT for want in must)
        round_.share(tiles, _tile_most(round_.left, len(tiles), beside_screen=beside_screen, grid=grid), self._paused)
        self._held = {(want.place, want.source): round_.held(want) for want in wants}
        self._retry = round_.retry
        if self._room < min(self._way, self._cap) and round_.retry is not None:
            self._retry = min(round_.retry, now + 1.0)
        self._spent = left - round_.left
        self.halved = frozenset(slot for slot, step in round_.given.items() if step >= 0 and step % _STEPS == _HALF)
        return {want.slot: round_.given[want.slot] // _STEPS for want in wants}


def _tile_most(left: float, tiles: int, *, beside_screen: bool, grid: bool) -> float:
    """What one tile may cost beyond its lowest layer."""
    if beside_screen or not tiles:
        return 0.0
    return min(GRID_MOST, max(TILE_MOST, left / tiles)) if grid else TILE_MOST


class _Round:
    """One decision: what is left, and what was given."""

    def __init__(self, now: float, left: float, before: Mapping[tuple[Place, int], Held]) -> None:
        self.now = now
        self.left = left
        self.given: dict[str, int] = {}
        self.retry: float | None = None
        self._before = before

    def give(self, want: Want, step: int) -> None:
        """Give this step instead of what the slot was given before."""
        had = self.given.get(want.slot, LEFT_OUT)
        self.left -= self._cost(want, step) - self._cost(want, had)
        self.given[want.slot] = step

    def raise_to(self, want: Want, most: float) -> None:
        """Give the best step that costs up to `most` and fits."""
        lowest = self.given[want.slot]
        if lowest == LEFT_OUT:
            return
        for step in range(_STEPS * want.supply.layers - 1, lowest, -1):
            if self._cost(want, step) <= most and self._fits(want, step):
                self.give(want, step)
                return

    def enter(self, want: Want, most: float, *, always: bool) -> None:
        """Give the lowest layer, or half of its frames, if that fits, and then the best step up to `most`."""
        if always or self._fits(want, _WHOLE):
            self.give(want, _WHOLE)
        elif self._fits(want, _HALF):
            self.give(want, _HALF)
        else:
            self.given[want.slot] = LEFT_OUT
        self.raise_to(want, most)

    def share(self, tiles: Sequence[Want], most: float, paused: bool) -> None:
        """Give the tiles what there is, in their order; nothing if what comes before them is paused."""
        for want in tiles:
            if paused:
                self.given[want.slot] = LEFT_OUT
            elif want.slot in self.given:
                self.raise_to(want, most)
            else:
                self.enter(want, most, always=False)

    def held(self, want: Want) -> Held:
        """What the picture has from now on."""
        step = self.given[want.slot]
        before = self._before.get((want.place, want.source))
        if before is None:
            return Held(step, None)
        return Held(step, self.now if step < before.step else before.lowered)

    def _fits(self, want: Want, step: int) -> bool:
        cost = self._cost(want, step)
        if cost == inf:
            return False
        extra = cost - self._cost(want, self.given.get(want.slot, LEFT_OUT))
        before = self._before.get((want.place, want.source))
        if before is None or step <= before.step:
            fits, again = extra <= self.left, self.now + HOLD
        else:
            since = self.now - HOLD if before.lowered is None else before.lowered
            fits = extra + cost * (RESERVE - 1) <= self.left and since + HOLD <= self.now
            again = since + HOLD if since + HOLD > self.now else self.now + HOLD
        if not fits:
            self.retry = again if self.retry is None else min(self.retry, again)
        return fits

    def _cost(self, want: Want, step: int) -> float:
        if step == LEFT_OUT:
            return 0.0
        layer, part = divmod(step, _STEPS)
        return want.supply.cost(self.now, layer) if part == _WHOLE else want.supply.half(self.now, layer)
