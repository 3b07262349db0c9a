"""End-to-end encryption: what people in an encrypted meeting send each other through the server.

Laws: the server carries these and cannot read the keys in them (the wire is described in PROTOCOL.md).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct

from web.messages.basics import Id

PublicKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}\Z")]  # 65 bytes in base64url
WrappedKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{86}\Z")]  # 64 bytes


class SecretHello(Struct, frozen=True, tag_field="type", tag="hello"):
    """A public key (P-256, uncompressed); one that is no `answer` is answered with another, and with a key."""

    key: PublicKey
    answer: bool


class SecretKey(Struct, frozen=True, tag_field="type", tag="key"):
    """A sender's key, sealed under the secret of two people; the server cannot read it."""

    wrapped: WrappedKey


class Parcel(Struct, frozen=True):
    peer: Id
    data: SecretHello | SecretKey


class RoomSecret(Struct, frozen=True):
    """Carry these to people in the room; only in an encrypted meeting."""

    parcels: Annotated[list[Parcel], Meta(min_length=1, max_length=64)]


class RoomSecretSent(Struct, frozen=True):
    """`missed`: who is not (or not yet) there to take it."""

    missed: list[str]


class RoomSecretFrom(Struct, frozen=True):
    """What `peer` sent me for our encryption."""

    peer: str
    data: SecretHello | SecretKey


REQUESTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        "room:secret": (RoomSecret, RoomSecretSent),
    }
)

PUSHED: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "room:secret": RoomSecretFrom,
    }
)
