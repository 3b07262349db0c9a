"""A zip file of XML parts from a stranger, opened within bounds.

Laws: how many parts and how many bytes unpacked is known before anything is unpacked, and more is refused; no part may
declare a document type or entities (neither office format uses them), nor come in an encoding in which such a
declaration would not be seen; what is no such file is refused with a text that says what it seems to be instead.
Macros, pictures and links are never looked at.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Final

from ..errors import ProtocolError

try:
    from lzma import LZMAError
except ImportError:  # a Python may be built without it, and knows no such archives then
    LZMAError = zipfile.BadZipFile  # type: ignore[assignment,misc]

MAX_PARTS: Final = 1_000
MAX_UNZIPPED: Final = 64 << 20
_OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARED: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML: Final = re.compile(rb"\s*<\?xml\s")
_ENCODING: Final = re.compile(rb"""encoding\s*=\s*["']([^"']{1,40})["']""")
_FIRST: Final = 400  # bytes within which the XML declaration ends
_ENCODINGS: Final = (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252")
_WIDE: Final = (b"\xfe\xff", b"\xff\xfe", b"\x4c\x6f\xa7\x94")  # UTF-16 with its mark; EBCDIC

_BROKEN: Final = (
    KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error, LZMAError,
)  # fmt: skip
"""What the standard library raises when a part is absent, locked, cut off, or of an unknown or broken packing."""


def is_archive(data: bytes) -> bool:
    """Tell whether this is a zip file."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def is_old(data: bytes) -> bool:
    """Tell whether this is a file of the time before zip files, or one that is locked by a password."""
    return data.startswith(_OLD)


def unreadable(text: str = "the file is damaged or of another kind") -> ProtocolError:
    """Return the refusal of a file that cannot be read."""
    return ProtocolError("file_unreadable", text)


class Archive:
    """The parts of one file."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise unreadable() from error
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNZIPPED:
            raise ProtocolError("file_too_large", "unpacked, the file is larger than this server takes")
        self.names = frozenset(part.filename for part in parts)
        for part in parts:
            self._check(self.read(part.filename))

    def read(self, name: str) -> bytes:
        """Return a part; an absent one is refused."""
        try:
            return self._zip.read(name)
        except _BROKEN as error:
            raise unreadable() from error

    @staticmethod
    def _check(part: bytes) -> None:
        wide = part.startswith(_WIDE) or (part[:1] in (b"<", b"\0") and b"\0" in part[:4])
        if wide or not _is_plain(part[:_FIRST].removeprefix(b"\xef\xbb\xbf")) or _DECLARED.search(part):
            raise ProtocolError("file_refused", "the file declares things that no document needs")


def _is_plain(begin: bytes) -> bool:
    """Tell whether a part is in an encoding in which `_DECLARED` sees everything."""
    if not _XML.match(begin):
        return True
    declaration, end, _ = begin.partition(b"?>")
    found = _ENCODING.search(declaration)
    plain = b"encoding" not in declaration if found is None else found[1].lower() in _ENCODINGS
    return bool(end) and plain
