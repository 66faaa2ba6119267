"""Quality of a factor derived from a ledger: five scores with reasons, spread, data kind, filling.

The spread (GSD) of a yearly sum comes from how it was read, never from how months differ (rule
DER-UNC-001). Where each part comes from:

- meter class, where the sheet `meters` states one for a metered amount: the half-width of rule
  DQ-METER-001 over the root of 3 (JCGM 100:2008, 4.3.7: a rectangular distribution);
- no class: the basic variance of an exchange (rule DQ-BASIC-001), which stands for the whole
  ratio, so half of it for the amount and half for the product it is divided by;
- method, months without a reading, sharing by a key: the variances of the pedigree scores
  (rule DQ-PEDIGREE-001), whose scores rule DQ-FIELD-001 derives from the rows.

How far the months differ says how well the period represents the process. It can worsen the score
of completeness that is shown, and stays out of the spread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

from factor_db.factors.derive.outputs import exact_total
from factor_db.factors.record.quality import coded_reason, geometric_standard_deviation
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.foundation.messages import code_of
from factor_db.foundation.rules import rule
from factor_db.ledger.form.cells import RawLedger, text_of
from factor_db.ledger.form.vocabulary import vocabulary
from factor_db.ledger.meters.consumption import relative_uncertainty
from factor_db.store.tables import LedgerEntry

FILLED_SHEET = "gaps!"
_ESTIMATED = "estimated"
_SHOWN_SHARE = Decimal("0.000001")
_SHOWN_PERCENT = Decimal("0.1")
_OWN_REASONS = ("DQ_REASON_OWN_PERIOD", "DQ_REASON_OWN_SITE", "DQ_REASON_OWN_PROCESS")
# A rectangular distribution's half-width over this is its standard uncertainty.
_RECTANGULAR = Decimal(3)
ClassOf = Callable[[LedgerEntry], Decimal | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows a derived factor rests on.

    `products` is empty for a property, whose rows are readings and not amounts. `reported` are all
    rows of the flow and of the product, other alloys' too: they tell which months were read.
    `months` are those of the period, `sharing` says by which key amounts were shared out (empty:
    none were), and `class_uncertainty` gives a row's relative standard uncertainty, None without
    a class.
    """

    rows: Sequence[LedgerEntry]
    products: Sequence[LedgerEntry]
    reported: tuple[Sequence[LedgerEntry], Sequence[LedgerEntry]]
    months: tuple[str, ...]
    sharing: str
    class_uncertainty: ClassOf


def field_quality(evidence: Evidence) -> dict[str, Any]:
    """Return the quality fields of a derived factor, as `Factor` names them."""
    sides = [rows for rows in (evidence.rows, evidence.products) if rows]
    estimated = max(_estimated_share(rows) for rows in sides)
    reliability, because = _reliability(estimated, evidence.sharing)
    completeness, months = _completeness(evidence)
    read_scores = (reliability, completeness, 1, 1, 1)
    represented, differing = _representativeness(evidence)
    shown = max(completeness, represented)
    return {
        "data_type": "estimate" if estimated else "measured",
        "gsd": geometric_standard_deviation(read_scores, basic_variance=_basic_variance(evidence)),
        "pedigree": (reliability, shown, 1, 1, 1),
        "pedigree_reasons": (
            because,
            differing if represented > completeness else months,
            *_OWN_REASONS,
        ),
        "filled_share": filled_share(evidence.rows, evidence.products),
        "confidence": "D",
    }


def class_uncertainties(cells: RawLedger | None) -> ClassOf:
    """Return how a row's relative standard uncertainty is found in the ledger's sheet `meters`.

    Only for metered rows whose process and flow have meters, all of a known class; the weakest
    class counts.
    """
    table = cells.optional.get("meters") if cells else None
    by_meter: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in table.rows if table else ():
        written = {
            name: text_of(row.cells[name].value).strip() if name in row.cells else ""
            for name in ("meter", "process", "flow", "accuracy_class")
        }
        terms = vocabulary()
        key = terms.process_terms.code(written["process"]), terms.flow_terms.code(written["flow"])
        meters = by_meter[key[0] or "", key[1] or ""]
        meters[written["meter"]] = meters.get(written["meter"]) or written["accuracy_class"]
    known = {key: _weakest(classes.values()) for key, classes in by_meter.items()}

    def class_of(row: LedgerEntry) -> Decimal | None:
        return known.get((row.process, row.flow)) if row.method == "metered" else None

    return class_of


def _weakest(classes: Iterable[str]) -> Decimal | None:
    found = [relative_uncertainty(item) for item in classes]
    widths = [width for width in found if width is not None]
    if len(widths) < len(found) or not widths:
        return None
    with localcontext(EXACT):
        return max(widths) / _RECTANGULAR.sqrt()


def filled_share(rows: Sequence[LedgerEntry], products: Sequence[LedgerEntry]) -> Decimal:
    """Return the share of a ratio that no reading stands behind, 0 to 1, rounded up.

    Both parts have to be read: 1 - (1 - filled amount) x (1 - filled product). What a fill
    gives may be too little, so a filled month counts as a mean one at least. Rule: DQ-FILLED-001.
    """
    with localcontext(EXACT):
        read = (1 - _filled_part(rows)) * (1 - _filled_part(products))
        return (1 - read).quantize(_SHOWN_SHARE, rounding=ROUND_UP)


