"""Closure: do the products of a site add up to what crossed its gate? Rule PCF-CLOSURE-001.

Account = products and what else the metal went into, line by line, and nothing is left. The account
comes from ledger rows and cited factors, the products from models and derived factors; where the
two roads part, the flow, its processes and its cells are named. Closure checks arithmetic, not
readings or factors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from itertools import chain

from factor_db.factors.record.factor import product_key
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.units import conversion
from factor_db.ledger.form.power_sources import POWER_FLOW
from factor_db.ledger.form.vocabulary import SOLD_SCRAP
from factor_db.ledger.reading.exceptions import LedgerException
from footprint.account.dross import (
    FURNACE_METAL,
    MADE_DROSS,
    TREATED_HERE,
    sites_share,
    treated_per_made,
)
from footprint.account.gate import MAIN_METER, TAKEN_IN, WEIGHING, Account, GateLine
from footprint.account.loops import LOOPS, counted_share, external_charge, made
from footprint.account.sharing import shared
from footprint.account.site_ledger import ZERO, SiteLedger, cells_of, total
from footprint.account.smelter import ANODE, ANODE_PLANT, CELLS, NET_ANODE, NEVER_OWN
from footprint.closure.barred import Bar, bars_of
from footprint.closure.code_scrap import taken_beyond_mean
from footprint.closure.codes import CodeGap, code_gaps
from footprint.closure.departures import Departure
from footprint.closure.line import ClosureLine
from footprint.closure.months import MonthGap, YearGap, month_gaps, year_gaps
from footprint.closure.scrap_back import Ledgers
from footprint.closure.sold_metal import sold_metal
from footprint.closure.systems import SiteProduct, SiteProducts
from lca_models.catalogue import final_process, product_system
from lca_models.system.slots import CHARGE_POOL
from lca_models.system.unit_process import Choices

CHARGE = "charge_metal"
_ROUNDING = Decimal("1E-25")
"""What 34 digits leave of an amount that a ratio gave, such as anodes per net anode."""
_BOUGHT_ANODE = (NET_ANODE, "upstream")


@dataclass(frozen=True, slots=True)
class PartedFlow:
    """A flow in which the two roads part: by how many kg CO2e, in which processes and cells."""

    flow: str
    kg_co2e: Decimal
    processes: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Closure:
    """The account, the lines it went into, what is left, and where the roads part.

    `codes` is where a product code's own result parts from the rows booked on it, `years` where a
    product's parts from the sum of the ledger's months, `months` what the months show of own metal,
    `barred` what the ledger shows that no certificate may rest on, `typed` where typed amounts part
    from their meters, `departures` and `explained` what a study's result rests on that was doubted,
    `sold_metal` what co-products of the same metal carry.
    """

    account: Account
    lines: tuple[ClosureLine, ...]
    open: tuple[PartedFlow, ...]
    failed: tuple[str, ...] = ()
    codes: tuple[CodeGap, ...] = ()
    barred: tuple[Bar, ...] = ()
    years: tuple[YearGap, ...] = ()
    months: tuple[MonthGap, ...] = ()
    typed: tuple[ClosureLine, ...] = ()
    departures: tuple[Departure, ...] = ()
    explained: tuple[LedgerException, ...] = ()
    sold_metal: tuple[ClosureLine, ...] = ()

    @property
    def residual(self) -> Decimal:
        """kg CO2e of the account that no line explains; flows that part may cancel in it."""
        with localcontext(EXACT):
            return self.account.total - sum((line.kg_co2e for line in self.lines), ZERO)

    @property
    def parted(self) -> Decimal:
        """Sum over flows of what the roads differ by, without signs: what the gate judges."""
        with localcontext(EXACT):
            return sum((abs(item.kg_co2e) for item in self.open), ZERO)

    def share(self, kg_co2e: Decimal) -> Decimal:
        """Return an amount as a share of the account."""
        with localcontext(EXACT):
            return kg_co2e / self.account.total if self.account.total else ZERO


@dataclass
class _Books:
    """The sums that a closure is drawn from, flow by flow, while it walks the processes."""

    ledger: SiteLedger
    products: SiteProducts
    scrap_rule: str
    anodes_per_net: Decimal = Decimal(1)
    lines: list[ClosureLine] = field(default_factory=list)
    expected: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    carried: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    where: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def output(self, process: str) -> Decimal:
        """Return the tonnes a process's exchanges are stated per: of charge, the external metal."""
        if process == CHARGE_POOL:
            return external_charge(self.ledger)
        return self.ledger.made(process)

    def is_here(self, process: str) -> bool:
        """Tell whether a process is the site's: its model says so, or its ledger where none can.

        A mine or refinery is outside every model, also where a smelter has its own.
        """
        own = self.products.home[process].system.process(process).own
        return own or (process in NEVER_OWN and bool(self.ledger.made(process)))

    def method(self, process: str) -> str:
        """Return how the co-products of a process were allocated, from the factors used."""
        return self.products.allocation_method(process)

    def part(self, process: str, flow: str, worth: Decimal, kg: Decimal | None = None) -> Decimal:
        """Book what a process used of a flow and return the kg CO2e its product carries.

        `worth` is kg CO2e per unit of the flow. What co-products and sold scrap take has a line.
        """
        parted = shared(
            self.ledger, process, flow, method=self.method(process), scrap_rule=self.scrap_rule
        )
        cells = cells_of(self.ledger.input_rows(process, flow))
        with localcontext(EXACT):
            for kind, amount in (
                ("co_product", parted.co_products),
                ("sold_scrap", parted.sold_scrap),
            ):
                if amount:
                    self.lines.append(
                        ClosureLine(kind, flow, process, amount, amount * worth, cells)
                    )
            return parted.product * worth


