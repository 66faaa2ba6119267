"""The backgrounds of a home folder: taking one in, finding it again, and its scores.

Each lies in `backgrounds/<sha256>` with its scores in `scores` below it; both are checked against
their hashes whenever they are read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

from factor_db.foundation.errors import BadInput

if TYPE_CHECKING:
    from footprint.engine.backgrounds.score_cache import CachedScores
    from lca_models.background.brightway import Imported
    from lca_models.background.matrices import Background, Product
    from lca_models.background.storage import Origin
    from lca_models.background.written import BackgroundRecord, ImportReport
    from lca_models.external.uslci import Choices

_LEAST_DIGITS = 6  # of a hash that may stand for it; fewer are more likely a name


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says about a file to take in; empty means: as the file says."""

    name: str = ""
    database: str = ""
    version: str = ""
    licence: str = ""
    nodes: Path | None = None
    choices: Path | None = None
    solver: str = "superlu"


def backgrounds_folder(home: Path) -> Path:
    """Return where the backgrounds of a home folder lie."""
    return home / "backgrounds"


def import_background(home: Path, path: Path, wish: Wish) -> tuple[Path, ImportReport]:
    """Take a database in: read it, score every product, store both; return folder and report.

    Nothing is stored unless all of it succeeds. Raises BadInput as the readers and the solver.
    """
    from footprint.engine.backgrounds.adjoint import DEFAULT_REFINEMENTS
    from footprint.engine.backgrounds.score_cache import read_or_compute, solved_scores, wanted
    from lca_models.background.storage import write_background

    if not path.exists():
        raise BadInput("FILE_UNREADABLE", path=path, reason="not found")
    imported, origin = _read(path, wish)
    background = imported.background
    if not background.gases:
        raise BadInput("BACKGROUND_NO_GASES", name=background.name)
    solved = solved_scores(background, wish.solver, DEFAULT_REFINEMENTS)
    folder = write_background(backgrounds_folder(home), background, origin, imported.report)
    asked = wanted(background, wish.solver, DEFAULT_REFINEMENTS)
    read_or_compute(_scores_folder(folder), asked, len(background.products), lambda: solved)
    return folder, imported.report


def _read(path: Path, wish: Wish) -> tuple[Imported, Origin]:
    from lca_models.background.brightway import read_database
    from lca_models.background.datapackage import is_package, read_package
    from lca_models.background.nodes import read_node_table
    from lca_models.external.jsonld import is_jsonld
    from lca_models.external.uslci import read_uslci

    name = wish.name or wish.database or path.name.partition(".")[0]
    if is_jsonld(path):
        return read_uslci(path, name, _choices(wish.choices)), _origin(path, wish)
    if is_package(path):
        from lca_models.background.brightway import read_packages

        if wish.nodes is None:
            raise BadInput("BACKGROUND_NODES_NEEDED", path=path.name)
        nodes = read_node_table(wish.nodes)
        return read_packages(name, read_package(path), nodes), _origin(path, wish)
    if path.is_dir():
        if not wish.database:
            raise BadInput("BACKGROUND_DATABASE_NEEDED", path=path.name)
        return read_database(path, wish.database, name), _origin(path, wish)
    raise BadInput("BACKGROUND_KIND_UNKNOWN", path=path.name)


def _origin(path: Path, wish: Wish) -> Origin:
    from lca_models.background.storage import Origin
    from lca_models.external.archives import file_sha256, known_archives

    sha256 = file_sha256(path)
    known = known_archives().get(sha256, {})
    return Origin(
        file=path.name,
        file_sha256=sha256,
        database=wish.database or known.get("database", path.name),
        version=wish.version or known.get("version", ""),
        licence=wish.licence or known.get("licence", ""),
        redistribution="owner" if wish.licence else known.get("redistribution", "owner"),
        url=known.get("url", ""),
    )


def _choices(path: Path | None) -> Choices:
    """Read the choices a person makes against the policy; BadInput (BACKGROUND_CHOICES)."""
    from lca_models.external.co_products import METHODS
    from lca_models.external.uslci import Choices

    if path is None:
        return Choices()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = {key: {str(k): str(v) for k, v in content[key].items()} for key in content}
        choices = Choices(**tables)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput("BACKGROUND_CHOICES", path=path.name, reason=str(error)) from None
    if wrong := sorted(set(choices.allocation.values()) - set(METHODS)):
        raise BadInput("BACKGROUND_CHOICES", path=path.name, reason=", ".join(wrong))
    return choices


