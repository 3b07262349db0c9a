"""The composition root: builds stores, bus, engines and rooms of one worker and joins them into one application.

Laws: everything that lives is built here, started in the order of this file and stopped in the reverse; nothing
elsewhere keeps state in a module. A service gets what it needs as constructor arguments.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

from aiohttp import web

from collab.authors import Authors
from collab.bus import Bus, MemoryBus
from collab.chat_hub import Chat
from collab.chat_store import ChatStore
from collab.database import Database
from collab.ending import end
from collab.errors import CollabError
from collab.excerpts import Excerpts
from collab.heavy import HeavyPool
from collab.history import History
from collab.hub import Hub
from collab.presence_hub import Presence
from collab.redis_bus import RedisBus
from collab.store import DocumentStore
from sfu.server import MediaConfig, MediaServer
from web.auth import Auth, ticket_key
from web.config import Config, ConfigError
from web.errors import WebError
from web.live import Live
from web.machines import Address, Credentials, name_worker
from web.media_watch import MediaWatch
from web.metrics import Metrics, connect_engines
from web.outermost import add_security_headers, outermost
from web.patience import expect_bodies
from web.person import Holdings
from web.recording_files import RecordingFiles
from web.recording_sweep import sweep_recordings
from web.relay import Relay
from web.retention import forget_messages
from web.rooms import Rooms
from web.routes import API_ROUTES, health, static, whip
from web.routes.authors import DocumentAuthors
from web.routes.collab_socket import DocumentSockets
from web.routes.files import Files
from web.routes.history import DocumentPast
from web.routes.persons import Persons
from web.routes.table import register
from web.routes.uploads import UPLOADS
from web.school.access import SchoolAccess
from web.school.actions import do_end_expired_sessions
from web.school.demo import seed_demo
from web.school.direct import ContactAccess
from web.school.keeping import HistoryDays
from web.school.store import SchoolStore
from web.services import SERVICES, Services
from web.signals import Signals
from web.sockets import Sockets
from web.typing_hub import Typing
from web.uploads import Uploads
from web.uploads_sweep import sweep_uploads

DEMO_REFRESH_SECONDS: Final = 600.0
SESSIONS_SECONDS: Final = 60.0
FIRST_SWEEP_SECONDS: Final = 300.0  # a server that is on only in the mornings tends its documents, too
SWEEP_SECONDS: Final = 3600.0  # a look is cheap; each document is tended once a day
log = logging.getLogger(__name__)


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
    register(
        app,
        (
            *API_ROUTES,
            *Files().routes(),
            *health.ROUTES,
            *whip.ROUTES,
            *documents.routes(),
            *DocumentPast(history).routes(),
            *DocumentAuthors(Authors(services.documents.store.database, services.heavy)).routes(),
            *persons.routes(),
            *static.routes(),
        ),
    )
    sockets.attach(app)
    app.on_response_prepare.append(add_security_headers)

    async def drain(_: web.Application) -> None:
        await services.rooms.drain()
        await sockets.drain()
        await documents.drain()

    async def run(_: web.Application) -> AsyncIterator[None]:
        await sockets.start()
        await services.live.start()
        chores = _chores(services, history) if index == 0 else []
        tasks = [asyncio.create_task(chore) for chore in chores]
        yield
        await end(tasks)
        await persons.close()
        await services.live.close()
        await sockets.close()
        await stack.aclose()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(drain)
    return app


async def _start_services(config: Config, index: int, stack: AsyncExitStack) -> Services:
    own = config.relay_address
    address = None if own is None else Address(own.host, own.port + index)
    worker = name_worker(index, uuid4().hex[:8], address)
    metrics = Metrics(worker)
    heavy = HeavyPool(processes=2)  # a long export does not hold up a look at the past
    stack.push_async_callback(heavy.close)
    bus = await _bus(config, stack)
    school = await SchoolStore.open(config.school_url, demo=config.demo)
    stack.push_async_callback(school.close)
    access = SchoolAccess(school)
    database = await Database.open(config.collab_url)
    stack.push_async_callback(database.close)
    hub = Hub(DocumentStore(database), bus, worker, observe_ack=metrics.ack_seconds.observe)
    await hub.start()
    stack.push_async_callback(hub.close)
    stack.push_async_callback(heavy.close)  # first, so that nothing waits for a long job
    chat = Chat(ChatStore(database), bus)
    await chat.start()
    stack.push_async_callback(chat.close)
    typing, signals = await _signs(bus, stack)
    presence = Presence(bus, worker)
    await presence.start()
    stack.push_async_callback(presence.close)
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
    await relay.start()
    stack.push_async_callback(relay.close)
    await rooms.start()
    stack.push_async_callback(rooms.close)
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


async def _bus(config: Config, stack: AsyncExitStack) -> Bus:
    bus: Bus = MemoryBus() if config.redis is None else RedisBus(config.redis)
    await bus.start()
    stack.push_async_callback(bus.close)
    return bus


async def _signs(bus: Bus, stack: AsyncExitStack) -> tuple[Typing, Signals]:
    """What people hear of each other in passing."""
    typing, signals = Typing(bus), Signals(bus)
    await typing.start()
    stack.push_async_callback(typing.close)
    await signals.start()
    stack.callback(signals.close)
    return typing, signals


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


def _chores(services: Services, history: History) -> list[Coroutine[None, None, None]]:
    """What one worker does for all."""
    demo = [_keep_demo_now(services)] if services.config.demo else []
    own = (_end_sessions(services), forget_messages(services), sweep_uploads(services), sweep_recordings(services))
    return [*own, _tend_documents(services, history), *demo]


async def _tend_documents(services: Services, history: History) -> None:
    """Compact documents that nobody opens, keep the days that have ended, let go what is too old."""
    keeping = HistoryDays(services.school, services.config.history_days)
    pause = FIRST_SWEEP_SECONDS
    while True:
        await asyncio.sleep(pause)
        pause = SWEEP_SECONDS
        sweep = asyncio.ensure_future(history.sweep(keeping))
        try:
            await asyncio.shield(sweep)  # no database call is cut in the middle
        except (CollabError, WebError) as error:
            log.warning("documents could not be tended now: %s", error.code)
        except asyncio.CancelledError:
            history.stop()
            await services.heavy.close()
            await asyncio.wait([sweep])
            raise


async def _keep_demo_now(services: Services) -> None:
    """Move the demo school's meetings along with the clock."""
    while True:
        await asyncio.sleep(DEMO_REFRESH_SECONDS)
        await seed_demo(services.school)
        await services.live.hasten()


async def _end_sessions(services: Services) -> None:
    """Tell what is open of logins and guest links whose time is over."""
    while True:
        await asyncio.sleep(SESSIONS_SECONDS)
        try:
            if await do_end_expired_sessions(services.school):
                await services.live.hasten()
        except WebError:
            log.warning("expired logins could not be ended now")
