"""Nothing is stored in the place of a document that does not read back as the same."""

from __future__ import annotations

import msgspec
import pytest

from collab.checkpoints import EMPTY_UPDATE, pack
from collab.document import LiveDocument
from collab.errors import StateError
from collab.replay import Log, States, replay
from tests.collab.build import block, deletions, item, text, update


def cell(said: str, count: int = 1) -> bytes:
    """A root map of a table with something in it."""
    return update(block(5, 0, *[item(8, b"\x01\x77" + text(said), parent="rows", key=f"k{n}") for n in range(count)]))


LOG = msgspec.msgpack.encode(Log(0, pack(EMPTY_UPDATE), [(1, cell("gut"))]))


def test_a_state_that_reads_back_is_returned() -> None:
    states = msgspec.msgpack.decode(replay(LOG), type=States)
    assert b"gut" in states.state and not states.skipped


@pytest.mark.parametrize(
    "damaged",
    [
        cell("bad"),
        cell("gut", 2),
        update(block(5, 0, item(8, b"\x01\x77" + text("gut"), parent="rows", key="k0")), deleted=deletions((5, 0, 1))),
        update(block(5, 0, item(8, b"\x01\x77" + text("gut"), parent="rows", key="k0"), item(4, text("x")))),
    ],
    ids=["says something else", "has more", "has less", "has more where nobody looks"],
)
def test_a_state_that_does_not_is_refused(damaged: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CRDT's own encoding goes wrong, once."""
    damage(monkeypatch, 1, damaged)
    with pytest.raises(StateError) as refused:
        replay(LOG)
    assert refused.value.code == "not_readable"


def test_a_state_that_reads_back_with_more_deleted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody looks, so that both show the same."""
    hidden = block(5, 0, item(4, text("x")))
    damage(monkeypatch, 2, update(hidden, deleted=deletions((5, 0, 1))))
    with pytest.raises(StateError) as refused:
        replay(msgspec.msgpack.encode(Log(0, pack(EMPTY_UPDATE), [(1, update(hidden))])))
    assert refused.value.code == "not_readable"


def damage(monkeypatch: pytest.MonkeyPatch, time: int, damaged: bytes) -> None:
    """Let the encoding of a document give this, the first or the second time."""
    right, asked = LiveDocument.full, 0

    def full(self: LiveDocument) -> bytes:
        nonlocal asked
        asked += 1
        return damaged if asked == time else right(self)

    monkeypatch.setattr(LiveDocument, "full", full)
