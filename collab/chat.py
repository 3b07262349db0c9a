"""Messages in a channel: what one is, and in which order a worker hands them out. No I/O, no clock.

Laws: a channel numbers its messages 1, 2, 3, ... without gaps; a number exists only once its message is durable.
A worker hands out each message once, in the order of the numbers; news that skip a number are not handed
out: the missing ones are read from the database first, since what announces news may lose or reorder them.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from .errors import ProtocolError

MAX_TEXT = 4000
MAX_CLIENT_ID = 64


class NewMessage(Struct, frozen=True):
    """A message that has no number yet. `client_id` makes repeats harmless, per channel and author."""

    channel: str
    author: str
    name: str
    role: str
    text: str
    client_id: str


class Message(Struct, frozen=True):
    """A message of a channel; a deleted one keeps its number and loses its text. `at`: milliseconds since 1970."""

    channel: str
    seq: int
    author: str
    name: str
    role: str
    text: str
    client_id: str
    at: int
    deleted: bool = False


def check_message(message: NewMessage) -> NewMessage:
    """Return the message; raise ProtocolError for one that no channel takes."""
    if not message.text.strip():
        raise ProtocolError("message_empty", "an empty message is not sent")
    if len(message.text) > MAX_TEXT:
        raise ProtocolError("too_large", f"a message has at most {MAX_TEXT} characters")
    if not 0 < len(message.client_id) <= MAX_CLIENT_ID:
        raise ProtocolError("message_id", f"client_id has 1 to {MAX_CLIENT_ID} characters")
    if "\x00" in message.text or "\x00" in message.client_id:
        raise ProtocolError("message_text", "a message cannot hold NUL")
    return message


class Feed:
    """What one worker has handed out of one channel."""

    def __init__(self, last: int) -> None:
        self.last = last

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
