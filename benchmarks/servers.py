"""The processes that are measured: started on a core of their own, asked for CPU time and memory, ended.

CPU is what the kernel counted for the whole process, ended threads included (its CPU clock in ns, the same sum that
/proc/PID/stat rounds to 10 ms), its children, and the Redis that its processes share. Memory is the proportional set
size. Servers of several processes share one core as well: what they cost is counted, not how far they scale.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.peers import centrifugo
from benchmarks.peers.install import HERE, bench_home, install_node, install_python
from tests.services import free_port
from web.auth import Auth
from web.config import Config
from web.school.actions import do_create_meeting
from web.school.model import Meeting, Role
from web.school.store import SchoolStore

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = 0, 1
FILES = 20_000


class NotStarted(SystemExit):
    """A server does not listen in time; the text holds the end of its log."""


@dataclass
class Server:
    """One server of `kind`, for documents or rooms, listening on `port`."""

    kind: str
    command: list[str]
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    redis: Server | None = None
    ending: float = 20.0  # seconds that it may take to end by itself

    def start(self, patience: float = 60.0) -> None:
        """Start it on its core; return once it accepts; NotStarted if it does not within these seconds."""
        if self.redis is not None and self.redis.process is None:
            self.redis.start()
        environment = {**os.environ, **self.environment, "PORT": str(self.port), "NODE_ENV": "production"}
        command = ["taskset", "-c", str(SERVER_CORE), *self.command]
        log = (bench_home() / f"{self.kind}.log").open("wb")
        with log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self._ready():
                    return
            time.sleep(0.05)
        raise NotStarted(f"{self.kind} did not start:\n{Path(log.name).read_text()[-3000:]}")

    def restart(self) -> None:
        """End it and start it again with what it stored."""
        self._end()
        self.start()

    def _ready(self) -> bool:
        """Kreide listens before it is ready, and its workers are ready one after the other."""
        if self.kind != "kreide":
            return True
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """End it and remove its data."""
        self._end()
        if self.redis is not None:
            self.redis.stop()
        if self.data is not None:
            shutil.rmtree(self.data, ignore_errors=True)

    def _end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(self.ending)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def processes(self) -> list[int]:
        """Return the ids of the process and all its descendants, and of its Redis."""
        assert self.process is not None
        found = [self.process.pid, *(self.redis.processes() if self.redis is not None else [])]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (task / "children").read_text().split())
        return found

    def cpu(self) -> float:
        """Return the seconds of CPU used so far."""
        return sum(map(process_seconds, self.processes()))

    def memory(self) -> int:
        """Return the bytes of memory in use."""
        total = 0
        for pid in self.processes():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total


def process_seconds(process: int) -> float:
    """Return the seconds of CPU that a process has used so far."""
    return time.clock_gettime((~process << 3) | 2)  # its clock's id, as clock_getcpuclockid(3) makes it


def pin_load() -> None:
    """Put this process, the load, on its own core, let it hold many sockets and end its servers when it is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.sched_setaffinity(0, {LOAD_CORE})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


def build_server(kind: str, workers: int = 1) -> Server:
    """Return the server of this kind, not started; its data lies beside the peers, on the same disk.

    Several workers share a Redis of their own. y-websocket, pycrdt-websocket and python-socketio as they come have no
    such thing.
    """
    bench_home().mkdir(parents=True, exist_ok=True)
    port = free_port()
    if kind == "kreide":
        data = Path(mkdtemp(prefix="data-", dir=bench_home()))
        command = [sys.executable, "-m", "web", "serve", "--demo", "--port", str(port), "--data", str(data)]
        server = Server(kind, command, port, data=data)
    elif kind == "centrifugo":
        server = Server(kind, centrifugo.command(), port, centrifugo.environment(port))
    elif kind in ("pycrdt-websocket", "python-socketio"):
        script = {"pycrdt-websocket": "pycrdt_server.py", "python-socketio": "socketio_server.py"}[kind]
        server = Server(kind, [str(install_python() / "bin/python"), str(HERE / script)], port)
    else:
        home = install_node()
        scripts = {
            "y-websocket": str(home / "node_modules/y-websocket/bin/server.cjs"),
            "hocuspocus": str(HERE / "hocuspocus.cjs"),
            "socket.io": str(HERE / "socketio.cjs"),
        }
        server = Server(kind, ["node", scripts[kind]], port, {"PEERS_HOME": str(home), "HOST": "127.0.0.1"})
    if workers > 1:
        _spread(server, workers)
    return server


def _spread(server: Server, workers: int) -> None:
    """Let the server run as so many processes over a Redis of its own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server.redis = Server(f"{server.kind}-redis", command, port)
    url = f"redis://127.0.0.1:{port}/0"
    if server.kind == "kreide":
        server.command += ["--workers", str(workers), "--redis", url]
    else:
        server.environment |= {"WORKERS": str(workers), "REDIS": url, "REDIS_PORT": str(port)}


async def document_tickets(server: Server, documents: list[str]) -> list[str]:
    """Return a ticket with the right to write for each of these documents, each for a person of its own."""
    if server.data is None:
        return ["" for _ in documents]
    store, auth = await _open_auth(server.data)
    try:
        issued = [
            await auth.issue_named_document_ticket(document, "write", f"Person {number}")
            for number, document in enumerate(documents)
        ]
    finally:
        auth.close()
        await store.close()
    return [ticket.ticket for ticket in issued]


async def plan_lessons(server: Server, names: Sequence[str]) -> None:
    """Put lessons that have begun into the demo school."""
    assert server.data is not None
    store, auth = await _open_auth(server.data)
    now = time.time_ns() // 1_000_000
    try:
        for name in names:
            lesson = Meeting(name, "demo", "lesson", name, "teacher", None, now - 60_000, now + 3_600_000, name)
            await do_create_meeting(store, lesson)
    finally:
        auth.close()
        await store.close()


async def meeting_tickets(server: Server, people: int, role: Role = "pupil", meeting: str = "demo-lesson") -> list[str]:
    """Return tickets for a lesson, each for a person of its own."""
    if server.data is None:
        return ["" for _ in range(people)]
    store, auth = await _open_auth(server.data)
    try:
        issued = [await auth.issue_role_ticket(meeting, role, f"Person {number}") for number in range(people)]
    finally:
        auth.close()
        await store.close()
    return [ticket.ticket for ticket in issued]


async def _open_auth(data: Path) -> tuple[SchoolStore, Auth]:
    store = await SchoolStore.open(Config(data=data, demo=True).school_url, demo=True)
    return store, await Auth.open(store)
