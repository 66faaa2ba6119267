"""The three example ledgers, and their way from file to published factors.

Each step is taken by the user whose duty it is: the exporter imports, derives and submits, the
auditor reviews, the park publishes.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.release.releases import published_of_site
from factor_db.factors.review.lifecycle import take_step
from factor_db.ledger.frozen.importing import import_ledger
from factor_db.store.work import Store

EXAMPLES = (
    ("plate", "CQ-PLATE", "plate_mill.xlsx"),
    ("extrusion", "CQ-EXTRUSION", "extrusion_plant.xlsx"),
    ("recycled_ingot", "CQ-RECYCLED", "recycling_plant.xlsx"),
)
_STEPS = (("exporter", "submit"), ("auditor", "review"), ("park", "publish"))


def publish_own_factors(store: Store, site: str, ledger: str) -> None:
    """Import, derive, submit, review and publish; a second run finds everything in place."""
    source = files("factor_db") / "reference" / "examples" / ledger
    with as_file(source) as path, store.work("exporter") as work:
        import_ledger(work, path)
        refs = derive_site(work, site)
        published = {factor.ref for factor in published_of_site(work.session, site)}
    waiting = [ref for ref in refs if ref not in published]
    for user, action in _STEPS:
        with store.work(user) as work:
            for ref in waiting:
                take_step(work, ref, action)
