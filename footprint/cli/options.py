"""Options that several commands take alike."""

from __future__ import annotations

import typer

# The largest integer that JSON keeps exact wherever it is read (RFC 8259, section 6).
LARGEST_SEED = 2**53 - 1
SEED = typer.Option(min=0, max=LARGEST_SEED, help="随机种子 / seed")
SAMPLING_HELP = "random | quasi(拉丁超立方 / Latin hypercube)"
