"""One WebM or Matroska file as it grows: bytes to append, and bytes to write over. Sans-IO.

Laws:
- Frames are never decoded. Those of one or two seconds become one cluster of known length, so a file that ends behind a
  cluster is whole but for its index, and says how long it is; nothing is written in smaller pieces.
- The head has room for four tracks; one is described there once its first frame tells codec and size, in the same call
  that hands out its cluster. A codec that changes is another track. With H.264 in it a file is no WebM any more, and
  says so.
- Times count from the file's first frame, which `began` names; within a track they rise. A picture begins with a
  keyframe, and again after each gap in its numbers.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from sfu.recorder_codecs import ROOM, describe, element, number
from sfu.recorder_wire import H264, PICTURE, Frame

HELD: Final = 1_500_000
"""A cluster is made when this many microseconds wait; the newest `LATE` of them wait for the other track."""
LATE: Final = 500_000
CLUSTER_BYTES: Final = 1 << 20
ROOMS: Final = 4
"""Tracks of a file."""

_EBML, _SEGMENT, _SEEK_HEAD, _INFO, _TRACKS = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B
_CLUSTER, _CUES, _VOID = 0x1F43B675, 0x1C53BB6B, 0xEC
_UNKNOWN: Final = b"\x01" + b"\xff" * 7
_SEEK_ROOM: Final = 64
_WEBM: Final = element(0x4282, b"webm") + b"\xec\x82\0\0"
_MATROSKA: Final = element(0x4282, b"matroska")


def size(length: int) -> bytes:
    """An element's length in eight bytes, so that it can be written over."""
    return (1 << 56 | length).to_bytes(8, "big")


def void(length: int) -> bytes:
    """So many bytes (9 or more) that mean nothing."""
    return b"\xec" + size(length - 9) + bytes(length - 9)


class Patch(NamedTuple):
    """Bytes to write over what is there."""

    offset: int
    data: bytes


class Written(NamedTuple):
    """What to do with the file: append first, then write over."""

    data: bytes = b""
    patches: tuple[Patch, ...] = ()


class _Track:
    def __init__(self, place: int, codec: int) -> None:
        self.place = place
        self.codec = codec
        self.last = -1


