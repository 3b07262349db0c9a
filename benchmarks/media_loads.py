"""What is sent and who gets it: the loads that every server is measured with.

Bytes are those of an RTP payload. Sound is Opus at 32 kbit/s in packets of 20 ms. The `school` mix is one room of 30
with all cameras on, who all see the stage and eight tiles and hear three voices: below 1 Mbit/s for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stream:
    """What one source sends."""

    video: bool
    interval_us: int
    packets: int
    bytes: int


VOICE = Stream(False, 20_000, 1, 80)
CAMERA = Stream(True, 40_000, 10, 1_150)
STAGE = Stream(True, 40_000, 2, 900)
TILE = Stream(True, 100_000, 1, 500)

ROOM, TILES, VOICES = 30, 8, 3
LESSONS = 9
"""At a time: four tenths of a core for Kreide, nearly half for the plain loop."""
SEVERAL_ROOMS = f"its driver knows one room, and one fills more than a {LESSONS}th of its core, see above"


@dataclass(frozen=True)
class Load:
    """`published` holds the streams of each publisher; without a mix each viewer gets all of them.

    In a mix publisher i is also viewer i, thirty to a room, and `watched` says whose pictures and voices a viewer gets.
    At `half` load the publisher hurries until the server fills half of its core: each server as much as it can carry.
    """

    name: str
    title: str
    published: tuple[tuple[Stream, ...], ...]
    viewers: int
    mix: bool = False
    half: bool = False

    @property
    def people(self) -> int:
        """How many connections it takes."""
        return self.viewers if self.mix else len(self.published) + self.viewers

    def watched(self, viewer: int) -> tuple[list[int], list[int]]:
        """Whose pictures, the stage's first, and whose voices this viewer gets; never one's own, nor another room's."""
        if not self.mix:
            return [0], [0]
        room = range(viewer - viewer % ROOM, viewer - viewer % ROOM + ROOM)
        stage = [one for one in room[:1] if one != viewer]
        others = [room[(viewer + step) % ROOM] for step in range(1, ROOM)]
        tiles = [one for one in others if one != room[0]][:TILES]
        return [*stage, *tiles], [one for one in room[:VOICES] if one != viewer]


def _one_to(viewers: int) -> Load:
    return Load(str(viewers), f"1 publisher, {viewers} viewers", ((VOICE, CAMERA),), viewers)


def _school(name: str, title: str, rooms: int) -> Load:
    people = [(*((VOICE,) if person < VOICES else ()), STAGE if person == 0 else TILE) for person in range(ROOM)]
    return Load(name, title, tuple(people) * rooms, ROOM * rooms, mix=True)


LOADS = {
    load.name: load
    for load in (
        *map(_one_to, (1, 10, 30, 100)),
        Load("audio", "sound alone, 1 publisher, 30 viewers", ((VOICE,),), 30),
        _school("school", "school mix, a room of 30", 1),
        _school("lessons", f"school mix, {LESSONS} rooms of 30 at a time", LESSONS),
        Load("half", "half load: 1 publisher, 100 viewers, half of a core", ((VOICE, CAMERA),), 100, half=True),
    )
}
