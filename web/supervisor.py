"""The parent: prepares the stores once, binds the HTTP socket once, starts workers and starts them again.

Laws: migrations and the demo school run before any worker, one server at a time (a lock in the database or the
data folder). One worker runs in this process; several are children that inherit the listening socket. A child
that dies is replaced, when and whether says `web/restarts.py`. SIGTERM and SIGINT end all children together;
after 30 s they are killed. SIGUSR2 starts them anew one after the other: the rooms of each go to another one first.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import uvloop

from web.config import Config, ConfigError, prepare_data
from web.logs import set_up_logging
from web.restarts import Death, Restarts, Rolling
from web.store_copies import serving
from web.stores import prepare_stores
from web.worker import run_worker

DRAIN_SECONDS = 30.0
log = logging.getLogger(__name__)


def serve(config: Config, arguments: Sequence[str], options: argparse.Namespace) -> int:
    """Run the server until it is told to stop; return the exit status."""
    set_up_logging()
    _raise_file_limit()
    if options.worker_index is not None:
        with serving(config.data):  # each by itself: a worker may outlive its parent
            return _run(config, options.worker_index, socket.socket(fileno=options.worker_fd))
    prepare_data(config)
    with serving(config.data):
        return _serve(config, arguments)


def _serve(config: Config, arguments: Sequence[str]) -> int:
    listener = _bind(config)
    with _runtime_folder() as runtime, contextlib.closing(listener):
        config = msgspec.structs.replace(config, runtime=runtime)
        uvloop.run(prepare_stores(config))
        listener.listen(1024)
        _greet(config)
        if config.workers == 1:
            signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # nobody could take its rooms
            return _run(config, 0, listener)
        return _Supervisor(config, arguments, listener).run()


def _run(config: Config, index: int, listener: socket.socket) -> int:
    uvloop.run(run_worker(config, index, listener))
    return 0


def _greet(config: Config) -> None:
    scheme = "https" if config.tls_cert else "http"
    host = f"[{config.host}]" if ":" in config.host else config.host
    print(f"Kreide serves {scheme}://{host}:{config.port}", flush=True)
    if config.demo:
        print(
            "Demo school: teacher, pupil1 … pupil30, guardian1 … guardian5, head, admin. Password: kreide", flush=True
        )


def _bind(config: Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"Port {config.port} is taken; choose another with --port (make run PORT=…).") from error
        raise ConfigError(f"Cannot listen on {config.host}:{config.port}: {error.strerror}.") from error
    return listener


@contextlib.contextmanager
def _runtime_folder() -> Iterator[Path]:
    # A Unix socket's path holds 107 bytes at most; the data folder's may be longer.
    folder = Path(tempfile.mkdtemp(prefix="kreide-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1 << 20), hard))


class _Supervisor:
    """Several workers as child processes of this one."""

    def __init__(self, config: Config, arguments: Sequence[str], listener: socket.socket) -> None:
        self._config = config
        self._arguments = list(arguments)
        self._listener = listener
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._started: dict[int, float] = {}
        self._due: dict[int, float] = {}  # when a dead worker is started again
        self._restarts = Restarts()
        self._rolling = Rolling()
        self._stopping = False

    def run(self) -> int:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_stop)
        signal.signal(signal.SIGUSR2, self._on_roll)
        # Blocked, so that a child's end is waited for, not polled.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        for index in range(self._config.workers):
            self._start(index)
        status = 0
        while not self._stopping:
            signal.sigtimedwait({signal.SIGCHLD}, 0.5)
            if not self._bury_dead():
                log.error("no worker gets as far as serving, giving up")
                status = 1
                break
            self._restart_due()
            self._roll()
        self._drain()
        return status

    def _start(self, index: int) -> None:
        fd = self._listener.fileno()
        hidden = ["--worker-index", str(index), "--worker-fd", str(fd), "--worker-runtime", str(self._config.runtime)]
        command = [sys.executable, "-m", "web", *self._arguments, *hidden]
        here, more = str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH")
        environment = {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{more}" if more else here}
        self._started[index] = time.monotonic()
        self._children[index] = subprocess.Popen(command, pass_fds=[fd], env=environment, preexec_fn=_unblock_signals)

    def _bury_dead(self) -> bool:
        """Plan the return of workers that ended; False when there is no use in it."""
        now = time.monotonic()
        for index, child in list(self._children.items()):
            age = now - self._started[index]
            if child.poll() is None:
                self._restarts.lives(index, age)
                continue
            del self._children[index]
            delay = self._restarts.died(Death(index, age, child.returncode))
            if delay is None:
                return False
            self._due[index] = now + delay
            log.warning("worker %d ended with %s, starting it again in %.0f s", index, child.returncode, delay)
        return True

    def _restart_due(self) -> None:
        for index, due in list(self._due.items()):
            if due <= time.monotonic() and not self._stopping:
                del self._due[index]
                self._start(index)

    def _on_roll(self, _signum: int, _frame: object) -> None:
        self._rolling.begin({index: child.pid for index, child in self._children.items()})

    def _roll(self) -> None:
        """Send the next of the old workers home once the others serve."""
        if not self._rolling.busy:
            return
        pids = {index: child.pid for index, child in self._children.items()}
        serving = len(pids) == self._config.workers <= sum(map(_answers, self._config.runtime.glob("*.sock")))
        index = self._rolling.next(pids, serving=serving)
        if index is not None:
            log.info("worker %d is started anew", index)
            self._children[index].terminate()

    def _on_stop(self, _signum: int, _frame: object) -> None:
        self._stopping = True

    def _drain(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGINT)  # all go: no worker gives its rooms to another one
        end = time.monotonic() + DRAIN_SECONDS
        for child in self._children.values():
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _answers(path: Path) -> bool:
    """Whether a worker listens there, or only died without clearing up."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _unblock_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
