"""Hand-made Yjs updates, for what no honest client would send."""

from __future__ import annotations

from collab.lib0 import build_buffer, build_uint

EMPTY = b"\x00"

# From Yjs 13.6: a word in bold, the same word made bold by somebody else at the same time, and what everybody who hears
# of both sends then, readers too: the second mark is deleted.
BOLD_TWICE = (
    bytes.fromhex(
        "0106e807000701017803097061726167726170680700e80700060400e807010568656c6c6f84e807060620776f726c6446e8070204626f6c"
        "640474727565c6e80706e8070704626f6c64046e756c6c00"
    ),
    bytes.fromhex("0102e9070046e8070204626f6c640474727565c6e80706e8070704626f6c64046e756c6c00"),
)
TIDIED = bytes.fromhex("0001e807010d01")


def text(value: str) -> bytes:
    return build_buffer(value.encode())


def ident(client: int, clock: int) -> bytes:
    return build_uint(client) + build_uint(clock)


def item(
    kind: int,
    content: bytes,
    *,
    left: tuple[int, int] | None = None,
    right: tuple[int, int] | None = None,
    parent: tuple[int, int] | str = "t",
    key: str | None = None,
) -> bytes:
    """One struct of an update."""
    info = kind | (0x80 if left else 0) | (0x40 if right else 0) | (0x20 if key is not None else 0)
    data = bytes((info,))
    for reference in (left, right):
        if reference is not None:
            data += ident(*reference)
    if left is None and right is None:
        data += build_uint(1) + text(parent) if isinstance(parent, str) else build_uint(0) + ident(*parent)
        if key is not None:
            data += text(key)
    return data + content


def string(value: str, **where: object) -> bytes:
    return item(4, text(value), **where)  # type: ignore[arg-type]


def shared_map(**where: object) -> bytes:
    return item(7, b"\x01", **where)  # type: ignore[arg-type]


def value(data: bytes, **where: object) -> bytes:
    return item(8, b"\x01" + data, **where)  # type: ignore[arg-type]


def block(client: int, clock: int, *structs: bytes) -> bytes:
    return build_uint(len(structs)) + ident(client, clock) + b"".join(structs)


def deletions(*ranges: tuple[int, int, int]) -> bytes:
    """A delete set with one entry a range."""
    parts = [build_uint(client) + b"\x01" + build_uint(clock) + build_uint(length) for client, clock, length in ranges]
    return build_uint(len(parts)) + b"".join(parts)


def update(*blocks: bytes, deleted: bytes = EMPTY) -> bytes:
    return build_uint(len(blocks)) + b"".join(blocks) + deleted
