"""Installs the peers once, by pinned versions, into a folder of the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent


def bench_home() -> Path:
    """Return the folder for peers and for the data of measured servers; it should be on a real disk."""
    return Path(os.environ.get("KREIDE_BENCH_HOME") or Path.home() / ".cache" / "kreide-bench")


def install_node() -> Path:
    """Return the folder whose node_modules holds the peers on Node."""
    return _install(
        "node", HERE / "package.json", lambda home: _run(["npm", "install", "--no-audit", "--no-fund"], home)
    )


def install_python() -> Path:
    """Return the folder of the virtual environment that holds the peers in Python."""

    def build(home: Path) -> None:
        _run([sys.executable, "-m", "venv", "."], home)
        _run(["bin/python", "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"], home)

    return _install("python", HERE / "requirements.txt", build)


def _install(name: str, pins: Path, build: Callable[[Path], None]) -> Path:
    home = bench_home() / name
    stamp = home / ".made"
    if not stamp.is_file() or stamp.read_bytes() != pins.read_bytes():
        print(f"installing the peers of {pins.name} into {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(pins, home)
        build(home)
        shutil.copy(pins, stamp)
    return home


def _run(command: list[str], home: Path) -> None:
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
