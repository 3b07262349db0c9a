"""Numbers and dates in the reader's language; nothing is guessed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.formats.cells import LANGUAGES, is_rtl, parse_cell, plain_cell, shown_cell, shown_moment
from collab.formats.names import LanguageName
from collab.schema import Cell

DE, EN = LANGUAGES["de"], LANGUAGES["en"]


@pytest.mark.parametrize(
    ("written", "de", "en"),
    [
        ("1,5", 1.5, "1,5"),
        ("1.5", "1.5", 1.5),
        ("1.234,5", 1234.5, "1.234,5"),
        ("1.234", 1234, 1.234),
        ("-3", -3, -3),
        ("−3", -3, -3),
        ("+3", 3, 3),
        ("1e3", 1000, 1000),
        (" 7 ", 7, 7),
        ("", None, None),
        ("07123", "07123", "07123"),
        ("0,5", 0.5, "0,5"),
        ("1234567890123456", "1234567890123456", "1234567890123456"),
        ("12 %", 0.12, 0.12),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("e5", "e5", "e5"),
        ("1e999", "1e999", "1e999"),
        ("²", "²", "²"),
        ("١٢", "١٢", "١٢"),
        ("WAHR", True, True),
        ("FALSE", False, False),
        ("wahr", "wahr", "wahr"),
        ("=1+1", "=1+1", "=1+1"),
    ],
)
def test_what_is_written_is_read(written: str, de: Cell, en: Cell) -> None:
    assert (parse_cell(written, DE)[0], parse_cell(written, EN)[0]) == (de, en)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**14), 10**14), st.sampled_from(["de", "en"]))
def test_a_number_goes_out_and_comes_back(value: float, name: LanguageName) -> None:
    language = LANGUAGES[name]
    back = parse_cell(plain_cell(value, "", language), language)[0]
    if isinstance(back, str):
        assert len(repr(value).strip("-0.")) > 15, "only what has more digits than all programs hold stays text"
    else:
        assert back == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("value", "fmt", "shown", "plain"),
    [
        (1.0, "", "1", "1"),
        (0.1 + 0.2, "", "0,3", "0,30000000000000004"),
        (-2.5, "0.00", "−2,50", "-2,5"),
        (0.125, "%", "12,5 %", "12,5%"),
        (0.57, "%", "57 %", "57%"),
        (1e20, "", "1e+20", "1e+20"),
        (True, "0.00", "WAHR", "WAHR"),
        (None, "%", "", ""),
        ("07", "0.00", "07", "07"),
    ],
)
def test_a_cell_is_shown_as_in_the_grid_and_written_whole(value: Cell, fmt: str, shown: str, plain: str) -> None:
    assert (shown_cell(value, fmt, DE), plain_cell(value, fmt, DE)) == (shown, plain)


def test_dates_are_written_as_people_do() -> None:
    moments = (date(2026, 3, 7), datetime(2026, 3, 7, 8, 5), datetime(2026, 3, 7), time(8, 5), time(8, 5, 9))
    assert [shown_moment(moment, DE) for moment in moments] == [
        "07.03.2026", "07.03.2026 08:05", "07.03.2026", "08:05", "08:05:09",
    ]  # fmt: skip
    assert shown_moment(date(2026, 3, 7), EN) == "07/03/2026"
    assert shown_moment(date(812, 3, 7), DE) == "07.03.0812"
    assert [shown_moment(timedelta(minutes=m), DE) for m in (90, 1501, -5)] == ["1:30", "25:01", "−0:05"]
    assert shown_moment(timedelta(seconds=61), DE) == "0:01:01"


def test_the_first_letter_tells_the_direction() -> None:
    assert [is_rtl(text) for text in ("مرحبا", "1) שלום", "abc مرحبا", "123", "")] == [True, True, False, False, False]
