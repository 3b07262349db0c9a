"""The handle on the native media plane: commands in, events and counters out.

Laws:
- One `Plane` is one media thread and one UDP port (the same number for every address); planes share nothing.
- A command is queued and takes effect in order, within a tick of 10 ms at most; it never waits for the thread. A
  command that names something absent or not allowed changes nothing and is counted as `commands_refused`.
- Ids of sessions, sources and slots are chosen by the caller, are never 0 and never used again.
- Who is not in a source's audience never receives it, whatever a slot asks for; the order of `set_slot` and
  `set_audience` does not matter. Keys are set once for each session, nobody else keeps them.
- A recorder is a viewer in every audience and has no slots: what it may have goes as whole frames into a pipe. A pipe
  that is not read costs the recording its oldest frames, and nobody else anything.
- Events wait in a bounded ring; `fileno()` is readable while there are any. `levels` are -dBov: 0 is loudest, 127 is
  "fell quiet". Each tick of 20 ms is told once: at once while somebody begins to speak, else up to 0.25 s later.
- A source has up to three layers, lowest first. A slot shows the best that flows up to its `set_layer`, and changes
  over at keyframes only; halved, it leaves out the highest temporal layer. Rates that changed
  are told twice a second at most.
- What is sent to a viewer is numbered for its feedback; pictures leave at the pace of the estimate that this gives, and
  wait 250 ms at most. Up to `want` is probed for.

This file decides nothing: policy is `router.py`, the wire is `native/`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from sfu._native import Plane, take_stream

Kind: TypeAlias = Literal["audio", "video"]
Profile: TypeAlias = Literal["AEAD_AES_128_GCM", "AES128_CM_SHA1_80"]

Event: TypeAlias = (
    tuple[Literal["dtls"], int, bytes]
    | tuple[Literal["connected"], int, str]
    | tuple[Literal["address"], int, str]
    | tuple[Literal["expired"], int]
    | tuple[Literal["levels"], list[tuple[int, list[tuple[int, int]]]]]
    | tuple[Literal["layers"], list[tuple[int, list[int], list[int]]]]
    | tuple[Literal["estimate"], list[tuple[int, int, bool]]]
    | tuple[Literal["source"], int, Literal["started", "stalled"]]
    | tuple[Literal["dropped"], int]
    | tuple[Literal["recorder"], int, int, bool]
)
"""What happened: the handshake of a session brought a datagram; ICE nominated an address, or another one; consent ran
out (RFC 7675); voices were this loud so many ticks of 20 ms ago, the
oldest first; the layers of pictures have these rates (kbit/s; 0: stalled, 1: not measured
yet), and half of their frames those (0: no half); sessions may be sent so many bits per second (each told at most 5
times a second), and whether probes will find out when it is more; a source started to flow or stalled; so many events
were lost; a recorder has lost so many frames, and whether nobody reads its pipe any more (once a second at most)."""

__all__ = ["Event", "Kind", "Plane", "Profile", "take_stream"]
