"""A server in this process, over a copy of a demo school that is made once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.house import House, furnish, open_house


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo school; copy it."""
    data = tmp_path_factory.mktemp("school") / "data"
    data.mkdir()
    asyncio.run(furnish(data))
    return data


@pytest.fixture
async def house(furnished: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A running server."""
    shutil.copytree(furnished, tmp_path / "data")
    async with open_house(tmp_path / "data") as house:
        yield house
