"""`kreide …` and `python -m web …`."""

import sys

from web.cli import main as run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
