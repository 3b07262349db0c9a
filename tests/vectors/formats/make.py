"""Make the files of this folder with LibreOffice: python -m tests.vectors.formats.make (Debian: libreoffice-calc).

`libreoffice.fods` is written by hand: a workbook in the flat XML that LibreOffice opens. It saves it as every kind that
a school sends.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
KINDS: Final = ("xlsx", "ods", "xls", "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true")


def main() -> None:
    """Save the workbook as every kind."""
    with tempfile.TemporaryDirectory() as profile:
        for kind in KINDS:
            command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind]
            command += ["--outdir", str(HERE), str(HERE / "libreoffice.fods")]
            subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
