"""What the server counts, in Prometheus' text format.

Laws: engines own their counters as plain numbers; this file only reads them when asked. Labels are bounded:
never a person, a room or an address. Whichever worker is asked tells the sum over all workers, so that a scraper
that reaches another one each time sees numbers that only rise.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from collab.hub import Hub
from sfu.server import MediaServer

Numbers = Callable[[], Mapping[str, float]]
# upper bounds in seconds, counts per bucket (not cumulative), sum in seconds
Buckets = Callable[[], tuple[list[float], list[int], float]]
ACK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Durations:
    """How long something took, each time: a tenth of what prometheus_client's own histogram costs."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = [*bounds, math.inf]
        self._counts = [0] * len(self._bounds)
        self._total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._total += seconds

    def read(self) -> tuple[list[float], list[int], float]:
        """Return upper bounds, counts and the sum."""
        return self._bounds, self._counts, self._total


class Metrics:
    """One registry per worker."""

    def __init__(self, worker: str) -> None:
        self.registry = CollectorRegistry()
        self.ack_seconds = Durations(ACK_BUCKETS)
        self.histogram(
            "kreide_documents_ack_seconds",
            "From an edit's arrival to its stored acknowledgement",
            self.ack_seconds.read,
        )
        Gauge("kreide_worker_info", "Which workers run", ["worker"], registry=self.registry).labels(worker).set(1)

    def counters(self, names: Mapping[str, str], read: Numbers) -> None:
        """Expose numbers that only rise: metric name -> key of `read()`."""
        self.registry.register(_Reader(names, read, CounterMetricFamily))

    def gauges(self, names: Mapping[str, str], read: Numbers) -> None:
        """Expose numbers that go up and down: metric name -> key of `read()`."""
        self.registry.register(_Reader(names, read, GaugeMetricFamily))

    def histogram(self, name: str, text: str, read: Buckets) -> None:
        """Expose a histogram that an engine keeps."""
        self.registry.register(_HistogramReader(name, text, read))

    def connections(self, read: Numbers) -> None:
        """Expose open connections by kind."""
        self.registry.register(_ConnectionsReader(read))

    def render(self) -> bytes:
        """Return this worker's numbers as exposition text."""
        return generate_latest(self.registry)

    async def answer(self, _: bytes) -> bytes:
        """Tell another worker this one's numbers."""
        return self.render()


def merge(texts: Sequence[bytes]) -> bytes:
    """Add up the numbers of several workers; order and comments are those of the first that has them."""
    lines: dict[str, float | None] = {}
    for text in texts:
        for line in text.decode().splitlines():
            if line.startswith("#"):
                lines.setdefault(line, None)
                continue
            sample, _, value = line.rpartition(" ")
            if not sample.split("{")[0].endswith("_created"):  # a time: its sum would say nothing
                lines[sample] = (lines.get(sample) or 0.0) + float(value)
    return "".join(f"{line}\n" if value is None else f"{line} {value}\n" for line, value in lines.items()).encode()


class _Reader:
    def __init__(
        self, names: Mapping[str, str], read: Numbers, family: type[CounterMetricFamily] | type[GaugeMetricFamily]
    ) -> None:
        self._names, self._read, self._family = names, read, family

    def describe(self) -> Iterable[Metric]:
        return [self._family(name, name) for name in self._names]

    def collect(self) -> Iterable[Metric]:
        numbers = self._read()
        for name, key in self._names.items():
            yield self._family(name, key.replace("_", " "), value=float(numbers.get(key, 0)))


class _HistogramReader:
    def __init__(self, name: str, text: str, read: Buckets) -> None:
        self._name, self._text, self._read = name, text, read

    def describe(self) -> Iterable[Metric]:
        return [HistogramMetricFamily(self._name, self._text)]

    def collect(self) -> Iterable[Metric]:
        bounds, counts, total = self._read()
        buckets: list[tuple[str, float]] = []
        seen = 0
        named = [str(bound) for bound in bounds if math.isfinite(bound)]
        for bound, count in zip([*named, "+Inf"], counts, strict=False):
            seen += count
            buckets.append((bound, float(seen)))
        if not buckets or buckets[-1][0] != "+Inf":
            buckets.append(("+Inf", float(seen)))
        yield HistogramMetricFamily(self._name, self._text, buckets=buckets, sum_value=total)


class _ConnectionsReader:
    def __init__(self, read: Numbers) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily("kreide_connections", "Open connections by kind", labels=["kind"])]

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("kreide_connections", "Open connections by kind", labels=["kind"])
        for kind, number in self._read().items():
            family.add_metric([kind], float(number))
        yield family


def connect_engines(metrics: Metrics, media: MediaServer, documents: Hub) -> None:
    """Expose what the engines count."""
    metrics.counters(
        {
            "kreide_media_packets_forwarded": "forwarded",
            "kreide_media_packets_received": "rtp_in",
            "kreide_media_packets_retransmitted": "retransmitted",
            "kreide_media_packets_unauthenticated": "dropped_authentication",
            "kreide_media_packets_malformed": "dropped_malformed",
            "kreide_media_packets_unknown": "dropped_unknown",
            "kreide_media_keyframe_requests": "plis_out",
            "kreide_media_bytes_sent": "bytes_out",
        },
        media.counters,
    )
    metrics.gauges({"kreide_media_rooms": "rooms", "kreide_media_sources": "sources"}, media.counters)
    metrics.histogram("kreide_media_forward_seconds", "From receiving a packet to sending it", media.forward_histogram)

    def of_documents() -> Mapping[str, float]:
        return msgspec.structs.asdict(documents.statistics())

    metrics.counters(
        {
            "kreide_documents_updates": "updates",
            "kreide_documents_deliveries": "deliveries",
            "kreide_documents_refused": "refused",
            "kreide_documents_quarantined": "quarantined",
        },
        of_documents,
    )
    metrics.gauges({"kreide_documents_live": "documents"}, of_documents)
