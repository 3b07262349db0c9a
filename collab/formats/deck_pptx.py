"""Decks as .pptx, written by python-pptx: text stays text and shapes stay shapes, so that others can go on with them.

Laws: one slide for each of ours, the same place and size for each element, reading order kept. The first title of a
slide is its title there too, so that outlines and screen readers find it; notes go to the notes page. An empty text box
is left out: other programs would show a box to click on.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE_DASH_STYLE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Emu, Pt

from ..schema import Box, Slide
from . import palette
from .cells import is_rtl
from .names import LanguageName
from .pictures import At, Picture, fitted
from .reading import Deck

_UNIT: Final = 7620  # EMU: 13.33 inches are 1600 units
_TITLE_ONLY: Final = 5
_BLANK: Final = 6
_FONT: Final = "Arial"
_LANGUAGES: Final = {"de": "de-DE", "en": "en-GB"}
_ALIGN: Final = {"start": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}
_ALIGN_RTL: Final = {"start": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER, "end": PP_ALIGN.LEFT}


def write_pptx(deck: Deck, title: str, language: LanguageName) -> bytes:
    """Return the file."""
    show: Any = Presentation()
    show.slide_width, show.slide_height = Emu(palette.WIDTH * _UNIT), Emu(palette.HEIGHT * _UNIT)
    show.core_properties.title = title[:255]
    show.core_properties.author = ""
    show.core_properties.language = _LANGUAGES[language]
    for slide in deck.slides:
        _add_slide(show, slide, deck.pictures, _LANGUAGES[language])
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def _add_slide(show: Any, slide: Slide, pictures: Mapping[str, Picture], language: str) -> None:
    title = palette.title_of(slide)
    page = show.slides.add_slide(show.slide_layouts[_TITLE_ONLY if title is not None else _BLANK])
    page.background.fill.solid()
    page.background.fill.fore_color.rgb = _rgb(palette.ground(slide))
    for box in slide.boxes:
        if palette.is_blank(box):
            continue
        picture = pictures.get(box.src) if box.kind == "image" else None
        if picture is not None:
            _place(page.shapes.add_picture(io.BytesIO(picture.data), 0, 0), box, fitted(box.at, picture))
            continue
        if box is title:
            shape = page.shapes.title
            page.shapes._spTree.append(shape._element)  # drawn, and read, at its own place among the others
        else:
            shape = _shape(page, box)
        _place(shape, box, box.at)
        if palette.is_text(box):
            _write(shape, box, palette.ink(box, slide), language)
        else:
            _paint(shape, box, slide)
        if box.kind == "image" and box.alt:
            _write(shape, palette.caption(box), palette.ink(box, slide), language)
            shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    if any(slide.notes):
        page.notes_slide.notes_text_frame.text = "\n".join(slide.notes)


def _rgb(color: str) -> RGBColor:
    return RGBColor(*bytes.fromhex(color))  # type: ignore[no-untyped-call]


def _shape(page: Any, box: Box) -> Any:
    x, y, width, height, _ = (Emu(round(number * _UNIT)) for number in box.at)
    if palette.is_text(box):
        return page.shapes.add_textbox(x, y, width, height)
    if box.kind == "line":
        return page.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, x, y, x + width, y + height)
    kind = MSO_SHAPE.OVAL if box.kind == "ellipse" else MSO_SHAPE.ROUNDED_RECTANGLE
    shape = page.shapes.add_shape(kind, x, y, width, height)
    if kind == MSO_SHAPE.ROUNDED_RECTANGLE:
        shape.adjustments[0] = min(0.5, palette.CORNER / min(box.at[2], box.at[3]))
    return shape


def _place(shape: Any, box: Box, at: At) -> None:
    shape.left, shape.top, shape.width, shape.height = (Emu(round(number * _UNIT)) for number in at[:4])
    shape.rotation = at[4] % 360
    if box.alt or box.kind == "image":
        shape._element.xpath(".//p:cNvPr")[0].set("descr", box.alt)


def _write(shape: Any, box: Box, color: str, language: str) -> None:
    frame = shape.text_frame
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for number, line in enumerate(box.lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        rtl = is_rtl(line)
        paragraph.alignment = (_ALIGN_RTL if rtl else _ALIGN)[palette.side(box)]
        paragraph.line_spacing = Pt(palette.line_height(box) * palette.POINT)
        paragraph.space_before = paragraph.space_after = Pt(0)
        if rtl:
            paragraph._p.get_or_add_pPr().set("rtl", "1")
        run = paragraph.add_run()
        run.text = line
        font = run.font
        font.name, font.size, font.bold = _FONT, Pt(palette.letters(box) * palette.POINT), box.kind == "title"
        font.color.rgb = _rgb(color)
        run._r.get_or_add_rPr().set("lang", language)


def _paint(shape: Any, box: Box, slide: Slide) -> None:
    for inherited in shape._element.xpath("./p:style"):
        shape._element.remove(inherited)  # the theme's shadow and colours
    line = shape.line
    if box.kind == "image":
        line.dash_style = MSO_LINE_DASH_STYLE.DASH
    if palette.has_edge(box):
        line.color.rgb = _rgb(palette.ink(box, slide))
        line.width = Pt(palette.EDGE * palette.POINT)
    else:
        line.fill.background()
    if box.kind == "line":
        return
    inside = palette.area(box)
    if inside is None:
        shape.fill.background()
    else:
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(inside)
