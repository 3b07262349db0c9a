"""python-socketio as it comes, on aiohttp and uvloop; runs in the peers' own virtual environment."""

# mypy: ignore-errors
import os
import time

import socketio
import uvloop
from aiohttp import web

io = socketio.AsyncServer(async_mode="aiohttp")
heads = {}


@io.event
async def connect(sid, environ, auth):
    await io.save_session(sid, {"name": auth["name"]})
    await io.enter_room(sid, auth["channel"])


@io.on("chat:send")
async def send(sid, message):
    channel = message["channel"]
    seq = heads[channel] = heads.get(channel, 0) + 1
    at = int(time.time() * 1000)
    author = {"id": sid, "name": (await io.get_session(sid))["name"], "role": "pupil"}
    told = {**message, "seq": seq, "author": author, "at": at, "deleted": False}
    await io.emit("chat:message", told, room=channel)
    return {"seq": seq, "at": at}


app = web.Application()
io.attach(app)
uvloop.install()
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
