"""Looking for viruses, whichever way a file comes in: a real clamd with one signature of our own; and none at all."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.services import free_port, wait_for_port
from tests.web.routes.conftest import Browser
from web.app import build_app
from web.config import Config
from web.errors import ProtocolError, Unavailable
from web.routes.table import ROUTES_KEY
from web.scan import Scanner

pytestmark = pytest.mark.edge
VIRUS = b"This is what the tests call a virus. " * 40
BIG = 3_000_000  # more than this clamd takes


class Clamd:
    """Debian's clamd, as it is, but with a signature that is its only one."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.port = folder / "ctl", free_port()
        signatures = folder / "signatures"
        signatures.mkdir()
        line = f"{hashlib.sha256(VIRUS).hexdigest()}:{len(VIRUS)}:Kreide.Test"
        (signatures / "own.hsb").write_text(f"{line}\n")
        config = folder / "clamd.conf"
        lines = [f"DatabaseDirectory {signatures}", f"LocalSocket {self.socket}", f"TCPSocket {self.port}"]
        lines += ["TCPAddr 127.0.0.1", "Foreground yes", "StreamMaxLength 2M", f"TemporaryDirectory {folder}"]
        config.write_text("\n".join([*lines, *(["User root"] if os.geteuid() == 0 else [])]) + "\n")
        program = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("clamd is missing (make test-services installs it)")
        self._process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self._process)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    clamd = Clamd(tmp_path_factory.mktemp("clamd"))
    yield clamd
    clamd.stop()


@pytest.fixture
async def teacher(clamd: Clamd, demo_data: Path, tmp_path: Path, unused_port: int) -> AsyncIterator[Browser]:
    """A teacher at a server that has what people send looked through."""
    config = Config(data=demo_data, runtime=tmp_path / "run", port=unused_port, demo=True, clamd=str(clamd.socket))
    config.runtime.mkdir()
    server = TestServer(await build_app(config, 0))
    async with TestClient(server) as client:
        browser = Browser(client)
        assert (await browser.call("POST", "login", {"account": "teacher", "password": "kreide"}))[0] == 200
        yield browser


@pytest.mark.parametrize("over_tcp", [False, True])
async def test_what_clamd_finds_is_refused(clamd: Clamd, tmp_path: Path, over_tcp: bool) -> None:
    scanner = Scanner(f"127.0.0.1:{clamd.port}" if over_tcp else str(clamd.socket))
    file = tmp_path / "file"
    for clean in (b"", b"nothing bad", os.urandom(1_000_000)):
        file.write_bytes(clean)
        await scanner.require_clean(file)
    file.write_bytes(VIRUS)
    with pytest.raises(ProtocolError) as caught:
        await scanner.require_clean(file)
    assert caught.value.code == "upload_infected"
    file.write_bytes(bytes(BIG))
    with pytest.raises(Unavailable):
        await scanner.require_clean(file)  # clamd says that it takes no more, and cuts


async def test_without_an_answer_nothing_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"harmless")
    with pytest.raises(Unavailable) as caught:
        await Scanner(str(tmp_path / "nobody")).require_clean(file)
    assert caught.value.code == "scan_away"
    monkeypatch.setattr("web.scan.SCAN_SECONDS", 0.1)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(say_nothing, tmp_path / "silent"):
        with pytest.raises(Unavailable):
            await Scanner(str(tmp_path / "silent")).require_clean(file)


async def test_an_infected_file_is_never_kept(teacher: Browser, tmp_path: Path) -> None:
    async def send(data: bytes) -> int:
        where = {"name": "blatt.txt", "channel": "demo-class"}
        return (await teacher.client.post("/api/v1/uploads", params=where, data=io.BytesIO(data))).status

    kept = tmp_path / "data" / "uploads"
    assert await send(VIRUS) == 415
    assert not [path for path in kept.rglob("*") if path.is_file()]
    assert await send(b"x" * BIG) == 503
    assert not [path for path in kept.rglob("*") if path.is_file()]
    assert await send(b"a worksheet") == 201
    assert [path for path in kept.rglob("*") if path.is_file()]


async def test_no_table_is_made_of_an_infected_file(teacher: Browser) -> None:
    async def bring(data: bytes) -> tuple[int, str]:
        answer = await teacher.client.post("/api/v1/documents/import?title=Liste", data=io.BytesIO(data))
        return answer.status, (await answer.json(content_type=None)).get("code", "")

    before = (await teacher.get("documents"))["documents"]
    assert await bring(VIRUS) == (415, "upload_infected")
    assert await bring(b"a;b\n" * (BIG // 4)) == (503, "scan_away")
    assert (await teacher.get("documents"))["documents"] == before
    assert (await bring(b"a;b\n1;2\n"))[0] == 201


async def test_every_way_in_for_files_is_one_of_those(teacher: Browser) -> None:
    """Whoever adds an entry that takes files says here that they are looked through."""
    app = teacher.client.app
    assert app is not None
    rows = [route for route in app[ROUTES_KEY] if set(route.takes) - {"application/json"}]
    assert {route.path for route in rows} == {"/api/v1/uploads", "/api/v1/documents/import"}
