"""Relays for networks that let no UDP through: where they are, and a password for each connection.

Laws: pure but for `issue_ice_servers`, which asks the clock and chance. The relay (coturn with `use-auth-secret`)
shares one secret with us and keeps no accounts: the user name says until when it holds, the password is its HMAC-SHA1
under the secret (draft-uberti-behave-turn-rest). The user name names nobody.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import time

from web.messages import IceServer

SECONDS = 24 * 3600  # coturn asks again at each new allocation: longer than any school day's connection
_URL = re.compile(r"turns?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?")


def is_turn_url(url: str) -> bool:
    """Whether browsers understand it (RFC 7065)."""
    return _URL.fullmatch(url) is not None


def build_ice_servers(urls: tuple[str, ...], secret: str, now: int, nonce: str) -> list[IceServer]:
    """Return the relays with a password that holds from `now` (seconds since 1970) for SECONDS; none without URLs."""
    if not urls:
        return []
    username = f"{now + SECONDS}:{nonce}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return [IceServer(list(urls), username, base64.b64encode(digest).decode())]


def issue_ice_servers(urls: tuple[str, ...], secret: str) -> list[IceServer]:
    """Return the relays with a fresh password."""
    return build_ice_servers(urls, secret, int(time.time()), secrets.token_urlsafe(6))


def build_links(servers: list[IceServer]) -> list[str]:
    """Return the values of Link header fields that say the same to WHIP and WHEP clients (RFC 9725, section 4.6)."""
    return [
        f'<{url}>; rel="ice-server"; username="{server.username}"; '
        f'credential="{server.credential}"; credential-type="password"'
        for server in servers
        for url in server.urls
    ]
