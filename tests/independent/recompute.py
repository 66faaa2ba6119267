"""A stranger's recomputation: footprints and site account from a ledger's cells and the factor files.

    python tests/independent/recompute.py LEDGER.xlsx PRODUCT [PRODUCT ...] --json
        [--gwp AR6] [--scrap-rule cut-off] [--supplier purchased_billet=SUPPLIER.toml]

Nothing of the product is imported: this is the standard library, a workbook read as the zip of XML that it is, and
the method as docs/recompute.md and the pages named there tell it. Numbers are fractions from the cell to the
total. Power follows the rule `location`. Amounts: t, kg, m3, kWh, tkm as in flows.csv; results in kg CO2e per kg of product, the
account in kg CO2e. Whatever the documents do not tell is refused by name, never guessed.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tomllib
import zipfile
from collections import defaultdict
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

REFERENCE = Path(__file__).resolve().parents[2] / "factor_db" / "reference"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Cells = dict[str, str]  # column code -> text, of one row of a sheet

# ------------------------------------------------------------------------------------------- the workbook


def _texts(element: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in element.iter(f"{MAIN}t"))


def _grid(book: zipfile.ZipFile, part: str, shared: list[str]) -> list[Cells]:
    """The rows of one sheet: letters of the column -> text."""
    rows: dict[int, Cells] = defaultdict(dict)
    for cell in ElementTree.fromstring(book.read(part)).iter(f"{MAIN}c"):
        place = re.fullmatch(r"([A-Z]+)(\d+)", cell.attrib["r"])
        value = cell.find(f"{MAIN}v")
        if place is None:
            raise SystemExit(f"not a cell: {cell.attrib['r']}")
        if cell.get("t") == "inlineStr":
            text = _texts(cell)
        else:
            text = "" if value is None else value.text or ""
            if cell.get("t") == "s" and text:
                text = shared[int(text)]
            elif cell.get("t", "n") == "n" and text:
                text = repr(float(text))  # a double: the shortest decimal that reads back as it
        if text.strip():
            rows[int(place[2])][place[1]] = text.strip()
    return [rows[number] for number in sorted(rows)]


def read_workbook(path: Path) -> dict[str, list[Cells]]:
    """Each sheet as rows keyed by the code that opens its heading (`amount 数量` is `amount`)."""
    sheets: dict[str, list[Cells]] = {}
    with zipfile.ZipFile(path) as book:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = [_texts(item) for item in strings.findall(f"{MAIN}si")]
        links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        targets = {link.attrib["Id"]: link.attrib["Target"] for link in links}
        for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
            target = targets[sheet.attrib[LINK]].lstrip("/")
            part = target if target.startswith("xl/") else f"xl/{target}"
            grid = _grid(book, part, shared)
            names = {column: text.split()[0] for column, text in grid[0].items()}
            sheets[sheet.attrib["name"]] = [
                {names[column]: text for column, text in row.items() if column in names}
                for row in grid[1:]
            ]
    return sheets


# ------------------------------------------------------------------------------------------ words and units

ROLES = {
    "投入": "input",
    "产品": "product",
    "联产品": "coproduct",
    "co-product": "coproduct",
    "废物": "waste",
    "排放": "emission",
    "内部循环": "internal",
}
EVENTS = {"倍率变更": "ratio", "拆表": "removed", "装表": "installed", "估读": "estimated"}
PLACES = {"全厂": "site", "公用": "shared"}
# unit -> (what it measures, how many of the base it is): docs/ledger.md, "Units"
UNITS: dict[str, tuple[str, Fraction]] = {
    **dict.fromkeys(("kg", "公斤", "千克"), ("kg", Fraction(1))),
    **dict.fromkeys(("t", "吨", "公吨"), ("kg", Fraction(1000))),
    **dict.fromkeys(("kWh", "千瓦时", "度"), ("kWh", Fraction(1))),
    **dict.fromkeys(("MWh", "兆瓦时"), ("kWh", Fraction(1000))),
    **dict.fromkeys(("10MWh", "万kWh", "万千瓦时", "万度"), ("kWh", Fraction(10000))),
    **dict.fromkeys(("m3", "m³", "Nm3", "标方"), ("m3", Fraction(1))),
    **dict.fromkeys(("10km3", "万m3", "万m³", "万立方米"), ("m3", Fraction(10000))),
    "tkm": ("tkm", Fraction(1)),
    "1": ("1", Fraction(1)),
    "%": ("1", Fraction(1, 100)),
    "MJ/m3": ("MJ/m3", Fraction(1)),
    "MJ/kg": ("MJ/kg", Fraction(1)),
}


def in_unit(amount: Fraction, source: str, target: str) -> Fraction:
    """The amount in another unit of the same kind; refused by name where they are not of a kind."""
    try:
        (kind, factor), (wanted, base) = UNITS[source], UNITS[target]
    except KeyError as missing:
        raise SystemExit(f"unit not told by the documents: {missing}") from None
    if kind != wanted:
        raise SystemExit(f"{source} is no {target}")
    return amount * factor / base


def table(name: str) -> list[Cells]:
    """The rows of a file of factor_db/reference."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> date:
    """A day as text or as the serial number of a workbook's date cell."""
    if re.fullmatch(r"\d+(\.0)?", text):
        return date(1899, 12, 30) + timedelta(days=int(float(text)))
    return date.fromisoformat(text[:10])


