"""However a connection begins, it is understood, waited for, or refused."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import ProtocolError
from sfu.first_frame import MOST, addressed_place
from sfu.ice import PLACES
from tests.sfu.test_first_frame import frame_for

CHECK = frame_for("BBabcdefgh:them")


def _check(first: bytes) -> None:
    with suppress(ProtocolError):
        place = addressed_place(first)
        assert place in range(PLACES) or (place is None and len(first) < MOST)


@given(st.binary(max_size=1200))
def test_any_bytes(first: bytes) -> None:
    _check(first)


@given(st.lists(st.tuples(st.integers(0, len(CHECK) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(CHECK)))
def test_a_bent_check(changes: list[tuple[int, int]], length: int) -> None:
    bent = bytearray(CHECK)
    for at, value in changes:
        bent[at] = value
    _check(bytes(bent[:length]))
