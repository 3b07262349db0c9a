"""Decks as files: everything is there, at its place, and is text that others can go on with."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Any

import pytest
import weasyprint
from lxml import etree
from pptx import Presentation

from collab.errors import ProtocolError, StateError
from collab.formats.deck_odp import write_odp
from collab.formats.deck_pdf import MAX_CELLS, write_deck_pdf, write_table_pdf
from collab.formats.deck_pptx import write_pptx
from collab.formats.jobs import write_file
from collab.formats.names import FORMATS, FormatName
from collab.formats.odf import name
from collab.formats.orders import WriteFile, encode
from collab.formats.reading import Deck, Table
from collab.schema import Box, Column, Kind, Row, Slide, deck_seed, empty_seed, table_seed
from tests.collab.formats.samples import DECK, TABLE


def inflated(pdf: bytes) -> bytes:
    """A PDF with its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return pdf + b"".join(unpacked)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", inflated(pdf)))


def test_pptx_holds_every_slide_as_text_and_shapes() -> None:
    show: Any = Presentation(io.BytesIO(write_pptx(DECK, "Brüche", "de")))
    first, second, third = show.slides
    assert show.slide_width / show.slide_height == pytest.approx(16 / 9)
    assert first.shapes.title.text_frame.text == 'Brüche & "Anteile" <b>'
    kinds = [shape.shape_type.name if shape.shape_type else "?" for shape in first.shapes]
    assert kinds == ["PLACEHOLDER", "TEXT_BOX", "AUTO_SHAPE", "AUTO_SHAPE", "LINE", "AUTO_SHAPE"]
    text = first.shapes[1].text_frame
    assert [paragraph.text for paragraph in text.paragraphs] == ["مرحبا", "zweite Zeile", "", "Привіт"]
    assert text.paragraphs[0]._p.pPr.get("rtl") == "1" and text.paragraphs[1]._p.pPr.get("rtl") is None
    assert str(text.paragraphs[1].runs[0].font.color.rgb) == "F4D35E"
    box = first.shapes[2]
    assert (box.left, box.top, box.width, box.height) == tuple(number * 7620 for number in (840, 230, 300, 150))
    assert box.rotation == 20
    assert box._element.xpath(".//p:cNvPr")[0].get("descr") == "Kasten"
    assert first.notes_slide.notes_text_frame.text == "Einstieg\n<zeigen>"
    assert str(first.background.fill.fore_color.rgb) == "1E4A3B"
    assert str(second.background.fill.fore_color.rgb) == "FFFFFF"
    assert [shape.text_frame.text for shape in second.shapes] == ["gedreht"], "an empty title is left out"
    assert not list(third.shapes)


def test_odp_holds_the_same() -> None:
    file = zipfile.ZipFile(io.BytesIO(write_odp(DECK, "Brüche", "de")))
    first = file.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert file.read("mimetype").decode() == FORMATS["odp"].media_type
    content = etree.fromstring(file.read("content.xml"))
    slides = content.findall(f".//{name('draw', 'page')}")
    assert [len(slide) for slide in slides] == [7, 1, 0], "six elements and the notes; one; none"
    kinds = [etree.QName(shape).localname for shape in slides[0]]
    assert kinds == ["frame", "frame", "rect", "ellipse", "line", "rect", "notes"]
    text = ["".join(line.itertext()) for line in slides[0][1].iter(name("text", "p"))]
    assert text == ["مرحبا", "zweite Zeile", "", "Привіт"]
    assert slides[0][0].get(name("presentation", "class")) == "title"
    assert slides[0][0].get(name("presentation", "style-name")), "without it LibreOffice takes it for any text"
    assert slides[0][2].findtext(name("svg", "desc")) == "Kasten"
    dashed = name("draw", "stroke-dash")
    gaps = [shape.get(dashed) for shape in content.iter(name("style", "graphic-properties")) if shape.get(dashed)]
    assert gaps == [shape.get(name("draw", "name")) for shape in etree.fromstring(file.read("styles.xml")).iter(dashed)]
    assert gaps, "a picture that is gone has a dashed frame"
    used = {value for shape in content.iter() for key, value in shape.items() if key.endswith("}style-name")}
    made = {style.get(name("style", "name")) for style in content.iter(name("style", "style"))}
    assert used <= made, "no style is missing"


