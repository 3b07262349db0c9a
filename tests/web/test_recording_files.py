"""Where files of recordings lie, and what they are by their own word."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfu.recorder_webm import WebmFile
from sfu.recorder_wire import H264, OPUS, PICTURE, SOUND, Frame
from web.recording_files import MATROSKA, WEBM, RecordingFiles

KEY = b"".join(len(unit).to_bytes(4, "big") + unit for unit in (b"\x67\x42\xe0\x1f", b"\x68\xce", b"\x65\x88"))


@pytest.mark.parametrize(
    ("frame", "kind"),
    [(Frame(2, SOUND, OPUS, True, 0, 5, b"\xf8"), WEBM), (Frame(2, PICTURE, H264, True, 0, 5, KEY), MATROSKA)],
)
def test_a_file_says_itself_what_it_is(tmp_path: Path, frame: Frame, kind: object) -> None:
    files = RecordingFiles(tmp_path, 0)
    files.create("r")
    webm = WebmFile(0)
    assert webm.take(frame).data == b""
    files.path("r", 2).write_bytes(webm.close().data)
    assert files.kind("r", 2) == kind
    with pytest.raises(FileNotFoundError):
        files.kind("r", 3)
