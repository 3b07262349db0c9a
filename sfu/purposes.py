"""What each m-line of an offer is for: as our client says, or as WHIP and WHEP leave it to be guessed. Pure.

Laws: an m-line has one purpose. What cannot share our one transport is given none by guessing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from sfu.errors import ProtocolError
from sfu.model import KIND_OF_SLOT, MAX_TILES, Purpose, SlotOffer, SourceOffer
from sfu.sdp import Offer

_PUBLISHED: Final[dict[str, Purpose]] = {"audio": "microphone", "video": "camera"}


class Ask(msgspec.Struct, frozen=True):
    """What a peer asks for: sources and slots by the number of their m-line.

    `featured`: an empty stage is filled (WHEP); `follow`: with whom; `obliging`: our own client, which sends only the
    layers that it is asked for.
    """

    offer: Offer
    sources: Mapping[int, Purpose]
    slots: Mapping[int, str]
    featured: bool = False
    follow: str | None = None
    obliging: bool = False


def named(offer: Offer, sources: Sequence[SourceOffer], slots: Sequence[SlotOffer]) -> Ask:
    """What our client asks for, by its own words; ProtocolError `sdp_purpose` or `sdp_mid`."""
    by_mid = {section.mid: index for index, section in enumerate(offer.sections) if section.mid}
    wanted_sources = {_index(by_mid, source.mid): source.purpose for source in sources}
    wanted_slots: dict[int, str] = {}
    for slot in slots:
        if slot.purpose not in KIND_OF_SLOT:
            raise ProtocolError("sdp_purpose", f"there is no slot {slot.purpose!r}")
        wanted_slots[_index(by_mid, slot.mid)] = slot.purpose
    if len(wanted_sources) != len(sources) or len(wanted_slots) != len(slots):
        raise ProtocolError("sdp_purpose", "each m-line has one purpose")
    return Ask(offer, wanted_sources, wanted_slots, obliging=True)


def published(offer: Offer) -> Ask:
    """WHIP: the first audio m-line is the microphone, the first video m-line the camera."""
    sources: dict[int, Purpose] = {}
    for kind, purpose in _PUBLISHED.items():
        indices = _carriable(offer, kind)
        if indices:
            sources[indices[0]] = purpose
    return Ask(offer, sources, {})


def played(offer: Offer, of: str | None) -> Ask:
    """WHEP: up to three voices, the stage (or the camera `of` a peer), then tiles."""
    slots = dict(zip(_carriable(offer, "audio"), ("voice-1", "voice-2", "voice-3"), strict=False))
    pictures = ("stage", *(f"tile-{number}" for number in range(1, MAX_TILES + 1)))
    slots |= dict(zip(_carriable(offer, "video"), pictures, strict=False))
    return Ask(offer, {}, slots, featured=True, follow=of)


def _carriable(offer: Offer, kind: str) -> list[int]:
    return [index for index, section in enumerate(offer.sections) if section.kind == kind and section.carriable]


def _index(by_mid: Mapping[str, int], mid: str) -> int:
    index = by_mid.get(mid)
    if index is None:
        raise ProtocolError("sdp_mid", f"the offer has no m-line {mid!r}")
    return index
