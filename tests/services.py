"""Starts and kills the real services that tests use; nothing here stands in for one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

from tests.guard import Guard, used
from tests.ports import free_port as free_port
from tests.ports import speaks_ipv6 as speaks_ipv6

HAPROXY: Final = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")  # make test-services installs it
ROOT: Final = Path(__file__).resolve().parent.parent
REDIS: Final = os.environ.get("KREIDE_TEST_REDIS", "redis")
"""`valkey` runs every test against valkey-server and valkey-cli; some run against it wherever it is installed."""
VALKEY: Final = shutil.which("valkey-server")  # make test-services installs it


def wait_for_port(
    port: int, process: subprocess.Popen[bytes], seconds: float = 180.0, address: str = "127.0.0.1"
) -> None:
    """Return once the port accepts; fail when the process ends or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on {port}")


@contextmanager
def haproxy(folder: Path, address: str, port: int, server_port: int) -> Iterator[None]:
    """HAProxy with the configuration that Kreide ships, at this port, in front of a server at the same address."""
    assert HAPROXY is not None
    both, config = folder / "proxy.pem", folder / "haproxy.cfg"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=kreide.test -keyout {both} -out {both}.crt"
    subprocess.run(make.split(), check=True, stderr=subprocess.DEVNULL)
    with both.open("ab") as file:
        file.write(Path(f"{both}.crt").read_bytes())
    text = (ROOT / "web" / "haproxy.cfg").read_text().replace("kreide-pages", f"kreide-{port}")
    for name, value in (("<address of this proxy>:443", f"{address}:{port}"),
                        ("<address of Kreide>", f"{address}:{server_port}"),
                        ("<certificate and key in one file>", str(both))):  # fmt: skip
        text = text.replace(name, value)
    config.write_text(text)
    proxy = subprocess.Popen([HAPROXY, "-db", "-f", str(config)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, proxy, address=address)
        yield
    finally:
        proxy.kill()
        proxy.wait()


class RedisServer:
    """One redis-server (or valkey-server) without persistence on a port of its own; survives being killed."""

    def __init__(self, program: str = REDIS, guard: Guard | None = None) -> None:
        self.port = free_port()
        self.guard = guard
        self.url = f"redis://127.0.0.1:{self.port}/0" if guard is None else guard.url("rediss", self.port, "/1")
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        where = ["--port", str(self.port)] if self.guard is None else self.guard.server_flags(self.port)
        command = [f"{self._program}-server", *where, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self._process)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Answer nobody, as behind a network that takes packets and brings none; `wake` ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Go on with all that came meanwhile."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        self.cli("flushall")

    def cli(self, *arguments: str) -> str:
        """Let redis-cli do something; return what it prints."""
        return _cli(self._program, self.guard, "-p", str(self.port), *arguments)

    def refused(self) -> str:
        """What somebody was not allowed to do, by the server's own log; empty when there is nothing."""
        return self.cli("acl", "log").strip()

    def used(self) -> set[str]:
        """Which commands it has carried out since it was started."""
        return used(self.cli("info", "commandstats"))


class RedisCluster:
    """Three nodes without replicas, on ports of their own; single ones can be killed and started again."""

    def __init__(self, folder: Path, program: str = REDIS, guard: Guard | None = None) -> None:
        self._folder = folder
        self._program = program
        self.guard = guard
        self.ports = [free_port(above=10_000) for _ in range(3)]  # the nodes talk to each other there
        first = self.ports[0]
        self.url = f"redis+cluster://127.0.0.1:{first}" if guard is None else guard.url("rediss+cluster", first)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start the nodes and join them."""
        for port in self.ports:
            self.start_node(port)
        nodes = [f"127.0.0.1:{port}" for port in self.ports]
        self.cli("--cluster", "create", *nodes, "--cluster-yes")
        self.wait()

    def start_node(self, port: int) -> None:
        """Start one node; it remembers its slots."""
        folder = self._folder / str(port)
        folder.mkdir(exist_ok=True)
        where = ["--port", str(port)] if self.guard is None else self.guard.server_flags(port)
        command = [f"{self._program}-server", *where, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        command += ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]
        self._processes[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(port, self._processes[port])

    def kill_node(self, port: int) -> None:
        """kill -9."""
        self._processes[port].kill()
        self._processes[port].wait()

    def wait(self, seconds: float = 180.0) -> None:
        """Return once every node says that all is well."""
        end = time.monotonic() + seconds
        while not all("cluster_state:ok" in self.cli("-p", str(port), "cluster", "info") for port in self.ports):
            if time.monotonic() > end:
                raise RuntimeError("the cluster does not come up")
            time.sleep(0.05)

    def flush(self) -> None:
        for port in self.ports:
            self.cli("-p", str(port), "flushall")

    def cli(self, *arguments: str) -> str:
        return _cli(self._program, self.guard, *arguments)

    def refused(self) -> str:
        """What somebody was not allowed to do at any node; empty when there is nothing."""
        return "".join(self.cli("-p", str(port), "acl", "log").strip() for port in self.ports)

    def used(self) -> set[str]:
        """Which commands the nodes have carried out since they were started."""
        return set().union(*(used(self.cli("-p", str(port), "info", "commandstats")) for port in self.ports))

    def stop(self) -> None:
        for port in self.ports:
            self.kill_node(port)


def _cli(program: str, guard: Guard | None, *arguments: str) -> str:
    command = [f"{program}-cli", *([] if guard is None else guard.cli_flags()), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _until_done(statement: subprocess.Popen[bytes] | None) -> None:
    assert statement is None or statement.wait() == 0, statement.args


class Postgres:
    """A private cluster: initdb into a temporary folder, fsync on, run by an unprivileged user.

    One empty database is always made ahead, and one dropped behind: both wait for the disk, and no test for them.
    """

    def __init__(self) -> None:
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
        self._home = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._spare: tuple[str, subprocess.Popen[bytes]] | None = None
        self._dropping: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._home, self._user)
        if not (self._home / "data").exists():
            self._run(
                "initdb", "-D", str(self._home / "data"), "-U", "kreide", "-A", "trust", "-E", "UTF8", "--no-sync"
            )
        command = [str(self._bin / "postgres"), "-D", str(self._home / "data"), "-p", str(self.port), "-h", "127.0.0.1"]
        command += ["-k", str(self._home), "-c", "max_connections=200"]
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(self._as_user(command), stderr=log, cwd="/")
        self._wait()

    def kill(self) -> None:
        """Immediate shutdown: connections break, the log is replayed at the next start."""
        if self._process is not None:
            _until_done(self._dropping)
            _until_done(self._spare and self._spare[1])
            os.kill(self._postmaster(), signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def kill_child(self, chance: Random) -> None:
        """kill -9 of one of its processes: it ends all others and replays its log; returns when it answers again."""
        before = self._children()
        os.kill(chance.choice(before), signal.SIGKILL)
        while set(before) & set(self._children()):
            time.sleep(0.01)
        self._wait()

    def _children(self) -> list[int]:
        postmaster = self._postmaster()
        return [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]

    def _postmaster(self) -> int:
        return int((self._home / "data" / "postmaster.pid").read_text().split()[0])

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://kreide@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        name, making = self._spare or self._make()
        _until_done(making)
        self._spare = self._make()
        return name

    def drop_database(self, name: str) -> None:
        """Begin to; it ends by itself."""
        _until_done(self._dropping)
        self._dropping = self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self) -> tuple[str, subprocess.Popen[bytes]]:
        name = f"test_{uuid4().hex[:12]}"
        return name, self._sql(f"CREATE DATABASE {name}")

    def _sql(self, statement: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["psql", "-q", self.url("postgres"), "-c", statement], cwd="/")

    def _wait(self) -> None:
        assert self._process is not None
        wait_for_port(self.port, self._process)
        check = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(check, check=False).returncode != 0:
            if self._process.poll() is not None:
                raise RuntimeError((self._home / "log").read_text())

    def _run(self, program: str, *arguments: str) -> None:
        command = self._as_user([str(self._bin / program), *arguments])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._home)

    def _as_user(self, command: list[str]) -> list[str]:
        return ["runuser", "-u", self._user, "--", *command] if os.geteuid() == 0 else command
