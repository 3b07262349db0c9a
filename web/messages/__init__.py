"""Every Socket.IO message as a typed value; the client's messages.ts is generated from here.

Laws: an event has one request type and one result type, listed once in the REQUESTS of its module; a pushed
event has one type, listed once in PUSHED of its module. Requests are decoded here, strictly, and bounded
by their types: what does not fit never reaches a room or a channel. Fields with a default may be left out by the
sender; what the server sends is always complete. Times are milliseconds since 1970.
`python -m web.messages` writes the TypeScript, `--check` fails when it differs. PROTOCOL.md says what each does.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from web.messages import chat, direct, groups, media, people, recording, room, secret
from web.messages.basics import *
from web.messages.chat import *
from web.messages.direct import *
from web.messages.groups import *
from web.messages.media import *
from web.messages.people import *
from web.messages.recording import *
from web.messages.room import *
from web.messages.secret import *

CLIENT_EVENTS: Mapping[str, tuple[type[Struct], type[Struct]]] = MappingProxyType(
    {
        **room.REQUESTS,
        **groups.REQUESTS,
        **recording.REQUESTS,
        **secret.REQUESTS,
        **media.REQUESTS,
        **chat.REQUESTS,
        **direct.REQUESTS,
    }
)
SERVER_EVENTS: Mapping[str, type[Struct]] = MappingProxyType(
    {**people.PUSHED, **room.PUSHED, **groups.PUSHED, **secret.PUSHED, **media.PUSHED, **chat.PUSHED, **direct.PUSHED}
)
