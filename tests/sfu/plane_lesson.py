"""A lesson on a real plane: one publisher with a camera and a microphone, and viewers with a slot for each."""

from __future__ import annotations

from contextlib import ExitStack

from sfu.plane import Plane, Profile
from tests.sfu.plane_peer import LEVEL_URI, MID_URI, OPUS, VP8, Peer, Rtp, vp8

VIDEO_SOURCE, AUDIO_SOURCE, LAYERED_SOURCE = 1001, 1002, 1003
LAYER_SSRC = 0x6000
VIDEO_SSRC, VIDEO_RTX, AUDIO_SSRC = 0x5001, 0x5002, 0x5003
VIDEO_SLOT, AUDIO_SLOT = 2001, 2002
OUT_VIDEO, OUT_RTX, OUT_AUDIO = 0x9001, 0x9002, 0x9003
CSRC = 42


class Lesson:
    """One publisher with a camera and a microphone, and viewers with a slot for each."""

    def __init__(self, plane: Plane, publisher: Peer, viewers: list[Peer]) -> None:
        self.plane, self.publisher, self.viewers = plane, publisher, viewers
        plane.add_source(VIDEO_SOURCE, self.publisher.id, "v", "video", CSRC, [])
        plane.add_source(AUDIO_SOURCE, self.publisher.id, "a", "audio", CSRC, [AUDIO_SSRC])
        self.publisher.connect()
        for viewer in self.viewers:
            plane.add_slot(
                viewer.id,
                VIDEO_SLOT,
                "10",
                "video",
                OUT_VIDEO,
                OUT_RTX,
                [("vp8", 120, 121)],
                [(5, MID_URI)],
                f"viewer{viewer.id}",
            )
            plane.add_slot(
                viewer.id,
                AUDIO_SLOT,
                "11",
                "audio",
                OUT_AUDIO,
                0,
                [("opus", 109, -1)],
                [(5, MID_URI), (6, LEVEL_URI)],
                f"viewer{viewer.id}",
            )
            viewer.connect()
        self.allow(self.viewers)
        for viewer in self.viewers:
            plane.set_slot(viewer.id, VIDEO_SLOT, VIDEO_SOURCE, 1)
            plane.set_slot(viewer.id, AUDIO_SLOT, AUDIO_SOURCE, 1)

    def layered(self) -> None:
        """Another camera in the same slots, with three layers."""
        self.plane.add_source(LAYERED_SOURCE, self.publisher.id, "s", "video", CSRC, [], ["q", "h", "f"])
        self.plane.set_audience(LAYERED_SOURCE, [viewer.id for viewer in self.viewers])
        for viewer in self.viewers:
            self.plane.set_slot(viewer.id, VIDEO_SLOT, LAYERED_SOURCE, 2)

    def allow(self, viewers: list[Peer]) -> None:
        ids = [viewer.id for viewer in viewers]
        self.plane.set_audience(VIDEO_SOURCE, ids)
        self.plane.set_audience(AUDIO_SOURCE, ids)


class Stage:
    """Makes planes, peers and lessons, and closes them all."""

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing

    def plane(self, *addresses: str, consent: float = 30.0, stall: float = 2.0, segmenting: bool = True) -> Plane:
        plane = Plane(list(addresses) or ["127.0.0.1"], 0, consent=consent, stall=stall, segmenting=segmenting)
        self._closing.callback(plane.close)
        return plane

    def peer(self, plane: Plane, profile: Profile = "AEAD_AES_128_GCM", host: str = "127.0.0.1") -> Peer:
        peer = Peer(plane, profile, host)
        self._closing.callback(peer.close)
        return peer

    def lesson(self, plane: Plane, viewers: int = 1, profile: Profile = "AEAD_AES_128_GCM") -> Lesson:
        peers = [self.peer(plane, profile) for _ in range(viewers + 1)]
        return Lesson(plane, peers[0], peers[1:])


def voice(sequence: int, payload: bytes = b"opus", level: int | None = None) -> Rtp:
    elements = {} if level is None else {1: bytes([0x80 | level])}
    return Rtp(OPUS, sequence, sequence * 960, AUDIO_SSRC, payload, elements=elements)


def picture(sequence: int, payload: bytes = b"frame", *, keyframe: bool = False) -> Rtp:
    body = vp8(payload, keyframe=keyframe, picture=sequence & 0x7FFF)
    return Rtp(VP8, sequence, sequence * 3000, VIDEO_SSRC, body, marker=True, elements={4: b"v"})


def layer(rid: str, sequence: int, *, keyframe: bool = False) -> Rtp:
    ssrc = LAYER_SSRC + ord(rid)
    body = vp8(rid.encode(), keyframe=keyframe, picture=sequence & 0x7FFF)
    return Rtp(VP8, sequence, sequence * 3000, ssrc, body, marker=True, elements={4: b"s", 7: rid.encode()})


def temporal_layer(sequence: int, temporal: int) -> Rtp:
    """A frame of a temporal layer, to which one can go up with it; the first is a keyframe."""
    number = sequence & 0x7FFF
    head = [0x90, 0xE0, 0x80 | number >> 8, number & 255, 7, temporal << 6 | 0x20]
    body = bytes([*head, sequence != 1, temporal]) + bytes(600)
    return Rtp(VP8, sequence, sequence * 3000, VIDEO_SSRC, body, marker=True, elements={4: b"v"})
