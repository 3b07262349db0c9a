"""Candidates that come one by one: of use or not, before the description or after it."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.peers.signalling import Candidates, is_usable

IPV4 = "candidate:1 1 udp 2130706431 192.0.2.2 27524 typ host"
IPV6 = "candidate:2 1 udp 2130706431 fd00::2 27524 typ host"
TCP = "candidate:3 1 tcp 1671430143 192.0.2.2 27524 typ host tcptype passive"
SDP = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


@pytest.mark.parametrize(("candidate", "usable"), [(IPV4, True), (IPV6, False), (TCP, False), ("", False)])
def test_only_udp_over_ipv4_is_of_use(candidate: str, usable: bool) -> None:
    assert is_usable(candidate) is usable


async def test_a_description_waits_for_a_candidate_that_is_of_use() -> None:
    candidates = Candidates()
    candidates.add(IPV6)
    completed = asyncio.create_task(candidates.complete(SDP))
    await asyncio.sleep(0)
    assert not completed.done()
    candidates.add(IPV4)
    assert await completed == f"{SDP}a={IPV4}\r\n"


async def test_a_description_with_its_own_candidate_waits_for_none() -> None:
    assert await Candidates().complete(f"{SDP}a={IPV4}\r\n") == f"{SDP}a={IPV4}\r\n"
