"""The services that handlers use, and the one key under which an aiohttp application holds them.

Built once in `web/app.py`, never changed afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collab.bus import Bus
    from collab.chat_hub import Chat
    from collab.heavy import HeavyPool
    from collab.hub import Hub
    from collab.presence_hub import Presence
    from sfu.server import MediaServer
    from web.auth import Auth
    from web.config import Config
    from web.live import Live
    from web.metrics import Metrics
    from web.recording_files import RecordingFiles
    from web.relay import Relay
    from web.rooms import Rooms
    from web.school.access import SchoolAccess
    from web.school.direct import ContactAccess
    from web.school.store import SchoolStore
    from web.signals import Signals
    from web.typing_hub import Typing
    from web.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler may reach: stores, engines, rooms, processes for heavy work."""

    config: Config
    school: SchoolStore
    access: SchoolAccess
    auth: Auth
    bus: Bus
    documents: Hub
    chat: Chat
    presence: Presence
    media: MediaServer
    relay: Relay
    rooms: Rooms
    live: Live
    metrics: Metrics
    heavy: HeavyPool
    uploads: Uploads
    recordings: RecordingFiles
    contacts: ContactAccess
    typing: Typing
    signals: Signals


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
