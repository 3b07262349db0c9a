"""The composition root: builds stores, bus, engines and rooms of one worker and joins them into one application.

Laws: everything that lives is built here, started in the order of this file and stopped in the reverse; nothing
elsewhere keeps state in a module. A service gets what it needs as constructor arguments.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Protocol, TypeVar
from uuid import uuid4

from aiohttp import web

from collab.authors import Authors
from collab.bus import Bus, MemoryBus
from collab.chat_hub import Chat
from collab.chat_store import ChatStore
from collab.database import Database
from collab.ending import end
from collab.excerpts import Excerpts
from collab.heavy import HeavyPool
from collab.history import History
from collab.hub import Hub
from collab.presence_hub import Presence
from collab.redis_bus import RedisBus
from collab.store import DocumentStore
from sfu.server import MediaConfig, MediaServer
from web.auth import Auth, ticket_key
from web.chores import chores
from web.config import Config, ConfigError
from web.live import Live
from web.machines import Address, Credentials, name_worker
from web.media_watch import MediaWatch
from web.metrics import Metrics, connect_engines
from web.outermost import add_security_headers, outermost
from web.patience import expect_bodies
from web.person import Holdings
from web.recording_files import RecordingFiles
from web.relay import Relay
from web.rooms import Rooms
from web.routes import API_ROUTES, health, static, whip
from web.routes.authors import DocumentAuthors
from web.routes.collab_socket import DocumentSockets
from web.routes.files import Files
from web.routes.history import DocumentPast
from web.routes.persons import Persons
from web.routes.table import Route, register
from web.routes.uploads import UPLOADS
from web.school.access import SchoolAccess
from web.school.direct import ContactAccess
from web.school.store import SchoolStore
from web.services import SERVICES, Services
from web.signals import Signals
from web.sockets import Sockets
from web.typing_hub import Typing
from web.uploads import Uploads


class _Part(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...


Part = TypeVar("Part", bound=_Part)


async def build_app(config: Config, index: int) -> web.Application:
    """Build worker `index` of the server; raise ConfigError when a part cannot start."""
    stack = AsyncExitStack()
    try:
        services = await _start_services(config, index, stack)
    except BaseException:
        await stack.aclose()
        raise
    app = web.Application(middlewares=[outermost, expect_bodies(apart={UPLOADS})], client_max_size=1 << 20)
    app[SERVICES] = services
    sockets = Sockets(services)
    documents = DocumentSockets(services)
    history = History(services.documents, services.heavy, config.history_days)
    services.documents.compact_with(history.compact)
    persons = Persons(
        Holdings(
            services.school, services.documents.store.database, history, services.heavy, services.uploads,
            services.recordings,
        )
    )  # fmt: skip
    connect_engines(services.metrics, services.media, services.documents)
    services.metrics.counters({"kreide_chat_delivered": "delivered"}, sockets.counts)
    services.metrics.connections(lambda: _connections(services, sockets))
    register(app, _routes(services, documents, history, persons))
    sockets.attach(app)
    app.on_response_prepare.append(add_security_headers)

    async def drain(_: web.Application) -> None:
        await services.rooms.drain()
        await sockets.drain()
        await documents.drain()

    async def run(_: web.Application) -> AsyncIterator[None]:
        await sockets.start()
        await services.live.start()
        tasks = [asyncio.create_task(chore) for chore in chores(services, history)] if index == 0 else []
        yield
        await end(tasks)
        await persons.close()
        await services.live.close()
        await documents.close()
        await sockets.close()
        await stack.aclose()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(drain)
    return app


def _routes(services: Services, documents: DocumentSockets, history: History, persons: Persons) -> tuple[Route, ...]:
    return (
        *API_ROUTES,
        *Files().routes(),
        *health.ROUTES,
        *whip.ROUTES,
        *documents.routes(),
        *DocumentPast(history).routes(),
        *DocumentAuthors(Authors(services.documents.store.database, services.heavy)).routes(),
        *persons.routes(),
        *static.routes(),
    )


async def _start_services(config: Config, index: int, stack: AsyncExitStack) -> Services:
    own = config.relay_address
    address = None if own is None else Address(own.host, own.port + index)
    worker = name_worker(index, uuid4().hex[:8], address)
    metrics = Metrics(worker)
    heavy = HeavyPool(processes=2)  # a long export does not hold up a look at the past
    stack.push_async_callback(heavy.close)
    bus = await _started(stack, _bus(config))
    school = await SchoolStore.open(config.school_url, demo=config.demo)
    stack.push_async_callback(school.close)
    access = SchoolAccess(school)
    database = await Database.open(config.collab_url)
    stack.push_async_callback(database.close)
    store = DocumentStore(database)
    hub = await _started(stack, Hub(store, bus, worker, observe_ack=metrics.ack_seconds.observe))
    stack.push_async_callback(heavy.close)  # first, so that nothing waits for a long job
    chat = await _started(stack, Chat(ChatStore(database), bus))
    typing = await _started(stack, Typing(bus))
    signals = Signals(bus)
    await signals.start()
    stack.callback(signals.close)
    presence = await _started(stack, Presence(bus, worker))
    media = await _media(config, index)
    stack.push_async_callback(media.close)
    key = await ticket_key(school)
    relay = Relay(worker, config.runtime, None if address is None else Credentials(key.raw_value, worker))
    relay.serve("metrics", metrics.answer)
    live = Live(school, bus)
    recordings = RecordingFiles(config.recordings_folder, config.recording_reserve * 1_000_000)
    rooms = Rooms(
        access=access, school=school, media=media, bus=bus, relay=relay, live=live, watch=MediaWatch(metrics.registry),
        recordings=recordings, documents=Excerpts(hub, heavy),
    )  # fmt: skip
    await _started(stack, relay)
    await _started(stack, rooms)
    auth = Auth(school, key)
    stack.callback(auth.close)
    uploads = Uploads(config, database, heavy)
    return Services(
        config, school, access, auth, bus, hub, chat, presence, media, relay, rooms, live, metrics, heavy, uploads,
        recordings, ContactAccess(school), typing, signals,
    )  # fmt: skip


def _connections(services: Services, sockets: Sockets) -> dict[str, float]:
    return {
        "document": services.documents.statistics().connections,
        "socket": sockets.counts()["connections"],
        "media": services.media.counters()["connections"],
    }


async def _started(stack: AsyncExitStack, part: Part) -> Part:
    """Start a part that is closed before those which were started earlier."""
    await part.start()
    stack.push_async_callback(part.close)
    return part


def _bus(config: Config) -> Bus:
    return MemoryBus() if config.redis is None else RedisBus(config.redis)


async def _media(config: Config, index: int) -> MediaServer:
    port = config.media_port + index * config.media_threads
    media = MediaServer(
        MediaConfig(
            addresses=("0.0.0.0", "::") if config.host in ("0.0.0.0", "::") else (config.host,),
            udp_port=port,
            http_host=config.host,
            http_port=config.port,
            proxy_port=config.public_port,
            place=index * config.media_threads,
            public_ips=config.public_ips,
            threads=config.media_threads,
            downlink_cap_kbit=config.downlink_cap,
            video_codec=config.video_codec,
        )
    )
    try:
        await media.start()
    except OSError as error:
        raise ConfigError(f"UDP port {port} is taken; choose another with --udp-port.") from error
    return media