# ------------------------------------------------------------------------------------------------ the ledger


class Row(NamedTuple):
    """One month's amount of a flow at a process, in the unit of flows.csv."""

    month: str
    process: str
    flow: str
    role: str
    amount: Fraction


class Ledger(NamedTuple):
    """What a workbook says: rows, the site's own analyses, receipts by material, region and period."""

    rows: list[Row]
    properties: dict[str, Fraction]
    receipts: dict[str, Fraction]
    region: str
    period: tuple[date, date]


def _months(start: date, end: date) -> list[tuple[str, int]]:
    """The months that the days after `start` up to `end` belong to, with how many days each."""
    counted: dict[str, int] = defaultdict(int)
    current = start
    while current < end:
        current += timedelta(days=1)
        counted[f"{current:%Y-%m}"] += 1
    return list(counted.items())


def _advances(readings: list[Cells]) -> dict[str, Fraction]:
    """What one meter counted in each month: (later - earlier) x multiplier, spread over the days between."""
    used: dict[str, Fraction] = defaultdict(Fraction)
    earlier: tuple[date, Fraction] | None = None
    multiplier, digits = Fraction(1), 0
    for row in readings:
        on, value = day(row["read_on"]), Fraction(row["reading"])
        event = EVENTS.get(row.get("event", ""), row.get("event", ""))
        if event not in ("", "estimated", "ratio", "removed", "installed"):
            raise SystemExit(f"event not told by the documents: {event}")
        if earlier is not None and event != "installed":
            advance = value - earlier[1]
            if advance < 0 and digits:
                advance += 10**digits
            if advance < 0:
                raise SystemExit(f"meter {row['meter']} runs backwards on {on}")
            months = _months(earlier[0], on)
            for month, days in months:
                used[month] += advance * multiplier * days / sum(count for _, count in months)
        multiplier = Fraction(row["multiplier"]) if "multiplier" in row else multiplier
        digits = int(float(row["digits"])) if "digits" in row else digits
        earlier = (on, value)
    return used


def metered_rows(sheets: dict[str, list[Cells]], code: dict[str, str]) -> list[Row]:
    """The months of all meters; the rest of a main meter, and a shared one, by the sheet `shared`."""
    meters: dict[str, list[Cells]] = defaultdict(list)
    for row in sheets.get("meters", []):
        meters[row["meter"]].append(row)
    keys: dict[tuple[str, str], list[tuple[str, Fraction]]] = defaultdict(list)
    for row in sheets.get("shared", []):
        keys[row["meter"], row["period"]].append((code[row["process"]], Fraction(row["value"])))
    used = {meter: _advances(readings) for meter, readings in meters.items()}
    rows: list[Row] = []
    for meter, readings in meters.items():
        process, flow, unit = (readings[0][name] for name in ("process", "flow", "unit"))
        process, flow = PLACES.get(process, process), code[flow]
        for month, amount in used[meter].items():
            parts = [(process, Fraction(1))]
            if process in ("site", "shared"):
                under = [name for name, of in meters.items() if of[0].get("parent") == meter]
                amount -= sum(used[name][month] for name in under)
                parts = keys[meter, month]
            whole = sum(value for _, value in parts)
            for name, value in parts:
                part = in_unit(amount * value / whole, unit, base_unit(flow))
                rows.append(Row(month, code.get(name, name), flow, "input", part))
    return rows


