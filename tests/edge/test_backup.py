"""`kreide backup` of a server at work, `kreide restore` after it was killed, with clients around that know more."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.error
from pathlib import Path

import pytest

from tests.server import ROOT, Api, KreideServer
from tests.wire import YClient

pytestmark = pytest.mark.edge
DOCUMENT = "demo-table"


def kreide(command: str, file: Path, server: KreideServer, flags: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of the IT person."""
    arguments = [sys.executable, "-m", "web", command, "--data", str(server.data), *flags, str(file)]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)


def epoch_of(api: Api) -> int:
    epoch = api.get(f"/api/v1/documents/{DOCUMENT}")["epoch"]
    assert isinstance(epoch, int)
    return epoch


def ticket(server: KreideServer, name: str) -> str:
    """A fresh ticket: those of before are of no use after a restore."""
    server.forget_tickets()
    return server.ticket(document=DOCUMENT, right="write", name=name)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_a_backup_of_a_server_at_work_comes_back(
    request: pytest.FixtureRequest, tmp_path: Path, store: str
) -> None:
    flags = ["--database", request.getfixturevalue("postgres_url")] if store == "postgres" else []
    server = KreideServer(tmp_path / "data", *flags)
    file = tmp_path / "kreide.tar.gz"
    server.start()
    try:
        api = server.login("teacher")
        uploads = server.data / "uploads" / "ab"
        uploads.mkdir(parents=True)
        (uploads / "abcd").write_bytes(b"a picture")
        sent = api.send_file("/api/v1/uploads?channel=demo-class&name=Blatt.pdf", b"%PDF-1.7 " + bytes(300_000))
        old_ticket = ticket(server, "Ada")
        ada = YClient(server.url, DOCUMENT, old_ticket, "ada", epoch_of(api))
        await ada.connect()
        promised, done = await written_during(ada, asyncio.to_thread(kreide, "backup", file, server, flags))
        assert done.returncode == 0, done.stderr
        later = await ada.write()
        await ada.until_acked(later)
        assert file.stat().st_mode & 0o777 == 0o600
        assert kreide("backup", file, server, flags).returncode == 1, "no backup is overwritten"
        refused = kreide("restore", file, server, flags)
        assert refused.returncode == 1 and "stop" in refused.stderr, "not under a running server"
        before = epoch_of(api)
        server.kill()
        await ada.until_closed()
        shutil.rmtree(server.data / "uploads")

        done = await asyncio.to_thread(kreide, "restore", file, server, flags)
        assert done.returncode == 0, done.stderr
        assert (uploads / "abcd").read_bytes() == b"a picture"
        server.start()
        restored = server.login("teacher").read_file(f"/api/v1/uploads/{sent['id']}")
        assert restored == b"%PDF-1.7 " + bytes(300_000)
        with pytest.raises(urllib.error.HTTPError) as ended:
            api.get("/api/v1/me")
        ended.value.close()
        assert ended.value.code == 401, "everybody signs in again"
        after = epoch_of(server.login("teacher"))
        assert after > before
        await ada.disconnect()
        assert await closed(server, old_ticket, ada) == 4401
        fresh = ticket(server, "Ada")
        assert await closed(server, fresh, ada, before) == 4404, "a copy that knows more has to go"
        async with YClient(server.url, DOCUMENT, fresh, "eye", after) as eye:
            await asyncio.wait_for(eye.until_synced(), 120)
            assert promised <= eye.known(), "all that was stored before the backup began"
            assert later not in eye.known()
            await asyncio.wait_for(eye.until_acked(await eye.write()), 120)
    finally:
        server.kill()

    kept = [path for path in server.data.iterdir() if path.name.startswith("before-restore-")]
    assert len(kept) == 1 and any(kept[0].iterdir()), "what was there before is kept"


async def written_during(client: YClient, work: object) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """Write all the time while `work` runs; return what was stored before it began, and its result."""
    for _ in range(20):
        await client.write()
    await asyncio.wait_for(client.until_acked("ada-19"), 120)
    before = set(client.acked)
    running: asyncio.Task[subprocess.CompletedProcess[str]] = asyncio.ensure_future(work)  # type: ignore[call-overload]
    while not running.done():
        await client.write()
        await asyncio.sleep(0.005)
    return before, running.result()


async def closed(server: KreideServer, ticket: str, client: YClient, epoch: int | None = None) -> int | None:
    """Come with what a client has; return the code it is closed with."""
    again = YClient(server.url, DOCUMENT, ticket, client.name, epoch)
    again.take_over(client.doc)
    await again.connect()
    await asyncio.wait_for(again.until_closed(), 120)
    await again.disconnect()
    return again.close_code


def test_a_damaged_or_foreign_file_changes_nothing(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    assert server.stop() == 0
    file = tmp_path / "kreide.tar.gz"
    assert kreide("backup", file, server, []).returncode == 0
    before = {path.name: path.read_bytes() for path in server.data.glob("*.db")}
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    harms = (whole[: len(whole) // 2], bytes(flipped), b"", archive("notes.txt"), archive("uploads/../../evil"))
    for number, harmed in enumerate(harms):
        file.write_bytes(harmed)
        done = kreide("restore", file, server, [])
        assert done.returncode == 1, number
        assert done.stderr.startswith("kreide: ") and "Traceback" not in done.stderr, number
        assert {path.name: path.read_bytes() for path in server.data.glob("*.db")} == before, number
    assert not (tmp_path / "evil").exists()


def archive(name: str) -> bytes:
    """A tar with one file that is none of ours."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        tar.addfile(entry, io.BytesIO(b"evil"))
    return out.getvalue()


def test_without_pg_dump_it_says_what_to_install(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": "/nowhere"}
    command = [sys.executable, "-m", "web", "backup", "--data", str(tmp_path), "--database", "postgresql://u:s@h/d"]
    done = subprocess.run(
        [*command, str(tmp_path / "f")], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "postgresql-client" in done.stderr and ":s@" not in done.stderr
