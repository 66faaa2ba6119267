"""The fault that halved a certified footprint, planted again: closure opens at billet, no certificate.

System under test: `calculate` and `certify` on the case plant while the extrusion model takes own
billet as all billet and deducts what was bought once more. Reference: the account, which no model
touches (208 049.5 t CO2e), and the stranger. By hand: heating asks for 8000 t of own homogenised
billet too few, so 8000 t at the step's footprint are on no product; closure names them, the flow
and the step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from case_plant import Case, Stranger

import lca_models.extrusion as extrusion
from footprint.cli.main import main
from footprint.figures.blocked import blocking_reasons
from footprint.judgement import record
from footprint.result.document import read_result
from footprint.study import carried_model
from lca_models import catalogue
from lca_models.metal_inputs import metal_inputs
from lca_models.system.slots import inventory
from lca_models.system.unit_process import Exchange, Link

BOOK = "plant_with_bought_billet.xlsx"


@pytest.fixture
def home(case: Case, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOOTPRINT_HOME", str(case.home))
    return case.home


@pytest.fixture
def deducted_twice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Own billet of heating = what the ledger says is own, less what was bought."""

    def doubled(step: Any, *given: Any, **named: Any) -> tuple[Exchange, ...]:
        found = metal_inputs(step, *given, **named)
        if step.code != "billet_heating":
            return found
        bought = inventory("billet_heating", "purchased_billet", needed=True)
        return tuple(
            replace(item, amount=item.amount - replace(bought, optional=True, balanced=True))
            if isinstance(item, Link)
            else item
            for item in found
        )

    monkeypatch.setattr(extrusion, "metal_inputs", doubled)
    forget_models()
    yield
    forget_models()


def forget_models() -> None:
    """Let the models be built anew: what was built before knows nothing of another code."""
    catalogue._built.cache_clear()
    carried_model._model_of.cache_clear()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", *arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def calculated(case: Case, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    supplier = f"purchased_billet={case.supplier}"
    code, out, err = run(
        capsys, "calculate", "extrusion", "--site", case.site, "--supplier", supplier, "--json"
    )
    assert code in (0, 3), err
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.usefixtures("home", "deducted_twice")
def test_closure_opens_at_billet_and_names_its_cells(
    case: Case, stranger: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    document = calculated(case, capsys)
    truth = stranger(BOOK, "extrusion", "--gwp", "AR6", "--scrap-rule", "cut-off")
    total = Decimal(document["total"]["value"])
    assert total < Decimal("0.6") * Decimal(truth["kg_co2e_per_kg"]["extrusion"])
    closure = document["closure"]
    assert closure["closed"] is False
    assert closure["account"][:15] == truth["account_kg_co2e"][:15]
    (gap,) = closure["open"]
    assert (gap["flow"], gap["processes"]) == ("homogenised_billet", ["billet_heating"])
    (reason,) = closure["reasons"]
    assert reason["code"] == "CLOSURE_OPEN"
    assert reason["params"]["cells"].startswith(
        "ledger!F410, ledger!F411"
    )  # own billet, January on
    found = {reason.name for reason in blocking_reasons(read_result(document))}
    # The ledger's second seller has no footprint in this study: that bars it too, by itself.
    assert found == {"IMPOSSIBLE", "NOT_CLOSED", "SUPPLIER_SHARES"}


@pytest.mark.usefixtures("home", "deducted_twice")
@pytest.mark.parametrize("possible", [True, False], ids=["both", "closure alone"])
def test_no_certificate_is_issued(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    possible: bool,
) -> None:
    """The metal balance of the step refuses first; without it closure refuses by itself."""
    if not possible:
        monkeypatch.setattr(record, "impossibilities", lambda *_: ())
    calculation = calculated(case, capsys)["calculation"]
    code, _, err = run(capsys, "certify", calculation, "--out", str(tmp_path / "certificate"))
    assert code == 3
    named = ("metal_in 0.6581",) if possible else ("homogenised_billet", "50.05", "ledger!F410")
    assert all(word in err for word in ("billet_heating", *named)), err
    assert not list(tmp_path.rglob("certificate.*"))


@pytest.mark.usefixtures("home")
def test_the_sound_model_closes(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """What bars it from a certificate is the second seller alone (test_suppliers_by_the_ledger)."""
    document = calculated(case, capsys)
    assert document["closure"]["closed"] is True
    assert [reason.name for reason in blocking_reasons(read_result(document))] == [
        "SUPPLIER_SHARES"
    ]
