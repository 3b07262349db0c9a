"""Hashing: two at a time, a bounded queue, and nobody costs as much as somebody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from web.errors import Overloaded
from web.passwords import Passwords


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    passwords = Passwords(memory_kib=64, passes=1, waiting=3)
    yield passwords
    passwords.close()


async def test_right_wrong_and_nobody(passwords: Passwords) -> None:
    stored = await passwords.hash("Kreide-1")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "Kreide-1")
    assert not await passwords.verify(stored, "kreide-1")
    assert not await passwords.verify(None, "nobody's password")
    assert not await passwords.verify("not a hash", "x")
    assert not await passwords.verify(stored, "\x00")


async def test_equal_passwords_have_unequal_hashes(passwords: Passwords) -> None:
    assert await passwords.hash("same") != await passwords.hash("same")


async def test_hashes_of_another_cost_are_outdated(passwords: Passwords) -> None:
    weaker = Passwords(memory_kib=32, passes=1)
    assert passwords.outdated(await weaker.hash("x"))
    assert not passwords.outdated(await passwords.hash("x"))
    weaker.close()


async def test_the_shipped_cost_is_owasps() -> None:
    shipped = Passwords()
    stored = await shipped.hash("x")
    shipped.close()
    assert "$m=19456,t=2,p=1$" in stored


async def test_two_at_a_time_and_a_bounded_queue(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, running, most = threading.Event(), 0, 0
    lock, started = threading.Lock(), threading.Semaphore(0)

    def slow(_: Any, stored: str, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        started.release()
        gate.wait(10)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(Passwords, "_matches", slow)
    waiting = [asyncio.create_task(passwords.verify("h", "x")) for _ in range(5)]  # 2 running, 3 waiting
    await asyncio.to_thread(lambda: (started.acquire(), started.acquire()))
    with pytest.raises(Overloaded):
        await passwords.verify("h", "x")
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * 5
    assert most == 2
    assert await passwords.verify("h", "x"), "the queue is free again"
