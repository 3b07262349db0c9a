"""What the server counts, in Prometheus' text format.

Laws: engines own their counters as plain numbers; this file only reads them when asked. Labels are bounded:
never a person, a room or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Numbers = Callable[[], Mapping[str, float]]
# upper bounds in seconds, counts per bucket (not cumulative), sum in seconds
Buckets = Callable[[], tuple[list[float], list[int], float]]
ACK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """One registry per worker."""

    def __init__(self, worker: str) -> None:
        self.registry = CollectorRegistry()
        self.connections = Gauge("kreide_connections", "Open connections by kind", ["kind"], registry=self.registry)
        self.ack_seconds = Histogram(
            "kreide_documents_ack_seconds",
            "From an edit's arrival to its stored acknowledgement",
            buckets=ACK_BUCKETS,
            registry=self.registry,
        )
        Gauge("kreide_worker_info", "Which worker answers", ["worker"], registry=self.registry).labels(worker).set(1)

    def counters(self, names: Mapping[str, str], read: Numbers) -> None:
        """Expose numbers that only rise: metric name -> key of `read()`."""
        self.registry.register(_Reader(names, read, CounterMetricFamily))

    def gauges(self, names: Mapping[str, str], read: Numbers) -> None:
        """Expose numbers that go up and down: metric name -> key of `read()`."""
        self.registry.register(_Reader(names, read, GaugeMetricFamily))

    def histogram(self, name: str, text: str, read: Buckets) -> None:
        """Expose a histogram that an engine keeps."""
        self.registry.register(_HistogramReader(name, text, read))

    def render(self) -> bytes:
        return generate_latest(self.registry)


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
        for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=False):
            seen += count
            buckets.append((bound, float(seen)))
        if not buckets or buckets[-1][0] != "+Inf":
            buckets.append(("+Inf", float(seen)))
        yield HistogramMetricFamily(self._name, self._text, buckets=buckets, sum_value=total)
