"""Chat: messages with a number in their channel, and what is done to them later.

Laws: a repeated `client_id` is the same message; every change of a message has a number of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

from web.messages.basics import Done, Id, Sequence

HeldStatus = Literal["waiting", "approved", "declined"]
Sign = Literal["👍", "❤️", "😄", "🎉", "🤔", "👀"]


class ChatSend(Struct, frozen=True):
    """`client_id` makes a repeat harmless: the same id of the same author gets the same seq.

    `reply_to` is the number of the message that this one answers, `mentions` the person ids it names, `attachments`
    the ids of uploads that I sent into this channel; with one the text may be empty.
    """

    channel: Id
    text: Annotated[str, Meta(max_length=4000)]
    client_id: Annotated[str, Meta(min_length=1, max_length=64)]
    reply_to: Sequence | None = None
    mentions: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()
    attachments: Annotated[tuple[Id, ...], Meta(max_length=10)] = ()


class ChatSent(Struct, frozen=True):
    """`held`: it waits for approval and has no number yet (`seq` is 0)."""

    seq: int
    at: int
    held: bool = False


class ChatHistory(Struct, frozen=True):
    """Messages after `after`, oldest first; with `before`, the last ones before it (still oldest first)."""

    channel: Id
    after: Sequence = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    before: Sequence | None = None


class ChatDelete(Struct, frozen=True):
    channel: Id
    seq: Sequence


class ChatEdit(Struct, frozen=True):
    """The text may be empty where files hang on the message."""

    channel: Id
    seq: Sequence
    text: Annotated[str, Meta(max_length=4000)]
    mentions: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()


class ChatReact(Struct, frozen=True):
    """Give a sign under a message, or take it back."""

    channel: Id
    seq: Sequence
    sign: Sign
    given: bool


class ChatWaiting(Struct, frozen=True):
    channel: Id


class ChatDecide(Struct, frozen=True):
    """`id` is that of a held message."""

    channel: Id
    id: Id
    approve: bool


class ChatRead(Struct, frozen=True):
    """I have read everything up to this message."""

    channel: Id
    seq: Sequence


class ChatSearch(Struct, frozen=True):
    """Messages in which every word of `text` begins a word; `channel: null` searches all I may read."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    channel: Id | None = None


class ChatChanges(Struct, frozen=True):
    """What happened to messages after the change `after`."""

    channel: Id
    after: Sequence


class Author(Struct, frozen=True):
    id: str
    name: str
    role: str


class Reaction(Struct, frozen=True):
    """One sign under a message, and who gave it, in that order."""

    sign: Sign
    people: tuple[str, ...]


class ChatAttachment(Struct, frozen=True):
    """A file: `GET /api/v1/uploads/{id}`. `width`, `height` of pictures; `thumbnail`: there is a small one."""

    id: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    thumbnail: bool


class ChatMessage(Struct, frozen=True):
    """One message; a deleted one keeps its number and loses its text."""

    channel: str
    seq: int
    client_id: str
    author: Author
    text: str
    at: int
    deleted: bool
    edited: bool
    reply_to: int | None
    mentions: tuple[str, ...]
    reactions: list[Reaction]
    attachments: list[ChatAttachment]


class ChatPage(Struct, frozen=True):
    """`head` is the number of the channel's last message, `changed` that of its last change."""

    messages: list[ChatMessage]
    head: int
    changed: int


class ChatFound(Struct, frozen=True):
    """The newest first, at most 50."""

    messages: list[ChatMessage]


class ChatHeld(Struct, frozen=True):
    """A message that waits for approval, or what was decided. Told to the channel's moderators and its author."""

    channel: str
    id: str
    client_id: str
    author: Author
    text: str
    at: int
    status: HeldStatus
    change: int
    attachments: list[ChatAttachment]


class ChatHeldList(Struct, frozen=True):
    messages: list[ChatHeld]


class ChatChanged(Struct, frozen=True):
    """Change `change` of a channel: the new state of one message."""

    change: int
    message: ChatMessage


class ChatChangeList(Struct, frozen=True):
    """The newest state of every message that changed; ask again until `changed` is reached."""

    messages: list[ChatMessage]
    changed: int
    more: bool


class ChatDeleted(Struct, frozen=True):
    """`author`: the person id of who had written it."""

    channel: str
    seq: int
    change: int
    author: str


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "chat:send": (ChatSend, ChatSent),
        "chat:history": (ChatHistory, ChatPage),
        "chat:delete": (ChatDelete, Done),
        "chat:edit": (ChatEdit, Done),
        "chat:react": (ChatReact, Done),
        "chat:changes": (ChatChanges, ChatChangeList),
        "chat:waiting": (ChatWaiting, ChatHeldList),
        "chat:decide": (ChatDecide, Done),
        "chat:read": (ChatRead, Done),
        "chat:search": (ChatSearch, ChatFound),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "chat:message": ChatMessage,
        "chat:deleted": ChatDeleted,
        "chat:changed": ChatChanged,
        "chat:held": ChatHeld,
        "chat:read": ChatRead,
    }
)
