"""Where the process `footprint` begins, so that Ctrl-C while it loads is answered too."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the commands and run one; leaves with 130 when stopped before it began."""
    try:
        from footprint.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