def test_pdf_has_a_page_for_each_slide_and_a_title() -> None:
    pdf = write_deck_pdf(DECK, "Brüche <b>", "de")
    assert pages(pdf) == 3
    assert "Brüche <b>".encode("utf-16-be").hex().encode() in inflated(pdf).lower()
    assert pages(write_deck_pdf(Deck(()), "leer", "de")) == 1


def test_text_that_runs_over_its_slide_stays_on_it() -> None:
    lines = tuple(f"upper {number}\nlower {number}" for number in range(40))
    pdf = write_deck_pdf(Deck((Slide((Box("text", (100, 230, 1400, 520, 0), lines),)), Slide(()))), "x", "de")
    assert pages(pdf) == 2
    shown = re.findall(rb"[\])>] ?T[jJ]\n", inflated(pdf))  # the bytes of a font may hold the two letters, too
    assert len(shown) == 80, "cut by the edge, not left out before it"


def test_a_table_prints_its_headings_on_every_page() -> None:
    rows = (Row(("Kopf", "Zahl"), head=True), *(Row((f"Zeile {number}", number)) for number in range(120)))
    assert 2 <= pages(write_table_pdf(Table((Column(), Column()), rows), "Liste", "de")) <= 6
    assert pages(write_table_pdf(TABLE, "درجات", "en")) == 1
    assert pages(write_table_pdf(Table((), ()), "leer", "de")) == 1
    large = Table((Column(),), tuple(Row((number,)) for number in range(MAX_CELLS + 1)))
    with pytest.raises(ProtocolError) as caught:
        write_table_pdf(large, "x", "de")
    assert caught.value.code == "too_many_cells"


@pytest.mark.parametrize("text", ["<img src='http://127.0.0.1:9/x'>", "</style><script>", "]]>&amp;\x00", "]{}\\"])
def test_no_text_becomes_markup(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    kept = weasyprint.HTML.__init__

    def watched(self: Any, *args: Any, **more: Any) -> None:
        def refuse(url: str, *rest: Any, **others: Any) -> Any:
            fetched.append(url)
            return more["url_fetcher"](url, *rest, **others)

        kept(self, *args, **(more | {"url_fetcher": refuse}))

    monkeypatch.setattr(weasyprint.HTML, "__init__", watched)
    deck = Deck((Slide((Box("title", (0, 0, 900, 90, 0), (text,)), Box("image", (0, 200, 90, 90, 0), alt=text))),))
    assert pages(write_deck_pdf(deck, text, "de")) == 1
    assert pages(write_table_pdf(Table((Column(name=text),), (Row((text,)),)), text, "de")) == 1
    assert not fetched
    clean = text.replace("\x00", "")
    order = encode(WriteFile("pptx", "de", "t", (deck_seed(deck.slides),)))
    assert Presentation(io.BytesIO(write_file(order))).slides[0].shapes.title.text_frame.text == clean
    order = encode(WriteFile("odp", "de", "t", (deck_seed(deck.slides),)))
    content = etree.fromstring(zipfile.ZipFile(io.BytesIO(write_file(order))).read("content.xml"))
    assert "".join(next(content.iter(name("text", "p"))).itertext()) == clean


def test_nothing_is_fetched_even_if_it_were_asked_for() -> None:
    from collab.formats.deck_pdf import _fetcher

    for url in ("file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,x", "picture:x"):
        with pytest.raises(ValueError, match="nothing"):
            _fetcher({}).fetch(url)


def test_without_pango_a_person_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def missing(module: str, *rest: Any) -> Any:
        if module == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(module, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(StateError) as caught:
        write_deck_pdf(DECK, "x", "de")
    assert caught.value.code == "pdf_missing" and "Pango" in caught.value.text


@pytest.mark.parametrize(("kind", "form"), [("deck", "xlsx"), ("deck", "csv"), ("table", "pptx"), ("table", "odp")])
def test_a_format_that_does_not_fit_is_refused(kind: Any, form: FormatName) -> None:
    with pytest.raises(ProtocolError) as caught:
        write_file(encode(WriteFile(form, "de", "t", (empty_seed(kind),))))
    assert caught.value.code == "format_unfit"


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_document_is_a_file_too(form: FormatName) -> None:
    kind: Kind = "deck" if "deck" in FORMATS[form].kinds else "table"
    assert len(write_file(encode(WriteFile(form, "en", "", (empty_seed(kind),))))) >= 3
    assert write_file(encode(WriteFile(form, "en", "", (deck_seed([]) if kind == "deck" else table_seed([], []),))))
