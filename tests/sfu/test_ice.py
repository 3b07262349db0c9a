"""Credentials and candidates of a lite agent."""

from __future__ import annotations

import re

import pytest

from sfu.ice import CREDENTIAL_ENTROPY, candidates, credentials, offered_addresses

INTERFACES = ["127.0.0.1", "192.0.2.10", "10.1.2.3", "::1", "fe80::1%eth0", "2001:db8::7"]


def test_credentials_are_long_enough_and_of_ice_characters() -> None:
    made = credentials(bytes(range(CREDENTIAL_ENTROPY)))
    assert re.fullmatch(r"AA[A-Za-z0-9+/]{8}", made.ufrag)
    assert re.fullmatch(r"[A-Za-z0-9+/]{24}", made.password)
    assert credentials(bytes(CREDENTIAL_ENTROPY)) != made


def test_too_little_entropy_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="24 bytes"):
        credentials(b"short")


def test_a_wildcard_offers_what_is_usable_of_its_family() -> None:
    assert offered_addresses(["0.0.0.0"], INTERFACES, []) == ["192.0.2.10", "10.1.2.3"]
    assert offered_addresses(["0.0.0.0", "::"], INTERFACES, []) == ["192.0.2.10", "10.1.2.3", "2001:db8::7"]


def test_named_addresses_are_offered_as_they_are() -> None:
    assert offered_addresses(["127.0.0.1"], INTERFACES, []) == ["127.0.0.1"]
    assert offered_addresses(["127.0.0.1", "::1", "127.0.0.1"], INTERFACES, []) == ["127.0.0.1", "::1"]


def test_public_addresses_come_first_and_add_to_the_others() -> None:
    assert offered_addresses(["0.0.0.0"], INTERFACES, ["203.0.113.5", "10.1.2.3"]) == [
        "203.0.113.5",
        "10.1.2.3",
        "192.0.2.10",
    ]


def test_a_machine_without_a_network_offers_loopback() -> None:
    assert offered_addresses(["0.0.0.0", "::"], ["127.0.0.1", "::1"], []) == ["127.0.0.1", "::1"]
    assert offered_addresses(["0.0.0.0", "::"], ["127.0.0.1", "::1", "192.0.2.1"], []) == ["192.0.2.1"]


def test_candidates_fall_in_priority_and_are_written_by_rfc_8839() -> None:
    first, second, third, fourth = candidates(ways := [("192.0.2.10", 40000), ("2001:db8::7", 40000)], ways)
    assert first.line() == "candidate:1 1 udp 2130706431 192.0.2.10 40000 typ host"
    assert second.line() == "candidate:2 1 udp 2130706175 2001:db8::7 40000 typ host"
    assert third.line() == "candidate:3 1 tcp 2124414975 192.0.2.10 40000 typ host tcptype passive"
    assert fourth.line() == "candidate:4 1 tcp 2124414719 2001:db8::7 40000 typ host tcptype passive"
