"""What of a result's emissions rests on filled months, and how much of it a certificate bears.

System: the plate mill without the gas of melting in May, filled by its neighbours. By hand: the
share is |kg CO2e| of melting's gas x (May's gas / the year's gas, or 1/12 if that is more), over all
|kg CO2e|; the same ledger without a hole has no such field. The certificate's limit is 5 % of the emissions.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.review.lifecycle import take_step
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger.frozen.corrections import effective_rows
from factor_db.ledger.frozen.importing import import_ledger, ledger_of_site
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.certificate.certifiable import require_certifiable
from footprint.result.document import ResultDocument, read_result
from footprint.study.definition import default_study

sys.path.append(str(Path(__file__).parents[1] / "ledger"))  # test folders are no packages here

from ledger_cases import gap_file

SITE = "CQ-PLATE"
GAP = ("melting", "natural_gas", "2025-05", "GAP-NEIGHBOURS", "流量计送检")


def published(store: Store, path: Path) -> None:
    with store.work("exporter") as work:
        outcome = import_ledger(work, path)
        assert outcome.sha256, [item.code for item in outcome.check.findings]
        refs = derive_site(work, SITE)
    for user, action in (("exporter", "submit"), ("auditor", "review"), ("park", "publish")):
        with store.work(user) as work:
            for ref in refs:
                take_step(work, ref, action)


def gas(row: dict[str, Any]) -> bool:
    return (row["process"], row["flow"]) == ("melting", "natural_gas")


def test_the_filled_share_of_the_emissions_is_the_hand_calculation(
    store: Store, tmp_path: Path
) -> None:
    published(store, gap_file(tmp_path, GAP))
    with store.read("exporter") as session:
        document = calculate_study(session, default_study("plate")).document
    rows = document["contributions"]
    weight = {True: Decimal(0), False: Decimal(0)}
    for row in rows:
        weight[gas(row)] += abs(Decimal(row["kg_co2e"]))
    with store.read("exporter") as session:
        file = ledger_of_site(session, SITE)
        rows_of_gas = [row for row in effective_rows(session, file).rows if gas(row.model_dump())]
        months = {row.period: row.amount for row in rows_of_gas}
    of_gas = max(months["2025-05"] / sum(months.values()), Decimal(1) / 12)
    by_hand = weight[True] * of_gas / (weight[True] + weight[False])
    found = Decimal(document["quality"]["filled_share"])
    assert found == pytest.approx(by_hand, rel=Decimal("1e-4"))
    assert 0 < found < Decimal("0.01")


def test_a_result_without_holes_says_nothing_of_them(demo_store: Store) -> None:
    with demo_store.read("exporter") as session:
        document = calculate_study(session, default_study("plate")).document
    assert "filled_share" not in document["quality"]


@pytest.mark.parametrize(
    ("share", "code"),
    [("0.0501", "CERTIFICATE_FILLED"), ("-1", "CERTIFICATE_FIELD"), ("1.01", "CERTIFICATE_FIELD")],
)
def test_more_than_a_twentieth_filled_is_not_certified(
    demo_store: Store, share: str, code: str
) -> None:
    with demo_store.read("exporter") as session:
        document = calculate_study(session, default_study("plate")).document

    def filled(share: str) -> ResultDocument:
        return read_result(document | {"quality": document["quality"] | {"filled_share": share}})

    require_certifiable(filled("0.05"))
    with pytest.raises(BadInput, match=code) as caught:
        require_certifiable(filled(share))
    if code == "CERTIFICATE_FILLED":
        assert all("5.0 %" in error_text(caught.value, lang) for lang in LANGUAGES)