def base_unit(flow: str) -> str:
    return next(row["unit"] for row in table("flows.csv") if row["code"] == flow)


def read_ledger(path: Path) -> Ledger:
    """The effective rows of a workbook: typed ones stand before what a meter says of the same flow."""
    sheets = read_workbook(path)
    code = {
        name: row["code"]
        for file in ("processes.csv", "flows.csv")
        for row in table(file)
        for name in (row["code"], row["name_zh"], row["name_en"])
    }
    code |= {row["name"]: row["code"] for row in table("former_names.csv")}
    units = {row["code"]: row["unit"] for row in table("flows.csv")}
    properties: dict[str, Fraction] = {}
    rows: list[Row] = []
    for row in sheets["ledger"]:
        amount, role = Fraction(row["amount"]), ROLES.get(row["role"], row["role"])
        base, dot, name = row["flow"].partition(".")
        if dot:
            name = {"低位发热量": "net_calorific_value", "铝含量": "aluminium_content"}.get(
                name, name
            )
            what = f"{code[base]}.{name}"
            value = amount * UNITS[row["unit"]][1]
            if properties.setdefault(what, value) != value:
                raise SystemExit(f"a property that changes is weighted month by month: {what}")
            continue
        flow, process = code[row["flow"]], code[row["process"]]
        amount = in_unit(amount, row["unit"], units[flow])
        rows.append(Row(row["period"], process, flow, role, amount))
    typed = {(row.process, row.flow) for row in rows}
    rows += [r for r in metered_rows(sheets, code) if (r.process, r.flow) not in typed]
    receipts: dict[str, Fraction] = defaultdict(Fraction)
    for row in sheets.get("stock", []):
        material = code[row["material"]]
        if row.get("tolling_in") or row.get("tolling_out") or row.get("adjustment"):
            raise SystemExit(f"tolling and adjustments are not recomputed here: {material}")
        receipts[material] += in_unit(Fraction(row["receipts"]), row["unit"], units[material])
    site = {row["key"].split()[0]: row.get("value", "") for row in sheets["site"]}
    period = (day(site["period_start"]), day(site["period_end"]))
    return Ledger(rows, properties, receipts, site["region"], period)


# ---------------------------------------------------------------------------------------------- the factors


class Factors:
    """The shipped defaults, as docs/architecture.md resolves them, weighed by one set of potentials."""

    def __init__(
        self, ledger: Ledger, gwp_set: str, suppliers: dict[str, Path], cut_offs: set[str]
    ):
        self.ledger, self.cut_offs, self.used = ledger, cut_offs, dict[str, str]()
        potentials = [row for row in table("factors/gwp.csv") if row["gwp_set"] == gwp_set]
        self.gwp = {row["gas"]: Fraction(row["value"]) for row in potentials}
        self.gwp["co2e"] = Fraction(
            1
        )  # PCF-GWP-002: known as CO2e only, so the same under every set
        files = sorted((REFERENCE / "factors").glob("*.csv"))
        rows = [row for f in files if f.name != "gwp.csv" for row in table(f"factors/{f.name}")]
        self.rows = [row for row in rows if row["purpose"] == "default" and not row["process"]]
        self.suppliers = {
            flow: tomllib.loads(f.read_text("utf-8")) for flow, f in suppliers.items()
        }

    def _row(self, flow: str, quantity: str) -> Cells:
        """Region before country before world; then the newest year that is not after the ledger's."""
        start, end = self.ledger.period
        for area in (self.ledger.region, self.ledger.region[:2], "GLO"):
            known = [
                row
                for row in self.rows
                if (row["flow"], row["quantity"], row["geography"]) == (flow, quantity, area)
                and int(row["data_year"]) <= end.year
                and (not row["valid_until"] or day(row["valid_until"]) >= start)
            ]
            if known:
                newest = max(int(row["data_year"]) for row in known)
                (row,) = [row for row in known if int(row["data_year"]) == newest]
                self.used[f"{flow}/{quantity}"] = row["id"]
                return row
        raise SystemExit(f"no factor: {flow}/{quantity}")

    def per(self, flow: str, quantity: str, unit: str) -> Fraction:
        """kg CO2e per `unit` of the flow."""
        if f"{flow}/{quantity}" in self.cut_offs:
            return Fraction(0)
        row = self._row(flow, quantity)
        amounts = dict(part.split("=") for part in row["amounts"].split(";"))
        kg = sum((Fraction(value) * self.gwp[gas] for gas, value in amounts.items()), Fraction(0))
        denominator = row["unit"].split("/")[1]
        return kg if denominator == unit else kg * in_unit(Fraction(1), unit, denominator)

    def heat(self, fuel: str) -> Fraction:
        """MJ per unit of a fuel: the site's own analysis, else the default."""
        name = f"{fuel}.net_calorific_value"
        if name in self.ledger.properties:
            return self.ledger.properties[name]
        return Fraction(self._row(name, "property")["amounts"].removeprefix("value="))

    def bought_metal(self, flow: str, factor_flow: str) -> Fraction:
        """kg CO2e per tonne of metal bought: the supplier named, else the published footprint."""
        if flow not in self.suppliers:
            return self.per(factor_flow, "cradle_to_gate", "t")
        stated = self.suppliers[flow]
        return Fraction(stated["pcf_kg_co2e"]) * in_unit(Fraction(1), "t", stated["unit"])


