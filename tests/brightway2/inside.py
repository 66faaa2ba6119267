"""Runs inside Brightway 2: loads an export twice, scores it, changes parameters, scores again.

Arguments: folder of the export, JSON of parameter → number. Answers JSON on the last line.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import bw2data
from bw2data.parameters import ActivityParameter, DatabaseParameter, parameters

folder, changes = Path(sys.argv[1]), json.loads(sys.argv[2])
spec = importlib.util.spec_from_file_location("load", folder / "load.py")
load = importlib.util.module_from_spec(spec)
spec.loader.exec_module(load)

bw2data.projects.set_current(folder.name)
load.load(folder)
first = load.double_score()
load.load(folder)
answer = {
    "line": list(bw2data.__version__),
    "first": first,
    "bw2calc": load.score(),
    "double": load.double_score(),
    "method": [list(name) for name in bw2data.methods],
    "unit": bw2data.methods[("GWP100", "AR6")]["unit"],
}
for name, amount in changes.items():
    rows = [
        row
        for table in (DatabaseParameter, ActivityParameter)
        for row in table.select().where(table.name == name)
    ]
    assert len(rows) == 1, name
    rows[0].amount = amount
    rows[0].save()
parameters.recalculate()
answer |= {"changed_bw2calc": load.score(), "changed_double": load.double_score()}
print("\n" + json.dumps(answer))
