"""`kreide …` and `python -m web …`. What it writes is for its own user alone: hashes, messages, the server's secret."""

import os
import sys

from web.cli import main as run


def main() -> None:
    os.umask(0o077)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