class Worth:
    """What one unit of what crosses the gate weighs, in kg CO2e: factor_db/reference/gate.csv."""

    def __init__(self, factors: Factors, scrap_rule: str):
        if scrap_rule not in ("cut-off", "pre-consumer-mass", "co-product"):
            raise SystemExit(f"not recomputed here: {scrap_rule}")
        self.factors, self.scrap_rule = factors, scrap_rule
        self.gate = {row["flow"]: row for row in table("gate.csv")}
        self.unit = {row["code"]: row["unit"] for row in table("flows.csv")}

    def of(self, flow: str) -> Fraction:
        """kg CO2e per unit of the flow."""
        row, factors, unit = self.gate[flow], self.factors, self.unit[flow]
        source, kind = row["factor_flow"], row["kind"]
        if kind == "power":  # PCF-ELEC-001: each kWh takes both
            return factors.per(source, "life_cycle", unit) + factors.per(source, "delivery", unit)
        if kind == "metal":
            return factors.bought_metal(flow, source)
        if kind == "scrap":  # PCF-SCRAP-CUTOFF; PCF-SCRAP-DEFAULT where the rule burdens it
            burdened = source and self.scrap_rule != "cut-off"
            return factors.per("primary_ingot", "cradle_to_gate", unit) if burdened else Fraction(0)
        # PCF-BIO-001: biogenic uptake is shown apart from the headline
        parts = [part for part in row["parts"].split("+") if part != "biogenic_uptake"]
        if kind == "fuel":
            return factors.heat(flow) * sum(factors.per(source, part, "MJ") for part in parts)
        if kind == "good":
            return sum((factors.per(source, part, unit) for part in parts), Fraction(0))
        raise SystemExit(f"not told by the documents: {kind} {flow}")


# ------------------------------------------------------------------------------------- products and account

Sums = dict[tuple[str, str], Fraction]  # (flow, role) -> the year's amount


