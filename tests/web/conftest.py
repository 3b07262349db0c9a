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
    """The data folder of a demo school, made once; `data` is a copy."""
    data = tmp_path_factory.mktemp("school") / "data"
    data.mkdir()
    asyncio.run(furnish(data))
    return data


@pytest.fixture
def data(furnished: Path, tmp_path: Path) -> Path:
    """The data folder of a demo school, for one test."""
    shutil.copytree(furnished, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def house(data: Path) -> AsyncIterator[House]:
    """A running server."""
    async with open_house(data) as house:
        yield house
