"""The case plant beside the examples: imported, derived, its supplier taken in, all published.

The stranger is asked in a process of its own, so that nothing of this one can reach it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.lifecycle import take_step
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "factor_db" / "reference" / "examples"
SITE, ENTERPRISE = "CQ-JIALING", "91500107MA5U1234XC"
_CASE, _SUPPLIER = "plant_with_bought_billet.xlsx", "bought_billet_supplier.toml"
_STEPS = (("exporter", "submit"), ("auditor", "review"), ("park", "publish"))


class Case(NamedTuple):
    """A home where the examples and the case plant are published; the supplier's factor of billet."""

    home: Path
    supplier: str
    site: str = SITE


def published_case(published_home: Path, home: Path) -> Case:
    """Import, derive, review and publish the case plant and its supplier in a copy of the home."""
    shutil.copytree(published_home, home)
    store = Store.at(home)
    with store.work("exporter") as work:
        import_ledger(work, HERE / "data" / _CASE)
        refs = list(derive_site(work, SITE))
    store.close()
    file = HERE / "data" / _SUPPLIER
    said = _command(home, "supplier", "import", file, "--owner", ENTERPRISE)
    made = Case(home, str(said["factor"]))
    store = Store.at(home)
    for user, action in _STEPS:
        with store.work(user) as work:
            for ref in (*refs, made.supplier):
                take_step(work, ref, action)
    store.close()
    return made


def _command(home: Path, *arguments: object) -> dict[str, Any]:
    program = "from footprint.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments), "--json"],
        env={"FOOTPRINT_HOME": str(home), "FOOTPRINT_USER": "exporter", "FOOTPRINT_LANG": "en"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


Stranger = Callable[..., Mapping[str, Any]]


def asked_stranger() -> Stranger:
    """What recompute.py says of a workbook and its products, asked once for each question."""
    answers: dict[tuple[str, ...], Mapping[str, Any]] = {}

    def ask(book: str, *arguments: str) -> Mapping[str, Any]:
        path = HERE / "data" / book if book == _CASE else EXAMPLES / book
        bought = f"purchased_billet={HERE / 'data' / _SUPPLIER}"
        supplied = ("--supplier", bought) if book == _CASE else ()
        asked = (str(path), *arguments, *supplied, "--json")
        if asked not in answers:
            done = subprocess.run(
                [sys.executable, "-I", str(HERE / "recompute.py"), *asked],
                capture_output=True,
                text=True,
                check=True,
            )
            answers[asked] = json.loads(done.stdout)
        return answers[asked]

    return ask
