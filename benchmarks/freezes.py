"""Freezes in a real Chromium: five tiles of a room of thirty through the server, and the same streams without it.

Thirty publishers replay recorded VP8 in three layers (`replay.py`) into a room; one Chromium, its own camera off, looks
at five of them. In the control run the same five recordings go straight to the same browser, over one connection, in
the layer that the server would have chosen. What the browser itself counts (getStats) is compared, in turns.

    .venv/bin/python -m benchmarks.freezes
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import time
from collections.abc import Sequence

from msgspec import Struct
from playwright.async_api import Page

from benchmarks.chromium import open_chromium
from benchmarks.measure import LAG, RESULTS, machine
from benchmarks.media_kreide import Kreide
from benchmarks.media_leg import Leg
from benchmarks.media_loads import LOADS, ROOM
from benchmarks.media_sdp import MID, Line, Local, Media, Remote, build_offer, read_remote
from benchmarks.replay import LAYERS, RATE, Recording, Replay, Track, recordings
from benchmarks.servers import meeting_tickets
from sfu.dtls import Identity

RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
TILES, RECORDINGS, CHOSEN = 5, 6, "h"
SETTLE = 6.0
PAGE = """<!doctype html><script>
const lines = [];
async function offer(count, gather = true) {
  window.connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  for (let n = 0; n < count; n++) {
    const line = connection.addTransceiver("video", { direction: "recvonly" });
    line.setCodecPreferences(RTCRtpReceiver.getCapabilities("video").codecs
      .filter(({ mimeType }) => ["video/VP8", "video/rtx"].includes(mimeType)));
    const video = document.createElement("video");
    Object.assign(video, { autoplay: true, muted: true, srcObject: new MediaStream([line.receiver.track]) });
    document.body.append(video);
    lines.push(line);
  }
  await connection.setLocalDescription();
  const mids = lines.map(({ mid }) => mid);
  if (!gather) return { sdp: connection.localDescription.sdp, mids };
  const gathered = (done) => connection.iceGatheringState === "complete" && done();
  await new Promise((done) => { connection.onicegatheringstatechange = () => gathered(done); gathered(done); });
  return { sdp: connection.localDescription.sdp, mids };
}
const answer = (sdp) => connection.setRemoteDescription({ type: "answer", sdp });
async function counted() {
  const all = [...(await connection.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
  const sum = (name) => all.reduce((total, one) => total + (one[name] ?? 0), 0);
  return { frames: sum("framesDecoded"), freezes: sum("freezeCount"), seconds: sum("totalFreezesDuration"),
    dropped: sum("framesDropped"), lost: sum("packetsLost"), asked: sum("pliCount"),
    widths: all.map(({ frameWidth }) => frameWidth ?? 0) };
}
</script>"""


class Counted(Struct):
    """What the browser counted, over all tiles."""

    frames: int
    freezes: int
    seconds: float
    dropped: int
    lost: int
    asked: int
    widths: list[int]


class Sender:
    """All publishers' frames, each at its time."""

    def __init__(self, replays: Sequence[Replay]) -> None:
        self._replays = replays
        self.late: list[float] = []

    async def run(self) -> None:
        """Send until cancelled; publishers take turns within a frame's time."""
        began, number = time.time(), len(self._replays)
        for frame in itertools.count():
            for place, replay in enumerate(self._replays):
                due = began + (frame + place / number) / RATE
                wait = due - time.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                self.late.append(time.time() - due)
                replay.send(due)

    @property
    def lag(self) -> float:
        """The 99th percentile of its lateness, ms."""
        return sorted(self.late)[len(self.late) * 99 // 100] * 1e3


def tracks(recording: Recording, names: Sequence[str], media: Media, *, rids: bool) -> list[Track]:
    """The layers of one publisher."""
    ids = media.extensions
    made = []
    for name in names:
        elements = {ids[MID]: media.mid.encode()}
        if rids:
            elements[ids[RID]] = name.encode()
        made.append(Track(recording[name], random.getrandbits(31) | 1, media.payloads["vp8"], elements))
    return made


def layered_offer(local: Local) -> str:
    """An offer of one camera in three layers."""
    text = build_offer(local, [Line("video", "0")])
    layers = [f"a=extmap:10 {RID}", *(f"a=rid:{name} send" for name in LAYERS)]
    simulcast = [*layers, f"a=simulcast:send {';'.join(LAYERS)}"]
    return text.replace("a=recvonly\r\n", "\r\n".join(["a=sendonly", "a=msid:replay camera", *simulcast, ""]))


def straight_answer(local: Local, remote: Remote, ssrcs: Sequence[int]) -> str:
    """An answer that sends one stream on each line of a browser's offer."""
    text = ["v=0", "o=- 4611731400430051338 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    text.append("a=group:BUNDLE " + " ".join(media.mid for media in remote.media))
    for media, ssrc in zip(remote.media, ssrcs, strict=True):
        vp8 = media.payloads["vp8"]
        text += [f"m=video 9 UDP/TLS/RTP/SAVPF {vp8}", "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=rtcp-rsize"]
        text += [f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}", f"a=fingerprint:{local.fingerprint}"]
        text += ["a=setup:active", *(f"a=candidate:{one}" for one in local.candidates), "a=end-of-candidates"]
        text += [f"a=extmap:{media.extensions[MID]} {MID}", f"a=rtpmap:{vp8} VP8/90000"]
        text += [f"a=rtcp-fb:{vp8} {kind}" for kind in ("ccm fir", "nack pli")]
        text += [f"a=mid:{media.mid}", "a=sendonly", f"a=msid:s{media.mid} t{media.mid}", f"a=ssrc:{ssrc} cname:replay"]
    return "\r\n".join([*text, ""])


async def publish(kreide: Kreide, place: int, recording: Recording, identity: Identity) -> Replay:
    """One publisher of the room."""
    leg = Leg(identity)
    offer = layered_offer(await leg.gather())
    await kreide.call(place, "room:media", {"camera": True, "microphone": False, "screen": False})
    message = {"sdp": offer, "sources": [{"mid": "0", "purpose": "camera"}], "slots": []}
    remote = read_remote(str((await kreide.call(place, "media:offer", message))["sdp"]))
    await leg.connect(remote)
    return Replay(leg, tracks(recording, list(LAYERS), remote.media[0], rids=True), place % 5)


async def watch(page: Page, replays: Sequence[Replay], seconds: float) -> tuple[Counted, float]:
    """Play, and return what the browser counted once it had settled, and how late the sender was."""
    sender = Sender(replays)
    task = asyncio.create_task(sender.run())
    try:
        await asyncio.sleep(SETTLE)
        before = Counted(**await page.evaluate("counted()"))
        sender.late.clear()
        await asyncio.sleep(seconds)
        after = Counted(**await page.evaluate("counted()"))
        lag = sender.lag
    finally:
        task.cancel()
    names = ("frames", "freezes", "seconds", "dropped", "lost", "asked")
    differences = {name: getattr(after, name) - getattr(before, name) for name in names}
    return Counted(**differences, widths=after.widths), lag


async def through_server(seconds: float, known: Sequence[Recording]) -> tuple[Counted, float]:
    """Thirty publishers and the browser in one room."""
    kreide, identity = Kreide(LOADS["school"]), Identity.generateCertificate()
    kreide.server.start()
    replays: list[Replay] = []
    try:
        tickets = await meeting_tickets(kreide.server, 1, "teacher") + await meeting_tickets(kreide.server, ROOM)
        peers = [await kreide.enter(ticket, place) for place, ticket in enumerate(tickets)]
        for place in range(ROOM):
            replays.append(await publish(kreide, place, known[place % len(known)], identity))
        async with open_chromium(PAGE) as page:
            await kreide.call(ROOM, "media:page", {"tiles": peers[1 : 1 + TILES]})
            offered = await page.evaluate(f"offer({TILES})")
            slots = [{"mid": mid, "purpose": f"tile-{n}"} for n, mid in enumerate(offered["mids"], 1)]
            message = {"sdp": offered["sdp"], "sources": [], "slots": slots}
            await page.evaluate("answer", (await kreide.call(ROOM, "media:offer", message))["sdp"])
            return await watch(page, replays, seconds)
    finally:
        for replay in replays:
            await replay.leg.close()
        await kreide.close()
        kreide.server.stop()


async def straight(seconds: float, known: Sequence[Recording]) -> tuple[Counted, float]:
    """The same five recordings in the layer that the server chooses, without a server."""
    leg = Leg(Identity.generateCertificate(), controlling=False)
    async with open_chromium(PAGE) as page:
        remote = read_remote(str((await page.evaluate(f"offer({TILES})"))["sdp"]))
        sent = [
            tracks(known[place % len(known)], [CHOSEN], media, rids=False)
            for place, media in enumerate(remote.media, 1)
        ]
        await page.evaluate("answer", straight_answer(await leg.gather(), remote, [one[0].ssrc for one in sent]))
        await leg.connect(remote)
        replays = [Replay(leg, one, place % 5) for place, one in enumerate(sent, 1)]

        def hear(datagram: bytes) -> None:
            for replay in replays:
                replay.hear(datagram)

        leg.on_media = hear
        try:
            return await watch(page, replays, seconds)
        finally:
            await leg.close()


def table(rounds: Sequence[tuple[str, Counted, float]], seconds: float) -> str:
    """The results as a page."""
    about = machine()
    head = [
        "run",
        "freezes",
        "seconds frozen",
        "frames decoded",
        "dropped",
        "lost packets",
        "keyframes asked",
        "widths",
    ]
    lines = [
        "# Freezes in a real Chromium", "",
        f"{ROOM} publishers replay recorded VP8 in three layers; one Chromium looks at {TILES} tiles for",
        f"{seconds:.0f} s, beside a control run in which the same streams reach it without a server. Sums over the",
        "tiles, as getStats counts them, after it had settled. *Late* is the sender's own lateness (99th percentile);",
        "beyond 5 ms a run is void.", "",
        f"| {' | '.join([*head, 'late ms'])} |", "|---" * (len(head) + 1) + "|",
    ]  # fmt: skip
    for name, one, lag in rounds:
        widths = "/".join(map(str, one.widths))
        cells = [
            name + (" (void)" if lag > LAG * 1e3 else ""),
            one.freezes,
            f"{one.seconds:.2f}",
            one.frames,
            one.dropped,
            one.lost,
            one.asked,
            widths,
        ]
        lines.append(f"| {' | '.join(map(str, [*cells, f'{lag:.1f}']))} |")
    where = f"{about['machine']}, Linux {about['kernel']}, {about['date']}, commit {about['commit']}"
    return "\n".join([*lines, "", f"{where}, load before {about['load before']}. `{about['command'].strip()}`", ""])


async def run(arguments: argparse.Namespace) -> None:
    """Both, in turns."""
    known = recordings(RECORDINGS)
    with contextlib.suppress(PermissionError):  # the sender alone: what it starts is scheduled as usual
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    rounds: list[tuple[str, Counted, float]] = []
    load = os.getloadavg()[0]
    for turn in range(arguments.rounds):
        for name, play in (("through the server", through_server), ("straight (control)", straight)):
            counted, lag = await play(arguments.seconds, known)
            print(turn, name, counted, f"late {lag:.1f} ms, load {load:.1f}", flush=True)
            rounds.append((name, counted, lag))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "freezes.md").write_text(table(rounds, arguments.seconds))


def main() -> None:
    """Parse the arguments, play, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=45.0)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
