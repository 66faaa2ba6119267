"""Options that several commands take alike."""

from __future__ import annotations

import typer

# The largest integer that JSON keeps exact wherever it is read (RFC 8259, section 6).
LARGEST_SEED = 2**53 - 1
SEED = typer.Option(min=0, max=LARGEST_SEED, help="随机种子 / seed")
SAMPLING_HELP = "random | quasi(拉丁超立方 / Latin hypercube)"
SET_HELP = "数值须带单位,可重复 / with its unit, repeatable: slot='5 kg/kg'"
DOUBTS_HELP = "接受与已知数值相差十倍以上的数值 / take values ten times off all that is known"
