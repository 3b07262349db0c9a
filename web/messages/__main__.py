"""`python -m web.messages`: write the client's messages.ts, or with --check compare it."""

import sys
from pathlib import Path

from web.messages import CLIENT_EVENTS, SERVER_EVENTS
from web.messages.basics import Failure
from web.typescript import build_typescript

TARGET = Path(__file__).parents[1] / "client" / "src" / "protocol" / "messages.ts"


def main(arguments: list[str], target: Path = TARGET) -> int:
    """Write the client's messages.ts, or with --check compare it. Returns the exit code."""
    text = build_typescript(CLIENT_EVENTS, SERVER_EVENTS, Failure)
    if "--check" in arguments:
        if target.is_file() and target.read_text() == text:
            return 0
        sys.stderr.write(f"{target} differs from web/messages: run `python -m web.messages`\n")
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
