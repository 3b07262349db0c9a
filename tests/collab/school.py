"""Several hubs and clients on one store: carries messages until nothing moves any more, without sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from collab.awareness import Editor
from collab.bus import Bus
from collab.connection import EditRights
from collab.hub import Hub
from collab.limits import Limits
from collab.store import DocumentStore
from tests.collab.clients import Client, MemoryTransport, Replica

WRITE = EditRights(read=True, write=True)
READ = EditRights(read=True, write=False)
PATIENCE = 30.0


class Classroom:
    """Hubs ("workers") that share a store and a bus, and the clients connected to them."""

    def __init__(
        self,
        store: DocumentStore,
        bus: Bus,
        workers: int = 1,
        limits: Limits | None = None,
        others: Sequence[tuple[DocumentStore, Bus]] = (),
    ) -> None:
        self.store = store
        self.bus = bus
        self.limits = limits or Limits(idle_seconds=0.0)
        wiring = [(store, bus)] * workers + list(others)
        self.hubs = [Hub(each, to, f"worker{number}", self.limits) for number, (each, to) in enumerate(wiring)]
        self.clients: list[Client] = []

    async def __aenter__(self) -> Classroom:
        for hub in self.hubs:
            await hub.start()
        await self.hubs[0].create("doc", "scratch")
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for hub in self.hubs:
            await hub.close()

    async def join(
        self,
        account: str,
        worker: int = 0,
        replica: Replica | None = None,
        rights: EditRights = WRITE,
        document: str = "doc",
        epoch: int | None = None,
    ) -> Client:
        """Connect a person; the replica says hello."""
        transport = MemoryTransport()
        editor = Editor(account, account.title(), "pupil", len(account))
        connection = await self.hubs[worker].connect(document, transport, editor, rights, ack=True, epoch=epoch)
        client = Client(replica or Replica(), connection, transport)
        client.replica.acked = client.replica.sent = 0
        client.replica.synced = False
        client.replica.hello()
        self.clients.append(client)
        return client

    async def until(self, reached: Callable[[], bool]) -> None:
        """Carry messages until `reached`; fails when it takes too long."""
        end = time.monotonic() + PATIENCE
        while True:
            for client in self.clients:
                client.exchange()
            if reached():
                return
            assert time.monotonic() < end, "never reached"
            await asyncio.sleep(0.001)

    async def settle(self) -> None:
        """Carry messages until everything sent by open clients is acknowledged and all of them agree."""
        await self.until(self.agreed)

    def agreed(self) -> bool:
        """Tell whether all open clients have the same document and an ack for everything."""
        replicas = [client.replica for client in self.clients if client.connection.open]
        states = {replica.doc.get_state() for replica in replicas}
        return (
            all(replica.synced and replica.acked == replica.sent and not replica.outgoing for replica in replicas)
            and len({content(replica) for replica in replicas}) <= 1
            and len(states) <= max(1, len(replicas))
        )


def content(replica: Replica) -> str:
    """Everything a person would see."""
    return f"{replica.text}|{sorted(replica.map.to_py().items())}"
