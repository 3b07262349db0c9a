"""What a file is, told by its content; what is refused; and names that nobody is fooled by."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest

from tests.web.routes.files import docx, photo
from web.errors import ProtocolError
from web.uploads_kind import HEAD, TAIL, Longer, kind_of, read_parts
from web.uploads_names import LONGEST, clean_name
from web.uploads_range import Span, parse_range

ODT = "application/vnd.oasis.opendocument.text"
OFFICE = "application/vnd.openxmlformats-officedocument."


def kind(data: bytes) -> str:
    return kind_of(data[:HEAD], data[-TAIL:], len(data))


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_STORED)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (photo(9, 9), "image/jpeg"),
        (photo(9, 9, "PNG"), "image/png"),
        (photo(9, 9, "WEBP"), "image/webp"),
        (b"GIF89a...", "image/gif"),
        (b"%PDF-1.7 \x00", "application/pdf"),
        (docx(), OFFICE + "wordprocessingml.document"),
        (docx("xl/other.xml"), OFFICE + "wordprocessingml.document"),
        (zipped(mimetype=ODT.encode(), content=b"x"), ODT),
        (zipped(a=b"x"), "application/zip"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        (b"\0\0\0\x14ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\x1aE\xdf\xa3....", "video/webm"),
        (b"RIFF....WAVEfmt ", "audio/wav"),
        (b"ID3\x04", "audio/mpeg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "text/plain"),
        (b"<!doctype html><script>alert(1)</script>", "text/plain"),
        ("Grüße, ".encode() * 900, "text/plain"),
        ("Grüße".encode("utf-16"), "text/plain"),
        (b"BMW, MM*, MZ: a note", "text/plain"),
        (b"MZ is how this note begins", "text/plain"),
        (b"\x00\x01\x02unknown", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_says_what_it_is(data: bytes, expected: str) -> None:
    assert kind(data) == expected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "upload_empty"),
        (b"MZ\x90\0\3\0\0\0", "upload_refused"),
        (b"\x7fELF\2\1\1\0", "upload_refused"),
        (b"L\0\0\0\1\x14\2\0\0\0", "upload_refused"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "upload_picture"),
        (b"\0\0\0\x1cftypisom\0\0\0\0isomavif\0\0\0\0", "upload_picture"),
        (b"II*\0\x08\0\0\0", "upload_picture"),
        (b"BM\x36\0\0\0\0\0", "upload_picture"),
        (docx()[:-40], "upload_damaged"),
        (b"PK\x03\x04" + bytes(500), "upload_damaged"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        kind(data)
    assert refused.value.code == code


def test_archives_that_unpack_to_far_more_are_refused() -> None:
    bomb = bytearray(zipped(a=b"x", b=b"y"))
    for at in (found for found in range(len(bomb)) if bomb[found : found + 4] == b"PK\x01\x02"):
        struct.pack_into("<I", bomb, at + 24, 0xFFFFFFFE)
    overlapping = bytearray(zipped(a=b"x" * 900))
    at = overlapping.index(b"PK\x01\x02")
    entry = bytes(overlapping[at : overlapping.index(b"PK\x05\x06")])
    many = bytes(overlapping[:at]) + entry * 50
    end = bytearray(overlapping[overlapping.index(b"PK\x05\x06") :])
    struct.pack_into("<HHII", end, 8, 50, 50, len(entry) * 50, at)
    lying = bytearray(zipped(a=b"x"))
    struct.pack_into("<H", lying, lying.index(b"PK\x05\x06") + 10, 60_000)
    for data in (bytes(bomb), many + bytes(end), bytes(lying)):
        with pytest.raises(ProtocolError) as refused:
            kind(data)
        assert refused.value.code == "upload_refused"


def test_a_list_of_parts_that_is_longer_than_the_tail_is_asked_for() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(3000):
            archive.writestr(f"word/part-with-a-long-name-{number:05}.xml", b"")
    data = out.getvalue()
    with pytest.raises(Longer) as more:
        read_parts(data[-TAIL:], len(data))
    assert len(read_parts(data[-more.value.length :], len(data))) == 3000


def test_any_bytes_get_an_answer() -> None:
    dice = random.Random(7)
    samples = [photo(20, 20), docx(), b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", b"RIFF\0\0\0\0WEBP"]
    for _ in range(4000):
        data = bytearray(dice.choice(samples))
        for _ in range(dice.randrange(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            kind(bytes(data[: dice.randrange(len(data) + 1)]))
        except (ProtocolError, Longer):
            continue


@pytest.mark.parametrize(
    ("claimed", "of", "expected"),
    [
        ("Urlaub.JPG", "image/jpeg", "Urlaub.JPG"),
        ("Rechnung.pdf.exe", "application/pdf", "Rechnung.pdf.exe.pdf"),
        ("foto.exe", "image/png", "foto.exe.png"),
        ("../../etc/passwd", "text/plain", "etc passwd.txt"),
        ("C:\\Users\\x\\a.docx", OFFICE + "wordprocessingml.document", "C Users x a.docx"),
        ("Blatt\u202efdp.exe", "application/octet-stream", "Blattfdp.exe.bin"),
        ("a\r\nSet-Cookie: x=1.txt", "text/plain", "a Set-Cookie x=1.txt"),
        ("seite.html", "text/plain", "seite.html.txt"),
        ("bild.svg", "text/plain", "bild.svg.txt"),
        ("loesung.py", "text/plain", "loesung.py"),
        ("Rechner.webloc", "text/plain", "Rechner.webloc.txt"),
        ("Blatt.SLK", "text/plain", "Blatt.SLK.txt"),
        ("hilfe.chm", "application/octet-stream", "hilfe.chm.bin"),
        ("spiel.apk", "application/zip", "spiel.apk.zip"),
        ("makro.jar", "application/zip", "makro.jar.zip"),
        ("scratch.sb3", "application/zip", "scratch.sb3"),
        ("Gro\u0308ße Übung 5 — 7b.pdf", "application/pdf", "Größe Übung 5 — 7b.pdf"),
        ("", "image/gif", "Datei.gif"),
        (".htaccess", "text/plain", "Datei.htaccess"),
        ("\u200b\ufeff", "application/octet-stream", "Datei.bin"),
        ("x" * 500 + ".png", "image/png", "x" * LONGEST + ".png"),
        ("\ud800.txt", "text/plain", "Datei.txt"),
    ],
)
def test_a_name_fools_nobody(claimed: str, of: str, expected: str) -> None:
    assert clean_name(claimed, of) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, Span(0, 100)),
        ("bytes=0-", Span(0, 100, True)),
        ("bytes=10-19", Span(10, 10, True)),
        ("bytes=90-500", Span(90, 10, True)),
        ("bytes=-7", Span(93, 7, True)),
        ("bytes=-700", Span(0, 100, True)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-3", Span(0, 100)),
        ("bytes=-", Span(0, 100)),
        ("bytes=0-1,5-6", Span(0, 100)),
        ("bytes=١-٢", Span(0, 100)),
        ("lines=1-2", Span(0, 100)),
        ("bytes=" + "9" * 40 + "-", Span(0, 100)),
    ],
)
def test_which_part_is_sent(asked: str | None, expected: Span | None) -> None:
    assert parse_range(asked, 100) == expected
