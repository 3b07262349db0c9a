"""Writers are told when their work is not saved, and that it is as soon as it is: nobody reloads, nothing restarts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.papers import cell, new_document, open_table, status, until_cell, write_cell
from tests.e2e.screens import saved
from tests.server import KreideServer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("strace") is None or os.geteuid() != 0, reason="only root may do so (strace)"),
]
PASTE = """(cell) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', 'x'.repeat(5_000_000));
  cell.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""


@contextmanager
def failing_disk(server: KreideServer) -> Iterator[None]:
    """Let every fdatasync of the server fail, as on a disk that is full or broken."""
    fault = ("-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=ENOSPC")
    command = ("strace", "-f", *fault, "-o", "/dev/null", "-p", str(server.pid))
    with subprocess.Popen(command, stderr=subprocess.PIPE) as strace:
        assert strace.stderr is not None
        if b"attached" not in strace.stderr.readline():
            pytest.skip("this machine lets nobody look on")
        try:
            yield
        finally:
            strace.terminate()


def test_who_writes_is_told_that_nothing_is_saved(open_page: OpenPage, tmp_path: Path) -> None:
    server = KreideServer(tmp_path / "data")
    server.start()
    try:
        table = new_document(server.login("teacher"), "table", writers=("pupil1",))
        teacher = open_table(open_page("teacher", f"/document/{table}", url=server.url))
        pupil = open_table(open_page("pupil1", f"/document/{table}", url=server.url))
        write_cell(teacher, 0, 0, "vorher")
        saved(teacher)
        with failing_disk(server):
            write_cell(teacher, 1, 0, "auf voller Platte")
            status(teacher, "not-saved")
            expect(teacher.get_by_role("alert")).to_contain_text("bestätigt das Speichern nicht")
            write_cell(teacher, 2, 0, "und weiter")
            expect(cell(pupil, 1, 0)).to_have_text("")
        status(teacher, "saved")
        expect(teacher.get_by_role("alert")).to_have_count(0)
        until_cell(pupil, 1, 0, "auf voller Platte")
        until_cell(pupil, 2, 0, "und weiter")
        cell(pupil, 3, 0).click()
        cell(pupil, 3, 0).evaluate(PASTE)
        status(pupil, "not-saved")
        expect(pupil.get_by_role("alert")).to_contain_text("zu groß für den Server")
    finally:
        server.kill()
