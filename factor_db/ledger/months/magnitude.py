"""Plausibility of amounts: envelopes per tonne of product, and each month against the others.

Catches what pens and unit columns do wrong: x1000, x0.001, kWh for MJ, one month ten times high.
A wrong product amount shifts every ratio of its process; it is reported once, at the product.
Little of one metal is possible where others that a step can take in its place make up for it, such
as bought billet for own: how much of each is the plant's choice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from statistics import median

from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.form.faults import Findings, Label, Scope, flow_label, process_label
from factor_db.ledger.form.limits import (
    ALWAYS_USED_CATEGORIES,
    ALWAYS_USED_FLOWS,
    BEYOND_FACTOR,
    GROUP_NAMES,
    GROUPS,
    OUTLIER_FACTOR,
    Envelope,
    envelopes,
    narrow_envelopes,
)
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.form.vocabulary import CALORIFIC, alternatives, is_metal, vocabulary
from factor_db.ledger.months.month_index import ZERO, Key, MonthIndex
from factor_db.ledger.months.properties import fuel_mj
from factor_db.ledger.months.step_tolerances import TOLERANCES
from factor_db.ledger.months.year_slips import check_year_slips

Series = dict[str, Decimal]
# A median of fewer months says nothing about what is usual.
_LEAST_MONTHS = 3
# `6061-T651` and `ADC12` begin with the alloy.
_ALLOY = re.compile(r"[A-Z]*[0-9]+[A-Z]?")


def check_magnitude(month_index: MonthIndex, findings: Findings) -> None:
    """Record implausible amounts per tonne of product and months unlike the others."""
    for process in month_index.processes:
        product = month_index.product_key(process)
        if month_index.first_row(product) and not month_index.hidden_by_unknown(product):
            _ProcessCheck(month_index, process, findings).run()
    for group in GROUPS:
        for flow in ("electricity", "natural_gas"):
            _check_group(month_index, group, flow, findings)
    check_year_slips(month_index, findings)


def direction(ratio: Decimal, envelope: Envelope) -> int:
    """Return +1 or -1 when a ratio is beyond an envelope by BEYOND_FACTOR, else 0."""
    if ratio > envelope.high * BEYOND_FACTOR:
        return 1
    return -1 if ratio < envelope.low / BEYOND_FACTOR else 0


def metal_keys(month_index: MonthIndex, process: str) -> list[Key]:
    """Return the keys of all metal that goes into a process, own scrap and alloys among it."""
    words = vocabulary()
    return [
        key
        for key in month_index.sums
        if key[0] == process and is_metal(key[1]) and words.expected_role(*key) == "input"
    ]


def suffices(process: str, into: Decimal, made: Decimal) -> bool:
    """Tell whether metal that went into a step covers what it made, within its tolerance."""
    _, gain = TOLERANCES.get(process, (ZERO, ZERO))
    return into >= made * (1 - gain)


def rounded(value: Decimal) -> str:
    """Return a value with four significant digits for a message."""
    return decimal_text(Decimal(f"{value:.4g}"))


class _ProcessCheck:
    """The plausibility of one process, month by month and over the period."""

    def __init__(self, month_index: MonthIndex, process: str, findings: Findings) -> None:
        self.month_index, self.process, self.findings = month_index, process, findings
        self.product = month_index.product_key(process)
        self.output = self._clean(self.product)
        self.ratios: dict[Key, Series] = {}
        # Months that stand in an error already, by flow; those of the product hold for all.
        self.reported: dict[Key, set[str]] = defaultdict(set)
        for key in month_index.sums:
            if key[0] == process and key != self.product:
                self.ratios[key] = {
                    month: EXACT.divide(amount, self.output[month])
                    for month, amount in self._clean(key).items()
                    if month in self.output
                }
        self.metals = [key for key in self.ratios if key[1] in alternatives(process)]
        inputs = metal_keys(month_index, process)
        into = sum((month_index.total(*key) for key in inputs), ZERO)
        self.metal_suffices = suffices(process, into, month_index.total(*self.product))
        self.metal_of_month = {
            month: sum((month_index.sums[key].get(month, ZERO) for key in inputs), ZERO)
            for month in self.output
        }

    def run(self) -> None:
        self._report_product()
        for key in self.ratios:
            self._report_beyond(key)
        odd_months = self._report_output_outliers()
        for key in self.ratios:
            self._report_outliers(key, odd_months)
            self._report_zero_months(key)
            self._report_unusual(key)

    def _clean(self, key: Key) -> Series:
        """Return the months whose sum is above zero and free of faults."""
        hidden = self.month_index.hidden_by_unknown
        return {
            month: amount
            for month, amount in self.month_index.sums.get(key, {}).items()
            if amount > 0 and month not in self.month_index.unclean[key] and not hidden(key, month)
        }

    def _row(self, key: Key, month: str) -> LedgerRow:
        rows = self.month_index.by_key[key]
        return next((row for row in rows if row.period == month), rows[0])

    def _error(self, code: str, key: Key, month: str, **params: str | Label) -> None:
        self.month_index.distrusted.add(key)
        row = self._row(key, month)
        self.findings.error(code, row.sheet, row.cells["amount"], row.amount, **params)

    def _report_product(self) -> None:
        """Where every flow is out in the same direction, the product amount is the odd one."""
        wrong = []
        for month in self.output:
            signs = [
                self._direction(key, month)
                for key, series in self.ratios.items()
                if month in series and key in envelopes()
            ]
            if len(signs) > 1 and abs(sum(signs)) == len(signs):
                wrong.append(month)
        names = {"process": process_label(self.process), "product": flow_label(self.product[1])}
        # Wrong in most months is one mistake (the unit), not twelve.
        for month in wrong[:1] if 2 * len(wrong) > len(self.output) else wrong:
            self._error("LEDGER_PRODUCT_MAGNITUDE", self.product, month, **names)
        self.reported[self.product].update(wrong)
        for series in (self.output, *self.ratios.values()):
            for month in wrong:
                series.pop(month, None)

    def _direction(self, key: Key, month: str) -> int:
        """Return +1 or -1 for a month far beyond the range of a flow, else 0.

        Little of one metal is no slip where others in its place make up for it, in the month as
        over the period.
        """
        found = direction(self.ratios[key][month], envelopes()[key])
        if found < 0 and key in self.metals and self.metal_suffices:
            covered = suffices(self.process, self.metal_of_month[month], self.output[month])
            return 0 if covered else found
        return found

    def _report_beyond(self, key: Key) -> None:
        envelope = envelopes().get(key)
        if envelope is None:
            return
        series = self.ratios[key]
        wrong = [month for month in series if self._direction(key, month)]
        for month in wrong[:1] if 2 * len(wrong) > len(series) else wrong:
            texts = envelope_texts(envelope, series[month])
            self._error("LEDGER_MAGNITUDE_IMPOSSIBLE", key, month, **texts)
        self.reported[key].update(wrong)
        for month in wrong:
            series.pop(month)

    def _report_output_outliers(self) -> set[str]:
        """Report months whose output is unlike the others, by itself or against every flow."""
        odd = {**self._output_against_flows(), **_outliers(self.output)}
        for month, factor in odd.items():
            self._warn_outlier(self.product, month, factor)
        return set(odd)

    def _output_against_flows(self) -> dict[str, Decimal]:
        """Return month → factor where all flows leave their medians together, in one direction.

        A short month alone does not do this: what it makes less, it also uses less of.
        """
        odd = [_deviations(series) for series in self.ratios.values()]
        found = {}
        for month in self.output:
            factors = [series[month] for series in odd if month in series]
            if len(factors) > 1 and (
                min(factors) > OUTLIER_FACTOR or max(factors) < 1 / OUTLIER_FACTOR
            ):
                found[month] = max(median(factors), 1 / median(factors))
        return found

    def _report_outliers(self, key: Key, odd_months: set[str]) -> None:
        series = {m: ratio for m, ratio in self.ratios[key].items() if m not in odd_months}
        for month, factor in _outliers(series).items():
            self._warn_outlier(key, month, factor)
            self.ratios[key].pop(month)

    def _warn_outlier(self, key: Key, month: str, factor: Decimal) -> None:
        row = self._row(key, month)
        self.findings.warning(
            "LEDGER_MONTH_OUTLIER",
            row.sheet,
            row.cells["amount"],
            row.amount,
            explained=any(r.note for r in self.month_index.by_key[key] if r.period == month),
            scope=Scope(*key, month),
            month=month,
            factor=rounded(factor),
            process=process_label(key[0]),
            flow=flow_label(key[1]),
        )

    def _comparable(self, key: Key) -> list[str]:
        """Return the months, zeros among them, in which neither flow nor product has a fault.

        One row of 0 stands for all months; otherwise a month without a row is missing.
        """
        month_index, whole = self.month_index, not self.month_index.total(*key)
        return [
            month
            for month in month_index.sums[self.product]
            if (whole or month in month_index.sums[key])
            and not any(
                month in self.reported[part]
                or month in month_index.unclean[part]
                or month_index.hidden_by_unknown(part, month)
                for part in (key, self.product)
            )
        ]

    def _report_zero_months(self, key: Key) -> None:
        """Report months of 0 where the process ran and the flow is used in most months, or must."""
        if not self.month_index.total(*key):
            return
        sums = self.month_index.sums[key]
        made = {month: sums[month] for month in self._comparable(key) if month in self.output}
        zero = [month for month, amount in made.items() if not amount]
        if not zero or not (always_used(key[1]) or median(made.values())):
            return
        for month in zero:
            row = self._row(key, month)
            self.findings.warning(
                "LEDGER_MONTH_ZERO",
                row.sheet,
                row.cells["amount"],
                row.amount,
                explained=any(r.note for r in self.month_index.by_key[key] if r.period == month),
                scope=Scope(*key, month),
                month=month,
                process=process_label(key[0]),
                flow=flow_label(key[1]),
            )

    def _report_unusual(self, key: Key) -> None:
        """Compare what was used over the period, divided by its output, with the envelope.

        This is the ratio that becomes a factor, so months of 0 and unusual months count.
        """
        months, sums = self._comparable(key), self.month_index.sums
        used = sum((sums[key].get(month, ZERO) for month in months), ZERO)
        made = sum((sums[self.product][month] for month in months), ZERO)
        if not made or not (used or always_used(key[1])):
            return
        ratio = EXACT.divide(used, made)
        ranges = usual_ranges(self.month_index, key)
        envelope = next((item for item in ranges if not item.low <= ratio <= item.high), None)
        if envelope is None:
            return
        row = self.month_index.by_key[key][0]
        self.findings.warning(
            "LEDGER_MAGNITUDE_UNUSUAL",
            row.sheet,
            row.cells["amount"],
            row.amount,
            explained=self.month_index.noted(key),
            scope=Scope(*key),
            **envelope_texts(envelope, ratio),
        )


def usual_ranges(month_index: MonthIndex, key: Key) -> list[Envelope]:
    """Return every range that holds for a flow of a process at this plant."""
    general, there = envelopes().get(key), kinds(month_index, key[0])
    narrow = [item for item in narrow_envelopes().get(key, ()) if item.when in there]
    return [*narrow, general] if general else narrow


def kinds(month_index: MonthIndex, process: str) -> frozenset[str]:
    """Return the kinds of plant a process belongs to, as `envelopes.csv` names them in `when`.

    `gas` or `rail` where the process takes natural gas or rail transport; `recycled` where scrap
    is prepared, else `wrought`; the alloy (`6061`) where all products are of one.
    """
    found = {"recycled" if month_index.runs("scrap_decoating") else "wrought"}
    uses = {"gas": "natural_gas", "rail": "rail_transport"}
    found |= {kind for kind, flow in uses.items() if month_index.total(process, flow)}
    alloys = {
        match[0] if (match := _ALLOY.match(text)) else text for text in month_index.product_texts
    }
    return frozenset(found | alloys if len(alloys) == 1 else found)


def always_used(flow: str) -> bool:
    """Tell whether a process that ran must have used some of a flow."""
    category = vocabulary().flows[flow].category
    return flow in ALWAYS_USED_FLOWS or category in ALWAYS_USED_CATEGORIES


def _deviations(series: Series) -> Series:
    """Return month → multiple of the median; empty for too few months."""
    if len(series) < _LEAST_MONTHS:
        return {}
    middle = median(series.values())
    return {month: EXACT.divide(value, middle) for month, value in series.items()}


def _outliers(series: Series) -> dict[str, Decimal]:
    """Return month → factor above (or below) the median, where it exceeds OUTLIER_FACTOR."""
    factors = {
        month: max(multiple, EXACT.divide(1, multiple))
        for month, multiple in _deviations(series).items()
    }
    return {month: factor for month, factor in factors.items() if factor > OUTLIER_FACTOR}


def envelope_texts(envelope: Envelope, ratio: Decimal) -> dict[str, str | Label]:
    """Return the parameters of a message on a ratio outside its range."""
    if envelope.process in GROUP_NAMES:
        process = Label(*GROUP_NAMES[envelope.process])
    else:
        process = process_label(envelope.process)
    return {
        "process": process,
        "flow": flow_label(envelope.flow),
        "ratio": rounded(ratio),
        "unit": envelope.unit,
        "low": decimal_text(envelope.low),
        "high": decimal_text(envelope.high),
    }


def _check_group(month_index: MonthIndex, group: str, flow: str, findings: Findings) -> None:
    """Compare a plant part's electricity or gas in all with the verifier's range."""
    processes, product_process, product = GROUPS[group]
    keys = [
        (process, flow) for process in processes if (process, flow) in vocabulary().process_flows
    ]
    whole = all(month_index.runs(process) for process in processes)
    both_casting = month_index.runs("slab_casting") and month_index.runs("billet_casting")
    made = month_index.total(product_process, product)
    if not whole or both_casting or not made:
        return
    if not month_index.trusts((product_process, product), *keys):
        return
    if flow == "natural_gas":
        if f"{flow}.{CALORIFIC}" in month_index.faulty_properties:
            return
        energies = [fuel_mj(month_index, process, flow) for process, flow in keys]
        if None in energies:
            return
        used = sum((energy for energy in energies if energy is not None), Decimal(0))
    else:
        used = sum((month_index.total(*key) for key in keys), Decimal(0))
    envelope = envelopes()[group, flow]
    ratio = EXACT.divide(used, made)
    if not used or envelope.low <= ratio <= envelope.high:
        return
    row = next(row for key in keys for row in month_index.by_key.get(key, ()))
    findings.warning(
        "LEDGER_MAGNITUDE_UNUSUAL",
        row.sheet,
        row.cells["amount"],
        row.amount,
        explained=month_index.noted(*keys),
        scope=Scope(flow=flow),
        **envelope_texts(envelope, ratio),
    )
