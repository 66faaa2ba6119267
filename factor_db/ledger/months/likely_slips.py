"""The one month and row that most likely keep a yearly balance open, and the slip it looks like.

A balance that is open over the year says nothing about where to look. Where every month but one
closes, the row in that month whose change closes this balance, mends the other balances it stands
in and breaks none is the suspect. It is a hint for people: no number is ever changed by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from factor_db.foundation import messages
from factor_db.foundation.canonical import EXACT, decimal_text
from factor_db.ledger.form.faults import Label, flow_label, process_label
from factor_db.ledger.form.rows import LedgerRow
from factor_db.ledger.months.month_index import ZERO, Key

# Fewer months give no usual ratio to hold one month against. EJ.
LEAST_MONTHS = 4
# A month is out of line beyond this share of its metal, and beyond this many times what is usual
# between the site's other months: work in progress shifts single months. EJ.
_MONTH_SHARE, _MONTH_TIMES = Decimal("0.01"), 3
# A typed number is a slip of the expected one when a usual slip explains it this closely. EJ.
SLIP_CLOSENESS = Decimal("0.01")
# Among rows that would close a month alike, a number that no usual slip explains stands back as if
# it were this much further from its usual share. EJ.
_NO_SLIP = Decimal("0.25")
_ONE = Decimal(1)
_FACTORS = (
    (Decimal(1000), "KILOGRAM"),
    (Decimal("0.001"), "THOUSANDTH"),
    (Decimal(10), "TIMES_TEN"),
    (Decimal("0.1"), "TENTH"),
    (Decimal(100), "TIMES_HUNDRED"),
    (Decimal("0.01"), "HUNDREDTH"),
    (Decimal(2), "TWICE"),
)


@dataclass(frozen=True, slots=True)
class Term:
    """One flow of one process in a balance, by month in the balance's unit (t, or t Al).

    `rows` are the rows it sums; a term without rows (a stock change) is never a suspect.
    """

    key: Key
    side: int  # +1 goes in, -1 comes out
    months: Mapping[str, Decimal]
    rows: tuple[LedgerRow, ...] = ()

    @property
    def place(self) -> tuple[Key, bool]:
        """Return what tells apart an input and an output of one flow in one process."""
        return self.key, bool(self.rows) and self.rows[0].role == "input"


@dataclass(frozen=True, slots=True)
class Relation:
    """What goes in equals what comes out, but for the shares that may be lost or gained."""

    terms: tuple[Term, ...]
    loss: Decimal
    gain: Decimal

    def sides(self, month: str | None = None) -> tuple[Decimal, Decimal]:
        """Return what goes in and what comes out, over the period or in a month."""
        sums = {1: ZERO, -1: ZERO}
        for term in self.terms:
            sums[term.side] += (
                sum(term.months.values()) if month is None else (term.months.get(month, ZERO))
            )
        return sums[1], sums[-1]

    @property
    def months(self) -> tuple[str, ...]:
        """Return all months in which a term stands."""
        return tuple(sorted({month for term in self.terms for month in term.months}))

    def closes(self, into: Decimal, out: Decimal) -> bool:
        """Tell whether two sides agree within the tolerance."""
        tolerance, larger = (self.loss, into) if into > out else (self.gain, out)
        return abs(into - out) <= tolerance * max(larger, ZERO)

    @property
    def closed(self) -> bool:
        """Tell whether the balance closes over the period."""
        return self.closes(*self.sides())

    def changed(self, place: tuple[Key, bool], month: str, factor: Decimal) -> Relation:
        """Return the relation with one term's month multiplied."""
        terms = tuple(
            Term(
                term.key,
                term.side,
                {m: v * factor if m == month else v for m, v in term.months.items()},
                term.rows,
            )
            if term.place == place and term.rows
            else term
            for term in self.terms
        )
        return Relation(terms, self.loss, self.gain)

    def has(self, place: tuple[Key, bool]) -> bool:
        """Tell whether rows of a place stand in this balance."""
        return any(term.place == place and term.rows for term in self.terms)


