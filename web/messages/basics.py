"""What every message is made of: bounded ids and texts, and how a request fails.

Laws: everything a client may send is bounded here or where it is used; nothing in here names an event.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128)]
ClientKey = Annotated[str, Meta(max_length=64)]
Sequence = Annotated[int, Meta(ge=0, le=2**53 - 1)]
ErrorCode = Literal[
    "bad_message", "too_large", "too_fast", "not_found", "not_allowed", "not_in_room", "state", "media",
    "encrypted", "ended", "recording_encrypted", "recording_off", "recording_full", "overloaded", "unavailable",
    "internal",
]  # fmt: skip
Quality = Literal["unknown", "good", "fair", "weak"]  # how a line sounds


class ErrorBody(Struct, frozen=True):
    """Why a request failed: a stable code, and a sentence for people."""

    code: ErrorCode
    text: str


class Failure(Struct, frozen=True):
    """The ack of a request that failed."""

    error: ErrorBody


class Done(Struct, frozen=True):
    """The ack of a request that has nothing to tell."""


class Empty(Struct, frozen=True):
    """A request that says nothing but its name."""
