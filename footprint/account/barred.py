"""What a ledger shows that no certificate may rest on, whatever the arithmetic says.

Closure holds a result against its ledger; here the ledger itself shows a trade whose burdens one
firm's books cannot tell. Own scrap sold and bought back took no burden out of the plant (rule
PCF-SCRAP-RETURN-001); dross of others brings one that nobody stated (rule AL-DROSS-001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.rules import rule
from factor_db.ledger.row_storage import counterparty
from factor_db.ledger.vocabulary import vocabulary
from factor_db.store.tables import LedgerEntry
from footprint.account.dross import MADE_DROSS, cells_of_others, taken_in
from footprint.account.sharing import SHARED_WITH_SCRAP
from footprint.account.site_ledger import SiteLedger, cells_of, tonnes
from footprint.firm_names import bare_name

RETURNED, UNNAMED, OTHERS_DROSS = (
    "CLOSURE_SCRAP_RETURNED",
    "CLOSURE_SCRAP_UNNAMED",
    "CLOSURE_OTHERS_DROSS",
)
RETURN_RULE = "PCF-SCRAP-RETURN-001"


@dataclass(frozen=True, slots=True)
class Bar:
    """A message code with its parameters as text, and the cells it was read from."""

    code: str
    params: Mapping[str, str]
    cells: tuple[str, ...]


def bars_of(ledger: SiteLedger, scrap_rule: str) -> tuple[Bar, ...]:
    """Return what bars a certificate of any product of a site under a scrap rule."""
    return (*_others_dross(ledger, scrap_rule), *_returned_scrap(ledger, scrap_rule))


def _others_dross(ledger: SiteLedger, scrap_rule: str) -> Iterator[Bar]:
    """Yield dross of others in the melt that no product can be given, or whose burden is unknown.

    A melt without dross of its own has nothing to carry it; a rule under which metal keeps its
    burden asks for the figure of whoever gave the dross.
    """
    amount = taken_in(ledger)
    if amount and (scrap_rule in SHARED_WITH_SCRAP or not ledger.used(*MADE_DROSS)):
        params = {"amount": decimal_text(amount), "scrap_rule": scrap_rule}
        yield Bar(OTHERS_DROSS, params, cells_of_others(ledger))


def _returned_scrap(ledger: SiteLedger, scrap_rule: str) -> Iterator[Bar]:
    """Yield parties that scrap was sold to and bought from, and scrap that names nobody."""
    sold, bought = _sold(ledger), _bought(ledger)
    if scrap_rule not in SHARED_WITH_SCRAP or not sold or not bought:
        return
    for party, rows in sold.items():
        back = [row for other, found in bought.items() if _same(party, other) for row in found]
        if party and back:
            params = {"party": counterparty(rows[0]), "scrap_rule": scrap_rule}
            params |= {"sold": decimal_text(tonnes(rows)), "bought": decimal_text(tonnes(back))}
            yield Bar(RETURNED, params, cells_of((*rows, *back)))
    nameless = (*sold.get("", ()), *bought.get("", ()))
    if nameless:
        params = {"amount": decimal_text(tonnes(nameless)), "scrap_rule": scrap_rule}
        yield Bar(UNNAMED, params, cells_of(nameless))


def _sold(ledger: SiteLedger) -> dict[str, list[LedgerEntry]]:
    return _by_party(row for process in ledger.processes for row in ledger.sold_scrap(process))


def _bought(ledger: SiteLedger) -> dict[str, list[LedgerEntry]]:
    """Return bought scrap of every kind: own scrap can come back under any name of scrap."""
    flows = vocabulary().flows
    return _by_party(
        row
        for (_, flow), rows in ledger.by_key.items()
        if flows[flow].category == "scrap"
        for row in rows
        if row.role == "input"
    )


def _by_party(rows: Iterator[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    for row in rows:
        if row.amount:
            found[bare_name(counterparty(row))].append(row)
    return dict(sorted(found.items()))


def _same(one: str, other: str) -> bool:
    """Tell whether two names are one firm's: equal, or the short form of the longer."""
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    return one == other or (Decimal(len(short)) >= _least_letters() and short in long)


def _least_letters() -> Decimal:
    return rule(RETURN_RULE).number("letters_of_a_short_name")
