"""Files of frames, opened by a demuxer and a decoder that are not ours."""

from __future__ import annotations

import fractions
import io
from itertools import cycle, islice
from pathlib import Path

import av
import pytest
from av import AudioFrame, VideoFrame

from sfu.recorder_webm import ROOMS, WebmFile, Written
from sfu.recorder_wire import AV1, H264, HEADER, OPUS, PICTURE, SOUND, VP8, VP9, End, Frame, Reader

WALL = 1_700_000_000_000_000


class Disk:
    """A file in memory that is written as a WebmFile says."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def do(self, written: Written) -> None:
        self.bytes += written.data
        for patch in written.patches:
            assert patch.offset + len(patch.data) <= len(self.bytes)
            self.bytes[patch.offset : patch.offset + len(patch.data)] = patch.data


# What libsvtav1 made of a grey second of 320 x 180 in its low-delay mode, each packet behind its length in two bytes.
# It is not run here: its fifteen threads may wait for each other for ever, in C, where no time-out of a test reaches.
SECOND_OF_AV1 = Path(__file__).with_name("second.av1")
ENCODERS = {
    VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "8", "g": "30"}),
    VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "30", "lag-in-frames": "0"}),
    H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "g": "30", "profile": "baseline"}),
}


def as_recorded(codec: int, packet: bytes) -> bytes:
    """A picture as the tap hands it on: units with lengths."""
    if codec != H264:
        return packet
    units = packet.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def second_of_av1() -> list[tuple[bool, bytes]]:
    """A keyframe and what follows it, OBUs without a delimiter."""
    rest = SECOND_OF_AV1.read_bytes()
    found: list[tuple[bool, bytes]] = []
    while rest:
        end = 2 + int.from_bytes(rest[:2], "big")
        found.append((not found, rest[2:end]))
        rest = rest[end:]
    return found


def pictures(count: int, brightness: int = 180, codec: int = VP8) -> list[tuple[bool, bytes]]:
    """Pictures as a browser sends them."""
    if codec == AV1:
        return list(islice(cycle(second_of_av1()), count))
    name, options = ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base = fractions.Fraction(1, 30)
    encoder.thread_count = 1  # its threads would wait for each other ninety times as long as they work
    encoder.options = options
    found = []
    for number in range(count):
        frame = VideoFrame(320, 180, "yuv420p")
        for plane, value in zip(frame.planes, (brightness, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts = number
        found += [(packet.is_keyframe, as_recorded(codec, bytes(packet))) for packet in encoder.encode(frame)]
    found += [(packet.is_keyframe, as_recorded(codec, bytes(packet))) for packet in encoder.encode(None)]
    return found


def sounds(count: int) -> list[bytes]:
    """Opus, 20 ms each."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format, encoder.layout = 48000, "s16", "stereo"
    found = []
    for number in range(count + 2):
        frame = AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(bytes(3840))
        frame.sample_rate, frame.pts = 48000, 960 * number
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return found[:count]


def film(seconds: int, began: int = 50_000_000, codec: int = VP8) -> list[Frame]:
    """Sound and picture of a person, as they come."""
    picture = [
        Frame(1, PICTURE, codec, key, number, began + 7_000 + number * 33_333, payload)
        for number, (key, payload) in enumerate(pictures(30 * seconds, codec=codec))
    ]
    sound = [
        Frame(1, SOUND, OPUS, True, number, began + number * 20_000, payload)
        for number, payload in enumerate(sounds(50 * seconds))
    ]
    return sorted(picture + sound, key=lambda frame: frame.at)


def write(frames: list[Frame], *, close: bool = True) -> tuple[Disk, WebmFile]:
    disk, webm = Disk(), WebmFile(WALL)
    for frame in frames:
        written = webm.take(frame)
        assert disk.bytes or not written.patches  # a crash between the two would leave a file without tracks
        disk.do(written)
    if close:
        disk.do(webm.close())
    return disk, webm


def decoded(disk: Disk) -> tuple[list[float], list[float], int]:
    """Times of pictures and of sounds, and how bright the last picture is."""
    seen: list[float] = []
    heard: list[float] = []
    brightness = 0
    with av.open(io.BytesIO(bytes(disk.bytes)), "r") as container:
        for frame in container.decode():
            if isinstance(frame, VideoFrame):
                seen.append(float(frame.time or 0))
                brightness = bytes(frame.planes[0])[9000]
            else:
                heard.append(float(frame.time or 0))
    return seen, heard, brightness


