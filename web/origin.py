"""Where a request comes from: the Origin check, also behind trusted proxies.

Laws: a browser (it sends Origin) is let in only from our own host or a configured origin, even with a valid
ticket; a program without Origin has to bring a ticket, a cookie alone never opens a socket. Forwarded headers
count only when the peer's own address is a configured proxy.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from web.config import Config
from web.errors import AccessDenied


class ForeignOrigin(AccessDenied):
    code = "foreign_origin"


def check_origin(request: web.Request, config: Config) -> bool:
    """Return whether the request names an Origin (our own); raise ForeignOrigin for anybody else's."""
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    host = _host_of(origin)
    if origin in config.allowed_origins or (host and host == _own_host(request, config)):
        return True
    raise ForeignOrigin(text="requests from other sites are refused")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # what no browser writes is nobody's
        return ""


def _own_host(request: web.Request, config: Config) -> str:
    forwarded = request.headers.get("X-Forwarded-Host")
    if forwarded and _trusted(request.remote or "", config):
        return forwarded
    return request.headers.get("Host", "")


def _trusted(address: str, config: Config) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in ipaddress.ip_network(proxy, strict=False) for proxy in config.trusted_proxies)
