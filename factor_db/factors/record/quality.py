"""Data quality: the pedigree's variance, the two ratings of a factor, and reasons in words.

A reason is either a text, as shipped factors carry it, or a message code with its parameters
(`DQ_REASON_MONTHS|period=12|read=11`), which is read out in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

from factor_db.factors.record.factor import Factor, MixtureClass
from factor_db.foundation.canonical import EXACT
from factor_db.foundation.messages import LANGUAGES, Language, catalogue, printable
from factor_db.foundation.rules import rule

INDICATORS = ("reliability", "completeness", "temporal", "geographical", "technological")
AGE_UNSTATED = "age of the data not stated"
"""How the reason of a temporal score begins where the source does not say when its data are of."""
_SHOWN_DIGITS = Decimal("0.000001")
_WORST = (5, 5, 5, 5, 5)
_CODE = re.compile(r"(DQ_REASON_[A-Z_]+)((?:\|[a-z]+=[^|]*)*)")


def geometric_standard_deviation(
    scores: Sequence[int], basic: str = "material", *, basic_variance: Decimal | None = None
) -> Decimal:
    """Return the GSD of five pedigree scores (1 best … 5) on top of a kind's basic uncertainty.

    Var(ln x) = basic variance + Σ variance of each score; GSD = exp(√Var), to six decimals.
    `basic_variance` takes the place of the kind's where the readings themselves are known.
    Rule: DQ-PEDIGREE-001 and DQ-BASIC-001 (their parameters).
    """
    pedigree = rule("DQ-PEDIGREE-001")
    with localcontext(EXACT):
        variance = rule("DQ-BASIC-001").number(basic) if basic_variance is None else basic_variance
        for indicator, score in zip(INDICATORS, scores, strict=True):
            variance += pedigree.number(f"{indicator}_{score}")
        return variance.sqrt().exp().quantize(_SHOWN_DIGITS)


def spread_of_mixture(classes: Sequence[MixtureClass]) -> Decimal:
    """Return the GSD of the log-normal with a mixture's mean and variance, to six decimals.

    It stands where one number is asked for: sampling draws the mixture itself. A class is
    log-normal around its mean, so the mean of its square is value² x exp(ln² GSD).
    Rule: DQ-MIXTURE-001.
    """
    with localcontext(EXACT):
        mean = sum((item.weight * item.value for item in classes), Decimal(0))
        square = sum(
            (item.weight * item.value**2 * (item.gsd.ln() ** 2).exp() for item in classes),
            Decimal(0),
        )
        return (square / mean**2).ln().sqrt().exp().quantize(_SHOWN_DIGITS)


def temporal_score(factor: Factor, year: int) -> int:
    """Return the pedigree's temporal score of a factor in a study of a year, 1 best … 5.

    It follows the year of the data; where the source states none, it is the worst.
    Rule: DQ-TEMPORAL-001.
    """
    limits = rule("DQ-TEMPORAL-001")
    place = INDICATORS.index("temporal")
    reasons = factor.pedigree_reasons
    if len(reasons) > place and reasons[place].startswith(AGE_UNSTATED):
        return int(limits.number("score_age_unstated"))
    age = abs(year - factor.data_year)
    scores = (1, 2, 3, 4)
    fitting = (n for n in scores if age < limits.number(f"years_below_score_{n}"))
    return next(fitting, len(scores) + 1)


def dqr(factor: Factor, *, year: int | None = None, reviewed: bool = False) -> dict[str, Any]:
    """Return both data quality ratings of a factor, 1 best … 5, and the reasons for its scores.

    Parameters
    ----------
    year : the year of the calculation that uses the factor; its age then gives EF's time score
        (without it the pedigree's). The pedigree's own temporal score stays what it is.
    reviewed : whether somebody else checked the value, which EF's precision asks for.

    Returns
    -------
    `ef`: the mean of TeR, GeR, TiR and P, exact; `ef_scores`: the four; `pact`: its three
    indicators; `reasons`: language → indicator → text. A factor without scores has the worst.
    Rule: DQ-DQR-001 (PACT), DQ-DQR-002 (EF).
    """
    scores = dict(zip(INDICATORS, factor.pedigree or _WORST, strict=True))
    precision = "reviewed" if reviewed else "unreviewed"
    ef_scores = {
        "TeR": scores["technological"],
        "GeR": scores["geographical"],
        "TiR": scores["temporal"] if year is None else _time_score(year - factor.data_year),
        "P": int(rule("DQ-DQR-002").number(f"precision_{precision}_{scores['reliability']}")),
    }
    return {
        "ef": EXACT.divide(Decimal(sum(ef_scores.values())), Decimal(len(ef_scores))),
        "ef_scores": ef_scores,
        "pact": {name: scores[name] for name in ("technological", "geographical", "temporal")},
        "reasons": {
            lang: {
                name: reason_text(reason, lang)
                for name, reason in zip(INDICATORS, factor.pedigree_reasons, strict=False)
            }
            for lang in LANGUAGES
        },
    }


def coded_reason(code: str, **params: object) -> str:
    """Return a reason as it is stored: a message code with its parameters in fixed order."""
    return "|".join([code, *(f"{name}={params[name]}" for name in sorted(params))])


def reason_text(reason: str, lang: Language) -> str:
    """Return a reason in the reader's language; a text, or a code nobody knows, as it stands."""
    found = _CODE.fullmatch(reason)
    entry = catalogue().get(found[1]) if found else None
    if found is None or entry is None:
        return reason
    pairs = (item.partition("=") for item in found[2].split("|")[1:])
    try:
        return entry[lang].format_map({name: printable(value) for name, _, value in pairs})
    except KeyError:  # a code of another version of this software
        return reason


def _time_score(age: int) -> int:
    limits = rule("DQ-DQR-002")
    fitting = (n for n in (1, 2, 3, 4) if age <= limits.number(f"years_at_most_score_{n}"))
    return next(fitting, 5)
