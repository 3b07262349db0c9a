"""The plain loop is told who gets what as the loads have it; recordings become frames that a receiver puts together."""

from __future__ import annotations

from benchmarks.media_connect import Connector
from benchmarks.media_generator import Plan
from benchmarks.media_loads import LOADS
from benchmarks.peers.plain import PlainLeg, _route, describe
from benchmarks.replay import MOST, Track


def test_everybody_gets_what_the_mix_says_and_nobody_gets_their_own() -> None:
    load, connector = LOADS["school"], Connector(Plan())
    legs = [PlainLeg() for _ in load.published]
    streams = list(_route(load, connector, legs))
    assert len(streams) == len(connector.plan.sources) == sum(map(len, load.published))
    assert all(one.sender not in one.viewers for one in streams)
    wanted = sum(len(seen) + len(heard) for seen, heard in map(load.watched, range(load.viewers)))
    assert sum(len(one.viewers) for one in streams) == len(connector.plan.expected) == wanted
    lines = describe([leg.person for leg in legs], streams).splitlines()
    assert len(lines) == 2 + len(legs) + len(streams)
    for leg in legs:
        leg.hand_over()


def test_a_recorded_frame_is_cut_and_its_last_packet_marked() -> None:
    frame = bytes(range(256)) * 10
    track = Track([frame], 7, 96, {4: b"0", 10: b"h"})
    packets = list(track.packets(0, 1234))
    assert [bool(packet[1] & 0x80) for packet in packets] == [False, False, True]
    head = 12 + 4 + 4  # two elements of one byte each
    assert b"".join(packet[head + 6 :] for packet in packets) == frame
    assert [packet[head] for packet in packets] == [0x90, 0x80, 0x80]
    assert max(map(len, packets)) <= head + 6 + MOST