class WebmFile:
    """The writer of one file. `wall` is what the monotonic clock's zero is in microseconds since 1970."""

    def __init__(self, wall: int) -> None:
        self._wall = wall
        self._kinds: dict[tuple[int, int], bytes] = {}
        self._tracks: dict[tuple[int, int], _Track] = {}
        self._numbers: dict[int, int] = {}
        self._waits: set[int] = set()
        self._held: list[tuple[int, int, Frame]] = []
        self._bytes = 0
        self._first = b""
        self._start = 0
        self._length = 0
        self._body = 0
        self._rooms = 0
        self._info = 0
        self._type = 0
        self._cues: list[tuple[int, int, int]] = []
        self.began: int | None = None
        """Microseconds of the monotonic clock."""
        self.ended = 0
        self.lost = 0
        """Frames that were left out: of pictures whose frames before are missing, or of one codec too many."""

    @property
    def milliseconds(self) -> int:
        """How long it is."""
        return 0 if self.began is None else max(0, self.ended - self.began) // 1000

    def take(self, frame: Frame) -> Written:
        """Take a frame; mostly there is nothing to write yet."""
        if not self._follows(frame):
            self.lost += 1
            return Written()
        if self.began is None:
            self.began = frame.at
            self._first = self._head()
            self._length = len(self._first)
        at = max(frame.at, self.began)
        self._held.append((at, len(self._held), frame))
        self._bytes += len(frame.payload)
        self.ended = max(self.ended, at)
        if self.ended - self._held[0][0] < HELD and self._bytes < CLUSTER_BYTES:
            return Written()
        return self._release(self.ended - LATE if self._bytes < CLUSTER_BYTES else self.ended + 1)

    def flush(self) -> Written:
        """Everything that is held, now."""
        return self._release(self.ended + 1)

    def close(self) -> Written:
        """The rest, the index, and how long it is."""
        rest = self.flush()
        if self.began is None:
            return rest
        index = self._index()
        cues_at = self._length
        self._length += len(index)
        seek = element(0x4DBB, element(0x53AB, _CUES.to_bytes(4, "big")) + number(0x53AC, cues_at - self._body))
        head = element(_SEEK_HEAD, seek)
        patches = [
            Patch(self._body - 8, size(self._length - self._body)),
            Patch(self._body, head + void(_SEEK_ROOM - len(head))),
            Patch(self._info, struct.pack(">d", float(self.milliseconds))),
        ]
        return Written(rest.data + index, (*rest.patches, *patches))

    def _follows(self, frame: Frame) -> bool:
        before = self._numbers.get(frame.track)
        self._numbers[frame.track] = frame.number
        if before is None or (frame.number != before + 1 and frame.track == PICTURE):
            self._waits.add(frame.track)
        if frame.track in self._waits and not frame.key:
            return False
        self._waits.discard(frame.track)
        kind = frame.track, frame.codec
        if kind not in self._kinds:
            about = describe(frame.codec, frame.payload) if len(self._kinds) < ROOMS else None
            if about is None:
                self._waits.add(frame.track)
                return False
            self._kinds[kind] = about
        return True

    def _head(self) -> bytes:
        ebml = element(
            _EBML,
            number(0x4286, 1) + number(0x42F7, 1) + number(0x42F2, 4) + number(0x42F3, 8)
            + _WEBM + number(0x4287, 4) + number(0x4285, 2),
        )  # fmt: skip
        assert self.began is not None
        since_2001 = (self._wall + self.began) * 1000 - 978_307_200 * 10**9
        before = number(0x2AD7B1, 1_000_000) + element(0x4461, since_2001.to_bytes(8, "big", signed=True))
        before += element(0x4D80, b"Kreide") + element(0x5741, b"Kreide")
        info = element(_INFO, before + element(0x4489, struct.pack(">d", 0.0)))
        tracks = _TRACKS.to_bytes(4, "big") + size(ROOMS * ROOM) + void(ROOM) * ROOMS
        self._type = ebml.index(_WEBM)
        self._body = len(ebml) + 12
        self._info = self._body + _SEEK_ROOM + len(info) - 8
        self._rooms = self._body + _SEEK_ROOM + len(info) + 12
        return ebml + _SEGMENT.to_bytes(4, "big") + _UNKNOWN + void(_SEEK_ROOM) + info + tracks

    def _release(self, until: int) -> Written:
        """Make a cluster of what was captured before `until`."""
        self._held.sort(key=lambda held: held[:2])
        ready = [frame for at, _, frame in self._held if at < until]
        if not ready or self.began is None:
            return Written()
        self._held = [(at, place, frame) for at, place, frame in self._held if at >= until]
        self._bytes = sum(len(frame.payload) for _, _, frame in self._held)
        patches: list[Patch] = []
        head, self._first = bytearray(self._first), b""
        start = self._start = max(self._start, (ready[0].at - self.began) // 1000)
        blocks: list[bytes] = [number(0xE7, start)]
        cue = 0
        for frame in ready:
            track = self._tracks.get((frame.track, frame.codec)) or self._describe(frame, patches)
            time = max((frame.at - self.began) // 1000, track.last + (1 if frame.track == PICTURE else 0), start)
            track.last = time
            if frame.key and (frame.track == PICTURE or not cue):
                cue = track.place + 1
            block = struct.pack(">BhB", 0x81 + track.place, min(time - start, 0x7FFF), 0x80 if frame.key else 0)
            blocks.append(element(0xA3, block + frame.payload))
        cluster = element(_CLUSTER, b"".join(blocks))
        patches.append(Patch(self._info, struct.pack(">d", float((ready[-1].at - self.began) // 1000))))
        self._cues.append((start, cue or 1, self._length - self._body))
        self._length += len(cluster)
        if not head:
            return Written(cluster, tuple(patches))
        for patch in patches:  # the first tracks go out with the head: no moment at which the file tells of none
            head[patch.offset : patch.offset + len(patch.data)] = patch.data
        return Written(bytes(head) + cluster)

    def _describe(self, frame: Frame, patches: list[Patch]) -> _Track:
        place = len(self._tracks)
        track = self._tracks[frame.track, frame.codec] = _Track(place, frame.codec)
        common = number(0xD7, place + 1) + number(0x73C5, place + 1) + number(0x9C, 0)
        entry = element(0xAE, common + self._kinds[frame.track, frame.codec])
        if frame.codec == H264:
            patches.append(Patch(self._type, _MATROSKA))
        patches.append(Patch(self._rooms + place * ROOM, entry + void(ROOM - len(entry))))
        return track

    def _index(self) -> bytes:
        points = (
            element(0xBB, number(0xB3, time) + element(0xB7, number(0xF7, track) + number(0xF1, position)))
            for time, track, position in self._cues
        )
        return element(_CUES, b"".join(points))
