"""What a file is, told by its content and never by its name.

Laws: total, pure, and nothing is unpacked: of a zip file only its list of parts is read, within bounds. What browsers
could run as a page (HTML, SVG, XML) is plain text here. Refused are programs, pictures whose hidden data (where, when,
by whom) we cannot take out, and archives that unpack to far more than anybody means.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from msgspec import Struct

from web.errors import ProtocolError

HEAD: Final = 4096  # bytes from the beginning that are looked at
TAIL: Final = 66_000  # bytes from the end: where a zip file lists its parts
PLAIN: Final = "text/plain"
UNKNOWN: Final = "application/octet-stream"
PICTURES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
MAX_PARTS: Final = 20_000
MAX_LIST: Final = 4 << 20
MAX_UNZIPPED: Final = 1 << 30
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = re.compile(rb"application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip)")
_BEGINS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_PROGRAMS: Final = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\0\0\0\x01\x14\x02\0",  # a Windows link runs what it names
)
_OTHER_PICTURES: Final = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"BM",
    b"8BPS",
    b"\0\0\1\0",
    b"\xff\x4f\xff\x51",
    b"\xff\x0a",
)
_STILL_BRANDS: Final = (
    b"heic",
    b"heix",
    b"hevc",
    b"hevx",
    b"heim",
    b"heis",
    b"mif1",
    b"msf1",
    b"avif",
    b"avis",
    b"crx ",
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Part(Struct, frozen=True):
    """One part of a zip file, as its list names it."""

    name: str
    packed: int
    size: int


def kind_of(head: bytes, tail: bytes, size: int) -> str:
    """Return the media type of a file of `size` bytes; raise ProtocolError(upload_empty | upload_refused | ...)."""
    if size == 0:
        raise ProtocolError("upload_empty", "the file is empty")
    if head.startswith(_PROGRAMS) and not _is_text(head):
        raise ProtocolError("upload_refused", "programs are not taken")
    for begin, kind in _BEGINS:
        if head.startswith(begin):
            return kind
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(head, tail, size)
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    if _is_text(head):
        return PLAIN
    if head.startswith(_OTHER_PICTURES) or head[4:12] == b"JXL \r\n\x87\n" or head[4:8] == b"jP  ":
        raise _other_picture()
    return UNKNOWN


def _iso_media(head: bytes) -> str:
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(struct.unpack(">I", head[:4])[0], 200), 4))]
    if any(brand in _STILL_BRANDS for brand in brands):
        raise _other_picture()
    if head[8:12] in (b"M4A ", b"M4B "):
        return "audio/mp4"
    return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"


def _other_picture() -> ProtocolError:
    return ProtocolError("upload_picture", "pictures are taken as JPEG, PNG, GIF or WebP")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = head[: len(head) & ~1].decode("utf-16")
        except UnicodeDecodeError:
            return False
        return not _CONTROLS.search(text)
    for cut in range(4):  # the last letter may be cut off
        try:
            return not _CONTROLS.search(head[: len(head) - cut].decode("utf-8-sig"))
        except UnicodeDecodeError:
            if len(head) < HEAD:
                break
    return False


def _archive(head: bytes, tail: bytes, size: int) -> str:
    parts = read_parts(tail, size)
    if sum(part.size for part in parts) > MAX_UNZIPPED or sum(part.packed for part in parts) > size:
        raise ProtocolError("upload_refused", "unpacked, this archive would be far too large")
    if head[30:38] == b"mimetype" and (found := _ODF.match(head, 38)):
        return found[0].decode()
    names = {part.name for part in parts}
    if "[Content_Types].xml" in names:
        for main, kind in (
            ("word/document.xml", "wordprocessingml.document"),
            ("xl/workbook.xml", "spreadsheetml.sheet"),
            ("ppt/presentation.xml", "presentationml.presentation"),
        ):
            if main in names:
                return _OFFICE + kind
    return "application/zip"


def read_parts(tail: bytes, size: int) -> list[Part]:
    """Return what a zip file says it holds; `tail` is its end. Raise ProtocolError(upload_damaged | upload_refused)."""
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise _damaged()
    count, length, offset = struct.unpack_from("<HII", tail, at + 10)
    begin = at - length  # the list ends where this record begins, whatever was put before the archive
    if length > MAX_LIST or count > MAX_PARTS or offset == 0xFFFFFFFF or length > size:
        raise ProtocolError("upload_refused", "this archive has too many parts")
    if begin < 0:
        raise Longer(length + len(tail) - at)
    parts: list[Part] = []
    while begin + 46 <= at and len(parts) < count:
        if tail[begin : begin + 4] != b"PK\x01\x02":
            raise _damaged()
        packed, unpacked, name, extra, comment = struct.unpack_from("<IIHHH", tail, begin + 20)
        parts.append(Part(tail[begin + 46 : begin + 46 + name].decode("utf-8", "replace"), packed, unpacked))
        begin += 46 + name + extra + comment
    if len(parts) != count:
        raise _damaged()
    return parts


class Longer(Exception):
    """The list of parts begins before the tail that was given; `length` bytes are needed."""

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(length)


def _damaged() -> ProtocolError:
    return ProtocolError("upload_damaged", "the file is damaged")
