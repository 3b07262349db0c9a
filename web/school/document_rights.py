"""What somebody may do with many documents at once.

Laws: nothing here decides (`decide` does); it asks for what is needed to decide, once for all documents. Meetings are
asked of only where they can add something: who may write already can get no more from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from collab.sqlite_reader import Reader
from web.school import queries, tables
from web.school.decide import Shares, Standing, best, document_right
from web.school.group_access import group_documents, group_documents_for
from web.school.meeting_queries import meetings_laying_out, meetings_laying_out_for
from web.school.model import STAFF, DocumentInfo, Person, Right

Asked = tuple[Person, str]
"""Somebody, and the document that they would open."""
Opened = tuple[DocumentInfo, Right]


def is_shown(person: Person, right: Right) -> bool:
    """Tell whether others in a document may know that somebody is in it.

    Families and guests who read the same page of a consultation, or a letter to all of them, never hear of each other.
    """
    return person.role in STAFF or (right == "write" and person.role != "guardian")


def is_kept_apart(person: Person, right: Right) -> bool:
    """Tell whether somebody is told of no others in a document, nor of what stood there before.

    A page may have been another family's, and wiped since.
    """
    return person.role == "guardian" or (person.role == "guest" and right != "write")


async def document_rights(
    connection: Reader, standing: Standing, found: Sequence[DocumentInfo]
) -> list[tuple[DocumentInfo, Right]]:
    """Return those of the documents that the person can open, each with the right."""
    shares = await _shares(connection, found)
    own = {one.id: document_right(standing, one, shares[one.id], ()) for one in found}
    asked = [document for document, right in own.items() if right != "write"]
    laying_out = await meetings_laying_out(connection, standing, asked) if asked else {}
    in_groups = await group_documents(connection, standing, asked) if asked else {}
    rights = []
    for one in found:
        meetings = laying_out.get(one.id)
        through = document_right(standing, one, shares[one.id], meetings) if meetings else own[one.id]
        right = best([through, in_groups.get(one.id)])
        if right is not None:
            rights.append((one, right))
    return rights


async def rights_of_many(
    connection: Reader, standings: Mapping[Person, Standing], asked: Iterable[Asked]
) -> dict[Asked, Opened]:
    """Return of these people and documents who may open which, each with the right."""
    pairs = [(person, document) for person, document in asked if person in standings]
    ids = {document for _, document in pairs}
    documents = {one.id: one for one in await queries.documents(connection, tables.document.c.id.in_(ids))}
    shares = await _shares(connection, list(documents.values()))
    laying_out = await meetings_laying_out_for(connection, standings.values(), documents)
    in_groups = await group_documents_for(connection, set(standings.values()), documents)
    rights: dict[Asked, Opened] = {}
    for person, id_ in pairs:
        document, standing = documents.get(id_), standings[person]
        if document is not None:
            through = document_right(standing, document, shares[id_], laying_out.get(id_, ()))
            right = best([through, in_groups[standing].get(id_)])
            if right is not None:
                rights[person, id_] = (document, right)
    return rights


async def _shares(connection: Reader, found: Sequence[DocumentInfo]) -> dict[str, Shares]:
    """Who each document and its folder are shared with."""
    documents = await queries.shares(connection, "document", [one.id for one in found])
    ids = {one.folder for one in found if one.folder is not None}
    folders = {folder.id: folder for folder in await queries.folders(connection, tables.folder.c.id.in_(ids))}
    in_folders = await queries.shares(connection, "folder", ids)
    return {
        one.id: Shares(documents[one.id], folders.get(one.folder or ""), in_folders.get(one.folder or "", ()))
        for one in found
    }
