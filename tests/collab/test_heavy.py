"""Heavy work: whatever a job does, its process pays for it and the others go on."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.errors import Overloaded, ProtocolError, StateError
from collab.heavy import Allowance, HeavyPool

JOBS = "tests.collab.heavy_jobs"
SMALL = Allowance(seconds=600.0, cpu=2, memory=64 << 20, answer=1 << 20)


@pytest.fixture
async def pool() -> AsyncIterator[HeavyPool]:
    pool = HeavyPool(processes=2, waiting=2)
    yield pool
    await pool.close()
    assert not pool.pids()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()


async def until_gone(pid: int) -> None:
    end = time.monotonic() + 120
    while alive(pid):
        assert time.monotonic() < end, "still there"
        await asyncio.sleep(0.02)


async def until_written(path: Path) -> str:
    end = time.monotonic() + 120
    while not (text := written(path)):
        assert time.monotonic() < end, "never began"
        await asyncio.sleep(0.02)
    return text


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def test_a_job_gets_bytes_and_gives_bytes(pool: HeavyPool) -> None:
    assert await pool.run(f"{JOBS}:turn", b"abc") == b"cba"
    large = os.urandom(1 << 20) * 5
    assert await pool.run(f"{JOBS}:turn", large) == large[::-1]
    assert await pool.run(f"{JOBS}:chatter", b"quiet") == b"quiet"


async def test_a_process_serves_many_jobs_and_knows_no_secrets(
    pool: HeavyPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KREIDE_DATABASE", "postgresql://kreide:secret@localhost/kreide")
    first = await pool.run(f"{JOBS}:pid", b"")
    assert await pool.run(f"{JOBS}:pid", b"") == first
    assert b"KREIDE" not in await pool.run(f"{JOBS}:environment", b"")


@pytest.mark.parametrize(
    ("job", "code"),
    [("eat", "heavy_memory"), ("burn", "heavy_time"), ("crash", "heavy_crashed")],
)
async def test_what_a_job_breaks_is_its_own_process(pool: HeavyPool, job: str, code: str) -> None:
    bystander = asyncio.create_task(pool.run(f"{JOBS}:turn", b"other"))
    with pytest.raises(StateError) as caught:
        await pool.run(f"{JOBS}:{job}", b"", SMALL)
    assert caught.value.code == code
    assert await bystander == b"rehto"
    assert await pool.run(f"{JOBS}:turn", b"again") == b"niaga"


async def test_a_job_that_sleeps_too_long_is_killed(pool: HeavyPool, tmp_path: Path) -> None:
    sign = tmp_path / "began"
    with pytest.raises(StateError) as caught:
        await pool.run(f"{JOBS}:wait", str(sign).encode(), Allowance(seconds=2.0))
    assert caught.value.code == "heavy_time"
    if written(sign):
        await until_gone(int(written(sign)))
    assert not pool.pids()


async def test_a_refusal_reaches_the_caller_and_a_failure_tells_no_text(
    pool: HeavyPool, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ProtocolError) as refused:
        await pool.run(f"{JOBS}:refuse", b"")
    assert (refused.value.code, refused.value.text) == ("file_unreadable", "this is no table")
    with caplog.at_level(logging.ERROR), pytest.raises(StateError) as failed:
        await pool.run(f"{JOBS}:fail", b"what a pupil wrote")
    assert failed.value.code == "heavy_failed"
    assert "ValueError" in caplog.text and "pupil" not in caplog.text


async def test_too_large_an_answer_is_refused(pool: HeavyPool) -> None:
    with pytest.raises(StateError) as caught:
        await pool.run(f"{JOBS}:turn", bytes(2 << 20), SMALL)
    assert caught.value.code == "heavy_answer"


async def test_the_queue_is_bounded_and_a_cancelled_caller_takes_its_job_along(pool: HeavyPool, tmp_path: Path) -> None:
    signs = [tmp_path / f"began{number}" for number in range(2)]
    running = [asyncio.create_task(pool.run(f"{JOBS}:wait", str(sign).encode())) for sign in signs]
    pids = [int(await until_written(sign)) for sign in signs]
    waiting = [asyncio.create_task(pool.run(f"{JOBS}:turn", b"abc")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as caught:
        await pool.run(f"{JOBS}:turn", b"abc")
    assert caught.value.code == "heavy_busy"
    for task in running:
        task.cancel()
    assert await asyncio.gather(*waiting) == [b"cba", b"cba"]
    for pid in pids:
        await until_gone(pid)
    assert all(task.cancelled() for task in running)


async def test_idle_processes_end() -> None:
    pool = HeavyPool(idle_seconds=0.05)
    pid = int(await pool.run(f"{JOBS}:pid", b""))
    await until_gone(pid)
    assert await pool.run(f"{JOBS}:turn", b"ab") == b"ba"
    await pool.close()


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    pool = HeavyPool()
    sign = tmp_path / "began"
    job = asyncio.create_task(pool.run(f"{JOBS}:wait", str(sign).encode()))
    pid = int(await until_written(sign))
    await pool.close()
    with pytest.raises(StateError) as caught:
        await job
    assert caught.value.code == "closed"
    await until_gone(pid)
