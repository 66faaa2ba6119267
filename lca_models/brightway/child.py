"""The child process that may import Brightway: writes a project, scores it, changes parameters.

It reads JSON on stdin, knows only the folder in BRIGHTWAY2_DIR, and answers JSON on stdout.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import Any

from lca_models.brightway import loading
from lca_models.brightway.package import unpacked
from lca_models.brightway.quiet import import_quietly


def write(content: Mapping[str, Any]) -> dict[str, Any]:
    """Write the objects of a package into a new project and activate their parameters."""
    data = import_quietly("bw2data")
    data.projects.set_current(content["name"])
    for item in unpacked(content["objects"]):
        kind = data.Method if item["class"]["name"] == "Method" else data.Database
        stored = kind(item["name"])
        stored.register(**item["metadata"])
        stored.write(item["data"])
    loading.activate_parameters()
    return {"written": True}


def score(content: Mapping[str, Any]) -> dict[str, Any]:
    """Score a project, after setting parameters (name → number) if `changes` has any.

    Empty without such a project; a name that is no parameter is answered as `unknown`.
    """
    data = import_quietly("bw2data")
    import_quietly("bw2calc")
    if content["name"] not in data.projects:
        return {}
    data.projects.set_current(content["name"])
    unknown = _change(content.get("changes", {}))
    if unknown:
        return {"unknown": unknown}
    return {"score": loading.score(), "double": loading.double_score()}


def _change(changes: Mapping[str, float]) -> list[str]:
    module = import_quietly("bw2data.parameters")
    unknown = []
    for name, amount in changes.items():
        found = [
            row
            for table in (module.DatabaseParameter, module.ActivityParameter)
            for row in table.select().where(table.name == name)
        ]
        if not found:
            unknown.append(name)
        for row in found:
            row.amount = amount
            row.save()
    if changes and not unknown:
        module.parameters.recalculate()
        for group in {row.group for row in module.ActivityParameter.select()}:
            module.ActivityParameter.recalculate_exchanges(group)
    return unknown


def main(command: str) -> None:
    """Answer one command (`write` or `score`)."""
    content = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        answer = {"write": write, "score": score}[command](content)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
