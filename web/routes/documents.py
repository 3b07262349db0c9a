"""Folders and documents: make, find, rename, share. Their content travels over /collab/{id}."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from web.routes.edge import decode_query
from web.routes.table import Call, Nothing, Route, endpoint
from web.routes.views import (
    DocumentView,
    FolderView,
    Id,
    TicketAnswer,
    Title,
    document_view,
    folder_view,
)
from web.school import queries
from web.school.access import forbidden
from web.school.actions import (
    DocumentPatch,
    do_change_document,
    do_create_document,
    do_create_folder,
    do_share,
)
from web.school.model import DocumentInfo, DocumentKind, Folder, Person, Right, SharedRight
from web.school.sharing import check_sharing
from web.school.store import new_id
from web.services import Services


class NewFolder(Struct, frozen=True):
    title: Title


class Folders(Struct, frozen=True):
    folders: list[FolderView]


class NewDocument(Struct, frozen=True):
    kind: Literal["deck", "table"]
    title: Title
    folder: Id | None = None


class ChangedDocument(Struct, frozen=True):
    """What is left out stays; `folder: null` takes it out of its folder."""

    title: Title | UnsetType = UNSET
    folder: Id | UnsetType | None = UNSET


class DocumentsWanted(Struct, frozen=True):
    """Parts of the title, and how many come before; a page is 500."""

    text: Annotated[str, Meta(max_length=200)] = ""
    skip: Annotated[int, Meta(ge=0, le=100_000)] = 0


class Documents(Struct, frozen=True):
    """`next`: how many to skip for those that follow, null at the end."""

    documents: list[DocumentView]
    next: int | None


class OpenDocument(Struct, frozen=True):
    """What an editor needs to connect; `epoch` goes into the socket's URL."""

    id: str
    kind: DocumentKind
    title: str
    folder: str | None
    owner: str | None
    right: Right
    epoch: int


class SharedWith(Struct, frozen=True):
    """An account, or everybody enrolled in a class or learning group."""

    subject_kind: Literal["account", "group"]
    subject: Id
    right: Right


class Rights(Struct, frozen=True):
    """The whole list; the owner is not in it and can always write."""

    rights: Annotated[list[SharedWith], Meta(max_length=200)]


class WantedTicket(Struct, frozen=True):
    right: Right = "write"


async def list_folders(call: Call[Nothing]) -> Folders:
    """The caller's folders, own and shared."""
    return Folders([folder_view(*found) for found in await call.services.access.folders_of(call.person)])


async def create_folder(call: Call[NewFolder]) -> FolderView:
    """Add a folder of one's own."""
    await call.services.access.access_own_content(call.person)
    folder = Folder(new_id(), call.person.school, call.body.title, call.person.id)
    return folder_view(await do_create_folder(call.services.school, folder), "write")


async def folder_rights(call: Call[Nothing]) -> Rights:
    """Who a folder of one's own is shared with."""
    folder = await call.services.access.access_folder_to_share(call.person, call.id())
    async with call.services.school.read() as connection:
        return _rights((await queries.shares(connection, "folder", [folder.id]))[folder.id])


async def share_folder(call: Call[Rights]) -> Rights:
    """Replace the list of who a folder of one's own is shared with."""
    folder = await call.services.access.access_folder_to_share(call.person, call.id())
    return await _share(call, folder.school, ("folder", folder.id))


async def list_documents(call: Call[Nothing]) -> Documents:
    """A page of the documents that the caller can open, by title."""
    wanted = decode_query(call.request, DocumentsWanted)
    found, following = await call.services.access.documents_of(call.person, wanted.text, wanted.skip)
    return Documents([document_view(*one) for one in found], following)


async def create_document(call: Call[NewDocument]) -> DocumentView:
    """Add a deck with one empty slide, or an empty table."""
    body, person = call.body, call.person
    await call.services.access.access_own_content(person)
    if body.folder is not None:
        await check_folder(call.services, person, body.folder)
    document = DocumentInfo(new_id(), person.school, body.kind, body.title, body.folder, person.id)
    await call.services.documents.create(document.id, body.kind)
    await do_create_document(call.services.school, document)
    return document_view(document, "write")


async def show_document(call: Call[Nothing]) -> OpenDocument:
    """One document, and what the caller may do with it."""
    document, right = await call.services.access.access_document(call.person, call.id())
    if document.kind == "scratch":
        await call.services.documents.create(document.id, "scratch")
    heads = await call.services.documents.store.heads([document.id])
    epoch = heads[document.id].epoch if document.id in heads else 0
    return OpenDocument(document.id, document.kind, document.title, document.folder, document.owner, right, epoch)


