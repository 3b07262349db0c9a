"""Files as people send them, and as nobody should."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

SECRET = b"GPS-SECRET"


def photo(width: int, height: int, kind: str = "JPEG") -> bytes:
    """A picture with colours that change, a place, a comment, XMP, and turned by its camera."""
    picture = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), picture))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: to be shown upright
    exif[0x010F] = "GPS-SECRET camera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    more: dict[str, object] = {"comment": SECRET} if kind == "JPEG" else {}
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", SECRET.decode(), zip=False)
        more = {"pnginfo": notes}
    picture.save(out, kind, exif=exif, xmp=b"<x:xmpmeta>GPS-SECRET</x:xmpmeta>", **more)
    return out.getvalue()


def animation(kind: str, frames: int = 3) -> bytes:
    """A moving picture with a comment."""
    pictures = [Image.new("RGB", (40, 30), (60 * number % 256, number // 4, 0)) for number in range(frames)]
    out = io.BytesIO()
    more = {"comment": SECRET} if kind == "GIF" else {}
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=200, loop=0, **more)
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large, and is."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


def growing_gif(*sizes: tuple[int, int]) -> bytes:
    """A moving picture that says it is as large as its first frame."""
    out = b"GIF89a" + struct.pack("<HHBBB", *sizes[0], 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    for size in sizes:
        out += b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\2\2\x44\1\0"
    return out + b";"


def docx(*more: str) -> bytes:
    """A zip file with the parts of a text document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()
