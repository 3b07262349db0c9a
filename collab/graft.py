"""Chosen entries of a map of a state as a document of their own, in which every part stays whose it was.

Laws: pure. Parts keep what they say, what they stand beside and their order; the client ids are other ones, each for
one of the state's and in the same order (where two wrote at the same place, the order of the ids decides). What is not
in these entries, or was deleted, leaves nothing but its numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from typing import Final

from .codec import Id
from .lib0 import build_buffer, build_uint
from .structs import (
    DELETED,
    GC,
    HAS_KEY,
    HAS_LEFT,
    HAS_RIGHT,
    KIND,
    SKIP,
    TYPE,
    Part,
    Places,
    build_deletions,
    parse_whole,
)

_ENTRY, _LIVES, _GRAVE, _NOTHING = "entry", "lives", "grave", "nothing"
Fate = str


class Graft:
    """Entries of a root map of a state, to be written under other keys and client ids."""

    def __init__(self, state: bytes, root: bytes, chosen: Collection[bytes], without: Collection[bytes]) -> None:
        """Find what belongs to them; what stands in an entry under a key of `without` stays behind."""
        self._state = state
        self._blocks, deletions = parse_whole(state)
        self._deleted = {client: sorted(spans) for client, spans in deletions.items()}
        self._places = Places(self._blocks)
        self._root, self._chosen, self._without = root, frozenset(chosen), frozenset(without)
        self._fates: dict[Id, Fate] = {}
        for parts in self._blocks:
            for part in parts:
                self._fate(part)
        self.clients: Final = sorted(
            parts[0].client for parts in self._blocks if any(self._fate(part) != _NOTHING for part in parts)
        )

    def build(self, clients: Mapping[int, int], keys: Mapping[bytes, bytes]) -> bytes:
        """Return the update; `clients` gives each of ours another one, in the same order, `keys` each entry."""
        graves: dict[int, list[tuple[int, int]]] = {}
        blocks = []
        for parts in self._blocks:
            if parts[0].client in clients:
                blocks.append(self._build_block(parts, clients, keys, graves))
        return b"".join([build_uint(len(blocks)), *blocks, build_deletions(graves)])

    def _build_block(
        self,
        parts: list[Part],
        clients: Mapping[int, int],
        keys: Mapping[bytes, bytes],
        graves: dict[int, list[tuple[int, int]]],
    ) -> bytes:
        client = clients[parts[0].client]
        out, gone = [], parts[0].clock  # what came before the first part is nothing, too
        for part in parts:
            fate = self._fate(part)
            if fate == _NOTHING:
                gone += part.length
                continue
            if gone:
                out.append(bytes((GC,)) + build_uint(gone))
                graves.setdefault(client, []).append((part.clock - gone, part.clock))
                gone = 0
            out.append(self._build_part(part, fate, clients, keys))
            if fate == _GRAVE:
                graves.setdefault(client, []).append((part.clock, part.clock + part.length))
        return b"".join([build_uint(len(out)), build_uint(client), build_uint(0), *out])

    def _build_part(self, part: Part, fate: Fate, clients: Mapping[int, int], keys: Mapping[bytes, bytes]) -> bytes:
        info, content = self._state[part.start], self._state[part.content : part.end]
        if fate == _ENTRY:
            assert part.key is not None
            info = info & ~(HAS_LEFT | HAS_RIGHT) | HAS_KEY
            return bytes((info, 1)) + build_buffer(self._root) + build_buffer(keys[part.key]) + content
        if fate == _GRAVE:
            info, content = info & ~KIND | DELETED, build_uint(part.length)
        out = [bytes((info,))]
        for side in (part.left, part.right):
            if side is not None:
                out.append(_build_id(side, clients))
        if part.left is None and part.right is None:
            assert part.parent is not None
            out += (build_uint(0), _build_id(part.parent, clients))
            if info & HAS_KEY and part.key is not None:
                out.append(build_buffer(part.key))
        return b"".join([*out, content])

    def _fate(self, part: Part) -> Fate:
        place = (part.client, part.clock)
        fate = self._fates.get(place)
        if fate is None:
            fate = self._fates[place] = self._decide(part)
        return fate

    def _decide(self, part: Part) -> Fate:
        if part.kind in (GC, SKIP):
            return _NOTHING
        self._places.find(part)
        gone = part.kind == DELETED or self._is_deleted(part)
        if part.parent is None:
            is_entry = part.root == self._root and part.key in self._chosen and part.kind == TYPE and not gone
            return _ENTRY if is_entry else _NOTHING
        holder = self._places.at(part.parent)
        around = _NOTHING if holder is None else self._fate(holder)
        if around not in (_ENTRY, _LIVES):
            return _NOTHING
        return _GRAVE if gone or (around == _ENTRY and part.key in self._without) else _LIVES

    def _is_deleted(self, part: Part) -> bool:
        spans = self._deleted.get(part.client, [])
        index = bisect_right(spans, (part.clock, 1 << 62)) - 1
        return index >= 0 and spans[index][1] > part.clock


def _build_id(place: Id, clients: Mapping[int, int]) -> bytes:
    return build_uint(clients[place[0]]) + build_uint(place[1])
