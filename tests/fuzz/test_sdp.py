"""No offer and no fragment, however bent, does more than be understood or raise ProtocolError."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.answer import Carried, Receiving, Sending, build_answer, carried
from sfu.errors import ProtocolError
from sfu.fragment import parse_fragment
from sfu.sdp import parse_offer
from tests.sfu.offers import NAMES, recorded
from tests.sfu.test_answer import LOCAL


def _check(text: str) -> None:
    with suppress(ProtocolError):
        parse_fragment(text)
    try:
        offer = parse_offer(text)
    except ProtocolError as error:
        assert error.code.startswith("sdp_") or error.code == "too_large"
        return
    taken: dict[int, Carried] = {}
    roles: dict[int, Receiving | Sending] = {}
    for index, section in enumerate(offer.sections):
        for sending in (True, False):
            choice = carried(section, sending=sending, music=index == 0)
            if choice is not None:
                taken[index] = choice
                roles[index] = Sending("s", "t", "c", 1, 2) if sending else Receiving()
    answer = build_answer(offer, LOCAL, taken, roles)
    assert answer.count("\r\nm=") == len(offer.sections)
    assert "\n" not in answer.replace("\r\n", "")


@given(st.text())
def test_any_text(text: str) -> None:
    _check(text)


@given(st.lists(st.tuples(st.sampled_from("vostmabc"), st.text(max_size=40)), max_size=40))
def test_any_lines(lines: list[tuple[str, str]]) -> None:
    _check("v=0\n" + "\n".join(f"{kind}={value}" for kind, value in lines))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_a_mutated_offer(name: str, seed: int) -> None:
    random = Random(seed)
    lines = recorded(name).split("\r\n")
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(lines))
        match random.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[random.randrange(len(lines))])
            case 2:
                line = lines[at]
                lines[at] = line[: random.randrange(len(line) + 1)]
            case 3:
                lines[at] += random.choice([" ", ":", "/", "9" * 12, "\u0664", "\x00", "\ud800", "a" * 3000])
            case _:
                lines[at] = lines[at].replace(random.choice("0123456789"), random.choice("0123456789:/ -"))
        lines = lines or ["v=0"]
    _check("\r\n".join(lines))
