"""Cells counted on the grid's power: certified only where the ledger shows that it was bought.

System under test: the smelter of test_smelter_ledger, 134 000 + 550 + 500 = 135 050 MWh a month, with
what its sheet `power` says of them → calculation → what bars a certificate. By hand: nothing stated
shows 0; 135 050 MWh bought a month shows 1; a grid that backs up a captive station with 6752.5 MWh shows
0.05; 132 349 MWh bought is exactly 0.98, one MWh less in January is below it; two months bought in one
show one month: 11 x 135 050 of 12, 0.916667. Own hydro of 20 000 with 115 050 bought shows all of it.
The second smelter meters no CF4 but minutes, 0.1 and 0.2 a cell-day: its technology is named in the
notes of both rows (evidence will do), or is SWPB, whose slope of 0.233 is the highest of all.
Rule: PCF-EVIDENCE-002.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from plant_cases import calculated, study_of

from factor_db.foundation.errors import BadInput, Incomplete
from factor_db.foundation.messages import error_text
from factor_db.foundation.rules import rule
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.certifiable import require_certifiable, require_smelter_judged
from footprint.certificate.checks.verify import verify_file
from footprint.certificate.issue import FILES
from footprint.certificate.service import issue_certificate, own_issuers
from footprint.figures.blocked import SMELTER, blocking_reasons, require_showable
from footprint.judgement.recheck import smelter_difference
from footprint.result.document import ResultDocument
from footprint.study.examples import publish_own_factors
from lca_models.catalogue import CHAIN_PRODUCTS
from tests.footprint.test_smelter_ledger import ANODES, CELLS, MINUTES, MONTHS, SITE, _ledger

USE = Decimal(135_050)
HEAD = "# sheet: power\nperiod,source,generated,used,fed_in,unit,method,installation\n"


def _sheet(bought: list[Decimal], hydro: Decimal = Decimal(0)) -> str:
    lines = [HEAD]
    for month, amount in zip(MONTHS, bought, strict=True):
        lines.append(f"{month},grid,0,{amount},0,MWh,invoiced,\n")
        if hydro:
            lines.append(f"{month},hydro,{hydro},{hydro},0,MWh,metered,5300-7788-9911\n")
    return "".join(lines)


def _result(
    store: Store, folder: Path, sheet: str, product: str = "primary_aluminium", **choices: str
) -> ResultDocument:
    publish_own_factors(store, SITE, str(_ledger(folder, further=sheet)))
    study = study_of(product, SITE)
    return calculated(store, replace(study, choices=replace(study.choices, **choices))).result


def _is_barred(document: ResultDocument) -> bool:
    return SMELTER in {reason.name for reason in blocking_reasons(document)}


SHORT = [USE * Decimal("0.98") - 1, *[USE * Decimal("0.98")] * 11]


@pytest.mark.parametrize(
    ("sheet", "shown", "barred"),
    [
        ("", "0", True),
        (_sheet([USE] * 12), "1", False),
        (_sheet([USE * Decimal("0.05")] * 12), "0.05", True),
        (_sheet([USE * Decimal("0.98")] * 12), "0.98", False),
        (_sheet(SHORT), "0.9799994", True),
        (_sheet([2 * USE, *[USE] * 10, Decimal(0)]), "0.9166667", True),
        (_sheet([Decimal(115_050)] * 12, Decimal(20_000)), "1", False),
    ],
)
def test_the_grids_power_is_bought_or_it_is_not_certified(
    store: Store, tmp_path: Path, sheet: str, shown: str, barred: bool
) -> None:
    document = _result(store, tmp_path, sheet)
    found = document.smelter
    assert found is not None
    assert abs(found.power_shown - Decimal(shown)) < Decimal("1E-7")
    assert _is_barred(document) is barred
    require_showable(document)
    assert smelter_difference(document) == ""
    if not barred:
        require_certifiable(document)
        return
    with pytest.raises(Incomplete) as caught:
        require_certifiable(document)
    for lang in ("zh", "en"):
        said = error_text(caught.value, lang)
        assert "PCF-EVIDENCE-002" in said
        assert "smelter_power=coal" in said


@pytest.mark.parametrize("product", CHAIN_PRODUCTS)
def test_the_type_of_power_that_emits_most_needs_no_row(
    store: Store, tmp_path: Path, product: str
) -> None:
    document = _result(store, tmp_path, "", product, smelter_power="coal")
    assert document.smelter is None
    require_certifiable(document)
    require_smelter_judged(document)


WITHOUT_CF4 = "".join(
    f"{row}\n" for row in CELLS.splitlines() if "c2f6," not in row and ",cf4," not in row
)


@pytest.mark.parametrize(
    ("note", "technology", "barred"),
    [
        ("PFPB_M", "PFPB_M", False),
        ("cells of type pfpb-m; photo 12", "PFPB_M", False),
        ("槽型PFPB_M。", "PFPB_M", False),
        ("AE-2025-03-PFPB-M", "PFPB_M", False),
        ("", "PFPB_M", True),
        ("PFPB_MW", "PFPB_M", True),
        ("PFPB_M", "VSS", True),
        ("", "SWPB", False),
    ],
)
def test_a_technology_is_named_where_its_minutes_are(
    store: Store, tmp_path: Path, note: str, technology: str, barred: bool
) -> None:
    minutes = MINUTES.replace("PFPB_M", note)
    ledger = _ledger(tmp_path, ANODES + WITHOUT_CF4, minutes + _sheet([USE] * 12))
    publish_own_factors(store, SITE, str(ledger))
    study = study_of("primary_liquid", SITE)
    chosen = {"pfc_method": "slope", "smelter_technology": technology}
    study = replace(study, choices=replace(study.choices, **chosen))
    document = calculated(store, study).result
    assert document.smelter is not None
    codes = [item.code for item in document.smelter.violations]
    assert codes == (["SMELTER_TECHNOLOGY_NOT_NAMED"] if barred else [])
    assert _is_barred(document) is barred


def test_every_row_of_the_minutes_names_it(store: Store, tmp_path: Path) -> None:
    minutes = MINUTES.replace("0.2,min/d,metered,PFPB_M", "0.2,min/d,metered,")
    ledger = _ledger(tmp_path, ANODES + WITHOUT_CF4, minutes + _sheet([USE] * 12))
    publish_own_factors(store, SITE, str(ledger))
    study = study_of("primary_liquid", SITE)
    chosen = {"pfc_method": "slope", "smelter_technology": "PFPB_M"}
    document = calculated(store, replace(study, choices=replace(study.choices, **chosen))).result
    assert _is_barred(document)


def test_a_result_that_was_never_asked_is_not_issued(store: Store, tmp_path: Path) -> None:
    document = _result(store, tmp_path, _sheet([USE] * 12))
    require_smelter_judged(document)
    unasked = document.model_copy(update={"smelter": None})
    with pytest.raises(BadInput, match="CERTIFICATE_SMELTER_NOT_ASKED"):
        require_smelter_judged(unasked)


def test_a_share_too_small_cannot_be_let_pass_by_leaving_the_reason_out(
    store: Store, tmp_path: Path
) -> None:
    document = _result(store, tmp_path, "")
    assert document.smelter is not None
    silenced = document.smelter.model_copy(update={"violations": ()})
    altered = document.model_copy(update={"smelter": silenced})
    assert smelter_difference(altered) == "smelter.power_shown"


def test_what_the_share_leaves_open_is_below_one_percent() -> None:
    """By hand: 2 % of the cells on coal for grid are 0.02 x (17.904 - 13.649) / 13.649 = 0.62 %."""
    left = 1 - rule("PCF-EVIDENCE-002").number("shown_at_least")
    assert left * (Decimal("17.904") - Decimal("13.649")) / Decimal("13.649") < Decimal("0.01")


def test_a_smelter_certificate_says_how_much_was_shown_and_verifies(
    home: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(home))
    publish_own_factors(store, SITE, str(_ledger(tmp_path, further=_sheet([USE] * 12))))
    with store.work("exporter") as work:
        result = calculate_study(work.session, study_of("primary_aluminium", SITE))
        store_calculation(work, result)
        work.session.flush()
        issue_certificate(work, result.result, tmp_path / "out", issued_at=datetime.now(UTC))
    certificate = tmp_path / "out" / FILES[0]
    assert '"power_shown"' in certificate.read_text(encoding="utf-8")
    report = verify_file(certificate, own_issuers(), datetime.now(UTC).date())
    assert [check.detail("en") for check in report.checks if not check.ok] == []
