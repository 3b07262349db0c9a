"""Heavy work in processes of their own: imports, exports, compaction, old states.

A job is a function `bytes -> bytes` named "package.module:function"; it runs in a spawned process that holds nothing of
the server: no database, no secret, no environment beyond PATH, HOME and the language.
Laws:
- a job may take so much memory, CPU and time as its `Allowance` says and no more; past it, its process is killed and
  replaced, the job fails with StateError(heavy_memory | heavy_time | heavy_crashed), other jobs go on.
- what a job refuses (CollabError) reaches the caller as it is; what it does wrong is StateError(heavy_failed), and the
  log names the exception and its line, never its text: that may hold what people wrote.
- at most `processes` jobs run and `waiting` wait; past that Overloaded(heavy_busy). A caller that is cancelled takes
  its job's process with it.
- processes start with the first job, end after a while without, after `JOBS_EACH` jobs, and with the server, however
  that ends.
Not done here: the jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Final

from .errors import AccessDenied, CollabError, Overloaded, ProtocolError, StateError
from .heavy_child import Allowance, Answer, Order, decode_answer, encode_order, read_size

__all__ = ["Allowance", "HeavyPool"]

_log = logging.getLogger("collab.heavy")

JOBS_EACH: Final = 200
_ROOT: Final = str(Path(__file__).resolve().parent.parent)
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
_REFUSALS: Final[dict[str, type[CollabError]]] = {
    cls.__name__: cls for cls in (ProtocolError, StateError, AccessDenied, Overloaded)
}


class HeavyPool:
    """The heavy processes of one worker."""

    def __init__(self, processes: int = 1, waiting: int = 32, idle_seconds: float = 60.0) -> None:
        self._places = asyncio.Semaphore(processes)
        self._room = processes + waiting
        self._idle_seconds = idle_seconds
        self._jobs = 0
        self._quiet = asyncio.Event()  # no job waits or runs
        self._quiet.set()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._resting: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self, job: str, data: bytes, allowance: Allowance | None = None) -> bytes:
        """Return what the job makes of `data`; raises what the job refuses, StateError(heavy_*) or Overloaded."""
        if self._closed:
            raise StateError("closed", "the worker stops")
        if self._jobs >= self._room:
            raise Overloaded("heavy_busy", "too much heavy work is waiting")
        self._jobs += 1
        self._quiet.clear()
        try:
            async with self._places:
                return await self._run(Order(job, allowance or Allowance()), data)
        finally:
            self._jobs -= 1
            if not self._jobs:
                self._quiet.set()

    def pids(self) -> set[int]:
        """Return the ids of the processes that are alive now."""
        return {process.pid for process in self._all}

    async def close(self) -> None:
        """Kill all processes; jobs under way fail."""
        self._closed = True
        if self._resting is not None:
            self._resting.cancel()
        for process in self._all - set(self._idle):
            process.kill()  # whoever waits for its answer sees it end
        for process in list(self._idle):
            await self._end(process)
        await asyncio.gather(*self._ending)
        await self._quiet.wait()

    async def _run(self, order: Order, data: bytes) -> bytes:
        process = self._idle.pop() if self._idle else await self._start()
        try:
            async with asyncio.timeout(order.allowance.seconds):
                answer = await process.ask(order, data)
        except TimeoutError:
            await self._end(process)
            raise StateError("heavy_time", "the work took too long") from None
        except (OSError, asyncio.IncompleteReadError):
            raise await self._died(process, order) from None
        except BaseException:
            await asyncio.shield(self._end(process))
            raise
        if process.jobs >= JOBS_EACH or answer.spent or self._closed:
            await self._end(process)
        else:
            self._idle.append(process)
            self._rest_later()
        return _result(order, answer)

    async def _start(self) -> _Process:
        if self._closed:
            raise StateError("closed", "the worker stops")
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "collab.heavy_child", str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env={**environment, "PYTHONPATH": _ROOT},
        )
        process = _Process(child)
        self._all.add(process)
        return process

    async def _died(self, process: _Process, order: Order) -> StateError:
        code = await self._end(process)
        if self._closed:
            return StateError("closed", "the worker stops")
        if code == -signal.SIGXCPU:
            return StateError("heavy_time", "the work took too much of the processor")
        _log.warning("%s: its process ended with %s", order.job, code)
        return StateError("heavy_crashed", "the work ended by a crash")

    async def _end(self, process: _Process) -> int:
        self._all.discard(process)
        if process in self._idle:
            self._idle.remove(process)
        return await process.end()

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)

    def _rest(self) -> None:
        async def end() -> None:
            for process in list(self._idle):
                await self._end(process)

        task = asyncio.create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Process:
    """One heavy process: takes one job at a time."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self.pid = child.pid
        self.jobs = 0

    async def ask(self, order: Order, data: bytes) -> Answer:
        self.jobs += 1
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None and stdout is not None
        stdin.write(encode_order(order, data))
        await stdin.drain()
        size = read_size(await stdout.readexactly(8))
        return decode_answer(await stdout.readexactly(size))

    def kill(self) -> None:
        # Not Popen.kill(): it may reap the process before asyncio's watcher does, which then knows no exit status.
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> int:
        self.kill()
        if self._child.stdin is not None:
            self._child.stdin.close()
        await self._child.communicate()
        return await self._child.wait()


def _result(order: Order, answer: Answer) -> bytes:
    if answer.error is None:
        return answer.data
    if answer.error in _REFUSALS:
        raise _REFUSALS[answer.error](answer.code, answer.text)
    _log.error("%s failed: %s at %s", order.job, answer.error, answer.text)
    raise StateError("heavy_failed", "the work could not be done")