async def change_document(call: Call[ChangedDocument]) -> DocumentView:
    """Rename a document; its owner may also put it into a folder, which shares it like the folder."""
    access, body = call.services.access, call.body
    if body.folder is UNSET:
        document = await access.access_document_to_rename(call.person, call.id())
    else:
        document = await access.access_document_to_share(call.person, call.id())
        if body.folder is not None:
            await check_folder(call.services, call.person, body.folder)
    patch = DocumentPatch(title=body.title, folder=body.folder)
    changed = await do_change_document(call.services.school, document.school, document.id, patch)
    return document_view(changed, "write")


async def document_rights(call: Call[Nothing]) -> Rights:
    """Who a document of one's own is shared with."""
    document = await call.services.access.access_document_to_share(call.person, call.id())
    async with call.services.school.read() as connection:
        return _rights((await queries.shares(connection, "document", [document.id]))[document.id])


async def share_document(call: Call[Rights]) -> Rights:
    """Replace the list of who a document of one's own is shared with."""
    document = await call.services.access.access_document_to_share(call.person, call.id())
    return await _share(call, document.school, ("document", document.id))


async def make_ticket(call: Call[WantedTicket]) -> TicketAnswer:
    """A ticket for the caller and this document, for at most what the caller may do."""
    document, right = await call.services.access.access_document(call.person, call.id())
    if call.body.right == "write" and right != "write":
        raise forbidden("this document may only be read")
    issued = await call.services.auth.issue_document_ticket(call.person, document.id, call.body.right)
    return TicketAnswer(issued.ticket, issued.expires_at)


async def check_folder(services: Services, person: Person, folder_id: str) -> None:
    """Refuse a folder that somebody may not put documents into."""
    _, right = await services.access.access_folder(person, folder_id)
    if right != "write":
        raise forbidden("this folder may only be read")


async def _share(call: Call[Rights], school: str, target: tuple[queries.ObjectKind, str]) -> Rights:
    store, shared = call.services.school, _shares(call.body)
    await check_sharing(store, call.services.contacts, call.person, target, shared)
    return _rights(await do_share(store, school, target, shared))


def _shares(body: Rights) -> list[SharedRight]:
    """The list without repeats; of one subject the last word holds."""
    chosen = {(share.subject_kind, share.subject): share.right for share in body.rights}
    return [SharedRight(kind, subject, right) for (kind, subject), right in chosen.items()]


def _rights(shares: tuple[SharedRight, ...]) -> Rights:
    return Rights([SharedWith(share.subject_kind, share.subject, share.right) for share in shares])


_F = "/api/v1/folders"
_D = "/api/v1/documents"
ROUTES: tuple[Route, ...] = (
    endpoint("GET", _F, list_folders, "Folders", response=Folders),
    endpoint("POST", _F, create_folder, "Add a folder", request=NewFolder, response=FolderView, status=201,
             errors=(400, 403)),
    endpoint("GET", _F + "/{id}/rights", folder_rights, "Who a folder is shared with", response=Rights,
             errors=(403, 404)),
    endpoint("PUT", _F + "/{id}/rights", share_folder, "Share a folder", request=Rights, response=Rights,
             errors=(400, 403, 404)),
    endpoint("GET", _D, list_documents, "Documents", response=Documents, query=DocumentsWanted, errors=(400,)),
    endpoint("POST", _D, create_document, "Add a document", request=NewDocument, response=DocumentView, status=201,
             errors=(400, 403, 404)),
    endpoint("GET", _D + "/{id}", show_document, "A document and its epoch", response=OpenDocument, errors=(404,)),
    endpoint("PATCH", _D + "/{id}", change_document, "Rename or move a document", request=ChangedDocument,
             response=DocumentView, errors=(400, 403, 404)),
    endpoint("GET", _D + "/{id}/rights", document_rights, "Who a document is shared with", response=Rights,
             errors=(403, 404)),
    endpoint("PUT", _D + "/{id}/rights", share_document, "Share a document", request=Rights, response=Rights,
             errors=(400, 403, 404)),
    endpoint("POST", _D + "/{id}/ticket", make_ticket, "A ticket for me", request=WantedTicket,
             response=TicketAnswer, errors=(400, 403, 404)),
)  # fmt: skip
