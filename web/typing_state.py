"""Who is writing in which channel, as far as one worker knows. No I/O, no clock.

Laws: a sign of writing lasts for EXPIRES seconds, then it must be given again; nothing of it is stored. What
changed is told once per `flush`, channel by channel, at most SHOWN names of each. A person who gives signs faster than
their budget is not heard. Signs of others' workers count like our own, and are not handed on.
"""

from __future__ import annotations

from msgspec import Struct

from collab.limits import Bucket

EXPIRES = 5.0
SHOWN = 4
SIGNS = (1.0, 10.0)  # of one person: per second, burst
MOST_CHANNELS = 10_000  # that somebody writes in at once
_BUDGETS = 10_000


class Typist(Struct, frozen=True, array_like=True):
    """Somebody who writes."""

    id: str
    name: str


class Sign(Struct, frozen=True, array_like=True):
    """Somebody began to write in a channel, or stopped."""

    channel: str
    typist: Typist
    on: bool


class TypingState:
    """Everybody who writes now."""

    def __init__(self) -> None:
        self._until: dict[str, dict[str, tuple[Typist, float]]] = {}
        self._dirty: set[str] = set()
        self._budgets: dict[str, Bucket] = {}
        self._untold: dict[tuple[str, str], Sign] = {}

    @property
    def idle(self) -> bool:
        """Whether there is nothing to wait for."""
        return not (self._until or self._dirty or self._untold)

    def give(self, now: float, sign: Sign, *, far: bool) -> bool:
        """Take a sign of our own people; `far`: it is also for other workers. False when it was one too many."""
        if sign.typist.id not in self._budgets and len(self._budgets) >= _BUDGETS:
            self._budgets = {person: bucket for person, bucket in self._budgets.items() if not bucket.full(now)}
        if not self._budgets.setdefault(sign.typist.id, Bucket(*SIGNS, now)).take(now, 1):
            return False
        self.hear(now, sign)
        if far:
            self._untold[sign.channel, sign.typist.id] = sign
        return True

    def hear(self, now: float, sign: Sign) -> None:
        """Take a sign of another worker's people."""
        people = self._until.get(sign.channel, {})
        if sign.on:
            if sign.channel not in self._until and len(self._until) >= MOST_CHANNELS:
                return
            if sign.typist.id not in people:
                self._dirty.add(sign.channel)
            self._until.setdefault(sign.channel, people)[sign.typist.id] = (sign.typist, now + EXPIRES)
        elif people.pop(sign.typist.id, None) is not None:
            self._dirty.add(sign.channel)

    def flush(self, now: float) -> tuple[dict[str, list[Typist]], list[Sign]]:
        """Return who writes in the channels where that has changed, and the signs to publish."""
        for channel, people in list(self._until.items()):
            for person in [person for person, (_, until) in people.items() if until <= now]:
                del people[person]
                self._dirty.add(channel)
            if not people:
                del self._until[channel]
        changed = {
            channel: [who for who, _ in self._until.get(channel, {}).values()][:SHOWN] for channel in self._dirty
        }
        untold = list(self._untold.values())
        self._dirty.clear()
        self._untold.clear()
        return changed, untold
