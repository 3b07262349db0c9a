"""The name of a file that is handed out can do no harm, and says what the person called it."""

from __future__ import annotations

import re
from email.message import Message

import pytest

from web.downloads import download_headers, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Noten 8b", "Noten 8b.csv"),
        ("Größe/Länge: „Maß“", "Größe Länge „Maß“.csv"),
        ("../../etc/passwd", "etc passwd.csv"),
        ("\u202egpj.exe", "gpj.exe.csv"),
        ('a"\r\nSet-Cookie: x=1', "a Set-Cookie x=1.csv"),
        ("", "Kreide.csv"),
        (" . ", "Kreide.csv"),
        ("x" * 300, "x" * 100 + ".csv"),
        ("درجات", "درجات.csv"),
    ],
)
def test_a_title_becomes_a_name_on_any_system(title: str, name: str) -> None:
    assert file_name(title, "csv") == name


@pytest.mark.parametrize("title", ["Größe", "درجات", "100 % = alles; oder?", "x'y\"z", "😀"])
def test_both_names_are_whole(title: str) -> None:
    name = file_name(title, "xlsx")
    header = download_headers(name)["Content-Disposition"]
    assert header.isascii() and header.isprintable()
    plain = re.match(r'attachment; filename="([^"%]+)"; ', header)
    assert plain is not None and plain[1].endswith(".xlsx")
    message = Message()
    message["Content-Disposition"] = re.sub(r' filename="[^"]*";', "", header)
    assert message.get_filename() == name


def test_umlauts_stay_readable_for_old_clients() -> None:
    assert 'filename="Groesse.csv"' in download_headers("Größe.csv")["Content-Disposition"]
    assert 'filename="Kreide.csv"' in download_headers("درجات.csv")["Content-Disposition"]
