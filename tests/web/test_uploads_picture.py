"""Pictures made anew: what they show stays, what they tell goes; bombs and broken ones are refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms, ImageFile

from collab.errors import ProtocolError
from tests.web.routes.files import SECRET, animation, growing_gif, photo, png_bomb
from web.uploads_picture import MAX_FRAMES, CleanPicture, Picture, clean, decode, encode


def made(data: bytes, kind: str) -> CleanPicture:
    return decode(clean(encode(Picture(f"image/{kind}", data))))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_what_a_picture_tells_is_gone(kind: str) -> None:
    original = photo(800, 600, kind.upper())
    assert SECRET in original
    cleaned = made(original + b"<script>PK\x03\x04", kind)
    for data in (cleaned.data, cleaned.small):
        for word in (SECRET, b"Exif", b"xmp", b"<script>", b"PK\x03\x04"):
            assert word not in data
    shown = Image.open(io.BytesIO(cleaned.data))
    assert shown.size == (cleaned.width, cleaned.height) == (600, 800), "it stands upright"
    assert shown.format == kind.upper() and not shown.getexif()
    assert Image.open(io.BytesIO(cleaned.small)).size == (480, 640)


def test_an_upright_photo_keeps_its_quality() -> None:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((900, 700)).convert("RGB").save(out, "JPEG", quality=83, comment=SECRET)
    cleaned = made(out.getvalue(), "jpeg")
    before, after = Image.open(io.BytesIO(out.getvalue())), Image.open(io.BytesIO(cleaned.data))
    assert before.quantization == after.quantization and SECRET not in cleaned.data  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_moves_on_without_its_comment(kind: str) -> None:
    cleaned = made(animation(kind), kind.lower())
    moving = Image.open(io.BytesIO(cleaned.data))
    assert (moving.n_frames, moving.format) == (3, kind) and SECRET not in cleaned.data  # type: ignore[attr-defined]
    moving.seek(2)
    pixel = moving.convert("RGB").getpixel((3, 3))
    assert isinstance(pixel, tuple) and abs(pixel[0] - 120) < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_way_to_keep_pixels_is_taken(mode: str) -> None:
    kind = "jpeg" if mode == "CMYK" else "png"
    picture = Image.new("L", (700, 500), 90).convert("I").convert("I;16") if mode == "I;16" else None
    out = io.BytesIO()
    (picture or Image.new("RGBA", (700, 500), (90, 20, 20, 128)).convert(mode)).save(out, kind.upper())
    cleaned = made(out.getvalue(), kind)
    assert (cleaned.width, cleaned.height) == (700, 500)
    assert Image.open(io.BytesIO(cleaned.small)).size == (640, 457)
    assert ("A" in Image.open(io.BytesIO(cleaned.small)).mode) == (mode in ("LA", "P", "RGBA"))


def test_colours_become_srgb() -> None:
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (30, 30), (10, 200, 30)).save(out, "PNG", icc_profile=profile)
    shown = Image.open(io.BytesIO(made(out.getvalue(), "png").data))
    assert "icc_profile" not in shown.info and shown.convert("RGB").getpixel((5, 5)) == (10, 200, 30)
    out = io.BytesIO()
    Image.new("RGB", (30, 30), (10, 200, 30)).save(out, "PNG", icc_profile=b"no profile")
    assert made(out.getvalue(), "png").width == 30


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (png_bomb(16_000, 4_000), "png", "upload_pixels"),
        (png_bomb(80, 16_001), "png", "upload_pixels"),
        (animation("GIF", MAX_FRAMES + 1), "gif", "upload_pixels"),
        (growing_gif((1, 1), (17_000, 90), (1, 1)), "gif", "upload_pixels"),
        (photo(300, 300)[:2000], "jpeg", "upload_damaged"),
        (photo(300, 300, "PNG")[:-300], "png", "upload_damaged"),
        (photo(300, 300, "WEBP")[:800], "webp", "upload_damaged"),
        (b"\xff\xd8\xff" + b"not a picture", "jpeg", "upload_damaged"),
        (photo(30, 30, "PNG"), "jpeg", "upload_damaged"),
    ],
)
def test_bombs_and_broken_pictures_are_refused(
    monkeypatch: pytest.MonkeyPatch, data: bytes, kind: str, code: str
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does, which may share the process
    with pytest.raises(ProtocolError) as refused:
        made(data, kind)
    assert refused.value.code == code
