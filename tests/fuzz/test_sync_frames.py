"""Sync frames made of chance and of mutated real ones: only ProtocolError, no crash, and what gets in stays loadable.

KREIDE_FUZZ_ROUNDS makes it run longer (the default is for CI), KREIDE_FUZZ_SEED begins with another seed than 0, for a
second long run with other inputs. What once broke stands in VECTORS.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.awareness import Editor, Room
from collab.codec import parse_state_vector
from collab.demo import demo_deck, demo_table
from collab.document import LiveDocument
from collab.errors import CollabError, ProtocolError
from collab.outline import Outline
from collab.sync import Awareness, Changes, Step1, build_step1, build_step2, build_update, parse_message
from collab.wire import decode
from tests.collab.build import block, string, update

CLIENT = Path(__file__).parents[2] / "web" / "client"
ROUNDS = int(os.environ.get("KREIDE_FUZZ_ROUNDS", "3000"))
FIRST_SEED = int(os.environ.get("KREIDE_FUZZ_SEED", "0"))

VECTORS = [
    bytes.fromhex("0002") + b"\xff" * 9,  # an integer that never ends
    b"\x00\x02" + b"\x83\xf2\x01" + b"\x01\x01\x05\x00\x28\x01\x01t\x01k\x01" + b"\x75\x01" * 15_616,  # deep value
    b"\x00\x02\x0b\x01\x01\x05\x00\x2b\x01\x01t\x01k\x00\x00",  # content only newer Yrs knows
    # a map entry under something that is no shared type: pycrdt 0.14 takes in what came before and stops there
    build_update(update(block(5, 0, string("a")), block(6, 0, string("x", parent=(5, 0), key="k")))),
    build_update(update(block(5, 0, b"\x0a\x05", string("x")))),  # a gap: pycrdt would keep it for later
    b"\x00\x00\x06\x01\xff\xff\xff\xff\x0f\x01",  # a state vector of the largest client
]


def samples() -> list[bytes]:
    """Real updates of every kind of content."""
    doc: Doc[Any] = Doc(client_id=7)
    events: list[bytes] = []

    def note(event: TransactionEvent) -> None:
        events.append(event.update)

    doc.observe(note)
    words = doc.get("t", type=Text)
    words += "Hallo 😀"
    words.format(0, 5, {"bold": True})
    words.insert_embed(2, {"image": [1, {"x": None}]})
    doc.get("a", type=Array).extend([1, -2.5, "x", None, True, {"k": [1, b"y"]}, 2**60])
    shapes = doc.get("m", type=Map)
    shapes["inner"] = Map({"x": Array([Text("y"), Map({"z": 1})])})
    doc.get("x", type=XmlFragment).children.append(XmlElement("p", {"a": "b"}, [XmlText("z")]))
    del words[0:3]
    shapes.pop("inner")
    return [*events, doc.get_update(), demo_deck(), demo_table()]


def mutate(random: Random, data: bytes) -> bytes:
    """Change, cut, repeat or insert a few bytes."""
    mutant = bytearray(data)
    for _ in range(random.randrange(1, 6)):
        place = random.randrange(len(mutant) + 1)
        match random.randrange(5):
            case 0 if place < len(mutant):
                mutant[place] = random.randrange(256)
            case 1 if place < len(mutant):
                mutant[place] ^= 1 << random.randrange(8)
            case 2:
                del mutant[place : place + random.randrange(1, 9)]
            case 3:
                mutant[place:place] = mutant[place : place + random.randrange(1, 30)]
            case _:
                mutant[place:place] = random.choice([b"\x00", b"\xff" * 4, b"\x80\x80\x01", b"\x75\x02", b"\x76\x01"])
    return bytes(mutant)


def feed(live: LiveDocument, frame: bytes) -> None:
    """Do with a frame what the hub does."""
    match parse_message(frame):
        case Changes(change, _):
            judged = live.judge(change)
            if judged.placement is not None:
                live.apply(judged)
        case Step1(state_vector):
            live.diff(state_vector)
        case Awareness(entries):
            Room("w").receive(2e9, 1, Editor("a", "A", "pupil", 0), entries)


@pytest.mark.parametrize("vector", VECTORS)
def test_what_once_broke_something_is_refused_or_harmless(vector: bytes) -> None:
    live = LiveDocument()
    before = live.full()
    try:
        feed(live, vector)
    except ProtocolError:
        assert live.full() == before


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 4))
def test_mutated_frames_harm_nothing(seed: int) -> None:
    random = Random(seed)
    real = samples()
    live = LiveDocument()
    survivors: list[bytes] = []
    for number in range(ROUNDS // 4):
        change = mutate(random, random.choice(real))
        build = random.choice([build_update, build_step2, build_step1])
        frame = build(change) if random.random() < 0.9 else mutate(random, build(change))
        before = live.outline.state_vector()
        try:
            feed(live, frame)
        except CollabError:
            assert live.outline.state_vector() == before, f"seed {seed} round {number}: {frame.hex()}"
        assert not live.broken, f"seed {seed} round {number}: {frame.hex()}"
        if number % 10 == 9:
            check_loadable(live, f"seed {seed} round {number}")
        if number % 100 == 99:
            survivors.append(live.full())
            live = LiveDocument()
            live.apply(live.judge(random.choice(real[-3:])))
        if len(survivors) == 500:
            check_stock_yjs(survivors, f"seed {seed} round {number}")
            survivors.clear()
    check_stock_yjs(survivors, f"seed {seed}")


def check_stock_yjs(states: list[bytes], where: str) -> None:
    """Let Yjs open what survived: it has the same and waits for nothing."""
    if shutil.which("node") is None or not (CLIENT / "node_modules" / "yjs").exists():
        return  # make test installs both
    packed = b"".join(len(state).to_bytes(4, "big") + state for state in states)
    script = Path(__file__).with_name("open_with_yjs.mjs")
    opened = subprocess.run(["node", str(script), str(CLIENT)], input=packed, capture_output=True, check=True)
    answers = opened.stdout.decode().splitlines()
    assert len(answers) == len(states), where
    for state, answer in zip(states, answers, strict=True):
        ours = LiveDocument()
        ours.load_snapshot(state, None)
        told = f"{where}: {answer} {state.hex()}"
        try:
            theirs = bytes.fromhex(answer)
        except ValueError:
            raise AssertionError(told) from None
        assert parse_state_vector(theirs) == parse_state_vector(ours.state_vector()), told


def check_loadable(live: LiveDocument, where: str) -> None:
    again = LiveDocument()
    again.load_snapshot(live.full(), None)
    assert again.outline.state_vector() == live.outline.state_vector(), where
    assert parse_state_vector(again.state_vector()) == parse_state_vector(live.state_vector()), where


@given(st.binary(max_size=200))
def test_anything_at_all_is_understood_or_refused(data: bytes) -> None:
    for parse in (parse_message, Outline.decode):
        try:
            parse(data)
        except ProtocolError:
            continue
    decode(data)


@given(st.binary(max_size=120))
def test_any_update_is_applied_or_refused(data: bytes) -> None:
    live = LiveDocument()
    try:
        feed(live, build_update(data))
    except CollabError:
        assert live.full() == b"\x00\x00"
