"""pycrdt-websocket on uvicorn and uvloop, as its documentation shows it; runs in the peers' own virtual environment.

With STORE it keeps updates in that folder, by its SQLite store, and reads them when a room is made.
"""

# mypy: ignore-errors
import contextlib
import os

import uvicorn
from pycrdt.store import SQLiteYStore, YDocNotFound
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom


class Stored(SQLiteYStore):
    """All documents in one file."""

    db_path = f"{os.environ.get('STORE', '.')}/documents.db"


class StoringServer(WebsocketServer):
    """Gives each room a store."""

    async def get_room(self, name):
        """Return the room of this name; a new one begins with what is stored."""
        if name not in self.rooms:
            room = self.rooms[name] = YRoom(ready=False, ystore=Stored(name))
            await self.start_room(room)
            async with room.ystore.start_lock:
                if not room.ystore.started.is_set():
                    await room._task_group.start(room.ystore.start)
            with contextlib.suppress(YDocNotFound):
                await room.ystore.apply_updates(room.ydoc)
            room.ready = True
        room = self.rooms[name]
        await self.start_room(room)
        return room


server = (StoringServer if "STORE" in os.environ else WebsocketServer)(rooms_ready=True, auto_clean_rooms=False)


async def app(scope, receive, send):
    """Serve one connection; start the rooms with the first event of the lifespan."""
    if scope["type"] == "lifespan":
        async with server:
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
    await ASGIServer(server)(scope, receive, send)


uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", log_level="warning", ws_per_message_deflate=False)