def _filled_part(rows: Sequence[LedgerEntry]) -> Decimal:
    """Return the larger of the filled share of the amount and the share of months with a fill."""
    months = {row.period for row in rows}
    filled = {row.period for row in rows if _is_filled(row)}
    return max(_share(rows, _is_filled), Decimal(len(filled)) / max(len(months), 1))


def _is_filled(row: LedgerEntry) -> bool:
    return row.cell.startswith(FILLED_SHEET)


def _read(rows: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    return [row for row in rows if not _is_filled(row)]


def _estimated_share(rows: Sequence[LedgerEntry]) -> Decimal:
    """Return the estimated share of what was not filled in, or 1 where nothing else is left."""
    read = _read(rows)
    return _share(read, lambda row: row.method == _ESTIMATED) if read else Decimal(1)


def _share(rows: Sequence[LedgerEntry], chosen: Callable[[LedgerEntry], bool]) -> Decimal:
    """Return the share of the chosen rows by amount, or by number where nothing was used."""
    if not rows:
        return Decimal(0)
    weights = {row.row_number: _weight(row) for row in rows}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Decimal(1))
    part = exact_total(weights[row.row_number] for row in rows if chosen(row))
    return EXACT.divide(part, exact_total(weights.values()))


def _weight(row: LedgerEntry) -> Decimal:
    # A calorific value is a reading: a high one is no larger part of the year than a low one.
    return Decimal(1) if "." in row.flow else row.amount


def _reliability(estimated: Decimal, sharing: str) -> tuple[int, str]:
    scores = rule("DQ-FIELD-001")
    if estimated:
        high = estimated > scores.number("estimated_share_partly")
        name = "estimated" if high else "partly_estimated"
        code = "DQ_REASON_ESTIMATED" if high else "DQ_REASON_PARTLY_ESTIMATED"
        return int(scores.number(f"reliability_{name}")), coded_reason(
            code, percent=_percent(estimated)
        )
    if sharing:
        return int(scores.number("reliability_shared")), coded_reason(
            code_of("DQ_REASON_SHARED", sharing)
        )
    return int(scores.number("reliability_measured")), "DQ_REASON_MEASURED"


def _completeness(evidence: Evidence) -> tuple[int, str]:
    """Return the score of the months that were read, against a whole year at least.

    A property, such as a calorific value, holds until the next reading; it is none of the months
    between for that, so it scores by how many months were read like any amount.
    """
    scores = rule("DQ-FIELD-001")
    read, made = (len({row.period for row in _read(rows)}) for rows in evidence.reported)
    period = len(evidence.months)
    code = "DQ_REASON_MONTHS"
    if not evidence.products:
        made = read
        code = code if read >= period else "DQ_REASON_READINGS"
    elif not any(row.amount for row in evidence.rows):
        return 1, "DQ_REASON_NOT_USED"
    read = min(read, made)
    year = max(period, int(scores.number("months_of_a_year")))
    score = next(
        (score for score in (1, 2, 3, 4) if read >= scores.number(f"share_score_{score}") * year), 5
    )
    return score, coded_reason(code, read=read, period=period)


def _representativeness(evidence: Evidence) -> tuple[int, str]:
    """Return the score of how far the monthly ratios differ, weighted by output, and the reason."""
    scores = rule("DQ-FIELD-001")
    amounts, made = _by_month(evidence.rows), _by_month(evidence.products)
    with localcontext(EXACT):
        months = sorted(month for month in made if made[month])
        output = sum((made[month] for month in months), Decimal(0))
        used = sum((amounts.get(month, Decimal(0)) for month in months), Decimal(0))
        if not used:
            return 1, ""
        mean = used / output
        square = sum(
            (
                made[month] * (amounts.get(month, Decimal(0)) / made[month] - mean) ** 2
                for month in months
            ),
            Decimal(0),
        )
        deviation = (square / output).sqrt() / mean
    if deviation <= scores.number("spread_at_most"):
        return 1, ""
    return int(scores.number("completeness_spread")), coded_reason(
        "DQ_REASON_MONTHS_DIFFER", percent=_percent(deviation)
    )


def _by_month(rows: Iterable[LedgerEntry]) -> Mapping[str, Decimal]:
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        sums[row.period].append(row.amount)
    return {month: exact_total(values) for month, values in sums.items()}


def _basic_variance(evidence: Evidence) -> Decimal:
    """Return the variance of the readings: of the amount and of the product, each on its own."""
    parts = rule("DQ-FIELD-001")
    with localcontext(EXACT):
        basic = rule("DQ-BASIC-001").number("material")
        of_amount = basic * parts.number("basic_part_of_amount")
        amount = _side_variance(evidence.rows, of_amount, evidence.class_uncertainty)
        return amount + _side_variance(
            evidence.products, basic - of_amount, evidence.class_uncertainty
        )


def _side_variance(rows: Sequence[LedgerEntry], unknown: Decimal, class_of: ClassOf) -> Decimal:
    """Readings of one meter are wrong together: their deviations add, not their variances."""
    classes = {row.row_number: class_of(row) for row in rows}
    stated = sorted({value for value in classes.values() if value is not None})
    if not stated:
        return unknown
    deviation = unknown.sqrt() * _share(rows, lambda row: classes[row.row_number] is None)
    for value in stated:
        deviation += value * _share(rows, _of_class(classes, value))
    return deviation**2


def _of_class(
    classes: Mapping[int, Decimal | None], value: Decimal
) -> Callable[[LedgerEntry], bool]:
    return lambda row: classes[row.row_number] == value


def _percent(share: Decimal) -> str:
    return decimal_text(EXACT.multiply(share, Decimal(100)).quantize(_SHOWN_PERCENT))
