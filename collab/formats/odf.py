"""OpenDocument files put together: what .ods and .odp share.

Laws: XML is made by `tag` alone, its text by `spaced` or `quoted`, so nothing of a document can become markup; a file
made here holds its type first and unpacked, as ODF 1.3 part 2, 3.3 wants it, so that other programs recognise it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

_NAMES: Final = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xlink": "http://www.w3.org/1999/xlink",
    "of": "urn:oasis:names:tc:opendocument:xmlns:of:1.2",
}
_DECLARED: Final = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _NAMES.items())
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_KINDS: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
_DATED: Final = (1980, 1, 1, 0, 0, 0)
_SPACES: Final = re.compile(r"(?<= ) +|^ +|\t|\n")


def name(prefix: str, local: str) -> str:
    """Return a name as lxml writes it."""
    return f"{{{_NAMES[prefix]}}}{local}"


def quoted(text: str) -> str:
    """Return a text for an attribute or for content."""
    return escape(text, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def tag(label: str, attributes: Mapping[str, object] | None = None, *content: str) -> str:
    """Return an element; `content` is XML already."""
    said = "".join(f' {key}="{quoted(str(value))}"' for key, value in (attributes or {}).items())
    inside = "".join(content)
    return f"<{label}{said}>{inside}</{label}>" if inside else f"<{label}{said}/>"


def style(title: str, family: str, *content: str, **more: str) -> str:
    """Return a style; of `more`, "data_style_name" becomes style:data-style-name."""
    extra = {f"style:{key.replace('_', '-')}": value for key, value in more.items()}
    return tag("style:style", {"style:name": title, "style:family": family, **extra}, *content)


def spaced(text: str) -> str:
    """Return a text for content in which spaces, tabs and line breaks count."""

    def kept(found: re.Match[str]) -> str:
        if found[0] == "\t":
            return "<text:tab/>"
        if found[0] == "\n":
            return "<text:line-break/>"
        return f'<text:s text:c="{len(found[0])}"/>'

    return _SPACES.sub(kept, escape(text))


def part(root: str, content: str) -> bytes:
    """Return one XML part: <office:root> with its content."""
    return f'{_HEAD}<office:{root} {_DECLARED} office:version="1.3">{content}</office:{root}>'.encode()


def meta(title: str, language: str) -> bytes:
    """Return the part that says what the file is called."""
    said = (tag("dc:title", None, quoted(title)), tag("dc:language", None, language))
    return part("document-meta", tag("office:meta", None, tag("meta:generator", None, "Kreide"), *said))


def pack(media_type: str, parts: Mapping[str, bytes]) -> bytes:
    """Return the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _DATED), media_type, zipfile.ZIP_STORED)
        for path, data in (*parts.items(), ("META-INF/manifest.xml", _manifest(media_type, parts))):
            archive.writestr(zipfile.ZipInfo(path, _DATED), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _manifest(media_type: str, parts: Mapping[str, bytes]) -> bytes:
    listed = (("/", media_type), *((path, _KINDS.get(path.rpartition(".")[2], "text/xml")) for path in parts))
    entries = (
        tag("manifest:file-entry", {"manifest:full-path": path, "manifest:media-type": kind}) for path, kind in listed
    )
    space = {"xmlns:manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0", "manifest:version": "1.3"}
    return (_HEAD + tag("manifest:manifest", space, *entries)).encode()
