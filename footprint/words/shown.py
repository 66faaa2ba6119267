"""How numbers are shown: one rounding of one number, and shares that add up to a hundred.

A number too small to show is said to be, never shown as zero, and zero has no sign. Shares of one
whole are cut and what cutting leaves over goes to the largest remainders, so that a reader who adds
up a column finds 100 (rule PCF-SHOWN-001).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from factor_db.foundation.canonical import EXACT
from factor_db.foundation.rules import rule

SHOWN_RULE = "PCF-SHOWN-001"


def percent_step() -> Decimal:
    """Return the smallest step of a percentage that is shown."""
    return rule(SHOWN_RULE).number("percent_step")


def rounded(value: Decimal, digits: Decimal, minus: str = "-") -> str:
    """Return a number for reading, half to even; `< digits` where it is too small to show."""
    shown = value.quantize(digits, context=EXACT)
    if value and not shown:
        return f"< {digits}" if value > 0 else f"> {minus}{digits}"
    return format(shown, "f").replace("-", minus) if shown else format(abs(shown), "f")


def signed(value: Decimal, digits: Decimal, minus: str = "-") -> str:
    """Return a difference with its sign; none at all has no sign, a tiny one is said to be tiny."""
    shown = rounded(value, digits, minus)
    return f"+{shown}" if value > 0 and not shown.startswith("<") else shown


def percent_of_one(share: Decimal | str) -> str:
    """Return a share of one as percent."""
    return f"{rounded(_percent(Decimal(share)), percent_step())} %"


def shares(parts: Sequence[Decimal], whole: Decimal | None = None) -> list[Decimal]:
    """Return each part as percent of the whole, in shown steps; all parts of a whole make 100.

    `whole` is the sum of the parts where nothing else is said. Parts of a larger whole keep a rest,
    which is rounded with them. Negative parts lower the sum as they do the whole. Empty where the
    whole is nothing: shares are undefined then.
    """
    step = percent_step()
    exact = [Fraction(part) for part in parts]
    total = sum(exact, Fraction(0)) if whole is None else Fraction(whole)
    if not total:
        return []
    scale = Fraction(_percent(Decimal(1))) / Fraction(step) / total
    steps = [part * scale for part in exact]
    rest = total * scale - sum(steps, Fraction(0))
    filled = [*steps, rest] if rest else steps
    cut = [item.__floor__() for item in filled]
    left = (total * scale).__floor__() - sum(cut)
    ranked = sorted(range(len(filled)), key=lambda place: (cut[place] - filled[place], place))
    for place in ranked[:left]:
        cut[place] += 1
    return [EXACT.multiply(Decimal(count), step) for count in cut[: len(steps)]]


def share_texts(
    parts: Sequence[Decimal], whole: Decimal | None = None, minus: str = "-"
) -> list[str]:
    """Return `shares` for reading, without a unit; a part too small to show is said to be."""
    step, positive = percent_step(), _positive(parts, whole)
    texts = []
    for part, share in zip(parts, shares(parts, whole), strict=False):
        if share or not part:
            texts.append(format(share if share else abs(share), "f").replace("-", minus))
        else:
            texts.append(f"< {step}" if (part > 0) == positive else f"> {minus}{step}")
    return texts


def share_by_code(values: Mapping[str, Decimal], whole: Decimal | None = None) -> dict[str, str]:
    """Return code → share for reading, without a unit; empty where the whole is nothing."""
    return dict(zip(values, share_texts(list(values.values()), whole), strict=False))


def _positive(parts: Sequence[Decimal], whole: Decimal | None) -> bool:
    total = sum((Fraction(part) for part in parts), Fraction(0)) if whole is None else whole
    return total > 0


def _percent(value: Decimal) -> Decimal:
    return EXACT.multiply(value, rule("ISO-RESULT-005").number("percent"))
