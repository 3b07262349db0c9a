"""A real `kreide serve` in a process of its own, as a person starts it; it can be killed and started again."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from http.cookiejar import CookieJar
from pathlib import Path

import msgspec

from tests.services import free_port
from web.config import Config, check
from web.stores import issue_ticket, prepare_stores

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds for one answer
AGE = 1800.0  # seconds for which a demo school is copied: its lesson begins when it is made, and ends after 85 minutes


def demo_school() -> Path:
    """A data folder as the first start of `kreide serve --demo` leaves it, to be copied; its lesson runs now."""
    return _demo_school(int(time.monotonic() / AGE))


@cache
def _demo_school(_: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kreide-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ThreadPoolExecutor(1) as thread:  # a test's own loop may run here
        thread.submit(asyncio.run, prepare_stores(Config(data=folder, demo=True))).result()
    return folder


class KreideServer:
    """The server under test. `url` stays the same over `kill()` and `start()`.

    Making the demo school is half of a first start's work, so SQLite begins with a copy of one.
    """

    def __init__(self, data: Path, *flags: str, demo: bool = True) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        self._flags = [*flags, *(["--demo"] if demo else [])]
        self._workers = int(self._flags[self._flags.index("--workers") + 1]) if "--workers" in self._flags else 1
        self._process: subprocess.Popen[bytes] | None = None
        self._database = self._flags[self._flags.index("--database") + 1] if "--database" in self._flags else None
        self._tickets: dict[tuple[tuple[str, str], ...], str] = {}

    def start(self, seconds: float = 300.0) -> None:
        """Start it and return when each of its workers is ready; fail with its log when it ends first."""
        if "--demo" in self._flags and self._database is None and not self.data.exists():
            shutil.copytree(demo_school(), self.data)
        command = [sys.executable, "-m", "web", "serve", "--port", str(self.port), "--data", str(self.data)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*command, *self._flags], cwd=ROOT, stdout=log, stderr=log)
        end, serving = time.monotonic() + seconds, set[str]()
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            worker = self._ready_worker()
            if worker is None:
                time.sleep(0.05)
            else:
                serving.add(worker)
            if len(serving) >= self._workers:
                return
        with suppress(ProcessLookupError, FileNotFoundError):  # it has ended by itself
            self.kill()
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def ready(self) -> bool:
        """Whether the worker that the kernel gives us is."""
        return self._ready_worker() is not None

    def _ready_worker(self) -> str | None:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=PATIENCE) as answer:
                return str(msgspec.json.decode(answer.read())["worker"])
        except OSError:
            return None

    def until_ready(self, seconds: float = 300.0) -> None:
        """Return when it says so: a busy worker is not ready for a moment."""
        end = time.monotonic() + seconds
        while not self.ready():
            assert time.monotonic() < end, "never ready again"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """Process ids of the worker children (empty when one process does it all)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(child) for child in children]

    def kill(self) -> None:
        """kill -9 of the server and its workers."""
        if self._process is None:
            return
        for pid in [self.pid, *self.workers()]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> int:
        """SIGTERM, as an init system would; return the exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(300)
        finally:
            self._process = None

    def signal(self, signum: int) -> None:
        os.kill(self.pid, signum)

    def ticket(self, **options: str) -> str:
        """A ticket: meeting=, role=, name= or document=, right=, name=. One serves many uses.

        It is made as the command line makes it, without the second that its start takes.
        """
        wanted = tuple(sorted(options.items()))
        if wanted not in self._tickets:
            self._tickets[wanted] = self._issue_ticket(options)
        return self._tickets[wanted]

    def _issue_ticket(self, options: dict[str, str]) -> str:
        given = {"meeting": None, "document": None, "role": "guest", "right": "read", **options}
        config = check(Config(data=self.data, database=self._database))
        with ThreadPoolExecutor(1) as thread:  # a test's own loop may run here
            return thread.submit(asyncio.run, issue_ticket(config, Namespace(**given))).result()

    def forget_tickets(self) -> None:
        """Print new ones from now on."""
        self._tickets.clear()

    def print_ticket(self, **options: str) -> str:
        """What `kreide ticket` prints."""
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        command = [sys.executable, "-m", "web", "ticket", "--data", str(self.data), *flags]
        if self._database is not None:
            command += ["--database", self._database]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def login(self, account: str, password: str = "kreide") -> Api:
        """Log in over HTTP; return a session of that person."""
        api = Api(self.url)
        api.post("/api/v1/login", {"account": account, "password": password})
        return api


def sockets_of(pid: int) -> int:
    """How many sockets a worker holds."""
    return sum("socket:" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink())


class Api:
    """A program with a cookie jar that speaks to /api/v1."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> dict[str, object]:
        return self._call("GET", path, None)

    def post(self, path: str, body: object) -> dict[str, object]:
        return self._call("POST", path, body)

    def put(self, path: str, body: object) -> dict[str, object]:
        return self._call("PUT", path, body)

    def patch(self, path: str, body: object) -> dict[str, object]:
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> dict[str, object]:
        return self._call("DELETE", path, None)

    def send_file(self, path: str, data: bytes) -> dict[str, object]:
        """POST bytes; return the decoded answer."""
        with self._opener.open(
            urllib.request.Request(self.url + path, data, method="POST"), timeout=PATIENCE
        ) as answer:
            decoded: dict[str, object] = msgspec.json.decode(answer.read())
        return decoded

    def read_file(self, path: str) -> bytes:
        with self._opener.open(self.url + path, timeout=PATIENCE) as answer:
            return bytes(answer.read())

    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def _call(self, method: str, path: str, body: object) -> dict[str, object]:
        data = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if data is not None else {}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with self._opener.open(request, timeout=PATIENCE) as answer:
            text = answer.read()
        decoded: dict[str, object] = msgspec.json.decode(text) if text else {}
        return decoded