def closure_of(
    ledger: SiteLedger,
    account: Account,
    products: SiteProducts,
    scrap_rule: str,
    earlier: tuple[SiteLedger, ...] = (),
) -> Closure:
    """Hold the products of a site against its account; exact to the last of 34 digits.

    `earlier` are the site's ledgers whose scrap or metal may have come back in this one.
    """
    books = _Books(ledger, products, scrap_rule)
    books.anodes_per_net = account.anodes_per_net.get(books.method(ANODE_PLANT), Decimal(1))
    with localcontext(EXACT):
        _book_gate(books, account)
        _book_power_out(books)
        _book_burdens(books)
        for flow, process in sorted(_own_flows(books).items()):
            _book_own(books, flow, process)
    failed = tuple(sorted(products.failed))
    found = products.found.values()
    gaps = (code_gaps(ledger, item, books.method) for item in found)
    years = (year_gaps(ledger, item, books.method) for item in found)
    return Closure(
        account,
        tuple(books.lines),
        _parted(books),
        failed,
        tuple(chain.from_iterable(gaps)),
        bars_of(account, Ledgers(ledger, earlier), products, scrap_rule, books.lines),
        tuple(dict.fromkeys(chain.from_iterable(years))),
        month_gaps(ledger),
        sold_metal=sold_metal(ledger, books.lines),
    )


def _own_flows(books: _Books) -> dict[str, str]:
    """Return flow → process of what the site makes itself and a calculated product goes through."""
    return {
        flow: process
        for flow, process in books.ledger.made_here.items()
        if process in books.products.home
    }


