"""Decks as .odp, directly as the XML that ODF 1.3 describes. The laws are those of `deck_pptx`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..schema import Box, Slide
from . import palette
from .cells import is_rtl
from .names import FORMATS, LanguageName
from .odf import meta, pack, part, quoted, spaced, style, tag
from .pictures import At, Picture, fitted
from .reading import Deck

_COUNTRIES: Final = {"de": "DE", "en": "GB"}
_FAMILIES: Final = ("", "-asian", "-complex")
_LTR_SIDES: Final = {"start": "left", "center": "center", "end": "right"}
_RTL_SIDES: Final = {"start": "right", "center": "center", "end": "left"}
_DASHED: Final = {"draw:stroke": "dash", "draw:stroke-dash": "gaps"}
_GAPS: Final = {"draw:name": "gaps", "draw:style": "rect", "draw:dots1": 1, "draw:dots1-length": "8pt"}
_SIDES: Final = ("top", "bottom", "left", "right")
_NOTES_PAGE: Final = {
    "svg:width": "17.4cm",
    "svg:height": "12cm",
    "svg:x": "1.8cm",
    "svg:y": "13cm",
    "presentation:class": "notes",
}


def write_odp(deck: Deck, title: str, language: LanguageName) -> bytes:
    """Return the file."""
    styles = _Styles()
    pages = [_page(slide, number, deck.pictures, styles) for number, slide in enumerate(deck.slides, 1)]
    body = tag("office:body", None, tag("office:presentation", None, *pages))
    parts = {
        "content.xml": part("document-content", tag("office:automatic-styles", None, *styles.all()) + body),
        "styles.xml": part("document-styles", _master(language)),
        "meta.xml": meta(title, language),
    }
    shown = {box.src for slide in deck.slides for box in slide.boxes if box.kind == "image"}
    parts |= {_path(name, picture): picture.data for name, picture in deck.pictures.items() if name in shown}
    return pack(FORMATS["odp"].media_type, parts)


def _path(name: str, picture: Picture) -> str:
    return f"Pictures/{name}.{picture.suffix}"


def _page(slide: Slide, number: int, pictures: Mapping[str, Picture], styles: _Styles) -> str:
    title = palette.title_of(slide)
    shapes = [
        _shape(box, slide, box is title, styles)
        if box.kind != "image" or (picture := pictures.get(box.src)) is None
        else _picture(box, slide, picture, styles)
        for box in slide.boxes
        if not palette.is_blank(box)
    ]
    if any(slide.notes):
        lines = (tag("text:p", None, spaced(line)) for line in slide.notes)
        frame = tag("draw:frame", _NOTES_PAGE, tag("draw:text-box", None, *lines))
        shapes.append(tag("presentation:notes", None, frame))
    named = {
        "draw:name": f"{number}",
        "draw:style-name": styles.page(palette.ground(slide)),
        "draw:master-page-name": "Default",
    }
    return tag("draw:page", named, *shapes)


def _shape(box: Box, slide: Slide, is_title: bool, styles: _Styles) -> str:
    said = tag("svg:desc", None, quoted(box.alt)) if box.alt else ""
    where: dict[str, object] = {"draw:style-name": styles.graphic(box, slide), "draw:layer": "layout"}
    if box.kind == "line":
        x, y, width, height = box.at[:4]
        ends = {"svg:x1": _at(x), "svg:y1": _at(y), "svg:x2": _at(x + width), "svg:y2": _at(y + height)}
        turned = {"draw:transform": _turned(box.at, at_origin=False)} if box.at[4] else {}
        return tag("draw:line", where | ends | turned, said)
    where |= _place(box.at)
    if palette.is_text(box):
        lines = tag("draw:text-box", None, *_lines(box, slide, styles))
        if is_title:
            del where["draw:style-name"]
            where |= {"presentation:style-name": styles.graphic(box, slide, "presentation")}
            where |= {"presentation:class": "title", "presentation:user-transformed": "true"}
        return tag("draw:frame", where, lines, said)
    if box.kind == "ellipse":
        return tag("draw:ellipse", where, said)
    text = _lines(palette.caption(box), slide, styles) if box.kind == "image" else ()
    return tag("draw:rect", where | {"draw:corner-radius": _at(palette.CORNER)}, said, *text)


def _picture(box: Box, slide: Slide, picture: Picture, styles: _Styles) -> str:
    where: dict[str, object] = {"draw:style-name": styles.graphic(box, slide, bare=True), "draw:layer": "layout"}
    link = {"xlink:href": _path(box.src, picture), "xlink:type": "simple", "xlink:show": "embed"}
    image = tag("draw:image", link | {"xlink:actuate": "onLoad"})
    said = tag("svg:desc", None, quoted(box.alt)) if box.alt else ""
    return tag("draw:frame", where | _place(fitted(box.at, picture)), image, said)


def _lines(box: Box, slide: Slide, styles: _Styles) -> Iterator[str]:
    for line in box.lines:
        paragraph, letters_of = styles.text(box, slide, is_rtl(line))
        inside = tag("text:span", {"text:style-name": letters_of}, spaced(line)) if line else ""
        yield tag("text:p", {"text:style-name": paragraph}, inside)


def _at(units: float) -> str:
    return f"{units * palette.POINT:.2f}pt"


def _place(at: At) -> dict[str, object]:
    x, y, width, height, turn = at
    size: dict[str, object] = {"svg:width": _at(width), "svg:height": _at(height)}
    if turn:
        return size | {"draw:transform": _turned(at, at_origin=True)}
    return size | {"svg:x": _at(x), "svg:y": _at(y)}


def _turned(at: At, *, at_origin: bool) -> str:
    """Turn around the middle. ODF turns against the clock, around the origin, in radians."""
    x, y, width, height, turn = at
    left, top = (0.0, 0.0) if at_origin else (x, y)
    first = f"translate ({_at(-left - width / 2)} {_at(-top - height / 2)})"
    return f"{first} rotate ({-turn * 0.017453292519943:.6f}) translate ({_at(x + width / 2)} {_at(y + height / 2)})"


def _master(language: LanguageName) -> str:
    page = {
        "fo:page-width": _at(palette.WIDTH),
        "fo:page-height": _at(palette.HEIGHT),
        "style:print-orientation": "landscape",
    }
    layout = tag(
        "style:page-layout", {"style:name": "page"}, tag("style:page-layout-properties", page | _zero("margin"))
    )
    letters_of = {"fo:font-family": "Liberation Sans, Arial, sans-serif", "fo:language": language}
    letters_of["fo:country"] = _COUNTRIES[language]
    usual = tag("style:default-style", {"style:family": "graphic"}, tag("style:text-properties", letters_of))
    plain = style("plain", "drawing-page")
    master = {"style:name": "Default", "style:page-layout-name": "page", "draw:style-name": "plain"}
    return (
        tag("office:styles", None, tag("draw:stroke-dash", _GAPS | {"draw:distance": "6pt"}), usual)
        + tag("office:automatic-styles", None, layout, plain)
        + tag("office:master-styles", None, tag("style:master-page", master))
    )


def _zero(what: str) -> dict[str, str]:
    return {f"fo:{what}-{side}": "0cm" for side in _SIDES}


class _Styles:
    """Each style of the file once: pages, shapes, paragraphs and letters."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def all(self) -> list[str]:
        """Return them as XML."""
        return [made.replace("?", title, 1) for made, title in self._made.items()]

    def _name(self, family: str, *content: str) -> str:
        made = style("?", family, *content)
        return self._made.setdefault(made, f"{family[:2]}{len(self._made)}")

    def page(self, color: str) -> str:
        look = {"draw:fill": "solid", "draw:fill-color": f"#{color}", "presentation:background-visible": "true"}
        return self._name("drawing-page", tag("style:drawing-page-properties", look))

    def graphic(self, box: Box, slide: Slide, family: str = "graphic", *, bare: bool = False) -> str:
        look = {"draw:stroke": "none", "draw:fill": "none"}
        if not palette.is_text(box) and not bare:
            if palette.has_edge(box):
                look |= _DASHED if box.kind == "image" else {"draw:stroke": "solid"}
                look |= {"svg:stroke-color": f"#{palette.ink(box, slide)}", "svg:stroke-width": _at(palette.EDGE)}
            inside = palette.area(box)
            if inside is not None:
                look |= {"draw:fill": "solid", "draw:fill-color": f"#{inside}"}
        look |= _zero("padding") | {"draw:auto-grow-height": "false", "draw:auto-grow-width": "false"}
        look |= {"fo:wrap-option": "wrap", "draw:fit-to-size": "false"}
        look["draw:textarea-vertical-align"] = "middle" if box.kind == "image" else "top"
        return self._name(family, tag("style:graphic-properties", look))

    def text(self, box: Box, slide: Slide, rtl: bool) -> tuple[str, str]:
        """Return the names of a paragraph's style and of its letters'."""
        shape = {
            "fo:text-align": (_RTL_SIDES if rtl else _LTR_SIDES)[palette.side(box)],
            "style:writing-mode": "rl-tb" if rtl else "lr-tb",
            "fo:line-height": _at(palette.line_height(box)),
        }
        shape |= _zero("margin") | {"fo:text-indent": "0cm"}
        look: dict[str, str] = {"fo:color": f"#{palette.ink(box, slide)}"}
        for family in _FAMILIES:
            space = "style" if family else "fo"
            look[f"{space}:font-size{family}"] = _at(palette.letters(box))
            look[f"{space}:font-weight{family}"] = "bold" if box.kind == "title" else "normal"
        letters_of = tag("style:text-properties", look)
        paragraph = self._name("paragraph", tag("style:paragraph-properties", shape), letters_of)
        return paragraph, self._name("text", letters_of)
