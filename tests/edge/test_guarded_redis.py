"""A Redis that asks who comes: TLS only, and an account that may do no more than the bus needs."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from collab.redis_bus import RedisBus
from tests.server import ROOT
from tests.services import REDIS, free_port, wait_for_port
from web.config import Config, ConfigError
from web.stores import prepare_stores

pytestmark = pytest.mark.edge


def account_line() -> str:
    """The line of the instructions that an administrator copies."""
    found = re.search(r"^user kreide .*$", (ROOT / "web" / "OPERATING.md").read_text(), flags=re.MULTILINE)
    assert found is not None
    return found[0]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that listens with TLS alone and knows the documented account alone."""
    folder = tmp_path_factory.mktemp("redis")
    key, certificate, users = folder / "key.pem", folder / "cert.pem", folder / "users.acl"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    users.write_text(f"user default off\n{account_line()}\n")
    port = free_port()
    process = subprocess.Popen(
        [f"{REDIS}-server", "--port", "0", "--tls-port", str(port), "--tls-cert-file", certificate,
         "--tls-key-file", key, "--tls-auth-clients", "no", "--tls-ca-cert-file", certificate, "--bind", "127.0.0.1",
         "--aclfile", users, "--save", ""],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_port(port, process)
    yield f"rediss://kreide:geheim@localhost:{port}/0?ssl_ca_certs={certificate}"
    process.kill()
    process.wait()


@pytest.fixture
async def bus(guarded: str) -> AsyncIterator[RedisBus]:
    bus = RedisBus(guarded)
    await bus.start()
    yield bus
    await bus.close()


async def test_the_account_may_do_all_that_the_bus_needs(bus: RedisBus) -> None:
    assert bus.healthy
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    listener = await bus.subscribe("a", heard.put_nowait)
    await bus.publish("a", b"x")
    async with asyncio.timeout(5):
        assert await heard.get() == b"x"
    listener.close()
    lease = await bus.acquire("room", "w1", 5.0)
    assert lease is not None and await bus.holder("room") == "w1"
    assert await lease.renew()
    await lease.release()
    assert await bus.holder("room") is None


async def test_the_start_finds_it_or_says_why_not(guarded: str, tmp_path: Path) -> None:
    await prepare_stores(Config(redis=guarded, data=tmp_path))
    for wrong in (guarded.replace("geheim", "falsch"), guarded.replace("rediss:", "redis:").partition("?")[0]):
        with pytest.raises(ConfigError, match="cannot be reached") as refused:
            await prepare_stores(Config(redis=wrong, data=tmp_path))
        assert "geheim" not in str(refused.value) and "falsch" not in str(refused.value)
    with pytest.raises(ConfigError):  # a certificate that nobody vouches for
        await prepare_stores(Config(redis=guarded.partition("?")[0], data=tmp_path))
