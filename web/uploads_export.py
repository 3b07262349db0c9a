"""The pictures that a document shows, read for a file of it.

Laws: only pictures that belong to this document are read, and only those that it names; all together they are bounded.
One whose bytes are gone is left out: the file then has its description.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from collab.errors import StateError
from collab.upload_store import UploadStore
from web.errors import ProtocolError

MOST: Final = 64 << 20


async def read_pictures(store: UploadStore, document: str, states: Sequence[bytes]) -> dict[str, bytes]:
    """Return the pictures by their hash; raise ProtocolError(too_heavy)."""
    found = {upload.content.hash: upload for upload in await store.of_document(document)}
    shown = [upload for name, upload in found.items() if any(name.encode() in state for state in states)]
    if sum(upload.content.size for upload in shown) > MOST:
        raise ProtocolError("too_heavy", f"the pictures of a file have at most {MOST >> 20} MiB together")
    pictures = {}
    for upload in shown:
        try:
            pieces = [piece async for piece in store.bytes.read(upload.place, 0, upload.content.size)]
        except StateError:
            continue
        pictures[upload.content.hash] = b"".join(pieces)
    return pictures