@dataclass(frozen=True, slots=True)
class LikelySlip:
    """A row that most likely is mistyped: what it says, and what the other months expect."""

    place: tuple[Key, bool]
    row: LedgerRow
    factor: Decimal
    expected: Decimal

    @property
    def slip(self) -> str | None:
        """Return the kind of slip the number looks like, None when no usual one explains it."""
        return slip_of(self.row.amount, self.expected)

    def label(self) -> Label:
        """Return the sentence that tells a clerk where to look, in both languages."""
        process, flow = process_label(self.row.process), flow_label(self.row.flow)
        hint = slip_label(self.slip)
        zh, en = (
            messages.text(
                "LEDGER_SUSPECT_ROW",
                lang,
                cell=self.row.cells["amount"],
                month=self.row.period,
                process=process.zh if lang == "zh" else process.en,
                flow=flow.zh if lang == "zh" else flow.en,
                typed=decimal_text(self.row.amount),
                expected=decimal_text(significant(self.expected)),
                unit=self.row.unit,
                slip=hint.zh if lang == "zh" else hint.en,
            )
            for lang in messages.LANGUAGES
        )
        return Label(zh, en)


def significant(value: Decimal) -> Decimal:
    """Return a value rounded to four significant digits: an expectation is no measurement."""
    return Decimal(f"{value:.4g}")


def slip_label(slip: str | None) -> Label:
    """Return a kind of slip in words, or nothing."""
    if slip is None:
        return Label("", "")
    zh, en = (
        messages.text(messages.code_of("LEDGER_SLIP", slip), lang) for lang in messages.LANGUAGES
    )
    return Label(zh, en)


def slip_of(typed: Decimal, expected: Decimal) -> str | None:
    """Return which usual slip turns the expected number into the typed one, None when none does.

    Kinds: a shifted decimal point, a delivery entered twice, two swapped digits, a digit lost or
    typed twice; each within SLIP_CLOSENESS of the expected number.
    """
    if typed <= 0 or expected <= 0 or _near(typed, expected):
        return None
    for factor, name in _FACTORS:
        if _near(EXACT.divide(typed, factor), expected):
            return name
    digits, exponent = _digits(typed)
    for name, others in (
        ("SWAPPED", _swapped(digits)),
        ("DIGIT_LOST", _with_one_more(digits)),
        ("DIGIT_ADDED", _with_one_less(digits)),
    ):
        if any(_near(Decimal(other).scaleb(exponent), expected) for other in others):
            return name
    return None


def _near(value: Decimal, expected: Decimal) -> bool:
    return abs(value - expected) <= SLIP_CLOSENESS * expected


def _digits(value: Decimal) -> tuple[str, int]:
    """Return the digits of a number as written and the power of ten of the last one."""
    text = decimal_text(value)
    whole, _, fraction = text.partition(".")
    return whole + fraction, -len(fraction)


def _swapped(digits: str) -> list[str]:
    return [
        digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        for at in range(len(digits) - 1)
        if digits[at] != digits[at + 1]
    ]


def _with_one_more(digits: str) -> list[str]:
    return [
        digits[:at] + extra + digits[at:] for at in range(len(digits) + 1) for extra in "0123456789"
    ]


def _with_one_less(digits: str) -> list[str]:
    return [digits[:at] + digits[at + 1 :] for at in range(len(digits)) if len(digits) > 1]


def find_likely_slip(relation: Relation, all_relations: Sequence[Relation]) -> LikelySlip | None:
    """Return the row of the one month that keeps a balance open, None when no month stands out.

    `all_relations` are all balances of the ledger: a right correction mends those that share the
    row and breaks none.
    """
    month = _odd_month(relation)
    if month is None:
        return None
    ranked = []
    for term in relation.terms:
        factor = _closing_factor(relation, term, month)
        if factor is None:
            continue
        others = [r for r in all_relations if r is not relation and r.has(term.place)]
        votes = sum(_vote(other, term.place, month, factor) for other in others)
        row, expected = _row_of(term, month, factor)
        unlike = _unlike_usual(relation, term, month, factor)
        if slip_of(row.amount, expected) is None:
            unlike += _NO_SLIP
        rank = (-votes, unlike, term.place)
        ranked.append((rank, LikelySlip(term.place, row, factor, expected)))
    return min(ranked, key=lambda item: item[0])[1] if ranked else None


def _odd_month(relation: Relation) -> str | None:
    """Return the month without which the balance closes and which stands out among the others."""
    months = relation.months
    if len(months) < LEAST_MONTHS:
        return None
    usual = usual_ratio(relation)
    if usual is None:
        return None
    shares = {month: deviation(relation, month, usual) for month in months}
    odd = max(months, key=lambda month: (shares[month], month))
    if shares[odd] <= _usual_scatter(relation, odd, usual):
        return None
    into, out = relation.sides()
    into_odd, out_odd = relation.sides(odd)
    return odd if relation.closes(into - into_odd, out - out_odd) else None


