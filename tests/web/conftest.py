"""A server in this process, over a copy of a demo school that is made once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server import demo_school
from tests.web.house import House, open_house


@pytest.fixture
def demo_data(tmp_path: Path) -> Path:
    """The data folder of a demo school, for one test."""
    shutil.copytree(demo_school(), tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def house(demo_data: Path) -> AsyncIterator[House]:
    """A running server."""
    async with open_house(demo_data) as house:
        yield house
