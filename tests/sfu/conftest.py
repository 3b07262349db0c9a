"""A real plane over loopback sockets, and whoever is on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sfu.plane import Plane
from tests.sfu.plane_lesson import Lesson, Stage
from tests.sfu.plane_peer import Peer


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ExitStack() as closing:
        yield Stage(closing)


@pytest.fixture
def plane(stage: Stage) -> Plane:
    return stage.plane()


@pytest.fixture
def lesson(stage: Stage, plane: Plane) -> Lesson:
    return stage.lesson(plane)


@pytest.fixture
def peer(stage: Stage, plane: Plane) -> Peer:
    return stage.peer(plane)
