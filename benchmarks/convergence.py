"""Are all replicas equal in the end, and is what others saw still there after a sudden death? Kreide beside its peers.

Five stock Yjs clients of one document write at random, are cut off and come back; half-way the server is killed
(SIGKILL) and started again. When all are connected again, all replicas must become deeply equal within 20 s. Then one
writes twenty words that another sees arrive; both leave and the server is killed at once. Whoever opens the document
next must find every word. Same seeds for every server; each server with the storage that it brings for one machine.

    .venv/bin/python -m benchmarks.convergence --seeds 10
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from benchmarks.measure import Row, save
from benchmarks.peers.install import HERE, bench_home, install_node
from benchmarks.servers import Server, build_server, document_tickets

KINDS = ("kreide", "y-websocket", "hocuspocus", "pycrdt-websocket")
CLIENTS, STEPS = 5, 300
PATIENCE = 180.0


def with_storage(server: Server) -> Server:
    """Return the server with a folder for what it stores."""
    if server.data is None:
        server.data = Path(mkdtemp(prefix="store-", dir=bench_home()))
        server.environment |= {"YPERSISTENCE": str(server.data), "STORE": str(server.data)}
    return server


def address(server: Server) -> str:
    return f"ws://127.0.0.1:{server.port}" + ("/collab" if server.kind == "kreide" else "")


async def play(server: Server, seed: int) -> dict[str, Any]:
    """Return what the clients of this seed found."""
    document = f"scratch-{seed}-{os.getpid()}"
    names = [document] * (CLIENTS + 1)
    tickets = await document_tickets(server, names) if server.kind == "kreide" else [""] * len(names)
    spec: dict[str, object] = {"kind": server.kind, "url": address(server), "document": document}
    spec |= {"tickets": tickets, "seed": seed, "steps": STEPS}
    command = ["node", str(HERE / "replicas.mjs"), str(install_node()), json.dumps(spec)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            async for line in process.stdout:
                said: dict[str, Any] = json.loads(line)
                if "result" in said:
                    found: dict[str, Any] = said["result"]
                    return found
                assert server.process is not None
                server.process.kill()
                server.process.wait()
                server.start()
                process.stdin.write(b"{}\n")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    raise SystemExit(f"the clients of {server.kind} ended without a result (seed {seed})")


async def measure(kinds: list[str], seeds: list[int]) -> Row:
    """Play every seed at every server."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for kind in kinds:
        server = with_storage(build_server(kind))
        server.start()
        try:
            for seed in seeds:
                one = await play(server, seed)
                print(kind, seed, one, flush=True)
                found[kind].append(one)
        finally:
            server.stop()
            if server.data is not None:
                shutil.rmtree(server.data, ignore_errors=True)
    figures = {
        kind: {
            "runs": len(runs),
            "replicas not equal": sum(not one["equal"] for one in runs),
            "healed in ms (median)": statistics.median(one["healed"] for one in runs),
            "words seen": sum(one["seen"] for one in runs),
            "of them lost": sum(one["lost"] for one in runs),
            "runs that lost": sum(one["lost"] > 0 for one in runs),
        }
        for kind, runs in found.items()
    }
    title = f"{CLIENTS} stock clients, {STEPS} edits and cuts, the server killed twice"
    return Row(name=title, figures={kind: {k: float(v) for k, v in values.items()} for kind, values in figures.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    row = asyncio.run(measure(given.servers, list(range(given.first, given.first + given.seeds))))
    if given.save:
        save("convergence", [row])
    else:
        print(json.dumps(row.figures, indent=1))


if __name__ == "__main__":
    main()
