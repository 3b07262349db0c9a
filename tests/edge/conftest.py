"""Real servers for the tests over the public wire, and the document plane's store over real services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collab.conftest import store
from tests.server import KreideServer
from tests.web.conftest import demo_data

__all__ = ["demo_data", "store"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KreideServer]:
    """One server with the demo school for all tests of a file; whatever they do, it ends as it should."""
    kreide = KreideServer(tmp_path_factory.mktemp("server") / "data")
    kreide.start()
    yield kreide
    assert kreide.stop() == 0
