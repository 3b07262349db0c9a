"""Real services for the tests: private Redis and PostgreSQL processes that belong to this run alone."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import VALKEY, Postgres, RedisCluster, RedisServer, free_port

# <linux/prctl.h> and <linux/capability.h>
PR_CAPBSET_DROP = 24
CAP_SYS_NICE = 23


def pytest_configure() -> None:
    """No program that the tests start may run in real time. Chromium does wherever it is root: its sound threads have
    then been seen to spin in the kernel and to keep both cores from all others for an hour.
    """
    ctypes.CDLL(None).prctl(
        PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0
    )  # refused to whoever is not root: nothing to give up


@pytest.fixture
def unused_port() -> int:
    """A TCP and UDP port of 127.0.0.1 that was free a moment ago."""
    return free_port()


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for Unix sockets, whose paths hold 107 bytes at most; `tmp_path` may be longer."""
    with tempfile.TemporaryDirectory(prefix="kreide-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def _redis_process() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(_redis_process: RedisServer) -> RedisServer:
    """A running, empty Redis with `.url`, `.kill()` and `.start()`; started again if a test killed it."""
    _redis_process.start()
    _redis_process.flush()
    return _redis_process


@pytest.fixture(scope="session")
def _redis_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def redis_cluster(_redis_nodes: RedisCluster) -> RedisCluster:
    """A running, empty cluster of three nodes; a test that kills one starts it again."""
    _redis_nodes.flush()
    return _redis_nodes


@pytest.fixture(scope="session")
def _valkey_process() -> Iterator[RedisServer]:
    if VALKEY is None:
        pytest.skip("valkey-server is missing")
    server = RedisServer("valkey")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def valkey_server(_valkey_process: RedisServer) -> RedisServer:
    """A Valkey like `redis_server`."""
    _valkey_process.start()
    _valkey_process.flush()
    return _valkey_process


@pytest.fixture(scope="session")
def _valkey_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    if VALKEY is None:
        pytest.skip("valkey-server is missing")
    cluster = RedisCluster(tmp_path_factory.mktemp("valkey"), "valkey")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def valkey_cluster(_valkey_nodes: RedisCluster) -> RedisCluster:
    """A Valkey like `redis_cluster`."""
    _valkey_nodes.flush()
    return _valkey_nodes


@pytest.fixture(scope="session")
def _postgres_cluster() -> Iterator[Postgres]:
    cluster = Postgres()
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.fixture
def postgres_url(_postgres_cluster: Postgres) -> Iterator[str]:
    """postgresql:// URL of a fresh, empty database."""
    name = _postgres_cluster.create_database()
    yield _postgres_cluster.url(name)
    _postgres_cluster.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's event loop keeps the main thread until its browsers close, so that no
    test with a loop of its own could start after them.
    """
    items.sort(key=lambda item: "e2e" in item.path.parts)
