"""pycrdt-websocket on uvicorn and uvloop, as its documentation shows it; runs in the peers' own virtual environment."""

# mypy: ignore-errors
import os

import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer

server = WebsocketServer(rooms_ready=True, auto_clean_rooms=False)


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
