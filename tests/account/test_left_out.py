"""What no product carries, read back from a document: the figure is the lines', and within limits.

System by hand (kg CO2e): account 1000 = 99 t of product at 10 + 6 of a main meter's rest (4 of
supply, 2 of delivery) + 4 of a flow that no model reads: two flows, 0.6 % and 0.4 %, 1 % in all.
With 12 of the rest the account is 1006 and the rest 1.19 % of it, above the 1 % of one flow.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from footprint.judgement.recheck import closure_difference
from footprint.result.document import read_result
from footprint.words.closure import left_out_line
from tests.certificate.certificate_document import calculation


def document(rest: str = "4", share: str = "0.01", *, closed: bool = True) -> dict[str, Any]:
    account = 996 + Decimal(rest)
    line = {"process": "", "amount": "1"}
    lines = [
        {"kind": "product", "flow": "plate", "process": "plate_packing", "amount": "99",
         "kg_co2e": "990"},
        {**line, "kind": "main_meter", "flow": "electricity", "kg_co2e": rest},
        {**line, "kind": "main_meter", "flow": "electricity", "kg_co2e": "2"},
        {"kind": "unread", "flow": "water", "process": "melting", "amount": "1", "kg_co2e": "4"},
    ]  # fmt: skip
    return calculation(
        total={"value": "0.01", "unit": "kg CO2e", "interval": None},
        closure={
            "rule": "PCF-CLOSURE-001",
            "account": str(account), "residual": "0", "parted": "0", "closed": closed,
            "reasons": [] if closed else [{"code": "CLOSURE_CARRIED_BY_NONE", "params": {}}], "lines": lines,
            "left_out": {"share": share, "flows": [
                {"kind": "main_meter", "flow": "electricity", "process": "", "kg_co2e": rest,
                 "share": "0.006"},
                {"kind": "unread", "flow": "water", "process": "melting", "kg_co2e": "4",
                 "share": "0.004"},
            ]},
        },
    )  # fmt: skip


def test_the_figure_is_what_the_lines_give() -> None:
    assert closure_difference(read_result(document())) == ""
    # A document of before has no such figure.
    del (old := document())["closure"]["left_out"]
    assert closure_difference(read_result(old)) == ""


@pytest.mark.parametrize(
    "forged",
    [document(share="0"), document(share="0.009"), document(rest="10", share=str(Decimal(16) / 1006))],
)  # fmt: skip
def test_a_smaller_figure_or_one_above_the_limit_is_named(forged: dict[str, Any]) -> None:
    assert closure_difference(read_result(forged)) == "closure.left_out"


def test_it_is_said_in_words_with_every_flow() -> None:
    closure = read_result(document()).closure
    assert closure is not None
    said = left_out_line(closure, "en")
    assert said.startswith("left out of the result: 1 % of the account")
    for part in (
        "main meter less process meters (Electricity",
        "0.6 %",
        "(Tap water, Melting) 0.4 %",
    ):
        assert part.lower() in said.lower(), said
    assert "厂区账的 1 %" in left_out_line(closure, "zh")


def effect(share: str) -> dict[str, str]:
    return {"rule": "X", "process": "", "flow": "", "kg_co2e": "1", "share": share}


def departing(share: str, *effects: str) -> dict[str, Any]:
    return {"share": share, "effects": list(map(effect, effects)), "explained": []}


def test_allowances_and_departures_are_held_against_their_parts() -> None:
    """1 % left out and 4 kg of a typed amount below its meter: 14 of 1000; departures 1 % and -3 %."""
    typed = {
        "kind": "typed",
        "flow": "electricity",
        "process": "melting",
        "kg_co2e": "-4",
        "amount": "1",
        "metered": "2",
    }
    good = document()
    good["closure"] |= {
        "allowances": {"share": "0.014", "typed": [typed]},
        "departures": departing("0.01", "0.01", "-0.03"),
    }

    def found(**changes: object) -> str:
        return closure_difference(read_result({**good, "closure": good["closure"] | changes}))

    assert found() == ""
    assert found(allowances={"share": "0.01", "typed": [typed]}) == "closure.allowances"
    more = {"share": "0.016", "typed": [typed | {"kg_co2e": "-6"}]}
    assert found(allowances=more) == "closure.allowances"
    for share, of_effect in (("0", "0.01"), ("0.021", "0.021")):
        assert found(departures=departing(share, of_effect)) == "closure.departures"