class Plant:
    """The year of a plant, step by step: docs/models.md and docs/recompute.md."""

    def __init__(self, ledger: Ledger, worth: Worth):
        self.ledger, self.worth = ledger, worth
        self.product = {row["code"]: row["product"] for row in table("processes.csv")}
        self.category = {row["code"]: row["category"] for row in table("flows.csv")}
        self.steps: dict[str, Sums] = defaultdict(lambda: defaultdict(Fraction))
        for row in ledger.rows:
            self.steps[row.process][row.flow, row.role] += row.amount
        self.maker = {self.product[step]: step for step in self.steps}
        self.known: dict[str, Fraction] = {}

    def _metal(self, flow: str) -> bool:
        return self.category[flow] in ("metal", "scrap", "intermediate", "product", "alloying")

    def charge(self) -> Fraction:
        """kg CO2e per tonne of external charge, transport included; own scrap and recovered metal no part."""
        whole, burden = Fraction(0), Fraction(0)
        for (flow, role), amount in self.steps["charging"].items():
            if role != "input" or self.category[flow] == "internal" or not amount:
                continue
            whole += amount if self._metal(flow) else 0
            burden += amount * self._price(flow)
        return burden / whole

    def _price(self, flow: str) -> Fraction:
        """kg CO2e per unit of an input: what the site made at its step's footprint, what it bought at the gate's."""
        return self.per_tonne(self.maker[flow]) if flow in self.maker else self.worth.of(flow)

    def per_tonne(self, step: str) -> Fraction:
        """kg CO2e per tonne of a step's product."""
        if step not in self.known:
            self.known[step] = self.charge() if step == "charging" else self._step(step)
        return self.known[step]

    def _waste(self, flow: str) -> Fraction:
        """Dross that a rotary furnace of the site takes goes there; other waste is treated elsewhere."""
        if flow == "dross" and "dross_recovery" in self.steps:
            return self.per_tonne("dross_recovery")
        return self.worth.of(flow)

    def _step(self, step: str) -> Fraction:
        amounts = self.steps[step]
        made = amounts[self.product[step], "product"]
        metal, rest, metal_in, sold = (Fraction(0) for _ in range(4))
        for (flow, role), amount in amounts.items():
            if not amount or (flow, role) == (self.product[step], "product"):
                continue
            if role == "input" and flow == "dross":
                continue  # its burden is the melting's: the service is counted per tonne of dross
            if role == "input" and self._metal(flow):
                metal += amount * self._price(flow)
                metal_in += amount
            elif role == "input":
                rest += amount * self._price(flow)
            elif role in ("waste", "emission"):
                rest += amount * self._waste(flow)
            elif role == "internal":  # given back to the pool, at what external charge is worth
                rest -= amount * self.per_tonne("charging")
            elif role == "coproduct" and self.category[flow] in ("internal", "scrap"):
                sold += amount
            else:
                raise SystemExit(f"not told by the documents: {flow} as {role} of {step}")
        if self.worth.scrap_rule == "pre-consumer-mass" and sold:
            metal -= metal * sold / metal_in
        shared = sold if self.worth.scrap_rule == "co-product" else 0
        return (metal + rest) / (made + shared)

    def account(self) -> dict[str, Fraction]:
        """kg CO2e by flow of what crossed the gate; where the stock sheet has a material, what was received."""
        crossed: dict[str, Fraction] = defaultdict(Fraction)
        for amounts in self.steps.values():
            for (flow, role), amount in amounts.items():
                if flow not in self.worth.gate or role == "product":
                    continue
                if role == "input" and self.worth.gate[flow]["parts"] == "treatment":
                    crossed[flow] -= amount  # waste that the site treats itself does not leave it
                elif not (role == "input" and flow in self.ledger.receipts):
                    crossed[flow] += amount
        for flow, amount in self.ledger.receipts.items():
            if flow in self.worth.gate and flow not in self.maker:
                crossed[flow] += amount
        return {flow: amount * self.worth.of(flow) for flow, amount in crossed.items() if amount}


# -------------------------------------------------------------------------------------------------- command


def written(value: Fraction) -> str:
    """Thirty significant digits."""
    context = Context(prec=30)
    return format(context.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("product", nargs="+", help="code of a product, of processes.csv")
    parser.add_argument("--gwp", default="AR6", choices=("AR4", "AR5", "AR6"))
    parser.add_argument("--scrap-rule", default="cut-off")
    parser.add_argument("--supplier", action="append", default=[], metavar="FLOW=FILE.toml")
    parser.add_argument("--cut-off", action="append", default=["ceramic_filter/upstream"])
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    given = options()
    suppliers = {flow: Path(file) for flow, file in (s.split("=", 1) for s in given.supplier)}
    ledger = read_ledger(given.ledger)
    factors = Factors(ledger, given.gwp, suppliers, set(given.cut_off))
    plant = Plant(ledger, Worth(factors, given.scrap_rule))
    account = plant.account()
    footprints = {p: written(plant.per_tonne(plant.maker[p]) / 1000) for p in given.product}
    whole = written(sum(account.values(), Fraction(0)))
    if not given.json:
        for name, value in footprints.items():
            print(f"{name}: {value} kg CO2e/kg")
        print(f"account: {whole} kg CO2e")
        return
    found = {
        "kg_co2e_per_kg": footprints,
        "account_kg_co2e": whole,
        "account_by_flow": {flow: written(value) for flow, value in sorted(account.items())},
        "factors": dict(sorted(factors.used.items())),
    }
    json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
