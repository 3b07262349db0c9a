"""On the disk: what was written to a file, and what was made, moved or deleted in a folder.

Laws: it waits for the disk, so it is called on a thread. A new file is safe when both it and its folder are.
"""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Return once a file's bytes, or a folder's names, are on the disk; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
