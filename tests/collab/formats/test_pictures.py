"""Decks with pictures as files: the picture itself, in its proportions, with its description."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Any

import pytest
from lxml import etree
from PIL import Image
from pptx import Presentation

from collab.formats.jobs import write_file
from collab.formats.names import FormatName
from collab.formats.odf import name
from collab.formats.orders import WriteFile, encode
from collab.formats.pictures import fitted, read_pictures
from collab.schema import Box, Slide, deck_seed

HASH = "ab" * 32
BOX = (400.0, 100.0, 800.0, 800.0, 30.0)


def picture(kind: str, width: int = 300, height: int = 100) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, kind)
    return out.getvalue()


def written(form: FormatName, pictures: dict[str, bytes]) -> bytes:
    seed = deck_seed([Slide((Box("image", BOX, alt="Ein roter Balken", src=HASH),))])
    return write_file(encode(WriteFile(form, "de", "Bilder", (seed,), pictures=pictures)))


def test_a_picture_keeps_its_proportions() -> None:
    (wide,) = read_pictures({HASH: picture("PNG")}).values()
    x, y, width, height, turn = fitted(BOX, wide)
    assert (x, width, turn) == (400, 800, 30)
    assert y == pytest.approx(366.67, abs=0.01) and height == pytest.approx(266.67, abs=0.01)


def test_what_cannot_be_read_is_left_out() -> None:
    assert read_pictures({"a": b"<svg/>", "b": b"\xff\xd8\xff", "c": picture("BMP")}) == {}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pptx(kind: str) -> None:
    show: Any = Presentation(io.BytesIO(written("pptx", {HASH: picture(kind)})))
    (shape,) = show.slides[0].shapes
    assert shape.shape_type.name == "PICTURE" and shape.rotation == 30
    assert shape.width / shape.height == pytest.approx(3, abs=0.01)
    assert shape._element.xpath(".//p:cNvPr")[0].get("descr") == "Ein roter Balken"
    assert shape.image.content_type in ("image/png", "image/jpeg", "image/gif")


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_odp(kind: str) -> None:
    file = zipfile.ZipFile(io.BytesIO(written("odp", {HASH: picture(kind)})))
    (image,) = etree.fromstring(file.read("content.xml")).iter(name("draw", "image"))
    path = image.get(name("xlink", "href"))
    assert Image.open(io.BytesIO(file.read(path))).size == (300, 100)
    assert f'manifest:full-path="{path}" manifest:media-type="image/' in file.read("META-INF/manifest.xml").decode()
    assert image.getparent().find(name("svg", "desc")).text == "Ein roter Balken"


def test_pdf() -> None:
    whole = written("pdf", {HASH: picture("JPEG")})
    assert re.search(rb"/Subtype\s*/Image", whole) and b"/DCTDecode" in whole
    assert b"/Image" not in written("pdf", {}), "without the picture its description stands there"


def test_a_source_that_is_no_hash_fetches_nothing() -> None:
    for source in ("file:///etc/passwd", "http://127.0.0.1:1/x", f'{HASH}" onerror="x', "../../content.xml"):
        seed = deck_seed([Slide((Box("image", BOX, alt="weg", src=source),))])
        for form in ("pdf", "odp", "pptx"):
            made = write_file(encode(WriteFile(form, "de", "Bilder", (seed,))))
            assert b"root:" not in made and source.encode() not in b"".join(_unpacked(made))


def _unpacked(made: bytes) -> list[bytes]:
    if made.startswith(b"PK"):
        file = zipfile.ZipFile(io.BytesIO(made))
        return [file.read(entry) for entry in file.namelist()]
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    found = [made]
    for stream in streams:
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return found