def find_odd_month(relation: Relation, all_relations: Sequence[Relation]) -> LikelySlip | None:
    """Return the suspect of a month that does not close where all the other months do.

    Over the year such a slip may hide in the tolerance. Work in progress moves metal between
    months, so it makes at least two of them odd and is not taken for a slip.
    """
    usual = usual_ratio(relation)
    if usual is None or len(relation.months) < LEAST_MONTHS:
        return None
    odd = [m for m in relation.months if deviation(relation, m, usual) > _MONTH_SHARE]
    return find_likely_slip(relation, all_relations) if len(odd) == 1 else None


def usual_ratio(relation: Relation) -> Decimal | None:
    """Return the median over the months of what goes in per what comes out."""
    pairs = [relation.sides(month) for month in relation.months]
    ratios = [EXACT.divide(into, out) for into, out in pairs if into > 0 and out > 0]
    return median(ratios) if len(ratios) >= LEAST_MONTHS else None


def deviation(relation: Relation, month: str, usual: Decimal) -> Decimal:
    """Return how far a month is from the usual ratio, as a share of its larger side (0 to 1)."""
    into, out = relation.sides(month)
    wanted = usual * out
    larger = max(into, wanted)
    return EXACT.divide(abs(into - wanted), larger) if larger > 0 else ZERO


def _usual_scatter(relation: Relation, odd: str, usual: Decimal) -> Decimal:
    """Return the deviation that a month may have without standing out."""
    rest = [deviation(relation, month, usual) for month in relation.months if month != odd]
    return max(_MONTH_SHARE, _MONTH_TIMES * median(rest))


def _closing_factor(relation: Relation, term: Term, month: str) -> Decimal | None:
    """Return by what a term's month is to be multiplied so that the month is as usual."""
    usual, amount = usual_ratio(relation), term.months.get(month, ZERO)
    rows = [row for row in term.rows if row.period == month and row.amount]
    if usual is None or not usual or amount <= 0 or not rows:
        return None
    into, out = relation.sides(month)
    gap = into - usual * out
    wanted = amount - gap if term.side > 0 else amount + EXACT.divide(gap, usual)
    return EXACT.divide(wanted, amount) if wanted > 0 else None


def _vote(other: Relation, place: tuple[Key, bool], month: str, factor: Decimal) -> int:
    """Return +1 when a correction mends another balance's month, -1 when it breaks it."""
    usual = usual_ratio(other)
    if usual is None:
        return 0
    allowed = _usual_scatter(other, month, usual)
    before = deviation(other, month, usual) <= allowed
    after = deviation(other.changed(place, month, factor), month, usual) <= allowed
    return int(after) - int(before)


def _unlike_usual(relation: Relation, term: Term, month: str, factor: Decimal) -> Decimal:
    """Return how far the corrected amount is from the term's usual share of the balance."""
    shares = {}
    for other in relation.months:
        sized = relation.changed(term.place, month, factor).sides(other)[0]
        if sized > 0:
            amount = term.months.get(other, ZERO) * (factor if other == month else _ONE)
            shares[other] = EXACT.divide(amount, sized)
    rest = [share for other, share in shares.items() if other != month]
    usual = median(rest) if rest else ZERO
    if month not in shares or not usual:
        return _ONE
    # Whole percents: finer differences between candidates are noise, the kind of slip decides.
    return EXACT.divide(abs(shares[month] - usual), usual).quantize(Decimal("0.01"))


def _row_of(term: Term, month: str, factor: Decimal) -> tuple[LedgerRow, Decimal]:
    """Return the row of a month to look at and its expected amount in its own unit.

    Among several deliveries the one whose number a usual slip explains, else the largest.
    """
    rows = [row for row in term.rows if row.period == month and row.amount]
    whole = sum((row.amount_canonical for row in rows), ZERO)
    change = whole * (factor - 1)
    found = []
    for row in rows:
        per_unit = EXACT.divide(row.amount_canonical, row.amount)
        expected = row.amount + EXACT.divide(change, per_unit)
        if expected > 0:
            unexplained = slip_of(row.amount, expected) is None
            found.append((unexplained, -row.amount_canonical, row.row_number, row, expected))
    if not found:
        largest = max(rows, key=lambda row: (row.amount_canonical, -row.row_number))
        return largest, largest.amount * factor
    best = min(found, key=lambda item: item[:3])
    return best[3], best[4]
