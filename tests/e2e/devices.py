"""Fake cameras and microphones that can be told apart: one colour and one tone a person."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

WIDTH, HEIGHT, RATE = 640, 360, 15
START_MS = 180_000  # an outer bound for a busy machine
# what a face looks like, as (luma, blue difference, red difference) and as the RGB it decodes to
COLOURS = {"red": (82, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110)}

# Every RTCPeerConnection of the page, for its statistics; no behaviour changes.
SPY = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
FRAMES_AND_SOUND = """async () => {
  let frames = 0, energy = 0;
  for (const connection of window.connections) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach((report) => {
      if (report.type !== 'inbound-rtp') return;
      frames += report.framesDecoded ?? 0;
      energy += report.totalAudioEnergy ?? 0;
    });
  }
  return { frames, energy };
}"""
# The colour in the middle of the visible picture of one tile, as the strongest channel's name.
FACE = """(video) => {
  if (video.dataset.fresh !== 'true' || video.videoWidth === 0) return 'blank';
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return red > green && red > blue ? 'red' : green > blue ? 'green' : 'blue';
}"""


def launch(playwright: Playwright, chromium: str, flags: list[str], folder: Path, colour: str, tone: int) -> Browser:
    """Start a browser of its own whose camera shows `colour` and whose microphone hums at `tone` Hz."""
    picture, sound = folder / f"{colour}.y4m", folder / f"{tone}.wav"
    write_picture(picture, COLOURS[colour])
    write_tone(sound, tone)
    devices = [f"--use-file-for-fake-video-capture={picture}", f"--use-file-for-fake-audio-capture={sound}"]
    return playwright.chromium.launch(executable_path=chromium, args=[*flags, *devices], timeout=START_MS)


def write_picture(path: Path, colour: tuple[int, int, int]) -> None:
    """Write two frames of one colour with a bar that differs, so that the encoder has something to do."""
    luma, blue, red = colour
    chroma = bytes([blue]) * (WIDTH * HEIGHT // 4) + bytes([red]) * (WIDTH * HEIGHT // 4)
    with path.open("xb") as file:  # written anew under a browser that shows it, it would end that camera
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420mpeg2\n".encode())
        for shift in range(RATE):
            rows = [bytes([luma + (8 if row // 10 == shift else 0)]) * WIDTH for row in range(HEIGHT)]
            file.write(b"FRAME\n" + b"".join(rows) + chroma)


def write_tone(path: Path, tone: int) -> None:
    """Write one second of a loud sine, 48 kHz mono."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        samples = (int(20_000 * math.sin(2 * math.pi * tone * n / 48_000)) for n in range(48_000))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def face_of(page: Page, name: str) -> str:
    """What the tile with that name shows now: a colour, "blank", or "" when it has no picture at all."""
    video = page.locator(f"figure.tile:has(figcaption:has-text('{name}')) video")
    # In one step: the picture may go between two questions.
    return str(video.evaluate_all(f"(videos) => videos.length === 1 ? ({FACE})(videos[0]) : ''"))


def frames_and_sound(page: Page) -> tuple[int, float]:
    """Decoded frames and received sound energy of all connections of the page so far."""
    totals = page.evaluate(FRAMES_AND_SOUND)
    return totals["frames"], totals["energy"]