def _book_gate(books: _Books, account: Account) -> None:
    """Book every line of the account: what products carry, and what has a line of its own."""
    per_unit: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(
        lambda: defaultdict(lambda: ZERO)
    )
    powers: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in account.lines:
        if line.kind == "stock":
            _book_stock(books, line)
        elif line.kind == MAIN_METER:
            whole = books.ledger.main_meter(line.flow)
            amounts = line.amount, line.kg_co2e
            books.lines.append(ClosureLine(line.kind, line.flow, "", *amounts, line.cells, whole))
        elif line.kind == TAKEN_IN:
            continue  # waste of others: what treating it takes stands in the furnace's own rows
        elif line.kind == "calculated":
            books.expected[line.flow] += line.kg_co2e
            books.where[line.flow].add(line.process)
        elif line.process:
            # Per unit of the rows, of which dross treated here does not cross the gate.
            whole = books.ledger.used(line.process, line.flow)
            shown = ANODE if (line.flow, line.part) == _BOUGHT_ANODE else line.flow
            per_unit[line.process, line.flow][shown] += line.kg_co2e / whole
        else:
            powers[line.flow] += line.kg_co2e
    for key, worths in per_unit.items():
        _book_use(books, key, worths)
    _book_power(books, powers, captive=any(_is_captive(line) for line in account.lines))


def _is_captive(line: GateLine) -> bool:
    return line.kind == "calculated" and line.unit == "kWh"


def _book_power(books: _Books, powers: Mapping[str, Decimal], *, captive: bool) -> None:
    """Book the site's power, each process's kWh alike; cells with power of their own take none."""
    used = {
        process: books.ledger.used(process, POWER_FLOW)
        for process, flow in books.ledger.by_key
        if flow == POWER_FLOW and not (captive and process == CELLS)
    }
    whole = sum(used.values(), ZERO)
    for process, kwh in used.items():
        if kwh:
            worths = {flow: kg / whole for flow, kg in powers.items()}
            _book_use(books, (process, POWER_FLOW), worths)


def _book_power_out(books: _Books) -> None:
    """Book own power fed into the grid: it took nothing through the gate and earns no credit."""
    fed_in = [entry for entry in books.ledger.power.own if entry.kwh["fed_in"]]
    kwh = sum((entry.kwh["fed_in"] for entry in fed_in), ZERO)
    cells = tuple(f"{entry.sheet}!{entry.cells['fed_in']}" for entry in fed_in)
    if kwh:
        books.lines.append(ClosureLine("power_out", POWER_FLOW, "", kwh, ZERO, cells))


def _book_use(books: _Books, key: tuple[str, str], worths: Mapping[str, Decimal]) -> None:
    """Book a use of something bought; `worths` is flow it is shown as → kg CO2e per unit."""
    process, flow = key
    home = books.products.home.get(process)
    if home is None or not _reads(home, process, flow):
        kind = "sister" if home is None and _is_sisters(books, process) else "unread"
        amount = books.ledger.used(process, flow)
        cells = cells_of(books.ledger.input_rows(process, flow))
        worth = sum(worths.values(), ZERO)
        books.lines.append(ClosureLine(kind, flow, process, amount, amount * worth, cells))
        return
    for shown, worth in worths.items():
        good = good_of(shown)
        books.expected[good] += books.part(process, flow, worth)
        books.where[good].add(process)


def _book_stock(books: _Books, line: GateLine) -> None:
    """Part the receipts beyond what was used into stock, adjustment, tolling and weighing."""
    flow, worth = line.flow, line.kg_co2e / line.amount
    change = books.ledger.stock_change(flow)
    adjusted = -books.ledger.stock_total(flow, "adjustment")
    tolled = books.ledger.stock_total(flow, "tolling_out") - books.ledger.stock_total(
        flow, "tolling_in"
    )
    weighed = line.amount - change - adjusted - tolled
    for kind, amount in (
        ("bought_stock", change),
        ("adjustment", adjusted),
        ("tolling", tolled),
        (WEIGHING, weighed),
    ):
        if amount:
            books.lines.append(ClosureLine(kind, flow, "", amount, amount * worth, line.cells))


