"""The names of the methods that share out what a process makes together: as factors state them.

Light to import, so that a command line can offer them; what each does stands in
`factors/derive/allocation_methods.py`, which has one entry for every name here.
"""

from __future__ import annotations

from typing import Literal, get_args

AllocationName = Literal["mass", "economic", "causal"]
ALLOCATION_NAMES: tuple[AllocationName, ...] = get_args(AllocationName)
"""In the order shown to people."""
BY_MASS: AllocationName = "mass"
"""How metal is shared, whatever else goes by: a tonne is a tonne."""
