"""The gates in front of review: a factor that is not what its ledger gives is not submitted.

System: the plate mill's drafts. Hand facts: every draft passes as derived; one with another value,
one whose ledger was corrected since, one without reasons and one whose process lacks a flow do not.
"""

from pathlib import Path

import pytest

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.keep.versions import add_factor, find_version, load_factor
from factor_db.factors.record.factor import Factor
from factor_db.factors.review.gates import gate_faults
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.corrections import correct_cell, effective_rows
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.store.work import Store

EXAMPLE = Path("factor_db/reference/examples/plate_mill.xlsx")
ARGON = "cq-plate.2025.refining.argon"


@pytest.fixture
def derived(store: Store) -> Store:
    with store.work("exporter") as work:
        import_ledger(work, EXAMPLE)
        derive_site(work, "CQ-PLATE")
    return store


def changed(factor: Factor, **fields: object) -> Factor:
    return Factor.model_validate({**factor.record(), **fields})


def gates(store: Store, factor: Factor) -> list[str]:
    with store.read() as session:
        return sorted({fault.gate for fault in gate_faults(session, factor)})


def test_every_draft_passes_as_derived(derived: Store) -> None:
    with derived.read() as session:
        known = [
            load_factor(find_version(session, ref))
            for ref in (ARGON, "cq-plate.2025.plate_sawing.electricity")
        ]
        assert [gate_faults(session, factor) for factor in known] == [[], []]


def test_each_gate_closes_for_its_own_reason(derived: Store) -> None:
    with derived.read() as session:
        factor = load_factor(find_version(session, ARGON))
    value = factor.value * 2
    assert gates(derived, changed(factor, amounts={"value": value})) == ["lineage"]
    # The reasons are part of what the ledger gives, so lineage closes too.
    no_reasons = changed(factor, pedigree_reasons=("", "", "", "", ""))
    assert gates(derived, no_reasons) == ["lineage", "quality"]
    elsewhere = changed(factor, process="ingot_casting", id="cq-plate.2025.ingot_casting.argon")
    assert gates(derived, elsewhere) == ["coverage", "lineage"]
    source = {**factor.record()["source"], "file_sha256": "0" * 64}
    assert gates(derived, changed(factor, source=source)) == ["lineage"]


def test_a_closed_gate_stops_submission_and_names_itself(derived: Store) -> None:
    with derived.work("exporter") as work:
        factor = load_factor(find_version(work.session, ARGON))
        add_factor(work, changed(factor, amounts={"value": factor.value * 2}))
        with pytest.raises(BadInput, match="GATES_CLOSED") as refusal:
            take_step(work, ARGON, "submit")
        assert refusal.value.params["faults"] == "lineage: plate_mill.xlsx"
        assert take_step(work, f"{ARGON}@1", "submit") == "submitted"


def test_a_correction_closes_the_gate_until_the_factor_is_derived_again(derived: Store) -> None:
    with derived.work("exporter") as work:
        file = ledger_of_site(work.session, "CQ-PLATE")
        factor = load_factor(find_version(work.session, ARGON))
        assert factor.derivation is not None
        sheet, _, cell = factor.derivation.inputs[0].record()["cell"].partition("!")
        rows = effective_rows(work.session, file).rows
        (entry,) = [row for row in rows if row.cell == f"{sheet}!{cell}"]
        written = str(entry.amount * 101 / 100)
        outcome = correct_cell(work, file, sheet, cell, written, "flow meter recalibrated")
        assert outcome.sha256, [item.code for item in outcome.check.findings]
        with pytest.raises(BadInput, match="GATES_CLOSED"):
            take_step(work, ARGON, "submit")
        refs = derive_site(work, "CQ-PLATE")
        assert f"{ARGON}@2" in refs
        assert take_step(work, f"{ARGON}@2", "submit") == "submitted"
