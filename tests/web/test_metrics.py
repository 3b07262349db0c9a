"""The numbers of one worker, and the sum over several."""

from __future__ import annotations

from web.metrics import Metrics, merge


def numbers(text: bytes) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_engines_are_read_when_asked() -> None:
    counted = {"seen": 1.0}
    metrics = Metrics("w0")
    metrics.counters({"kreide_seen": "seen", "kreide_absent": "absent"}, lambda: counted)
    assert numbers(metrics.render())["kreide_seen_total"] == 1
    counted["seen"] = 5
    assert numbers(metrics.render())["kreide_seen_total"] == 5
    assert numbers(metrics.render())["kreide_absent_total"] == 0


def test_a_histogram_adds_its_buckets_up() -> None:
    metrics = Metrics("w0")
    metrics.histogram("kreide_wait", "how long", lambda: ([0.1, 0.5, float("inf")], [3, 2, 1], 1.5))
    found = numbers(metrics.render())
    assert found['kreide_wait_bucket{le="0.1"}'] == 3
    assert found['kreide_wait_bucket{le="0.5"}'] == 5
    assert found['kreide_wait_bucket{le="+Inf"}'] == 6
    assert found["kreide_wait_count"] == 6
    assert found["kreide_wait_sum"] == 1.5


def test_workers_are_summed() -> None:
    texts = []
    for worker, seen in (("w0", 2.0), ("w1", 40.0)):
        metrics = Metrics(worker)
        metrics.counters({"kreide_seen": "seen"}, lambda seen=seen: {"seen": seen})  # type: ignore[misc]
        metrics.connections(lambda seen=seen: {"document": seen})  # type: ignore[misc]
        metrics.ack_seconds.observe(0.003)
        texts.append(metrics.render())
    found = numbers(merge(texts))
    assert found["kreide_seen_total"] == 42
    assert found['kreide_connections{kind="document"}'] == 42
    assert found["kreide_documents_ack_seconds_count"] == 2
    assert found['kreide_worker_info{worker="w0"}'] == found['kreide_worker_info{worker="w1"}'] == 1
    assert not [name for name in found if "_created" in name]
    assert merge(texts).decode().count("# HELP kreide_seen_total") == 1
