"""The server as a process: what it says when it cannot start, and how workers live, die and come back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ROOT, KreideServer
from tests.services import RedisServer, free_port

pytestmark = pytest.mark.edge


def refused(*arguments: str) -> str:
    """Run `kreide …`, expect that it refuses; return the one line that it says."""
    command = [sys.executable, "-m", "web", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port} is taken" in refused("serve", "--data", str(tmp_path / "d"), "--port", port)


def test_a_taken_media_port(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        udp = str(taken.getsockname()[1])
        flags = ("--data", str(tmp_path / "d"), "--port", str(free_port()), "--udp-port", udp)
        assert f"UDP port {udp} is taken" in refused("serve", *flags)


def test_an_unreachable_redis(tmp_path: Path) -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}"
    line = refused("serve", "--data", str(tmp_path / "d"), "--port", str(free_port()), "--redis", url)
    assert "Redis at 127.0.0.1" in line
    assert "secret" not in line


def test_an_unreachable_database(tmp_path: Path) -> None:
    url = f"postgresql://u:secret@127.0.0.1:{free_port()}/kreide"
    line = refused("serve", "--data", str(tmp_path / "d"), "--port", str(free_port()), "--database", url)
    assert "The database 127.0.0.1" in line
    assert "secret" not in line


def test_an_unwritable_data_folder() -> None:
    assert "cannot be written" in refused("serve", "--data", "/proc/kreide", "--port", str(free_port()))


def test_a_ticket_without_a_school(tmp_path: Path) -> None:
    line = refused("ticket", "--data", str(tmp_path), "--meeting", "demo-lesson", "--name", "Tool")
    assert "There is no school" in line


def test_nobody_else_reads_what_is_stored(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)  # as whoever looks after the server makes it
    command = [sys.executable, "-m", "web", "school", "--data", str(data), "--title", "Park", "--admin", "lorenz"]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    modes = {path.name: oct(path.stat().st_mode & 0o077) for path in data.iterdir()}
    assert {"school.db", "collab.db"} <= set(modes)
    assert set(modes.values()) == {"0o0"}, modes


@pytest.fixture
def two_workers(tmp_path: Path, redis_server: RedisServer) -> Iterator[KreideServer]:
    server = KreideServer(tmp_path / "data", "--workers", "2", "--redis", redis_server.url)
    server.start()
    yield server
    server.stop()


def test_a_killed_worker_is_replaced(two_workers: KreideServer) -> None:
    before = two_workers.workers()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    end = time.monotonic() + 180
    while time.monotonic() < end:
        now = two_workers.workers()
        if len(now) == 2 and before[0] not in now and two_workers.ready():
            break
        time.sleep(0.05)
    assert len(two_workers.workers()) == 2
    assert before[0] not in two_workers.workers()


def test_term_ends_parent_and_workers(two_workers: KreideServer) -> None:
    workers = two_workers.workers()
    assert two_workers.stop() == 0
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_server_starts_on_postgres_and_again(tmp_path: Path, postgres_url: str) -> None:
    server = KreideServer(tmp_path / "data", "--database", postgres_url)
    server.start()
    ticket = server.print_ticket(meeting="demo-lesson", role="pupil", name="Tool")
    assert len(ticket) > 40
    assert server.stop() == 0
    server.start()  # migrated and seeded already: the second start finds it so
    assert server.stop() == 0
