"""What a file may be called: the name that somebody gave it, made harmless.

Laws: pure and total. A name is one line without folders, marks that turn its direction, or anything invisible; it ends
as its content says, so that no system runs what only looks like a picture.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from web.uploads_kind import PLAIN, UNKNOWN

LONGEST: Final = 120
_UNFIT: Final = frozenset('/\\:*?"<>|')
_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "audio/ogg": ("ogg", "oga", "opus", "ogv"),
    "audio/flac": ("flac",),
    "audio/mpeg": ("mp3",),
    "audio/wav": ("wav",),
    "audio/mp4": ("m4a", "m4b", "mp4"),
    "video/mp4": ("mp4", "m4v", "m4a", "3gp"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm", "mkv", "weba", "mka"),
    "video/x-msvideo": ("avi",),
    "application/gzip": ("gz", "tgz"),
    "application/x-7z-compressed": ("7z",),
    "application/vnd.rar": ("rar",),
    "application/rtf": ("rtf",),
    "application/x-ole-storage": ("doc", "xls", "ppt", "pub", "vsd", "msg"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx", "ppsx"),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
    "application/vnd.oasis.opendocument.graphics": ("odg",),
    "application/epub+zip": ("epub",),
}
# What some system runs when it is opened; as text or unknown bytes it gets another end.
_RUNNABLE: Final = """
    apk app appimage appinstaller applescript application appref-ms appx bat chm cmd com command cpl crx deb desktop
    diagcab dll dmg exe fileloc gadget hta htm html img inetloc inf ins iqy iso jar jnlp js jse library-ms lnk mht mhtml
    mobileconfig msc msi msix msp mst msu osd pif pkg ps1 ps1xml psc1 psm1 pyw pyz rdp reg rpm run scf scpt scr sct
    search-ms settingcontent-ms sh shb slk svg svgz sys terminal theme url vb vbe vbs vhd vhdx webloc ws wsb wsc wsf wsh
    xbap xht xhtml xll xml xpi xsl
"""
_RUN: Final = frozenset(_RUNNABLE.split())


def clean_name(claimed: str, kind: str) -> str:
    """Return what an upload of this media type is called."""
    kept = "".join(_letter(char) for char in unicodedata.normalize("NFC", claimed[:1000]))
    words = " ".join(kept.split()).rstrip(" .")
    stem, dot, suffix = words.rpartition(".")
    if not dot or not (len(suffix) <= 12 and suffix.replace("-", "").isalnum()):
        stem, suffix = words, ""
    stem = stem.strip(" .")[:LONGEST].strip(" .") or "Datei"
    return f"{stem}.{ending}" if (ending := _ending(suffix, kind)) else stem


def _letter(char: str) -> str:
    category = unicodedata.category(char)
    if char in _UNFIT or category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category[0] == "C" else char


def _ending(suffix: str, kind: str) -> str:
    fits = _SUFFIXES.get(kind)
    lower = suffix.lower()
    if fits is not None:
        return suffix if lower in fits else f"{suffix}.{fits[0]}".lstrip(".")
    if kind == "application/zip":
        return suffix if suffix and lower not in _RUN else f"{suffix}.zip".lstrip(".")
    if lower in _RUN or not suffix:
        fallback = {PLAIN: "txt", UNKNOWN: "bin"}.get(kind, "")
        return f"{suffix}.{fallback}".strip(".")
    return suffix
