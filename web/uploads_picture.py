"""A picture made anew by Pillow, in a heavy process: what it shows stays, what it tells beside that goes.

Laws: the file that comes out holds pixels (and, in an animation, times) and nothing else: no place, no date, no camera,
no comment, nothing behind the end. Turned pictures are turned, colours become sRGB. How many pixels there are is known
before one is unpacked. Only the decoder of the kind that was told by content is used.
"""

from __future__ import annotations

import io
from typing import Any, Final

import msgspec
from msgspec import Struct

from collab.errors import ProtocolError
from collab.heavy_child import Allowance

JOB: Final = "web.uploads_picture:clean"
ALLOWANCE: Final = Allowance(seconds=40.0, cpu=30, memory=900 << 20, answer=64 << 20)
MAX_PIXELS: Final = 50_000_000
MAX_PIXELS_WEBP: Final = 25_000_000  # its encoder takes far more memory
MAX_SIDE: Final = 16_000
MAX_FRAMES: Final = 1_000
MAX_MOVING: Final = 100_000_000  # pixels of all frames together
SMALL_SIDE: Final = 640
SMALL_BYTES: Final = 60_000  # a file up to this size needs no thumbnail
_DECODERS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}


class Picture(Struct, frozen=True, array_like=True):
    """A picture as it came, and the media type that its content tells."""

    type: str
    data: bytes


class CleanPicture(Struct, frozen=True, array_like=True):
    """A picture as it is kept; `small` is its thumbnail (WebP), empty when it needs none."""

    data: bytes
    width: int
    height: int
    small: bytes


def encode(picture: Picture) -> bytes:
    """Build the bytes that go over the pipe."""
    return msgspec.msgpack.encode(picture)


def decode(data: bytes) -> CleanPicture:
    """Parse what the job made."""
    return msgspec.msgpack.decode(data, type=CleanPicture)


def clean(data: bytes) -> bytes:
    """Return the CleanPicture of a Picture; raises ProtocolError(upload_damaged | upload_pixels)."""
    from PIL import Image, ImageFile  # only a process that has pictures to do pays for it

    order = msgspec.msgpack.decode(data, type=Picture)
    Image.MAX_IMAGE_PIXELS = None  # the bounds are ours
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, which may have worked in this process, switches it on
    try:
        with Image.open(io.BytesIO(order.data), formats=[_DECODERS[order.type]]) as picture:
            frames = _check(picture)
            if frames > 1:
                return msgspec.msgpack.encode(_animation(picture, _DECODERS[order.type]))
            return msgspec.msgpack.encode(_still(picture, order))
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError, OverflowError) as error:
        raise ProtocolError("upload_damaged", "the picture is damaged") from error


def _check(picture: Any) -> int:
    width, height = picture.size
    most = MAX_PIXELS_WEBP if picture.format == "WEBP" else MAX_PIXELS
    if width * height > most or max(width, height) > MAX_SIDE:
        raise ProtocolError("upload_pixels", f"a picture has at most {most // 1_000_000} million pixels")
    if picture.format in ("JPEG", "MPO"):
        return 1
    frames = int(getattr(picture, "n_frames", 1))
    if frames > MAX_FRAMES or (frames > 1 and frames * width * height > MAX_MOVING):
        raise ProtocolError("upload_pixels", "this animation is too large")
    return frames


def _still(picture: Any, order: Picture) -> CleanPicture:
    from PIL import ImageOps

    profile = picture.info.get("icc_profile")
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    same = profile is None and picture.format == "JPEG" and turned.size == picture.size
    if picture.getexif().get(0x0112, 1) != 1:
        same = False
    shown = _in_srgb(turned, profile)
    kind = _DECODERS[order.type]
    if kind == "JPEG" and shown.mode not in ("RGB", "L"):
        shown, same = shown.convert("RGB"), False
    made = picture if same and shown.mode == picture.mode else shown
    transparency = picture.info.get("transparency") if kind in ("PNG", "GIF") else None
    made.info.clear()
    out = io.BytesIO()
    made.save(out, kind, **_settings(kind, order.data, keep=made is picture, transparency=transparency))
    if kind == "JPEG" and made is not picture and out.tell() > len(order.data):  # it came with less quality
        out = io.BytesIO()
        made.save(out, kind, quality=80)
    width, height = shown.size
    return CleanPicture(out.getvalue(), width, height, _small(shown, len(out.getbuffer()), transparency))


def _settings(kind: str, data: bytes, *, keep: bool, transparency: Any) -> dict[str, Any]:
    kept = {} if transparency is None else {"transparency": transparency}
    match kind:
        case "JPEG":
            return {"quality": "keep"} if keep else {"quality": 90, "optimize": True}
        case "WEBP":
            return {"lossless": b"VP8L" in data[:64], "quality": 90, "method": 4}
        case "GIF":
            return {"comment": b"", **kept}
        case _:
            return kept


def _animation(picture: Any, kind: str) -> CleanPicture:
    out = io.BytesIO()
    loop, times = picture.info.get("loop"), []
    frames = []
    for number in range(picture.n_frames):
        picture.seek(number)
        _check(picture)  # a GIF's picture grows with a frame that is larger
        times.append(max(20, int(picture.info.get("duration") or 100)))
        frame = picture.convert("RGBA")
        frame.info.clear()
        frames.append(frame)
    first = frames[0]
    settings: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": times}
    if loop is not None or kind != "GIF":
        settings["loop"] = loop or 0
    if kind == "GIF":
        settings |= {"comment": b"", "disposal": 2}
    first.save(out, kind, **settings)
    width, height = first.size
    return CleanPicture(out.getvalue(), width, height, _small(first, len(out.getbuffer()), None))


def _in_srgb(picture: Any, profile: bytes | None) -> Any:
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return picture
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return picture if made is None else made


def _small(picture: Any, size: int, transparency: Any) -> bytes:
    if size <= SMALL_BYTES and max(picture.size) <= SMALL_SIDE:
        return b""
    if transparency is not None:
        picture.info["transparency"] = transparency
    seen = picture.mode in ("RGBA", "LA", "PA") or transparency is not None
    if picture.mode.startswith("I"):  # 16 bits: the upper ones are what an eye tells apart
        picture = picture.point(lambda value: value / 256).convert("L")
    small = picture.convert("RGBA" if seen else "RGB")
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "WEBP", quality=72, method=4)
    return out.getvalue()
