"""Allowances used: what each rule lets pass by itself, added up over the whole account.

Two scales may differ, a count may find less, a flow may have no product to carry it, a typed amount
may differ from its own meter. Each has a limit of its own; used together they make a footprint low
as one large hole would. Rule: PCF-CLOSURE-001, `allowances_in_all`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from footprint.account.gate import TYPED, WEIGHING, Account, worth_per_unit
from footprint.account.site_ledger import SiteLedger
from footprint.closure.left_out import LeftOutFlow, left_out_flows
from footprint.closure.line import ClosureLine
from footprint.closure.lines import Closure


def typed_lines(ledger: SiteLedger, account: Account) -> tuple[ClosureLine, ...]:
    """Return what typed amounts are more, or less, than their own meters counted, in kg CO2e.

    They are no lines that the account went into: the account rests on the typed amounts.
    """
    with localcontext(EXACT):
        return tuple(
            ClosureLine(
                TYPED,
                use.flow,
                use.process,
                use.typed - use.metered,
                (use.typed - use.metered) * worth_per_unit(ledger, account, use.process, use.flow),
                use.cells,
                use.metered,
            )
            for use in ledger.typed
            if use.typed != use.metered
        )


def allowances_used(closure: Closure) -> tuple[LeftOutFlow, ...]:
    """Return every allowance that a closure uses, with its share of the account without sign."""
    return (*left_out_flows(closure), *_differences(closure))


def allowances_share(closure: Closure) -> Decimal:
    """Return all allowances used together, as a share of the account."""
    with localcontext(EXACT):
        return sum((item.share for item in allowances_used(closure)), Decimal(0))


def _differences(closure: Closure) -> Iterator[LeftOutFlow]:
    """Yield the differences of scales and of typed amounts, each flow of a process once."""
    found: dict[tuple[str, str, str], list[ClosureLine]] = defaultdict(list)
    for line in (*closure.lines, *closure.typed):
        if line.kind in {WEIGHING, TYPED}:
            found[line.kind, line.flow, line.process].append(line)
    for key, lines in sorted(found.items()):
        with localcontext(EXACT):
            kg = sum((line.kg_co2e for line in lines), Decimal(0))
        cells = dict.fromkeys(cell for line in lines for cell in line.cells)
        yield LeftOutFlow(*key, kg, closure.share(abs(kg)), Decimal(0), tuple(cells))
