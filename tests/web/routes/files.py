"""Files as people send them, and as nobody should."""

from __future__ import annotations

import io
import zipfile

from PIL import Image


def photo(width: int, height: int, kind: str = "JPEG") -> bytes:
    """A picture with colours that change, a place, a comment, XMP, and turned by its camera."""
    picture = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), picture))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned: to be shown upright
    exif[0x010F] = "GPS-SECRET camera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    picture.save(out, kind, exif=exif, xmp=b"<x:xmpmeta>GPS-SECRET</x:xmpmeta>")
    return out.getvalue()


def docx(*more: str) -> bytes:
    """A zip file with the parts of a text document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()
