"""Files that were made to do harm: each is refused with its reason, and none costs more than its bounds."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collab.errors import CollabError, ProtocolError, StateError
from collab.formats import archive
from collab.formats.jobs import read
from collab.formats.odf import part, tag
from collab.formats.orders import ALLOWANCE, READ_JOB, ReadFile, encode
from collab.heavy import Allowance, HeavyPool
from tests.collab.formats.test_tables import VECTORS

ROUNDS = int(os.environ.get("KREIDE_FUZZ_ROUNDS", "150"))
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def swapped(kind: str, name: str, data: bytes) -> bytes:
    """LibreOffice's file with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(VECTORS / f"libreoffice.{kind}") as source, zipfile.ZipFile(out, "w", 8) as target:
        for entry in source.namelist():
            target.writestr(entry, data if entry == name else source.read(entry))
        if name not in source.namelist():
            target.writestr(name, data)
    return out.getvalue()


def sheet(rows: str, before: str = "") -> bytes:
    """An .xlsx file with these rows in its first sheet."""
    xml = f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'
    return swapped("xlsx", "xl/worksheets/sheet1.xml", xml.encode())


def spreadsheet(rows: str) -> bytes:
    """An .ods file with these rows in its only sheet."""
    table = tag("table:table", {"table:name": "x"}, rows)
    body = tag("office:body", None, tag("office:spreadsheet", None, table))
    return swapped("ods", "content.xml", part("document-content", body))


def line(*content: str, again: int = 1) -> str:
    """A row of an .ods file."""
    return tag("table:table-row", {"table:number-rows-repeated": again}, *content)


def cell(value: str = "", kind: str = "float", again: int = 1) -> str:
    """A cell of an .ods file."""
    named: dict[str, object] = {"table:number-columns-repeated": again}
    if value:
        named |= {"office:value-type": kind, f"office:{'value' if kind == 'float' else 'date-value'}": value}
    return tag("table:table-cell", named)