def stored_backgrounds(home: Path) -> list[tuple[Path, BackgroundRecord]]:
    """Return folder and record of every stored background, by name and hash."""
    from lca_models.background.storage import RECORD, read_record

    folder = backgrounds_folder(home)
    places = sorted(path.parent for path in folder.glob(f"*/{RECORD}"))
    found = [(place, read_record(place)) for place in places if not place.name.startswith(".")]
    return sorted(found, key=lambda item: (item[1]["name"], item[0].name))


def find_background(home: Path, name: str) -> Path:
    """Return the folder of a background by name or by the first digits of its hash.

    Raises BadInput: BACKGROUND_UNKNOWN, BACKGROUND_AMBIGUOUS.
    """
    stored = stored_backgrounds(home)
    found = [place for place, record in stored if record["name"] == name]
    if not found and len(name) >= _LEAST_DIGITS:
        found = [place for place, _ in stored if place.name.startswith(name)]
    if not found:
        known = ", ".join(sorted({record["name"] for _, record in stored})) or "-"
        raise BadInput("BACKGROUND_UNKNOWN", name=name, known=known)
    if len(found) > 1:
        hashes = ", ".join(place.name for place in found)
        raise BadInput("BACKGROUND_AMBIGUOUS", name=name, hashes=hashes)
    return found[0]


def scores_of(
    folder: Path, *, solver: str = "superlu", refinements: int | None = None
) -> tuple[Background, CachedScores]:
    """Return a stored background with kg of each gas per unit of every product of it."""
    from footprint.engine.backgrounds.adjoint import DEFAULT_REFINEMENTS
    from footprint.engine.backgrounds.score_cache import cached_scores
    from lca_models.background.storage import read_background

    background = read_background(folder)
    times = DEFAULT_REFINEMENTS if refinements is None else refinements
    scores = cached_scores(_scores_folder(folder), background, solver=solver, refinements=times)
    return background, scores


def gaps(folder: Path) -> dict[str, int | None]:
    """Return how much the scores of a background leave out, as its import found.

    Inputs cut off, those of them that a co-product without a burden would provide (each None where
    the source links everything itself), and flows that look like greenhouse gases and do not count.
    """
    from lca_models.background.storage import read_report

    report = read_report(folder)
    cut_off = report.get("cut_off")
    free = [item for item in cut_off or () if item["reason"] == "burden_free"]
    return {
        "inputs_cut_off": None if cut_off is None else len(cut_off),
        "inputs_burden_free": None if cut_off is None else len(free),
        "flows_uncounted": len(report.get("uncounted", ())),
    }


def _scores_folder(folder: Path) -> Path:
    return folder / "scores"


def matching(background: Background, search: str) -> list[int]:
    """Return the places of the products in whose texts every word occurs, by name and place."""
    words = search.casefold().split()
    found = [
        place
        for place, item in enumerate(background.products)
        if all(word in _texts(item) for word in words)
    ]
    return sorted(
        found,
        key=lambda place: (
            background.products[place].name,
            background.products[place].location,
            background.products[place].key,
        ),
    )


def _texts(item: Product) -> str:
    return " ".join((item.key, item.name, item.activity, item.location)).casefold()


def product_place(background: Background, key: str) -> int:
    """Return the place of the product of a key, or of the only key that begins so.

    Raises BadInput: BACKGROUND_PRODUCT_UNKNOWN.
    """
    keys = [item.key for item in background.products]
    if key in keys:
        return keys.index(key)
    found = [place for place, item in enumerate(keys) if item.startswith(key)]
    if len(found) != 1:
        raise BadInput("BACKGROUND_PRODUCT_UNKNOWN", key=key, count=len(found))
    return found[0]


def gas_amounts(scores: CachedScores, place: int) -> dict[str, float]:
    """Return gas → kg per unit of one product, of the gases that have any part in it."""
    return {
        gas: float(amount)
        for gas, amount in zip(scores.gases, scores.scores[place], strict=True)
        if amount != 0
    }


def co2e_kg(amounts: Mapping[str, float], gwp_set: str) -> float:
    """Return kg CO2e of gases under a GWP set; raises BadInput (GWP_SET_UNKNOWN)."""
    from factor_db.factors.record.reference import characterisation
    from footprint.study.definition import GWP_SETS

    if gwp_set not in GWP_SETS:
        raise BadInput("GWP_SET_UNKNOWN", gwp=gwp_set, known=", ".join(GWP_SETS))
    weights = characterisation(gwp_set)
    return fsum(amount * float(weights[gas]) for gas, amount in amounts.items())