def _book_burdens(books: _Books) -> None:
    """Book what the products carry of everything bought, from their systems in numbers."""
    for process, home in books.products.home.items():
        place = home.compiled.processes.index(process)
        if not books.is_here(process):
            continue
        output = books.output(process)
        for burden, (index, kg) in zip(home.compiled.burdens, home.direct_kg_co2e(), strict=True):
            if index == place and kg:
                good = good_of(burden.flow)
                books.carried[good] += kg * output
                books.where[good].add(process)
        for user, provider, amount in home.compiled.links:
            code = home.compiled.processes[provider]
            if user == place and not books.is_here(code):
                good = good_of(home.system.process(code).product)
                books.carried[good] += amount * output * home.kg_co2e_per_t[code]
                books.where[good].add(process)


def _book_own(books: _Books, flow: str, process: str) -> None:
    """Book where the metal of one step went: on in the site, sold, to stock, to weighing."""
    worth = books.products.kg_co2e_per_t(process)
    output = books.output(process)
    used = _book_own_uses(books, flow, process, worth)
    change = ZERO if process == CHARGE_POOL else books.ledger.stock_change(flow)
    adjusted = -books.ledger.stock_total(flow, "adjustment")
    rest = output - used - change - adjusted
    if abs(rest) <= output * _ROUNDING:
        rest = ZERO
    if process == CHARGE_POOL:
        rest -= _book_loops(books, worth)
    finals = [name for name in books.products.found if final_process(name) == process]
    kind = "product" if finals else WEIGHING
    cells = cells_of(books.ledger.rows_of(process, role="product"))
    home = books.products.found[finals[0]] if finals else None
    if home and home.codes and not change and rest == output:
        _book_codes(books, flow, process, home.codes)
        beyond = taken_beyond_mean(books.ledger, home, books.scrap_rule)
        if beyond:
            books.lines.append(ClosureLine("sold_scrap", SOLD_SCRAP, process, ZERO, beyond))
        books.expected[flow] += rest * worth - beyond
        return
    if process == TREATED_HERE[0]:
        worth += _worth_of_metal_kept(books)
    for line, amount in (("own_stock", change), ("adjustment", adjusted), (kind, rest)):
        if amount:
            books.lines.append(
                ClosureLine(line, flow, process, amount, amount * worth, cells, output)
            )


def _worth_of_metal_kept(books: _Books) -> Decimal:
    """Return kg CO2e that own dross is credited per t treated for its metal.

    Whoever has dross treated gets the metal back: treating it costs that much more.
    """
    home = books.products.home[TREATED_HERE[0]]
    place = home.compiled.processes.index(TREATED_HERE[0])
    return sum(
        (
            -amount * books.products.kg_co2e_per_t(CHARGE_POOL)
            for user, provider, amount in home.compiled.links
            if user == place and home.compiled.processes[provider] == CHARGE_POOL
        ),
        ZERO,
    )


def _book_codes(books: _Books, flow: str, process: str, codes: Mapping[str, Decimal]) -> None:
    """Book each product code at its own footprint: together they must carry what all carry."""
    for code, kg_per_kg in codes.items():
        rows = [
            row
            for row in books.ledger.rows_of(process, role="product")
            if product_key(row.product) == product_key(code)
        ]
        amount = total(rows)
        kg = amount * kg_per_kg * conversion("t", "kg")
        books.lines.append(
            ClosureLine("product", flow, process, amount, kg, cells_of(rows), amount, code)
        )
        books.carried[flow] += kg
    books.where[flow].add(process)