def refusal(data: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        read(data, "de")
    return caught.value.code


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'


@pytest.mark.parametrize("declared", [DOCTYPE, OUTSIDE, DOCTYPE.decode().encode("utf-16"), b"\xef\xbb\xbf" + DOCTYPE])
@pytest.mark.parametrize(("kind", "name"), [("xlsx", "xl/sharedStrings.xml"), ("ods", "content.xml"), ("ods", "x.xml")])
def test_entities_are_refused_before_anything_is_parsed(kind: str, name: str, declared: bytes) -> None:
    assert refusal(swapped(kind, name, declared)) == "file_refused"


@pytest.mark.parametrize("encoding", ["utf-7", "ebcdic-cp-us", "utf-16le", "x-unknown"])
def test_an_encoding_that_could_hide_them_is_refused(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><x/>'.encode()
    assert refusal(swapped("ods", "content.xml", data)) == "file_refused"


@pytest.mark.parametrize("before", [" " * 500, ' standalone="yes" ' + "\n" * 390, ' x="' + "y" * 250 + '" '])
def test_an_encoding_far_behind_is_refused(before: str) -> None:
    """UTF-7 hides a document type from who looks for one, and lxml reads it."""
    hidden = "+ADwAIQ-DOCTYPE x +AFsAPAAh-ENTITY a +ACI-b+ACIAPgBdAD4APA-x/+AD4-"
    data = f'<?xml version="1.0"{before}encoding="UTF-7"?>{hidden}'.encode()
    assert refusal(swapped("ods", "content.xml", data)) == "file_refused"


def test_a_bomb_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = swapped("xlsx", "xl/worksheets/sheet1.xml", bytes(archive.MAX_UNZIPPED + 1))
    assert len(bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was opened"))
    assert refusal(bomb) == "file_too_large"


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = swapped("xlsx", "xl/worksheets/sheet1.xml", bytes(20 << 20))
    size = (20 << 20).to_bytes(4, "little")
    assert bomb.count(size) == 2
    assert refusal(bomb.replace(size, (1000).to_bytes(4, "little"))) == "file_unreadable"


def test_too_many_parts_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(archive.MAX_PARTS + 1):
            target.writestr(f"{number}", b"")
    assert refusal(out.getvalue()) == "file_too_large"


@pytest.mark.parametrize(
    "data",
    [
        sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', '<dimension ref="A1:XFD1048576"/>'),
        sheet('<row r="1"><c r="IW1"><v>1</v></c></row>'),
        sheet('<row r="20001"><c r="A20001"><v>1</v></c></row>'),
        spreadsheet(line(cell("1", again=16_384), again=1_048_576)),
        spreadsheet(line(cell(again=257), cell("1"))),
        b"1;" * 100 + b"\n" + b"1;2;3\n" * 20_000,
        b",".join([b"1"] * 257),
        ((b",".join([b"1"] * 200)) + b"\n") * 501,
    ],
    ids=["corner", "column", "row", "repeated", "far", "long", "wide", "many"],
)  # fmt: skip
def test_too_many_cells_are_refused(data: bytes) -> None:
    assert refusal(data) == "file_too_many_cells"


@pytest.mark.parametrize(
    "data",
    [
        sheet('<row r="1"><c r="A1"><v>7</v></c></row>', '<dimension ref="A1:XFD1048576"/>'),
        sheet('<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'),
        sheet('<row r="1"><c r="A1"><v>7</v></c></row>', '<cols><col min="1" max="16384" width="9"/></cols>'),
        spreadsheet(line(cell("7"), cell(again=16_383)) + line(cell(again=16_384), again=1_048_575)),
    ],
    ids=["claimed", "padded", "formatted", "filled up"],
)  # fmt: skip
def test_a_huge_empty_sheet_costs_nothing(data: bytes) -> None:
    assert [row.cells for row in read(data, "de").table.rows] == [(7,)]


def deep(name: str) -> str:
    """An element in itself, 100,000 times."""
    return f"<{name}>" * 100_000 + f"</{name}>" * 100_000


@pytest.mark.parametrize(
    "data",
    [
        b"1" * 60_000 + b"x",
        b"kopf\n" + b"1,1\n" * 15_000 + b"x",
        b'"1' * 30_000,
        b"-1,1," * 12_000,
        b";" * 60_000,
        b"=" * 60_000,
    ],
)
def test_no_pattern_takes_more_than_a_look(data: bytes) -> None:
    """A pattern that goes back over what it has seen would be at it for years."""
    try:
        read(data, "de")
    except ProtocolError as refused:
        assert refused.code.startswith("file_")


def test_endless_text_is_refused() -> None:
    text = f'<c t="inlineStr"><is><t>{"x" * 30_000}</t></is></c>'
    data = sheet("".join(f'<row r="{row}">{text}</row>' for row in range(1, 141)))
    assert refusal(data) == "file_too_large"


def test_a_deep_cell_is_an_empty_cell() -> None:
    data = sheet(f'<row r="1"><c r="A1" t="inlineStr">{deep("is")}</c><c r="B1"><v>7</v></c></row>')
    assert [row.cells for row in read(data, "de").table.rows] == [(None, 7)]


@pytest.mark.parametrize(
    "data",
    [
        swapped("xlsx", "xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{deep("fonts")}</styleSheet>'.encode()),
        spreadsheet(line(tag("table:table-cell", None, tag("text:p", None, deep("text:span"))))),
        spreadsheet(deep("table:table")),
        swapped("ods", "settings.xml", deep("a").encode()),
        sheet('<row r="x"><c r="??"><v>NaN</v></c></row>'),
        sheet('<row r="1"><c r="A1" t="s"><v>999999</v></c></row>'),
        sheet('<row r="1"><c r="A1"'),
        spreadsheet(line(cell("x"))),
        spreadsheet(line(cell("0000-99-99", "date"))),
        swapped("ods", "content.xml", b""),
        swapped("xlsx", "xl/workbook.xml", b"<workbook/>"),
        (VECTORS / "libreoffice.xlsx").read_bytes()[:4000],
        (VECTORS / "libreoffice.ods").read_bytes()[:4000],
    ],
    ids=["deep styles", "deep spans", "deep tables", "deep settings", "no numbers", "no string", "cut",
         "no float", "no date", "empty part", "empty book", "cut zip", "cut ods"],
)  # fmt: skip
def test_what_is_broken_is_refused(data: bytes) -> None:
    assert refusal(data) == "file_unreadable"


def test_a_locked_file_is_named_as_such() -> None:
    manifest = b'<manifest:manifest xmlns:manifest="m"><manifest:encryption-data/></manifest:manifest>'
    assert refusal(swapped("ods", "META-INF/manifest.xml", manifest)) == "file_locked"


def test_macros_are_not_even_looked_at() -> None:
    data = swapped("xlsx", "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macro")
    assert read(data, "de").table == read((VECTORS / "libreoffice.xlsx").read_bytes(), "de").table


def broken(chance: random.Random, whole: bytes) -> bytes:
    """The same bytes with some changed, repeated or cut off."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 8) if data else 0):
        place = chance.randrange(len(data))
        if chance.random() < 0.3:
            data[place:place] = data[place : place + chance.randrange(200)] * chance.randrange(3)
        else:
            data[place] = chance.randrange(256)
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data)


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv"])
def test_broken_bytes_are_refused_or_read(kind: str) -> None:
    """Only refusals leave, whatever the bytes of the file or of one of its parts are."""
    whole = (VECTORS / f"libreoffice.{kind}").read_bytes()
    names = [] if kind == "csv" else zipfile.ZipFile(io.BytesIO(whole)).namelist()
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        name = chance.choice([*names, None])
        if name is None:
            data = broken(chance, whole)
        else:
            data = swapped(kind, name, broken(chance, zipfile.ZipFile(io.BytesIO(whole)).read(name)))
        try:
            read(data, "de")
        except CollabError as refused:
            assert refused.code.startswith("file_"), seed


async def test_what_takes_too_much_ends_with_its_process(pool: HeavyPool) -> None:
    """A part of 30 MB of text in 40 KB: within what may be unpacked, beyond what this job may hold."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{"x" * 3000}</t></is></c></row>' for row in range(1, 10_001)
    )
    order = encode(ReadFile("de", sheet(rows)))
    with pytest.raises(StateError) as caught:
        await pool.run(READ_JOB, order, Allowance(seconds=600.0, cpu=120, memory=64 << 20))
    assert caught.value.code == "heavy_memory"
    with pytest.raises(StateError) as late:
        await pool.run(READ_JOB, order, Allowance(seconds=0.05, cpu=30))
    assert late.value.code == "heavy_time"
    good = encode(ReadFile("de", (VECTORS / "libreoffice.ods").read_bytes()))
    assert await pool.run(READ_JOB, good, ALLOWANCE)


async def test_a_refusal_comes_out_of_the_process_as_it_is(pool: HeavyPool) -> None:
    with pytest.raises(ProtocolError) as caught:
        await pool.run(READ_JOB, encode(ReadFile("de", swapped("ods", "content.xml", DOCTYPE))), ALLOWANCE)
    assert caught.value.code == "file_refused"


def test_the_server_loads_none_of_the_libraries() -> None:
    """What the application imports of this package must stay light."""
    heavy = ("openpyxl", "xlsxwriter", "pptx", "weasyprint", "lxml", "PIL")
    said = f"import sys, web.app; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", said], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
