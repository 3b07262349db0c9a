"""What one person may ask for over Socket.IO, with all their connections together. No loop, no clock of its own.

Laws: a budget belongs to a person, not to an address or a connection: opening ten or coming again buys nothing. It is
forgotten when the person is gone and all of it has refilled. Where a tool's ticket stands for a whole class, nobody
knows who is who, and each connection has one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from collab.limits import Bucket, Budgets
from web.auth import TOOL
from web.crowd import PEOPLE
from web.errors import Overloaded
from web.school.model import Person

CONNECTIONS = 100  # of one person on one worker
REQUESTS = (50.0, 400.0)  # per second, burst
NARROWER: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "chat:send": (20.0, 300.0),
        "media:offer": (0.5, 20.0),  # a laptop and a phone that both change networks
        "room:secret": (10.0, 200.0),
        "chat:search": (0.5, 20.0),
        "direct:find": (1.0, 30.0),
        "direct:open": (0.2, 20.0),
        "direct:block": (0.2, 20.0),
        "presence:idle": (0.5, 20.0),
    }
)


class Budget:
    """What one person has left."""

    def __init__(self, now: float) -> None:
        self.connections = 0
        self._requests = Bucket(*REQUESTS, now)
        self._narrower: dict[str, Bucket] = {}

    def open(self) -> None:
        """Count a connection; raise Overloaded when the person has too many."""
        if self.connections >= CONNECTIONS:
            raise Overloaded("overloaded", "too many connections of one person")
        self.connections += 1

    def close(self) -> None:
        """Count a connection out again."""
        self.connections -= 1

    def afford(self, now: float, event: str) -> bool:
        """Spend one event; False when it is one too many."""
        if event in NARROWER:
            bucket = self._narrower.setdefault(event, Bucket(*NARROWER[event], now))
            if not bucket.take(now, 1):
                return False
        return self._requests.take(now, 1)

    def idle(self, now: float) -> bool:
        """Tell whether it can be forgotten."""
        return not self.connections and all(bucket.full(now) for bucket in (self._requests, *self._narrower.values()))


class SocketBudgets:
    """The budgets of everybody on this worker."""

    def __init__(self) -> None:
        self._budgets = Budgets(Budget)

    def __len__(self) -> int:
        return len(self._budgets)

    def of(self, person: Person, now: float) -> Budget:
        """Return what a person may spend with one more connection."""
        if person.id.startswith(TOOL):
            return Budget(now)
        if len(self._budgets) >= PEOPLE:
            self._budgets.sweep(now)
        return self._budgets.person(person.id, now)
