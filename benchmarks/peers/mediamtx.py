"""MediaMTX by WHIP and WHEP: one path with one publisher.

It is no conference: a path has one publisher, a reader reads one path, and there is no choice of layers, so the school
mix would be twelve connections for each viewer. It is left out of that load.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path

from benchmarks.media_connect import Connector, Exchange, together
from benchmarks.media_loads import Load
from benchmarks.media_sdp import Kind
from benchmarks.peers.gomodule import came_from, install_go
from benchmarks.peers.install import bench_home
from benchmarks.peers.signalling import open_http
from benchmarks.servers import Server
from tests.services import free_port

MODULE = "github.com/bluenviron/mediamtx@v1.20.1"
_GENERATED = {"internal/core/VERSION": MODULE.partition("@")[2], "internal/servers/hls/hls.min.js": "// not served\n"}
"""What its `go generate` takes from git and from a network of scripts; HLS is off here."""
NOT_DRIVEN = dict.fromkeys(
    ("school", "lessons"), "a path has one publisher and a reader reads one path: twelve connections for each viewer"
)


def install() -> Path:
    """Return the program."""
    return install_go("mediamtx", MODULE, _GENERATED)


class MediaMtx:
    """One MediaMTX."""

    name = "mediamtx"

    def __init__(self, load: Load) -> None:
        program = install()
        self.version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        self.version += f" ({came_from(program)})"
        port, udp = free_port(), free_port()
        config = bench_home() / "mediamtx.yml"
        others = ("rtsp", "rtmp", "hls", "srt", "api", "metrics", "playback", "moq")
        config.write_text(
            "logLevel: warn\n"
            + "".join(f"{name}: no\n" for name in others)
            + f"webrtc: yes\nwebrtcAddress: 127.0.0.1:{port}\nwebrtcLocalUDPAddress: :{udp}\n"
            + "readTimeout: 600s\npaths:\n  load:\n"
        )
        self.server = Server("mediamtx", [str(program), str(config)], port)

    async def open(self, load: Load, connector: Connector) -> None:
        """Bring everybody in."""
        kinds: list[Kind] = ["video" if stream.video else "audio" for stream in load.published[0]]
        async with open_http(f"http://127.0.0.1:{self.server.port}") as http:

            async def exchange(verb: str, offer: str) -> str:
                headers = {"Content-Type": "application/sdp"}
                async with http.post(f"/load/{verb}", data=offer, headers=headers) as response:
                    answer = await response.text()
                    if response.status != 201:
                        raise RuntimeError(answer)
                    return answer

            _, sources = await connector.offer(load.published[0], [], lambda offer: exchange("whip", offer))

            async def enter(_: int) -> None:
                leg = await self._watch(connector, kinds, lambda offer: exchange("whep", offer))
                for source in sources:
                    connector.plan.expect(leg, source)

            await together(load.viewers, enter)

    async def _watch(self, connector: Connector, kinds: list[Kind], exchange: Exchange) -> int:
        """A reader; the path is there only once its tracks have been heard."""
        end = time.monotonic() + 10
        while True:
            try:
                return (await connector.offer([], kinds, exchange))[0]
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Nothing is kept outside of the server."""
