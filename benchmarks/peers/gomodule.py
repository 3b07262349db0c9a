"""Installs a peer that is a Go program, by pinned version from the Go module proxy.

A program that is there already, in `~/.cache/kreide-bench/NAME/bin`, is taken as it is: not every proxy has every
module.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.install import bench_home


class NotInstalled(Exception):
    """A peer cannot be had; the text says why."""


def install_go(name: str, module: str) -> Path:
    """Return the program of this module, `path@version`; NotInstalled if the proxy does not give it."""
    home = bench_home() / name / "bin"
    program = home / name
    if not program.is_file():
        print(f"installing {module} into {home}", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "GOBIN": str(home), "GOFLAGS": "-buildvcs=false"}
        command = ["nice", "go", "install", "-ldflags=-s -w", module]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise NotInstalled(f"go install {module}: {lines[-1].strip()}")
        built = home / Path(module.partition("@")[0]).name
        built.rename(program)
        (home / "module").write_text(module)
    return program


def came_from(program: Path) -> str:
    """What the results say of a program's origin."""
    stamp = program.parent / "module"
    return f"go install {stamp.read_text()}" if stamp.is_file() else "built by hand, not by the module proxy"
