"""Recording: a sign for everybody, a question to each, and each one's word.

Laws: nobody is recorded who has not said so to this recording; a word can be taken back at any time.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from web.messages.basics import Done, Id

RecordingEnd = Literal["stopped", "full", "broken", "no_leader", "moved", "ended"]


class RecordingView(Struct, frozen=True):
    """The recording that runs. `peers`: who has agreed and is recorded; `gaps`: the disk is too slow for all of it."""

    id: str
    started_at: int
    by: str
    peers: list[str]
    gaps: bool


class RecordingChanged(Struct, frozen=True, tag_field="type", tag="recording_changed"):
    """The recording that runs now, or none any more and why."""

    recording: RecordingView | None
    ended: RecordingEnd | None


class RoomRecord(Struct, frozen=True):
    """Begin or end a recording."""

    on: bool


class RoomConsent(Struct, frozen=True):
    """My word to this recording. `erase`: what was recorded of me in it goes at once."""

    recording: Id
    agree: bool
    erase: bool = False


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {"room:record": (RoomRecord, Done), "room:consent": (RoomConsent, Done)}
)
