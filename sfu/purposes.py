"""What each m-line of an offer is for: as our client says, or as WHIP and WHEP leave it to be guessed. Pure.

Laws: an m-line has one purpose. What cannot share our one transport is given none by guessing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sfu.errors import ProtocolError
from sfu.model import KIND_OF_SLOT, MAX_TILES, Purpose, SlotOffer, SourceOffer
from sfu.sdp import Offer

_PUBLISHED: Final[dict[str, Purpose]] = {"audio": "microphone", "video": "camera"}


def named(
    offer: Offer, sources: Sequence[SourceOffer], slots: Sequence[SlotOffer]
) -> tuple[dict[int, Purpose], dict[int, str]]:
    """Sources and slots by the number of their m-line; ProtocolError `sdp_purpose` or `sdp_mid`."""
    by_mid = {section.mid: index for index, section in enumerate(offer.sections) if section.mid}
    wanted_sources = {_index(by_mid, source.mid): source.purpose for source in sources}
    wanted_slots: dict[int, str] = {}
    for slot in slots:
        if slot.purpose not in KIND_OF_SLOT:
            raise ProtocolError("sdp_purpose", f"there is no slot {slot.purpose!r}")
        wanted_slots[_index(by_mid, slot.mid)] = slot.purpose
    if len(wanted_sources) != len(sources) or len(wanted_slots) != len(slots):
        raise ProtocolError("sdp_purpose", "each m-line has one purpose")
    return wanted_sources, wanted_slots


def published(offer: Offer) -> dict[int, Purpose]:
    """WHIP: the first audio m-line is the microphone, the first video m-line the camera."""
    sources: dict[int, Purpose] = {}
    for kind, purpose in _PUBLISHED.items():
        indices = _carriable(offer, kind)
        if indices:
            sources[indices[0]] = purpose
    return sources


def played(offer: Offer) -> dict[int, str]:
    """WHEP: up to three voices, the stage, then tiles."""
    slots = dict(zip(_carriable(offer, "audio"), ("voice-1", "voice-2", "voice-3"), strict=False))
    pictures = ("stage", *(f"tile-{number}" for number in range(1, MAX_TILES + 1)))
    return slots | dict(zip(_carriable(offer, "video"), pictures, strict=False))


def _carriable(offer: Offer, kind: str) -> list[int]:
    return [index for index, section in enumerate(offer.sections) if section.kind == kind and section.carriable]


def _index(by_mid: Mapping[str, int], mid: str) -> int:
    index = by_mid.get(mid)
    if index is None:
        raise ProtocolError("sdp_mid", f"the offer has no m-line {mid!r}")
    return index
