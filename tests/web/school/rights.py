"""Everything a person can reach, as one comparable value."""

from __future__ import annotations

from typing import Any

from tests.web.school.town import HOUR, NOW
from web.errors import AccessDenied
from web.school.access import SchoolAccess
from web.school.model import Person
from web.school.store import SchoolStore


async def reach(store: SchoolStore, person: Person, names: dict[str, list[str]]) -> dict[str, Any]:
    """What the person may do with each named object: `kind:id` -> right, absent when denied."""
    access = SchoolAccess(store)
    gates = {
        "meeting": access.access_meeting,
        "document": access.access_document,
        "folder": access.access_folder,
        "channel": access.access_channel,
    }
    found: dict[str, Any] = {}
    for kind, ids in names.items():
        for object_id in ids:
            try:
                if kind == "group":
                    found[f"group:{object_id}"] = bool(await access.access_group(person, object_id))
                else:
                    found[f"{kind}:{object_id}"] = (await gates[kind](person, object_id))[1]
            except AccessDenied:
                continue
    return found


async def listed(store: SchoolStore, person: Person) -> dict[str, Any]:
    """The same from the lists, far fewer questions: what is open around the town's time."""
    access = SchoolAccess(store)
    try:
        found: dict[str, Any] = {
            f"meeting:{meeting.id}": grant for meeting, grant in await access.meetings_of(person, NOW, NOW + HOUR)
        }
        found |= {f"document:{document.id}": right for document, right in (await access.documents_of(person))[0]}
        found |= {f"folder:{folder.id}": right for folder, right in await access.folders_of(person)}
        found |= {f"channel:{channel.id}": rights for channel, rights in await access.channels_of(person)}
        return found | {f"group:{group.id}": True for group in await access.groups_of(person)}
    except AccessDenied:
        return {}


def town_names(schools: tuple[str, ...] = ("a", "b")) -> dict[str, list[str]]:
    """The ids of everything in the town."""
    local = {
        "meeting": ["lesson", "course", "talk", "staff", "team"],
        "document": ["deck", "table", "notes"],
        "folder": ["folder"],
        "channel": ["1-channel", "2-channel", "g-channel", "talk-channel", "staff-channel", "team-channel"],
        "group": ["1", "2", "g"],
    }
    return {kind: [f"{school}-{name}" for school in schools for name in names] for kind, names in local.items()}
