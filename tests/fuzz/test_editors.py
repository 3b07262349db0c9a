"""Nothing that editors with stock Yjs send is refused, and what comes of it is what they see: keys set again and again,
undone, moved, formatted, gone offline, told in one piece or as a difference; read in one go and in steps.

KREIDE_FUZZ_ROUNDS and KREIDE_FUZZ_SEED as in `test_sync_frames.py`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from collab.document import LiveDocument
from collab.errors import ProtocolError
from collab.steps import finish
from tests.fuzz.test_sync_frames import CLIENT, FIRST_SEED, ROUNDS

SCRIPT = Path(__file__).with_name("edit_with_yjs.mjs")
UPDATES = 40  # of one world, about

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (CLIENT / "node_modules" / "yjs").exists(), reason="make test installs both"
)


def run_yjs(mode: str, *more: str, told: str = "") -> list[str]:
    command = ["node", str(SCRIPT), mode, str(CLIENT), *more]
    return subprocess.run(command, input=told, capture_output=True, check=True, text=True).stdout.splitlines()


def hear(live: LiveDocument, how: str, data: bytes, stepped: bool) -> None:
    judged = finish(live.judging(data, 3)) if stepped else live.judge(data)
    if judged.placement is None:
        assert how == "lost", "what is whole is asked for again"
    elif stepped:
        finish(live.applying(judged))
    else:
        live.apply(judged)


@pytest.mark.parametrize("part", range(2))
def test_what_editors_send_is_taken(part: int) -> None:
    worlds = max(1, ROUNDS // UPDATES // 2)
    ends = []
    for line in run_yjs("make", str(1_000_003 * FIRST_SEED + part * worlds), str(worlds)):
        world = json.loads(line)
        live = LiveDocument()
        for number, (how, data) in enumerate(world["sent"]):
            where = f"seed {world['seed']} update {number} ({how})"
            try:
                hear(live, how, b64decode(data), stepped=world["seed"] % 3 == 0)
            except (ProtocolError, AssertionError) as error:
                raise AssertionError(f"{where}: {error} {b64decode(data).hex()}") from error
            assert not live.broken, where
            if world["seed"] % 4 == 0 and number % 17 == 16:
                full, outline = live.full(), live.outline.encode()
                live = LiveDocument()
                live.load_snapshot(full, outline if number % 2 else None)
        live.check()
        ends.append({"seed": world["seed"], "ours": b64encode(live.full()).decode(), "state": world["state"]})
    assert len(ends) == worlds
    different = run_yjs("compare", told="\n".join(map(json.dumps, ends)))
    assert not different, "\n".join(different)
