"""What is in use is put aside and not looked at again; rings that are let go later are found all the same."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from weakref import ref

import pytest

from web.garbage import ENOUGH, MOST, Garbage


class Link:
    """Something that may refer to itself."""

    def __init__(self) -> None:
        self.other: Link | None = None


@pytest.fixture
async def garbage() -> AsyncIterator[Garbage]:
    one = Garbage(enough=100, most=1_000)
    before = gc.get_threshold()
    one.start()
    yield one
    one.stop()
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0


async def test_what_a_round_found_in_use_is_not_looked_at_again(garbage: Garbage) -> None:
    kept = [[number] for number in range(500)]
    gc.collect()
    assert garbage.aside >= len(kept)
    looked = {id(one) for one in gc.get_objects()}
    assert not looked & {id(one) for one in kept}
    several = ref(link := Link())
    gc.collect()
    assert id(link) not in {id(one) for one in gc.get_objects()}
    del link
    assert several() is None, "what was put aside is freed by its count as ever"


async def test_a_ring_that_was_put_aside_is_found_when_all_is_looked_at(garbage: Garbage) -> None:
    link = Link()
    link.other = link
    there = ref(link)
    gc.collect()
    del link
    gc.collect()
    assert there() is not None, "nobody looks at it"
    garbage.look_at_all()
    assert there() is None and garbage.aside == 0


async def test_all_is_looked_at_while_the_loop_rests_or_when_it_must_be() -> None:
    garbage = Garbage()
    assert not garbage.is_due(0.0)
    garbage.aside = ENOUGH
    assert garbage.is_due(0.01) and not garbage.is_due(0.1)
    garbage.aside = MOST
    assert garbage.is_due(1.0)
