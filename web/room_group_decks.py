"""What groups work on: a deck of their own for each, empty or made of chosen slides, and the way of its work back.

Laws: slides are given, and work is taken back, only by who may write the deck that they come from; a copy belongs to
whoever gives it. A group reads its own copy alone while the groups work (`school.group_rights`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from collab.awareness import Editor
from web.errors import AccessDenied, StateError
from web.messages import GroupSlides
from web.room_view import colour_of
from web.school import group_rooms
from web.school.access import SchoolAccess
from web.school.actions import do_create_document
from web.school.group_rooms import GroupPlan
from web.school.model import DocumentInfo, Meeting, Person
from web.school.store import SchoolStore, new_id

Kind = Literal["deck", "table", "scratch"]


class Documents(Protocol):
    """What groups need of the document engine."""

    async def create(self, document: str, kind: Kind) -> None: ...
    async def cut(
        self, deck: str, slides: Sequence[str], copies: Sequence[tuple[str, str]], editor: Editor
    ) -> None: ...
    async def bring_back(self, copy: str, deck: str, editor: Editor) -> bool: ...


class GroupDecks:
    """The decks of a meeting's groups."""

    def __init__(self, store: SchoolStore, access: SchoolAccess, documents: Documents | None) -> None:
        self._store = store
        self._access = access
        self._documents = documents

    async def lay_out(self, plan: GroupPlan, meeting: Meeting, person: Person, slides: GroupSlides | None) -> GroupPlan:
        """Give each group a copy of these slides, or an empty deck if it has none."""
        if self._documents is None or person.ticket is not None:
            if slides is not None:
                raise AccessDenied("not_allowed", "only who has an account can give slides to groups")
            return plan
        if slides is not None:
            return await self._give(self._documents, plan, meeting, person, slides)
        made = {}
        for room in plan.rooms:
            if room.document is None:
                document = _deck_for(room.title, meeting, person)
                await self._documents.create(document.id, "deck")
                await do_create_document(self._store, document)
                made[room.id] = document.id
        return group_rooms.lay_out(plan, made)

    async def bring_back(self, plan: GroupPlan, person: Person) -> None:
        """Take what the groups made of their slides into the deck that these come from."""
        if self._documents is None or plan.source is None:
            raise StateError("state", "the groups were given no slides")
        deck = await self._access.access_document_to_write(person, plan.source)
        for room in plan.rooms:
            if room.document is not None:
                await self._documents.bring_back(room.document, deck.id, _editor(person))

    async def _give(
        self, documents: Documents, plan: GroupPlan, meeting: Meeting, person: Person, slides: GroupSlides
    ) -> GroupPlan:
        deck = await self._access.access_document_to_write(person, slides.document)
        if deck.kind != "deck":
            raise StateError("slides_gone", "only a deck has slides")
        made = {room.id: _deck_for(room.title, meeting, person) for room in plan.rooms}
        copies = [(made[room.id].id, room.title) for room in plan.rooms]
        await documents.cut(deck.id, slides.slides, copies, _editor(person))
        for document in made.values():
            await do_create_document(self._store, document)
        return group_rooms.lay_out(plan, {room: document.id for room, document in made.items()}, deck.id)


def _deck_for(group: str, meeting: Meeting, person: Person) -> DocumentInfo:
    return DocumentInfo(new_id(), meeting.school, "deck", f"{group} · {meeting.title}", None, person.id)


def _editor(person: Person) -> Editor:
    return Editor(person.id, person.name, person.role, colour_of(person.id))
