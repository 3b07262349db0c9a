"""What a worker says of its rooms' lines: sums for Prometheus, and events without people and addresses."""

from __future__ import annotations

import json
import logging
from io import StringIO

from prometheus_client import CollectorRegistry, generate_latest

from web.logs import JsonLines
from web.media_watch import MediaWatch


def test_events_are_lines_of_json_and_sums() -> None:
    registry = CollectorRegistry()
    watch, lines = MediaWatch(registry), StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("web.media_watch")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        watch.connected("m", "p", 0.2345)
        watch.scored(70)
        watch.judged("m", "p", "fair", 70)
        watch.healed("m", "p", "keyframe")
        watch.lost("m", "p", "expired")
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [entry["event"] for entry in told] == ["connected", "quality", "frozen", "lost"]
    assert told[0]["seconds"] == 0.234 or told[0]["seconds"] == 0.235
    assert all(entry["meeting"] == "m" and entry["peer"] == "p" for entry in told)
    sums = generate_latest(registry).decode()
    assert 'kreide_media_quality_score_bucket{le="70.0"} 1.0' in sums
    assert 'kreide_media_connections_lost_total{reason="expired"} 1.0' in sums
    assert 'kreide_media_freezes_total{done="keyframe"} 1.0' in sums
    assert "kreide_media_connect_seconds_sum 0.2345" in sums
