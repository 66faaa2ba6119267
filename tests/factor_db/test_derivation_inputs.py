"""What a derivation rests on has one type per kind and is stored as it always was, byte for byte.

System: any object of texts, those of the ten kinds among them with names left out, added and in any
order. Laws: read and written again an object is the same; the kind is told by its names; what is no
object of texts is refused. Stored records of shipped factors keep their hashes. By hand: a ledger's
cell `ledger!F12`, a correction of it, and a certificate GEC-1 of 400 kWh each say where they stand.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from factor_db.factors.record.factor import Derivation
from factor_db.factors.record.inputs import (
    CELLS,
    BackgroundActivity,
    BackgroundDatabase,
    CalculationInput,
    CertificateCell,
    CorrectedCell,
    DerivationInput,
    FactorOf,
    LedgerCell,
    ParkEvidence,
    SharedFactor,
    SupplierDocument,
    of_kind,
    read_input,
)
from factor_db.foundation.canonical import canonical_json

SHA = "a" * 64
CERTIFICATE = {
    "instrument": "GEC-1", "source": "pv", "kwh": "400", "period": "2025-05", "region": "CN-CQ",
    "cancelled_on": "2026-01-15", "cell": "instruments!A2",
}  # fmt: skip
STORED: list[tuple[type[DerivationInput], dict[str, str]]] = [
    (LedgerCell, {"ledger": SHA, "cell": "ledger!F12"}),
    (CorrectedCell, {"correction": SHA, "cell": "ledger!F12"}),
    (CertificateCell, CERTIFICATE),
    (CalculationInput, {"calculation": "c-1", "result_hash": SHA, "site": "S", "product": "plate"}),
    (CalculationInput, {"calculation": "c-1"}),
    (SupplierDocument, {"document": SHA}),
    (ParkEvidence, {"evidence": SHA}),
    (SharedFactor, {"factor": "f@1", "sha256": SHA, "share": "0.5"}),
    (FactorOf, {"id": "grid.cn"}),
    (BackgroundDatabase, {"background": SHA}),
    (BackgroundActivity, {"activity": "a"}),
    (DerivationInput, {"share": "0.5"}),
    (DerivationInput, {}),
]
NAMES = sorted({name for _, said in STORED for name in said} | {"more", "note", "product_code"})
OBJECTS = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=3), max_size=9),
    st.sampled_from([said for _, said in STORED]),
)


@pytest.mark.parametrize(("kind", "said"), STORED)
def test_the_names_tell_the_kind(kind: type[DerivationInput], said: dict[str, str]) -> None:
    read = read_input(said)
    assert type(read) is kind
    assert read.record() == said
    named = {name: value for name, value in vars(read).items() if value and name != "more"}
    assert named == (said if kind is not DerivationInput else {})


@given(said=OBJECTS)
def test_read_and_written_again_it_is_the_same(said: dict[str, str]) -> None:
    made = Derivation.model_validate({"formula": "x", "inputs": [said]})
    assert canonical_json(made.model_dump()["inputs"]) == canonical_json([said])
    assert json.loads(made.model_dump_json())["inputs"] == [said]
    assert made == Derivation(formula="x", inputs=(read_input(said),))
    assert hash(made.inputs[0]) == hash(read_input(dict(reversed(said.items()))))


@pytest.mark.parametrize("said", ["a", 1, None, ["cell"], {"cell": 1}, {1: "cell"}, {"cell": None}])
def test_what_is_no_object_of_texts_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError, match="object of texts"):
        Derivation.model_validate({"formula": "x", "inputs": [said]})


def test_inputs_are_asked_for_by_their_kind() -> None:
    made = Derivation.model_validate({"formula": "x", "inputs": [said for _, said in STORED]})
    assert [item.ledger for item in of_kind(made.inputs, LedgerCell)] == [SHA]
    places = [item.cell for item in made.inputs if isinstance(item, CELLS)]
    assert places == ["ledger!F12", "ledger!F12", "instruments!A2"]
    assert len(of_kind(made.inputs, DerivationInput)) == len(STORED)


def test_the_schema_says_what_is_stored() -> None:
    schema = Derivation.model_json_schema()["properties"]["inputs"]
    assert schema["items"] == {"type": "object", "additionalProperties": {"type": "string"}}
