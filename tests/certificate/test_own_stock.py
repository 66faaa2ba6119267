"""Own metal of an earlier period, drawn out of store, bars a certificate above 5 % of the account.

By hand: an account of 1000 kg CO2e. Drawn 30 and 21 make 51, above 50; 30 and 20 make 50, which
may pass; what was laid in store, or drawn of bought metal, is no own metal drawn.
"""

from __future__ import annotations

import pytest

from factor_db.foundation.errors import BadInput
from footprint.certificate.certifiable import require_own_stock_kept
from footprint.result.document import ResultDocument
from tests.certificate.certificate_document import CLOSURE, result


def closed(*lines: tuple[str, str, str]) -> ResultDocument:
    names = ("kind", "flow", "process", "amount", "kg_co2e")
    rows = [dict(zip(names, (kind, flow, "", "1", kg), strict=True)) for kind, flow, kg in lines]
    return result(closure={**CLOSURE, "account": "1000", "lines": rows})


def test_much_own_metal_out_of_store_is_refused_with_its_share() -> None:
    document = closed(("own_stock", "slab", "-30"), ("own_stock", "billet", "-21"))
    with pytest.raises(BadInput, match="CERTIFICATE_OWN_STOCK") as caught:
        require_own_stock_kept(document)
    assert caught.value.params == {"flows": "billet, slab", "share": "5.1", "most": "5"}


@pytest.mark.parametrize(
    "lines",
    [
        [("own_stock", "slab", "-30"), ("own_stock", "billet", "-20")],
        [("own_stock", "slab", "500"), ("bought_stock", "primary_ingot", "-500")],
        [("product", "plate", "1000")],
    ],
)
def test_a_little_of_it_or_stock_of_another_kind_passes(lines: list[tuple[str, str, str]]) -> None:
    require_own_stock_kept(closed(*lines))


def test_without_an_account_there_is_nothing_to_ask() -> None:
    undrawn = {"rule": "PCF-CLOSURE-001", "closed": None, "reasons": [], "not_drawn": "X"}
    require_own_stock_kept(result(closure=undrawn))
