"""Passwords: argon2id, at most two hashes at a time, the rest in a bounded queue.

Laws: hashing never runs on the event loop. Full queue: Overloaded, nobody waits for minutes. Checking a
password of nobody costs as much as of somebody. Costs follow OWASP's first argon2id setting (19 MiB, 2 passes,
1 lane; about 30 ms), so that a school of 1,800 logs in within half a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from web.errors import Overloaded

AT_ONCE = 2
WAITING = 256
T = TypeVar("T")


class Passwords:
    """Hash and verify in two threads of its own."""

    def __init__(self, *, memory_kib: int = 19 * 1024, passes: int = 2, waiting: int = WAITING) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._nobody = self._hasher.hash("nobody's password")
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._most = AT_ONCE + waiting
        self._running = 0

    def close(self) -> None:
        """Stop the threads; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return the argon2id hash to store."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether the password belongs to the stored hash; with None it takes as long and is False."""
        matches = await self._run(lambda: self._matches(stored or self._nobody, password))
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._running >= self._most:
            raise Overloaded("busy", "many people are logging in, try again in a moment", retry_after=2)
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._running -= 1
