"""Centrifugo in one process, as its documentation configures a chat: a channel with a history in memory.

Laws: its numbers (offsets) and its history live in memory only. Clients are let in without tokens (`insecure`), which
saves it a check that Kreide makes. 5.4.9 is the newest version found in the module proxy used here; `go install` asks
for the list of versions as well, which not every proxy gives, so it is built from the module's own copy.
"""

from __future__ import annotations

from benchmarks.peers.gomodule import install_go

MODULE = "github.com/centrifugal/centrifugo/v5@v5.4.9"


def command() -> list[str]:
    return [str(install_go("centrifugo", MODULE, generated={}))]


def environment(port: int) -> dict[str, str]:
    """Its settings; without the compression and the presence that it leaves off as well."""
    settings = {
        "address": "127.0.0.1",
        "port": str(port),
        "client_insecure": "true",
        "history_size": "1000",
        "history_ttl": "300s",
        "log_level": "error",
    }
    return {f"CENTRIFUGO_{name.upper()}": value for name, value in settings.items()}
