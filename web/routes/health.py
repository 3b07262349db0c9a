"""/healthz and /metrics.

Laws: live as long as this loop answers; ready while the database can be read, the bus is up and nobody asked
us to stop. A balancer acts on the status (200 or 503), a person reads the body.
"""

from __future__ import annotations

import contextlib

import msgspec
from aiohttp import web

from web.metrics import merge
from web.relay import RelayUnreachable
from web.routes.table import Route
from web.services import SERVICES


class Health(msgspec.Struct, frozen=True):
    live: bool
    ready: bool
    database: bool
    bus: bool
    worker: str


async def healthz(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    database, bus = services.live.fresh, services.bus.healthy
    health = Health(True, database and bus, database, bus, services.relay.worker)
    return web.Response(
        status=200 if health.ready else 503,
        body=msgspec.json.encode(health),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def metrics(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    texts = [services.metrics.render()]
    for worker in services.relay.others():
        with contextlib.suppress(RelayUnreachable):  # it died, or is just starting
            texts.append(await services.relay.call(worker, "metrics", b"", deadline=1.0))
    body = merge(texts)
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


ROUTES = (
    Route("GET", "/healthz", healthz, "Whether this worker lives and is ready", auth="none", response=Health),
    Route("GET", "/metrics", metrics, "Counters in Prometheus' text format", auth="none"),
)
