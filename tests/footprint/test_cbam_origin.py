"""Whose default a precursor takes: the declarant's word, else the ledger's typed origins, else unknown.

System: plate with 1 t/t of primary ingot (2 MJ of gas: direct 0.1122). Defaults printed: China 3.0,
India 1.870, origin unknown 3.198; mark-up of 2026 10 %.
  300 t typed CN-YN, 100 t untyped: 0.75 x 3.0 + 0.25 x 3.198 = 3.0495; x 1.1 + 0.1122 = 3.46665
  0.6 t/t at charging all CN, 0.4 t/t at melting half IN and half NO (exempt):
    0.6 x 3.0 + 0.2 x 1.87 + 0.2 x 0 = 2.174; x 1.1 + 0.1122 = 2.5036
  demo plate: 0.343980 + 0.717955 x 3.0 x 1.1 = 2.71323 (unknown origin: 0.343980 + 0.717955 x 3.198
    x 1.1 = 2.86960)
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from cbam_cases import amount, document, gas_row, replayed

from factor_db.factors.derive.origins import origins_of
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import exact_sum
from factor_db.foundation.errors import Incomplete
from factor_db.store.tables import LedgerEntry
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.figures.origins import country_of
from footprint.figures.recompute import recompute
from footprint.result.document import ResultDocument
from footprint.study.definition import default_study
from footprint.views.cbam import view
from footprint.views.figure import View

PLATE = "76061292"


def origin(process: str, typed: str, share: str, *cells: str) -> dict[str, Any]:
    return {
        "process": process,
        "flow": "primary_ingot",
        "origin": typed,
        "country": country_of(typed),
        "share": share,
        "cells": list(cells),
        "factor": "x@1",
    }


def plate(*origins: dict[str, Any], **changes: Any) -> ResultDocument:
    flows = [gas_row("hot_rolling", "2"), amount("charging", "primary_ingot", "0.001")]
    told = {"origins": list(origins)} if origins else {}
    return document("plate", [], changes.pop("flows", flows), **told, **changes)


def see(found: View) -> Decimal:
    return found.figure("see.2026").value


def said(found: View) -> str:
    return " ".join(note["en"] for note in found.notes)


def lots(found: View) -> list[tuple[Any, ...]]:
    """Country, who says so, t/t: the rows of the table of precursors before its sums."""
    (table,) = [item for item in found.tables if item.code == "precursors"]
    rows = [row for row in table.rows if row[5]]
    return [(row[1], row[2]["en"] if isinstance(row[2], dict) else row[2], row[5]) for row in rows]


def test_the_ledgers_country_decides_and_untyped_rows_are_of_unknown_origin() -> None:
    typed = origin("charging", "CN-YN", "0.75", "ledger!F2", "ledger!F3", "ledger!F4")
    found = view(plate(typed, origin("charging", "", "0.25", "ledger!F5")))
    assert see(found) == Decimal("3.46665")
    assert lots(found) == [
        ("CN", "ledger: CN-YN (ledger!F2 … ledger!F4, 3)", "0.75"),
        ("UNKNOWN", "ledger: - (ledger!F5)", "0.25"),
    ]
    assert "Annex IV" in said(found)
    assert replayed(found) == {figure.name: figure.value for figure in found.figures}


def test_origins_of_several_processes_are_weighted_by_what_each_consumes() -> None:
    flows = [
        gas_row("hot_rolling", "2"),
        amount("charging", "primary_ingot", "0.0006"),
        amount("melting", "primary_ingot", "0.0004"),
    ]
    typed = (
        origin("charging", "CN", "1", "ledger!F2"),
        origin("melting", "IN", "0.5", "ledger!F3"),
        origin("melting", "NO-03", "0.5", "ledger!F4"),
    )
    found = view(plate(*typed, flows=flows), cn=PLATE)
    assert see(found) == Decimal("2.5036")
    assert [row[0] for row in lots(found)] == ["CN", "IN", "NO"]
    # The exempt fifth brings no free allocation: 0.056 + 0.8 x 1.423.
    assert found.figure("benchmark.actual").value == Decimal("1.1944")


def test_a_process_whose_rows_state_nothing_is_of_unknown_origin() -> None:
    """0.0006 typed CN at charging, 0.0004 at melting untyped: 1.8 + 0.4 x 3.198 = 3.0792."""
    flows = [amount("charging", "primary_ingot", "0.0006")]
    flows.append(amount("melting", "primary_ingot", "0.0004"))
    found = view(plate(origin("charging", "CN", "1", "ledger!F2"), flows=flows))
    assert found.figure("precursors.default").value == Decimal("3.0792")


def test_what_is_no_code_is_named_and_counts_as_unknown() -> None:
    found = view(plate(origin("charging", "云南", "1", "ledger!F2")))
    assert lots(found)[0][0] == "UNKNOWN"
    assert "'云南'" in said(found)
    assert see(found) == see(view(plate()))


def test_a_listed_country_whose_default_does_not_ship_is_incomplete() -> None:
    with pytest.raises(Incomplete, match=r"CBAM_DEFAULT_ABSENT.*AU"):
        view(plate(origin("charging", "AU", "1", "ledger!F2")))


def test_the_declarants_word_goes_first_and_a_contradiction_is_named() -> None:
    typed = origin("charging", "CN-YN", "1", "ledger!F2")
    stated = {"precursors": [{"flow": "primary_ingot", "country": "IN"}]}
    found = view(plate(typed), statement=stated)
    assert lots(found)[0][:2] == ("IN", "stated by the declarant")
    assert "the statement names IN, the ledger CN" in said(found)
    agreeing = {"precursors": [{"flow": "primary_ingot", "country": "CN"}]}
    assert "explain the difference" not in said(view(plate(typed), statement=agreeing))


def test_the_table_of_precursors_adds_up_to_the_headline() -> None:
    found = view(plate(origin("charging", "CN", "1", "ledger!F2")))
    (table,) = [item for item in found.tables if item.code == "precursors"]
    *parts, total = (Decimal(str(row[6])) for row in table.rows)
    assert parts == [Decimal("3"), Decimal("0.3"), Decimal("0.1122")]
    assert sum(parts) == total == see(found)


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("CN", "CN"),
        ("CN-YN", "CN"),
        ("IS-1", "IS"),
        ("", ""),
        ("China", ""),
        ("CN-", ""),
        ("cn", ""),
    ],
)
def test_a_country_is_read_from_a_code_alone(typed: str, country: str) -> None:
    assert country_of(typed) == country


def row(number: int, tonnes: str, typed: str) -> LedgerEntry:
    return LedgerEntry(
        ledger="x",
        row_number=number,
        owner="o",
        period="2025-01",
        process="charging",
        flow="primary_ingot",
        role="input",
        amount=Decimal(tonnes),
        unit="t",
        method="weighed",
        cell=f"ledger!F{number}",
        payload=json.dumps({"origin": typed}, separators=(",", ":")),
    )


def test_shares_are_by_mass_with_their_cells_and_make_one() -> None:
    """100 + 200 t CN-YN (twice written), 100 t untyped, a zero row; three equal thirds make 1 too."""
    rows = [row(2, "100", "CN-YN"), row(3, "200", " cn-yn "), row(4, "100", ""), row(5, "0", "IN")]
    found = origins_of(rows)
    assert [(item.origin, item.share, item.cells) for item in found] == [
        ("CN-YN", Decimal("0.75"), ("ledger!F2", "ledger!F3")),
        ("", Decimal("0.25"), ("ledger!F4",)),
    ]
    assert origins_of([row(2, "5", "")]) == ()
    thirds = origins_of([row(2, "1", "CN"), row(3, "1", "IN"), row(4, "1", "NO")])
    assert exact_sum(item.share for item in thirds) == 1


def test_the_demo_plate_takes_chinas_default_and_recomputes_from_its_document(
    demo_store: Store,
) -> None:
    with demo_store.read() as session:
        made = calculate_study(session, default_study("plate")).result
    (metal,) = [item for item in made.origins if item.flow == "primary_ingot"]
    assert (metal.origin, metal.country, metal.share) == ("CN-YN", "CN", 1)
    assert len(metal.cells) == 12
    assert recompute(made).origins == made.origins
    assert f"{see(view(made, year=2026)):.6f}" == "2.713231"
    older = made.model_copy(update={"origins": ()})
    assert f"{see(view(older, year=2026)):.6f}" == "2.869602"


def test_a_factor_without_origins_keeps_the_hash_it_had(demo_store: Store) -> None:
    """The field came later: where it says nothing it stands in no record."""
    with demo_store.read() as session:
        pins = calculate_study(session, default_study("plate")).document["inputs"]["pins"]
    records = [pin["factor"] for pin in pins if pin["factor"]["derivation"]]
    silent = [item for item in records if "origins" not in item["derivation"]]
    assert 0 < len(silent) < len(records)
    for record in records:
        assert Factor.model_validate(record).record() == record
