"""What a worker sees of its rooms' lines: Prometheus series, and a log of events.

Laws: only sums are kept. The log names a meeting and a peer (a random key of one visit), never a person, never an
address.
"""

from __future__ import annotations

import logging
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from web.messages import Quality

SCORES: Final = (50.0, 60.0, 70.0, 80.0, 90.0, 100.0)
WAYS: Final = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)

log = logging.getLogger(__name__)


class MediaWatch:
    """What a worker saw of its rooms' lines: Prometheus series and log lines."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._scores = Histogram(
            "kreide_media_quality_score",
            "Ratings of people's lines by the E-model, 0 to 100",
            buckets=SCORES,
            registry=registry,
        )
        self._connects = Histogram(
            "kreide_media_connect_seconds",
            "From an offer to agreed keys",
            buckets=WAYS,
            registry=registry,
        )
        self._losses = Counter(
            "kreide_media_connections_lost", "Media connections that ended by themselves", ["reason"], registry=registry
        )
        self._freezes = Counter(
            "kreide_media_freezes", "Frozen pictures, by what was done", ["done"], registry=registry
        )

    def connected(self, meeting: str, peer: str, seconds: float) -> None:
        """Somebody's media flow, so long after the offer."""
        self._connects.observe(seconds)
        _tell("connected", meeting, peer, seconds=round(seconds, 3))

    def lost(self, meeting: str, peer: str, reason: str) -> None:
        """Somebody's media connection is gone."""
        self._losses.labels(reason).inc()
        _tell("lost", meeting, peer, reason=reason)

    def scored(self, score: int) -> None:
        """A client has measured its line."""
        self._scores.observe(score)

    def judged(self, meeting: str, peer: str, quality: Quality, score: int) -> None:
        """The word for somebody's line has changed."""
        _tell("quality", meeting, peer, quality=quality, score=score)

    def healed(self, meeting: str, peer: str, done: str) -> None:
        """Somebody's picture stood still."""
        self._freezes.labels(done).inc()
        _tell("frozen", meeting, peer, done=done)


def _tell(event: str, meeting: str, peer: str, **more: object) -> None:
    log.info("media: %s", event, extra={"fields": {"event": event, "meeting": meeting, "peer": peer, **more}})
