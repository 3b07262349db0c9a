"""Group rooms: how those who lead split a meeting, and what everybody sees of it.

Laws: where somebody is follows from the plan alone; a client asks to be moved and is told where it is. Times are the
server's; `session:hello` tells its clock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

from web.messages.basics import Done, Empty, Id

GroupHow = Literal["chance", "hand", "choice"]
GroupPhase = Literal["prepared", "open", "closing"]
GroupTitle = Annotated[str, Meta(min_length=1, max_length=60)]
Minutes = Annotated[int, Meta(ge=1, le=240)]
Seconds = Annotated[int, Meta(ge=0, le=600)]


class GroupView(Struct, frozen=True):
    """One group; `people` are the ids of persons who belong to it, here or not."""

    id: str
    title: str
    channel: str
    document: str | None
    people: list[str]


class GroupsView(Struct, frozen=True):
    """How the meeting is split. `ends_at`: when everybody is called back; null: when somebody says so.

    "prepared": nobody has been sent anywhere. "closing": all are being called back. `source`: the deck whose slides the
    groups work on; only who leads is told.
    """

    how: GroupHow
    phase: GroupPhase
    ends_at: int | None
    rooms: list[GroupView]
    source: str | None


class GroupsChanged(Struct, frozen=True, tag_field="type", tag="groups_changed"):
    groups: GroupsView | None


class GroupsPrepare(Struct, frozen=True):
    """Make a group for each title, in place of those there were; by "chance" everybody gets a seat at once."""

    titles: Annotated[list[GroupTitle], Meta(min_length=2, max_length=20)]
    how: GroupHow


class GroupsAssign(Struct, frozen=True):
    """`room: null` takes the seat away."""

    person: Id
    room: Id | None


class GroupsRename(Struct, frozen=True):
    room: Id
    title: GroupTitle


class GroupTarget(Struct, frozen=True):
    room: Id


class GroupVisit(Struct, frozen=True):
    """`room: null` goes back to all."""

    room: Id | None


class GroupSlides(Struct, frozen=True):
    """Slides of a deck."""

    document: Id
    slides: Annotated[list[Annotated[str, Meta(max_length=24)]], Meta(min_length=1, max_length=20)]


class GroupsBegin(Struct, frozen=True):
    """`minutes: null`: until they are called back. Each group gets a copy of the `slides`, and its work comes back."""

    minutes: Minutes | None
    slides: GroupSlides | None = None


class GroupsExtend(Struct, frozen=True):
    minutes: Minutes


class GroupsCallBack(Struct, frozen=True):
    seconds: Seconds


class GroupsWord(Struct, frozen=True):
    """A word to all groups."""

    text: Annotated[str, Meta(min_length=1, max_length=300)]


class GroupsSaid(Struct, frozen=True):
    """Somebody who leads says this to everybody."""

    by: str
    text: str


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "groups:prepare": (GroupsPrepare, Done),
        "groups:assign": (GroupsAssign, Done),
        "groups:rename": (GroupsRename, Done),
        "groups:choose": (GroupTarget, Done),
        "groups:begin": (GroupsBegin, Done),
        "groups:enter": (Empty, Done),
        "groups:visit": (GroupVisit, Done),
        "groups:extend": (GroupsExtend, Done),
        "groups:word": (GroupsWord, Done),
        "groups:call_back": (GroupsCallBack, Done),
        "groups:bring_back": (Empty, Done),
        "groups:dissolve": (Empty, Done),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType({"groups:said": GroupsSaid})
