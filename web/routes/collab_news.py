"""Whose rights in open documents a school's event may change: the cheap question before rights are read anew.

Laws: rather too many than too few; but one person's sharing must not busy all the others, nor a meeting that was
renamed, nor many documents that are made at once whoever sits at another one. An event that names documents concerns
those who sit there; while somebody's rights are being read, in which folder their document lies is not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from web.school.events import (
    ChannelChanged,
    DocumentChanged,
    GroupRoomsChanged,
    MeetingChanged,
    MeetingCreated,
    RightsChanged,
    SchoolEvent,
    affects,
)
from web.school.model import Person


class Place(Protocol):
    """Where somebody sits. `folder`: in which the document lay when their rights were read."""

    @property
    def person(self) -> Person: ...
    @property
    def document(self) -> str: ...
    @property
    def folder(self) -> str | None: ...
    @property
    def doubt(self) -> asyncio.Event | None: ...


P = TypeVar("P", bound=Place)


class _News:
    """Events by what they concern."""

    def __init__(self, events: Iterable[SchoolEvent]) -> None:
        self._people: list[SchoolEvent] = []
        self._schools: set[str] = set()
        self._folders: set[tuple[str, str]] = set()
        self._documents: set[tuple[str, str]] = set()
        for event in events:
            self._sort(event)

    def _sort(self, event: SchoolEvent) -> None:
        school = event.school
        match event.body:
            case DocumentChanged(document):
                self._documents.add((school, document.id))
            case RightsChanged("document", shared):
                self._documents.add((school, shared))
            case RightsChanged("folder", shared):
                self._folders.add((school, shared))
            case MeetingCreated(meeting):
                self._documents.update((school, document) for document in meeting.documents)
            case MeetingChanged(_, touched) if touched is not None:
                self._documents.update((school, document) for document in touched.documents)
            case GroupRoomsChanged(_, None):  # who has no seat could read what the groups had made
                self._schools.add(school)
            case GroupRoomsChanged(_, plan) if plan is not None:
                self._documents.update((school, room.document) for room in plan.rooms if room.document is not None)
                self._people.append(event)
            case ChannelChanged():
                return
            case _:
                self._people.append(event)

    def concern(self, place: Place) -> bool:
        """Whether they may change what somebody may do where they sit."""
        school = place.person.school
        return (
            school in self._schools
            or (school, place.document) in self._documents
            or any(affects(event, place.person) for event in self._people)
            or any(school == of and (place.doubt or folder == place.folder) for of, folder in self._folders)
        )


def concerned(events: Sequence[SchoolEvent], places: Iterable[P]) -> list[P]:
    """Return whose rights these may change."""
    news = _News(events)
    return [place for place in places if news.concern(place)]
