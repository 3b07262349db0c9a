"""Messages in a channel: what one is, and in which order a worker hands them out. No I/O, no clock.

Laws: a channel numbers its messages 1, 2, 3, ... without gaps; a number exists only once its message is durable. What
happens to messages afterwards (edited, deleted, answered with a sign, held, decided) is numbered apart; such news
carry the whole new state, so hearing one twice does no harm. A worker hands out each message once, in the order of the
numbers; news that skip a number are not handed out: the missing ones are read from the database first, since what
announces news may lose or reorder them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from .errors import Overloaded, ProtocolError

MAX_TEXT = 4000
MAX_CLIENT_ID = 64
MAX_MENTIONS = 20
MAX_ATTACHMENTS = 10
MAX_REACTORS = 200  # of one sign under one message
SIGNS = ("👍", "❤️", "😄", "🎉", "🤔", "👀")

Reactions = dict[str, tuple[str, ...]]  # sign -> the persons who gave it, first first
Status = Literal["waiting", "approved", "declined"]


class Attachment(Struct, frozen=True):
    """A file that hangs on a message. `width` and `height` of pictures in pixels; `thumbnail`: there is a small one."""

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    thumbnail: bool = False


class Saying(Struct, frozen=True):
    """Who says what, and where. `client_id` makes repeats harmless, per channel and author."""

    channel: str
    author: str
    name: str
    role: str
    text: str
    client_id: str


class NewMessage(Saying, frozen=True):
    """A message that has no number yet; `attachments` are ids of uploads that its author sent into this channel."""

    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


class Message(Saying, frozen=True):
    """A message of a channel; a deleted one keeps its number and loses its text. `at`: milliseconds since 1970."""

    seq: int
    at: int
    deleted: bool = False
    edited: bool = False
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    reactions: Reactions = {}
    attachments: tuple[Attachment, ...] = ()


class Held(Saying, frozen=True):
    """A message that waits until somebody decides; once approved it is a message like any other."""

    id: str
    at: int
    status: Status = "waiting"
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Change(Struct, frozen=True):
    """Change `number` of a channel: the new state of one message or one held message."""

    number: int
    item: Message | Held


def check_message(message: NewMessage) -> NewMessage:
    """Return the message; raise ProtocolError for one that no channel takes."""
    check_text(message.text, message.mentions, bare=bool(message.attachments))
    if len(set(message.attachments)) != len(message.attachments):
        raise ProtocolError("attachment", "a message carries each file once")
    if not all(one and one.isascii() and one.isprintable() for one in message.attachments):
        raise ProtocolError("attachment", "there is no such file")
    if len(message.attachments) > MAX_ATTACHMENTS:
        raise ProtocolError("too_large", f"a message carries at most {MAX_ATTACHMENTS} files")
    if not 0 < len(message.client_id) <= MAX_CLIENT_ID:
        raise ProtocolError("message_id", f"client_id has 1 to {MAX_CLIENT_ID} characters")
    if "\x00" in message.client_id:
        raise ProtocolError("message_text", "a message cannot hold NUL")
    return message


def check_text(text: str, mentions: tuple[str, ...] = (), *, bare: bool = False) -> None:
    """Raise ProtocolError for a text that no channel takes; `bare`: files hang on it, it may be empty."""
    if not text.strip() and not bare:
        raise ProtocolError("message_empty", "an empty message is not sent")
    if len(text) > MAX_TEXT:
        raise ProtocolError("too_large", f"a message has at most {MAX_TEXT} characters")
    if len(mentions) > MAX_MENTIONS:
        raise ProtocolError("too_large", f"a message names at most {MAX_MENTIONS} people")
    if "\x00" in text or any("\x00" in person for person in mentions):
        raise ProtocolError("message_text", "a message cannot hold NUL")


def with_reaction(reactions: Reactions, sign: str, person: str, given: bool) -> Reactions:
    """Return the reactions after a person gave a sign or took it back."""
    if sign not in SIGNS:
        raise ProtocolError("reaction", "there is no such sign")
    people = tuple(one for one in reactions.get(sign, ()) if one != person)
    if given:
        if len(people) >= MAX_REACTORS:
            raise Overloaded("too_many", "enough people said so")
        people = reactions[sign] if person in reactions.get(sign, ()) else (*people, person)
    changed = reactions | {sign: people}
    return {one: changed[one] for one in SIGNS if changed.get(one)}


class Feed:
    """What one worker has handed out of one channel."""

    def __init__(self, last: int, changed: int = 0) -> None:
        self.last = last
        self.changed = changed

    def receive(self, messages: Iterable[Message]) -> tuple[list[Message], bool]:
        """Take news in any order; return what is to be handed out now, and whether something before it is missing."""
        out: list[Message] = []
        missing = False
        for message in sorted(messages, key=lambda message: message.seq):
            if message.seq == self.last + 1:
                out.append(message)
                self.last = message.seq
            elif message.seq > self.last:
                missing = True
        return out, missing

    def skip_forgotten(self, first: int) -> None:
        """Note that the database has nothing before message `first` any more."""
        self.last = max(self.last, first - 1)

    def receive_changes(self, changes: Iterable[Change]) -> tuple[list[Change], bool]:
        """Do the same for what happened to messages."""
        out: list[Change] = []
        missing = False
        for change in sorted(changes, key=lambda change: change.number):
            if change.number == self.changed + 1:
                out.append(change)
                self.changed = change.number
            elif change.number > self.changed:
                missing = True
        return out, missing

    def read_changes(self, changes: Iterable[Change], upto: int) -> list[Change]:
        """Take what the database holds of changes up to a number; a message that changed twice is there once."""
        out = [change for change in changes if self.changed < change.number <= upto]
        self.changed = max(self.changed, upto)
        return out
