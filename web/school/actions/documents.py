"""Folders and documents, and who they are shared with. Their content is the document engine's."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs
from sqlalchemy import Table, func, select, update

from web.errors import AccessDenied, StateError
from web.school import queries, tables
from web.school.events import DocumentChanged, DocumentCreated, FolderCreated, RightsChanged
from web.school.model import DocumentInfo, Folder, SharedRight
from web.school.queries import ObjectKind
from web.school.store import Change, SchoolStore

MOST_DOCUMENTS = 5_000  # of one owner
MOST_FOLDERS = 500


class DocumentPatch(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays. `folder: null` takes it out of its folder."""

    title: str | UnsetType = UNSET
    folder: str | UnsetType | None = UNSET


async def do_create_folder(store: SchoolStore, folder: Folder) -> Folder:
    """Add a folder; raise StateError when its owner has too many."""
    async with store.change(folder.school) as change:
        await _check_room(change, tables.folder, folder.owner, MOST_FOLDERS)
        await change.insert(tables.folder, id=folder.id, title=folder.title, owner=folder.owner)
        await change.emit(FolderCreated(folder))
    return folder


async def do_create_document(store: SchoolStore, document: DocumentInfo) -> DocumentInfo:
    """Add a document to the school's books; raise StateError when its owner has too many."""
    async with store.change(document.school) as change:
        await _check_room(change, tables.document, document.owner, MOST_DOCUMENTS)
        await _insert(change, document)
    return document


async def do_create_scratch(store: SchoolStore, school: str, document_id: str) -> DocumentInfo:
    """Add a demo document that nobody owns, unless another worker was faster."""
    document = DocumentInfo(document_id, school, "scratch", document_id, None, None)
    async with store.change(school) as change:
        table = tables.document.c
        for found in await queries.documents(change.connection, table.id == document_id):
            if found.school != school:
                raise AccessDenied()
            return found
        await _insert(change, document)
    return document


async def do_change_document(store: SchoolStore, school: str, document_id: str, patch: DocumentPatch) -> DocumentInfo:
    """Rename a document or put it elsewhere."""
    async with store.change(school) as change:
        table = tables.document
        where = (table.c.id == document_id, table.c.school == school)
        for before in await queries.documents(change.connection, *where):
            given = {key: value for key, value in structs.asdict(patch).items() if value is not UNSET}
            after = structs.replace(before, **given)
            await change.connection.execute(update(table).where(*where).values(title=after.title, folder=after.folder))
            await change.emit(DocumentChanged(after))
            return after
    raise AccessDenied()


async def do_share(
    store: SchoolStore, school: str, target: tuple[ObjectKind, str], rights: Sequence[SharedRight]
) -> tuple[SharedRight, ...]:
    """Replace the list of accounts and groups that a folder or document is shared with."""
    kind, object_id = target
    async with store.change(school) as change:
        for right in rights:
            await _check_subject(change, right)
        table = tables.shared_right
        await change.delete(table, object_kind=kind, object=object_id)
        for right in rights:
            await change.insert(
                table,
                object_kind=kind,
                object=object_id,
                subject_kind=right.subject_kind,
                subject=right.subject,
                access=right.right,
            )
        stored = (await queries.shares(change.connection, kind, [object_id]))[object_id]
        await change.emit(RightsChanged(kind, object_id, stored))
    return stored


async def _insert(change: Change, document: DocumentInfo) -> None:
    row = {key: value for key, value in structs.asdict(document).items() if key != "school"}
    await change.insert(tables.document, **row)
    await change.emit(DocumentCreated(document))


async def _check_room(change: Change, table: Table, owner: str | None, most: int) -> None:
    query = select(func.count()).where(table.c.owner == owner, table.c.school == change.school)
    if (await change.connection.execute(query)).scalar_one() >= most:
        raise StateError("too_many", f"one account has at most {most} of these")


async def _check_subject(change: Change, right: SharedRight) -> None:
    table = tables.account if right.subject_kind == "account" else tables.study_group
    query = select(table.c.id).where(table.c.id == right.subject, table.c.school == change.school)
    if (await change.connection.execute(query)).first() is None:
        raise AccessDenied()
