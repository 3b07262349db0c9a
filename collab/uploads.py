"""What an upload is: a content, kept once in a school, and a reference to it that says who sent it where. No I/O.

Laws: a content is named by the SHA-256 of what is kept, and belongs to one school: two schools that have the same file
know nothing of each other. A reference belongs to one channel (and hangs on one message there, or on none yet) or to
one document; who may read that may read the upload.
"""

from __future__ import annotations

from msgspec import Struct

SMALL = "~small"  # behind the place of a content: the place of its thumbnail


class Content(Struct, frozen=True):
    """What is kept: `thumb` is the size of its thumbnail, 0 when there is none; `width`, `height` only of pictures."""

    hash: str
    size: int
    type: str
    width: int | None = None
    height: int | None = None
    thumb: int = 0


class Reference(Struct, frozen=True):
    """Who sent something where: into a channel or a document."""

    id: str
    school: str
    person: str
    name: str
    at: int
    channel: str | None = None
    document: str | None = None


class Upload(Struct, frozen=True):
    """A reference and what it refers to; `place` is where the bytes are."""

    reference: Reference
    content: Content
    place: str
    seq: int | None = None
    held: str | None = None


class Quota(Struct, frozen=True):
    """Bytes that one person, and all of one school, may have."""

    person: int
    school: int
