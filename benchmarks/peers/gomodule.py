"""Installs a peer that is a Go program, by pinned version from the Go module proxy.

Laws: a module whose repository lacks files that its `go generate` would fetch (`go install` fails on them) is copied
out of the module cache and built with stand-ins that are named here. A program that is there already, in
`~/.cache/kreide-bench/NAME/bin`, is taken as it is, since not every proxy has every module; the results say so, and
which module and version the program says it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.peers.install import bench_home


class NotInstalled(Exception):
    """A peer cannot be had; the text says why."""


class _Downloaded(Struct, rename="pascal"):
    """What `go mod download -json` says."""

    dir: str = ""
    error: str = ""


def install_go(name: str, module: str, generated: Mapping[str, str] | None = None) -> Path:
    """Return the program of this module, `path@version`; NotInstalled if the proxy does not give it.

    `generated` are stand-ins for files that the module lacks, by path; an empty one for a module of which the proxy has
    this version but no list of versions, which `go install` asks for.
    """
    home = bench_home() / name / "bin"
    program = home / name
    if not program.is_file():
        print(f"installing {module} into {home}", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        if generated is None:
            _run(["go", "install", "-ldflags=-s -w", module], home, GOBIN=str(home))
            (home / Path(module.partition("@")[0]).name).rename(program)
            (home / "module").write_text(f"go install {module}")
        else:
            _build_copy(module, generated, program)
            made_up = f", with {', '.join(generated)} made up" if generated else ""
            (home / "module").write_text(f"{module} by the module proxy{made_up}")
    return program


def _build_copy(module: str, generated: Mapping[str, str], program: Path) -> None:
    """Build a module outside of the module cache, which nobody may write to."""
    found = msgspec.json.decode(_run(["go", "mod", "download", "-json", module], program.parent), type=_Downloaded)
    source = program.parent.parent / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(found.dir, source, copy_function=shutil.copyfile)
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    for path, text in generated.items():
        (source / path).write_text(text)
    _run(["go", "build", "-ldflags=-s -w", "-o", str(program), "."], source)
    shutil.rmtree(source)


def _run(command: list[str], folder: Path, **more: str) -> str:
    environment = {**os.environ, "GOFLAGS": "-buildvcs=false", **more}
    done = subprocess.run(["nice", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no reason given"]
        raise NotInstalled(f"{' '.join(command)}: {lines[-1].strip()}")
    return done.stdout


def came_from(program: Path) -> str:
    """What the results say of a program's origin."""
    stamp = program.parent / "module"
    if stamp.is_file():
        return stamp.read_text()
    told = subprocess.run(["go", "version", "-m", program], capture_output=True, text=True, check=False).stdout
    module = next((line.split()[1:3] for line in told.splitlines() if line.startswith("\tmod\t")), [])
    return f"{'@'.join(module)}, found there and not installed by the module proxy"
