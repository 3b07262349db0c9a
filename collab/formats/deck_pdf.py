"""Decks and tables as PDF, laid out by WeasyPrint.

Laws: nothing is fetched: every URL but those of the pictures at hand is refused, so a document cannot make the server
ask anybody. Text of a document reaches the page only escaped. A slide is a page of its own size; a table is printed on
A4 with its headings on each page. Where the Pango libraries are missing, StateError(pdf_missing) says so.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from ..errors import ProtocolError, StateError
from ..schema import Box, Cell, Slide
from .cells import LANGUAGES, is_rtl, result, shown_cell
from .names import LanguageName
from .palette import (
    CORNER,
    EDGE,
    HEIGHT,
    WIDTH,
    area,
    ground,
    has_edge,
    ink,
    is_blank,
    is_text,
    letters,
    line_height,
    side,
    title_of,
)
from .pictures import At, Picture, fitted
from .reading import Deck, Table, trimmed

MAX_CELLS: Final = 10_000
"""More is no print-out any more, and takes minutes."""
_FONTS: Final = (
    "'Noto Sans', 'Noto Sans Arabic', 'Noto Sans Hebrew', 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif"
)
_ROOM: Final = 20 * HEIGHT  # below each slide: text that runs over its edge is cut there, as on the screen, not moved
_DECK: Final = f"""
@page {{ size: {WIDTH}px {HEIGHT}px; margin: 0 0 -{_ROOM}px }}
body {{ margin: 0; font-family: {_FONTS} }}
section {{ position: relative; width: {WIDTH}px; height: {HEIGHT}px; overflow: hidden; break-after: page }}
section:last-child {{ break-after: auto }}
section > * {{ position: absolute; margin: 0; box-sizing: border-box }}
p, h1, h2 {{ margin: 0; white-space: pre-wrap; overflow-wrap: break-word; font: inherit }}
.title {{ font-weight: bold }}
.image {{ border-style: dashed !important; font-size: 28px; text-align: center }}
.image {{ display: flex; align-items: center; justify-content: center }}
"""
_TABLE: Final = f"""
@page {{ size: A4 %s; margin: 15mm 12mm }}
@page {{ @bottom-right {{ content: counter(page) " / " counter(pages); font: 8pt {_FONTS} }} }}
body {{ font: 9pt {_FONTS}; color: #18241f }}
h1 {{ font-size: 13pt; margin: 0 0 8pt }}
table {{ border-collapse: collapse; width: 100%%; table-layout: fixed }}
td, th {{ border: 0.5pt solid #b9c2bc; padding: 2pt 4pt; vertical-align: top; text-align: left }}
td, th {{ overflow-wrap: anywhere; white-space: pre-wrap }}
th {{ background: #e1ede6 }}
.n {{ text-align: right }}
"""
_PORTRAIT: Final = 800
_OWN: Final = "picture:"  # what follows is the hash of one of the deck's pictures


def write_deck_pdf(deck: Deck, title: str, language: LanguageName) -> bytes:
    """Return the file."""
    pages = "".join("".join(_section(slide, deck.pictures)) for slide in deck.slides)
    return _print(title, language, _DECK, pages or "<section></section>", deck.pictures)


def write_table_pdf(table: Table, title: str, language: LanguageName) -> bytes:
    """Return the file; raises ProtocolError(too_many_cells)."""
    table = trimmed(table)
    if len(table.rows) * len(table.columns) > MAX_CELLS:
        raise ProtocolError("too_many_cells", f"a table to print has at most {MAX_CELLS} cells")
    widths = [column.width for column in table.columns]
    columns = "".join(f'<col style="width:{100 * width / sum(widths):.3f}%">' for width in widths)
    heads = next((at for at, row in enumerate(table.rows) if not row.head), 0)
    lines = ["".join(_row(row.cells, row.head, table, language)) for row in table.rows]
    if any(column.name for column in table.columns):
        named = tuple(column.name for column in table.columns)
        lines, heads = ["".join(_row(named, True, table, language)), *lines], heads + 1
    content = f"<h1>{html.escape(title)}</h1><table>{columns}<thead>{''.join(lines[:heads])}</thead>"
    style = _TABLE % ("portrait" if sum(widths) <= _PORTRAIT else "landscape")
    return _print(title, language, style, f"{content}<tbody>{''.join(lines[heads:])}</tbody></table>")


def _print(
    title: str, language: LanguageName, style: str, body: str, pictures: Mapping[str, Picture] = MappingProxyType({})
) -> bytes:
    try:
        from weasyprint import HTML
    except OSError as error:  # WeasyPrint looks for Pango when it is imported
        raise StateError("pdf_missing", "this server cannot make PDF files: its Pango libraries are missing") from error
    head = f"<title>{html.escape(title)}</title><style>{style}</style>"
    page = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    made: Any = HTML(string=page, url_fetcher=_fetcher(pictures)).write_pdf(pdf_tags=True)
    return bytes(made)


def _fetcher(pictures: Mapping[str, Picture]) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Own(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            picture = pictures.get(url.removeprefix(_OWN)) if url.startswith(_OWN) else None
            if picture is None:
                raise ValueError("nothing is fetched")
            return URLFetcherResponse(url, picture.data, {"Content-Type": picture.media_type})

    return Own()


def _section(slide: Slide, pictures: Mapping[str, Picture]) -> Iterator[str]:
    title = title_of(slide)
    yield f'<section style="background:#{ground(slide)}">'
    for box in slide.boxes:
        if is_text(box) and not is_blank(box):
            yield _text(box, slide, "h1" if box is title else "p")
        elif box.kind == "image" and (picture := pictures.get(box.src)) is not None:
            place, said = _place(fitted(box.at, picture)), html.escape(box.alt)
            yield f'<img src="{_OWN}{html.escape(box.src)}" alt="{said}" style="{place}">'
        elif not is_text(box):
            yield _shape(box, slide)
    yield "</section>"


def _place(at: At) -> str:
    x, y, width, height, turn = at
    turned = f";transform:rotate({turn:g}deg)" if turn else ""
    return f"left:{x:g}px;top:{y:g}px;width:{width:g}px;height:{height:g}px{turned}"


def _text(box: Box, slide: Slide, tag: str) -> str:
    look = f"color:#{ink(box, slide)};font-size:{letters(box)}px;line-height:{line_height(box):g}px"
    lines = "".join(_line(line, box, tag if number == 0 else "p") for number, line in enumerate(box.lines))
    name = ' class="title"' if box.kind == "title" else ""
    return f'<div{name} style="{_place(box.at)};{look}">{lines}</div>'


def _line(line: str, box: Box, tag: str) -> str:
    sides = {"start": "left", "center": "center", "end": "right"}
    if is_rtl(line):
        sides |= {"start": "right", "end": "left"}
    return f'<{tag} style="text-align:{sides[side(box)]};min-height:{line_height(box):g}px">{html.escape(line)}</{tag}>'


def _shape(box: Box, slide: Slide) -> str:
    color, inside = f"#{ink(box, slide)}", area(box)
    if box.kind == "line":
        _, _, width, height, _ = box.at
        drawn = f'<line x1="0" y1="0" x2="{width:g}" y2="{height:g}" stroke="{color}" stroke-width="{EDGE}"/>'
        room = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
        picture = f'<svg xmlns="http://www.w3.org/2000/svg" style="overflow:visible" {room}>{drawn}</svg>'
        return f'<div style="{_place(box.at)}">{picture}</div>'
    look = f"border:{EDGE}px solid {color if has_edge(box) else 'transparent'};border-radius:"
    look += "50%" if box.kind == "ellipse" else f"{CORNER}px"
    look += f";background:#{inside}" if inside is not None else ""
    said = html.escape(box.alt) if box.kind == "image" else ""
    return f'<div class="{box.kind}" style="{_place(box.at)};{look};color:{color}">{said}</div>'


def _row(cells: tuple[Cell, ...], head: bool, table: Table, language: LanguageName) -> Iterator[str]:
    yield "<tr>"
    for cell, column in zip(cells, table.columns, strict=True):
        value = result(cell, LANGUAGES[language])
        tag = "th" if head else "td"
        shown = html.escape(shown_cell(cell, column.fmt, LANGUAGES[language]))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        side = ' class="n"' if number or (isinstance(value, str) and is_rtl(value)) else ""
        yield f"<{tag}{side}>{shown}</{tag}>"
    yield "</tr>"