def _book_own_uses(books: _Books, flow: str, process: str, worth: Decimal) -> Decimal:
    """Book who used an own flow and return how much of it, in tonnes, loops given back deducted."""
    used = ZERO
    for user, taken in _uses(books, flow, process):
        home = books.products.home.get(user)
        amount = books.ledger.used(user, taken)
        scale = books.anodes_per_net if taken == NET_ANODE else _scale(books.ledger, user, taken)
        used += amount * scale
        if home is None:
            kind = "sister" if _is_sisters(books, user) else "unread"
            books.lines.append(
                ClosureLine(kind, flow, user, amount * scale, amount * scale * worth)
            )
            continue
        books.expected[flow] += books.part(user, taken, worth * scale)
        books.where[flow].add(user)
    for user, home in books.products.home.items():
        place = home.compiled.processes.index(user)
        for consumer, provider, amount in home.compiled.links:
            if consumer == place and home.compiled.processes[provider] == process:
                share = sites_share(books.ledger) if user == TREATED_HERE[0] else Decimal(1)
                books.carried[flow] += amount * books.output(user) * share * worth
                books.where[flow].add(user)
    return used


def _uses(books: _Books, flow: str, process: str) -> list[tuple[str, str]]:
    """Return (process, flow of its row) of everything that took an own flow, or gave it back."""
    rows = books.ledger.by_key
    if process == CHARGE_POOL:
        return [key for key in rows if _takes_charge(books.ledger, key)]
    if process == ANODE_PLANT:
        return [(CELLS, NET_ANODE)] if (CELLS, NET_ANODE) in rows else []
    if process == TREATED_HERE[0]:
        return [MADE_DROSS] if MADE_DROSS in rows and books.ledger.used(*TREATED_HERE) else []
    return [key for key in rows if key[1] == flow and books.ledger.input_rows(*key)]


def _takes_charge(ledger: SiteLedger, key: tuple[str, str]) -> bool:
    gives_back = key[1] in LOOPS and key[0] != CHARGE_POOL
    return bool(ledger.input_rows(*key)) and (key[1] == CHARGE or gives_back)


def _scale(ledger: SiteLedger, process: str, flow: str) -> Decimal:
    """Return tonnes of the pool's own flow per tonne of a row: loops give back what counts."""
    if flow in LOOPS:
        share = sites_share(ledger) if (process, flow) == FURNACE_METAL else Decimal(1)
        return -counted_share(ledger, flow) * share
    return treated_per_made(ledger) if flow == MADE_DROSS[1] else Decimal(1)


def _book_loops(books: _Books, worth: Decimal) -> Decimal:
    """Book own scrap and recovered metal made less charged, at the footprint of external charge."""
    found = ZERO
    for flow in LOOPS:
        counted = made(books.ledger, flow) * counted_share(books.ledger, flow)
        amount = counted - books.ledger.used(CHARGE_POOL, flow)
        found += amount
        if amount:
            kind = "own_scrap" if flow == "internal_scrap" else flow
            books.lines.append(ClosureLine(kind, flow, CHARGE_POOL, amount, amount * worth))
    return found


def _is_sisters(books: _Books, process: str) -> bool:
    """Tell whether a process belongs to a product of the site that could not be calculated."""
    return any(
        process in {item.code for item in product_system(product, Choices()).processes}
        for product in books.products.failed
    )


def _reads(home: SiteProduct, process: str, flow: str) -> bool:
    """Tell whether the model of a process asks for a flow at all."""
    return any(
        slot.process == process and slot.flow == flow
        for exchange in home.system.process(process).exchanges
        for slot in exchange.amount.slots()
    )


def good_of(flow: str) -> str:
    """Return the good that a flow is bought as: a T-bar is primary ingot, liquid metal liquid."""
    return {"primary_t_bar": "primary_ingot", "liquid_aluminium": "primary_liquid"}.get(flow, flow)


def _parted(books: _Books) -> tuple[PartedFlow, ...]:
    found = []
    for flow in sorted({*books.expected, *books.carried}):
        gap = books.expected[flow] - books.carried[flow]
        if gap:
            processes = tuple(sorted(books.where[flow]))
            cells = tuple(
                cell
                for process in processes
                for cell in cells_of(books.ledger.input_rows(process, flow))
            )
            found.append(PartedFlow(flow, gap, processes, cells))
    return tuple(found)
