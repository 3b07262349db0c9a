"""The headers of a file that is handed out: its name is the person's, its content is nobody's page.

Laws (RFC 6266, RFC 8187): the name goes in twice, in ASCII for old clients and in UTF-8 for all others; nothing in it
can end the header, climb a folder or turn its own suffix around. A browser saves the file and never shows it as ours.
"""

from __future__ import annotations

import unicodedata
from typing import Final, Literal
from urllib.parse import quote

_UNFIT: Final = frozenset('/\\:*?"<>|')
_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_LONGEST: Final = 100


def file_name(title: str, suffix: str) -> str:
    """Return what the file of a thing with this title is called, on any system."""
    kept = "".join(" " if char in _UNFIT or unicodedata.category(char)[0] == "C" else char for char in title)
    stem = " ".join(kept.split())[:_LONGEST].strip(" .")
    return f"{stem or 'Kreide'}.{suffix}"


def download_headers(name: str) -> dict[str, str]:
    """Return the headers that make a browser save the answer under this name."""
    return {
        "Content-Disposition": disposition(name, "attachment"),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def disposition(name: str, how: Literal["attachment", "inline"]) -> str:
    """Return what says how a file is called, and whether it may be shown."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
    stem, _, suffix = plain.rpartition(".")
    fallback = f"{stem.strip() or 'Kreide'}.{suffix}".replace("%", "_")
    encoded = quote(name, safe="!#$&+-.^_`|~")
    return f"{how}; filename=\"{fallback}\"; filename*=UTF-8''{encoded}"