def test_a_decoder_that_is_not_ours_plays_it_from_anywhere() -> None:
    disk, webm = write(film(6))
    seen, heard, brightness = decoded(disk)
    assert len(seen) == 180 and 295 <= len(heard) <= 300
    assert abs(brightness - 180) < 10 and webm.lost == 0
    assert seen == sorted(seen) and heard == sorted(heard)
    assert abs((seen[-1] - seen[0]) - 179 / 30) < 0.01
    with av.open(io.BytesIO(bytes(disk.bytes)), "r") as container:
        assert container.format.name == "matroska,webm"
        assert container.duration is not None and abs(container.duration - 6_000_000) < 60_000
        assert container.metadata["creation_time"].startswith("2023-11-14T22:14:10")
        (video,) = container.streams.video
        assert (video.codec_context.width, video.codec_context.height) == (320, 180)
        container.seek(4_000_000)
        assert 2.9 <= float(next(container.decode(video=0)).time or 0) <= 4.1


@pytest.mark.parametrize("codec", [H264, VP9, AV1])
def test_every_codec_plays_from_anywhere_and_up_to_where_its_writer_died(codec: int) -> None:
    frames = film(5, codec=codec)
    disk, webm = write(frames)
    seen, heard, brightness = decoded(disk)
    assert len(seen) == 150 and len(heard) >= 245 and webm.lost == 0 and abs(brightness - 180) < 10
    assert (b"matroska" if codec == H264 else b"webm") in disk.bytes[:64]
    with av.open(io.BytesIO(bytes(disk.bytes)), "r") as container:
        assert container.duration is not None and abs(container.duration - 5_000_000) < 60_000
        (video,) = container.streams.video
        assert (video.codec_context.width, video.codec_context.height) == (320, 180)
        assert bool(video.codec_context.extradata) == (codec in (H264, AV1))
        container.seek(4_000_000)
        assert 2.9 <= float(next(container.decode(video=0)).time or 0) <= 4.1
    disk, _ = write(frames, close=False)
    seen, heard, _ = decoded(disk)
    assert 3 < seen[-1] < 5 and 3 < heard[-1] < 5
    with av.open(io.BytesIO(bytes(disk.bytes)), "r") as container:
        assert container.duration is not None and abs(container.duration / 1e6 - max(seen[-1], heard[-1])) < 0.06
        container.seek(2_500_000)
        assert 1.9 <= float(next(container.decode(video=0)).time or 0) <= 2.6


def test_a_file_whose_writer_died_plays_up_to_its_last_cluster() -> None:
    disk, _ = write(film(6), close=False)
    seen, heard, _ = decoded(disk)
    assert 4 < seen[-1] < 6 and 4 < heard[-1] < 6


def test_sound_alone_and_a_camera_that_comes_later_are_one_file() -> None:
    frames = film(6)
    later = [frame for frame in frames if frame.track == SOUND or frame.number >= 60]
    first = next(frame for frame in later if frame.track == PICTURE)
    assert first.key
    disk, _ = write(later)
    seen, heard, _ = decoded(disk)
    assert abs(seen[0] - 2.0) < 0.05 and heard[0] < 0.05
    disk, _ = write([frame for frame in frames if frame.track == SOUND])
    seen, heard, _ = decoded(disk)
    assert not seen and len(heard) > 290


def test_behind_dropped_frames_a_picture_begins_with_a_keyframe() -> None:
    frames = [frame for frame in film(3) if frame.track == PICTURE and not 40 <= frame.number < 43]
    disk, webm = write(frames)
    seen, _, _ = decoded(disk)
    assert webm.lost == 60 - 43
    assert len(seen) == 90 - 20
    assert not any(40.5 / 30 < time < 59.5 / 30 for time in seen)


def test_what_it_cannot_write_is_left_out() -> None:
    webm = WebmFile(WALL)
    assert webm.take(Frame(1, SOUND, 99, True, 0, 5, b"?")) == Written() and webm.lost == 1
    assert webm.close() == Written() and webm.milliseconds == 0
    frames = [Frame(1, track, OPUS, True, 0, 5, b"\xf8") for track in range(ROOMS + 1)]
    _, webm = write(frames)
    assert webm.lost == 1


def test_a_stream_of_bytes_is_cut_into_records_wherever_it_is_cut() -> None:
    record = HEADER.pack(HEADER.size - 4 + 3, 1, VP8, 1, PICTURE, 7, 5, 123456) + b"abc"
    end = HEADER.pack(HEADER.size - 4, 2, 0, 0, 0, 7, 0, 0)
    stream = record + end + record
    for step in (1, 5, len(stream)):
        reader = Reader()
        found = [item for at in range(0, len(stream), step) for item in reader.receive(stream[at : at + step])]
        frame = Frame(7, PICTURE, VP8, True, 5, 123456, b"abc")
        assert found == [frame, End(7), frame]
    with pytest.raises(ValueError, match="no record"):
        list(Reader().receive(b"\xff" * 40))
