"""Relays and their passwords."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from web.config import Config, ConfigError, check
from web.turn import SECONDS, build_ice_servers, build_links, is_turn_url

URLS = ("turns:turn.example.org:443?transport=tcp", "turn:[2001:db8::1]:3478")


def test_the_password_is_what_the_relay_will_compute() -> None:
    (server,) = build_ice_servers(URLS, "geheim", 1_000, "abc")
    assert server.urls == list(URLS) and server.username == f"{1_000 + SECONDS}:abc"
    expected = hmac.new(b"geheim", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == expected


def test_without_relays_there_is_nothing_to_say() -> None:
    assert build_ice_servers((), "", 1_000, "abc") == [] and build_links([]) == []


def test_links_name_each_relay() -> None:
    links = build_links(build_ice_servers(URLS, "geheim", 1_000, "abc"))
    assert [link.partition(">")[0] for link in links] == [f"<{url}" for url in URLS]
    assert all('rel="ice-server"' in link and f'username="{1_000 + SECONDS}:abc"' in link for link in links)


@pytest.mark.parametrize(
    "url",
    ["", "turn:", "stun:a", "turn:a:b", "turn:a>b", "turn:a?transport=sctp", 'turn:a"', "http://a", "turn:a:123456"],
)
def test_other_urls_are_refused(url: str) -> None:
    assert not is_turn_url(url)
    with pytest.raises(ConfigError):
        check(Config(turn=(url,), turn_secret="x"))


def test_a_relay_needs_its_secret() -> None:
    check(Config(turn=URLS, turn_secret="x"))
    for config in (Config(turn=URLS), Config(turn_secret="x")):
        with pytest.raises(ConfigError):
            check(config)
