"""A calculation written for Brightway: as a project, a package or workbooks, with all its formulas.

Each is made from the pinned factors of the calculation's own document; the three hold the same
numbers. The demand is one tonne of product.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from factor_db.factors.record.reference import characterisation
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import text
from factor_db.foundation.names import names
from factor_db.foundation.reference_files import reference_rows
from footprint.figures.recompute import nominal_of
from footprint.result.document import ResultDocument
from footprint.sampling.uncertainty import sigma_of
from footprint.solving.evaluate import Nominal
from lca_models.brightway import loading
from lca_models.brightway.building import inventory_of
from lca_models.brightway.inventory import Inventory, Names, Note, Words, both
from lca_models.brightway.package import package_bytes
from lca_models.brightway.project import PROJECT_NAME, new_folder, write_project
from lca_models.brightway.workbooks import write_workbooks
from lca_models.system.resolve import Pin

FORMATS = ("brightway", "brightway-package", "brightway-excel")
README, LOADER = "README.txt", "load.py"


def check_format(form: str) -> None:
    """Raise BadInput (FORMAT_UNKNOWN) unless a calculation can be written as `form`."""
    if form not in FORMATS:
        raise BadInput("FORMAT_UNKNOWN", form=form, known=", ".join(FORMATS))


def export_calculation(document: ResultDocument, folder: Path, form: str = "brightway") -> None:
    """Write a calculation into an empty folder in one of FORMATS.

    `brightway` is a Brightway 2.5 project named `footprint`; the others come with a README and a
    script that loads them. Raises BadInput (FORMAT_UNKNOWN, BRIGHTWAY_FOLDER_NOT_EMPTY).
    """
    check_format(form)
    nominal = nominal_of(document)
    inventory = inventory_of_result(nominal, document)
    if form == "brightway":
        write_project(folder, PROJECT_NAME, inventory)
        return
    new_folder(folder)
    if form == "brightway-package":
        (folder / loading.PACKAGE).write_bytes(package_bytes(inventory))
        files = loading.PACKAGE
    else:
        write_workbooks(folder, inventory)
        files = ", ".join((*loading.WORKBOOKS, loading.METHOD_WORKBOOK))
    shutil.copyfile(loading.__file__, folder / LOADER)
    total = f"{nominal.total:.6f}"
    parts = [text("BRIGHTWAY_README", lang, files=files, total=total) for lang in ("zh", "en")]
    (folder / README).write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")


def inventory_of_result(nominal: Nominal, document: ResultDocument) -> Inventory:
    """Return a result as an inventory in floats."""
    values = {slot: float(value) for slot, value in nominal.amounts().items()}
    factors = {
        slot: {gas: float(kg) for gas, kg in gases.items()}
        for slot, gases in nominal.gases().items()
    }
    gwp = {gas: float(value) for gas, value in characterisation(nominal.study.gwp_set).items()}
    tied = nominal.system.tied_slots()
    return inventory_of(
        nominal.system,
        values,
        factors,
        gwp_set=nominal.study.gwp_set,
        gwp=gwp,
        notes={pin.slot.key: _note(pin, tied) for pin in nominal.pins},
        words=_words(nominal, document),
    )


def _note(pin: Pin, tied: frozenset[str]) -> Note:
    factor = pin.factor
    source = " ".join(filter(None, (factor.source.citation, factor.source.locator)))
    names = dict.fromkeys((factor.name_zh, factor.name_en))
    comment = " | ".join((pin.level, factor.ref, " ".join(names), source))
    return Note(comment, sigma_of(pin, tied))


def _words(nominal: Nominal, document: ResultDocument) -> Words:
    gases = {code: (item.zh, item.en) for code, item in names("gas").items()}
    comment = both(
        "BRIGHTWAY_COMMENT",
        product=nominal.study.product,
        site=nominal.where.site,
        start=nominal.where.period_start,
        end=nominal.where.period_end,
        hash=document.result_hash,
    )
    return Words(
        processes=_names("processes.csv"),
        flows=_names("flows.csv"),
        gases=gases,
        location=nominal.where.region or Words().location,
        comment=comment,
    )


def _names(table: str) -> dict[str, Names]:
    return {row["code"]: (row["name_zh"], row["name_en"]) for row in reference_rows(table)}
