"""Logging as one JSON object a line on standard error; no address, no query, no name of a person.

What happened is told by `extra={"fields": {...}}` beside the text: the fields become keys of the object.
"""

from __future__ import annotations

import logging
import sys
import time

import msgspec


class JsonLines(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "part": record.name,
            "text": record.getMessage(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def set_up_logging(level: int = logging.INFO) -> None:
    """Send all logs as JSON lines to standard error; libraries only from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It reports every malformed request with the client's address; what our handlers raise is logged by us.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    for part in ("web", "sfu", "collab"):
        logging.getLogger(part).setLevel(level)
