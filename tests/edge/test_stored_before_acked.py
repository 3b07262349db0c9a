"""Seen from outside the process: before an acknowledgement leaves, the log has reached the disk.

The kernel is asked (strace), not the program. One writer waits for each ack before it writes again, so between two acks
on the wire there has to be a finished fdatasync of the documents' log.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.server import KreideServer
from tests.wire import YClient

EDITS = 20
pytestmark = [
    pytest.mark.edge,
    pytest.mark.skipif(shutil.which("strace") is None or os.geteuid() != 0, reason="only root may look on (strace)"),
]
# A WebSocket frame with two or three bytes, the first of them 100: an ack and nothing else.
ACK = re.compile(r'(?:write|writev|sendto|sendmsg)\(.*"\\x82\\x0[23]\\x64')
SYNC = re.compile(r"^(\d+) .*(?:fdatasync|fsync)\(\d+<[^>]*collab\.db-wal>(.*)$")
SYNC_ENDS = re.compile(r"^(\d+) .*<\.\.\. (?:fdatasync|fsync) resumed>.*= 0")


def read_trace(lines: list[str]) -> str:
    """Return what happened in order: "S" for a finished sync of the log, "A" for an ack that left."""
    story, under_way = "", set()
    for line in lines:
        if began := SYNC.match(line):
            if "unfinished" in began[2]:
                under_way.add(began[1])
            elif "= 0" in began[2]:
                story += "S"
        elif (ended := SYNC_ENDS.match(line)) and ended[1] in under_way:
            under_way.discard(ended[1])
            story += "S"
        elif ACK.search(line):
            story += "A"
    return story


def test_reading_a_trace() -> None:
    assert read_trace(
        [
            '7 1.0 fdatasync(11</d/collab.db-wal> <unfinished ...>',
            '6 1.1 write(20<socket:[1]>, "\\x82\\x02\\x64\\x01", 4) = 4',
            "7 1.2 <... fdatasync resumed>) = 0",
            '6 1.3 sendmsg(20<socket:[1]>, {msg_iov=[{iov_base="\\x82\\x03\\x64\\x80\\x01", iov_len=5}]}, 0) = 5',
            "7 1.4 fdatasync(12</d/school.db-wal>) = 0",
            "7 1.5 fdatasync(11</d/collab.db-wal>) = -1 EIO",
            '6 1.6 write(20<socket:[1]>, "\\x82\\x02\\x00\\x02", 4) = 4',
        ]
    ) == "ASA"  # fmt: skip


async def test_no_ack_leaves_before_the_disk_has_it(tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    ticket = server.ticket(document="scratch-trace", right="write", name="Ada")
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,write,writev,sendto,sendmsg"
    command = ("strace", "-f", "-ttt", "-y", "-x", "-s", "16", "-e", calls, "-o", str(trace), "-p", str(server.pid))
    strace = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        assert strace.stderr is not None
        async with asyncio.timeout(30):
            if b"attached" not in await strace.stderr.readline():
                pytest.skip("this machine lets nobody look on")
            async with YClient(server.url, "scratch-trace", ticket, "ada") as writer:
                await writer.until_synced()
                for _ in range(EDITS):
                    await writer.until_acked(await writer.write())
    finally:
        strace.terminate()
        await strace.wait()
        server.kill()
    story = read_trace(trace.read_text(errors="replace").splitlines())
    assert story.count("A") >= EDITS, story
    # the first ack is of the first sync, which brings nothing to store
    assert all("S" in before for before in story.split("A")[1:EDITS]), story
