"""Prints `name hash` lines that must be the same on every Python; `.ci/run` compares them.

Made anew in a folder of its own: the shipped background, a bank drawn from it, a factor made of one
of its products, the release that holds it, and results that rest on all of them and on each other.
A bank's bytes differ with the library that solves it (docs/background-bank.md), so its samples are
compared to nine digits; everything else is compared as it is hashed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy

from factor_db.factors.keep.versions import add_factor
from factor_db.factors.release.releases import create_release, found, published_for_everyone
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.canonical import content_hash
from factor_db.store.work import Store
from footprint.backgrounds.factor import FactorWish, background_factor
from footprint.backgrounds.home import Wish, gas_amounts, import_background, scores_of
from footprint.calculation.calculate import calculate_study
from footprint.engine.backgrounds.bank_build import BankOrder, build_bank
from footprint.engine.backgrounds.draws import BackgroundUncertainty
from footprint.study.definition import default_study
from footprint.study.examples import EXAMPLES, publish_own_factors
from lca_models.background.matrices import Background
from lca_models.external.archives import shipped_archive

# Sodium chloride: the plate mill buys flux salt, and a factor of CN is nearer than one of GLO.
PRODUCT, FLOW = "5dacfb93-571f-3502-bf9e-1ce678de151d", "flux_salt"
STEPS = (("exporter", "submit"), ("auditor", "review"), ("park", "publish"))
BANK_DIGITS, SAMPLES = 9, 1000


def hashes(home: Path) -> Iterator[tuple[str, str]]:
    """Yield what is compared, name and hash, made in an empty folder."""
    folder, _ = import_background(home, shipped_archive(), Wish(name="uslci"))
    background, scores = scores_of(folder)
    yield "background", background.sha256
    amounts = {
        product.key: {gas: f"{kg:.12g}" for gas, kg in gas_amounts(scores, place).items()}
        for place, product in enumerate(background.products)
    }
    yield "scores to 12 digits", content_hash("compared", amounts)
    yield "bank to 9 digits", _bank(folder / "banks" / "compared", background)
    store = Store.at(home)
    try:
        found(store)
        for _, site, ledger in EXAMPLES:
            publish_own_factors(store, site, ledger)
        yield "factor of the background", _published(store, folder)
        with store.work("park") as work:
            yield "release", create_release(work, "compared", published_for_everyone(work.session))
        yield from _results(store)
    finally:
        store.close()


def _bank(folder: Path, background: Background) -> str:
    """Draw ten samples, every exchange by ten percent, and return the hash of what they say."""
    spreads = (background.technosphere.data, background.biosphere.data)
    sigmas = BackgroundUncertainty(*(numpy.full(len(data), 0.1) for data in spreads))
    bank = build_bank(folder, background, sigmas, BankOrder([PRODUCT], samples=10, seed=1))
    if bank is None:
        raise RuntimeError("nobody asked for a stop")
    told = ("method", "versions")
    settings = {k: v for k, v in bank.record["settings"].items() if k not in told}
    samples = [f"{value:.{BANK_DIGITS}g}" for value in bank.scores(PRODUCT).ravel().tolist()]
    return content_hash("compared", {"settings": settings, "samples": samples})


def _published(store: Store, folder: Path) -> str:
    wish = FactorWish(
        flow=FLOW,
        owner="park",
        data_year=2008,
        geography="CN",
        scores=(3, 3, 5, 4, 2),
        reasons=tuple("abcde"),
    )
    factor = background_factor(folder, PRODUCT, wish)
    with store.work("park") as work:
        add_factor(work, factor)
    for user, step in STEPS:
        with store.work(user) as work:
            take_step(work, factor.ref, step)
    return factor.sha256


def _results(store: Store) -> Iterator[tuple[str, str]]:
    for product, site, _ in EXAMPLES:
        study = replace(default_study(product), site=site, release="compared")
        with store.read("exporter") as session:
            document = calculate_study(session, study, samples=SAMPLES).document
        if product == "plate" and PRODUCT not in str(document["inputs"]["pins"]):
            raise RuntimeError("no result rests on the factor of the background")
        yield f"result {product}", document["result_hash"]
        yield f"calculation {product}, {SAMPLES} samples", document["calculation"]


def main() -> None:
    """Print the lines."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with tempfile.TemporaryDirectory(prefix=f"hashes-{version}-") as folder:
        os.environ["FOOTPRINT_HOME"] = folder
        for name, sha256 in hashes(Path(folder)):
            print(f"{name}: {sha256}")


if __name__ == "__main__":
    main()
