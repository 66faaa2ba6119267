"""Factor lines and records as tables for reading; no Streamlit in here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas

from factor_db.factors.record.factor import Factor
from factor_db.factors.record.inputs import FactorOf, of_kind
from factor_db.factors.record.quality import reason_text
from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.messages import Language, text
from factor_db.foundation.names import name_or_code
from factor_db.foundation.reference_files import reference_rows
from footprint.ui.services import FactorLine, FactorRecord
from footprint.words.names import amount, slot_words

GENERAL = "-"
"""Filter value for factors that belong to no site."""
_KINDS = ("product", "emission", "inventory")


def options(lines: Iterable[FactorLine], field: str) -> list[str]:
    """Return the values of a field that occur, sorted; an empty site reads as GENERAL."""
    return sorted({_field(line, field) for line in lines})


def filtered(lines: Iterable[FactorLine], wanted: Mapping[str, str]) -> list[FactorLine]:
    """Return the lines whose fields have the wanted values, what people look for first.

    An empty wish matches everything.
    """
    wishes = {field: value for field, value in wanted.items() if value}
    found = [
        line
        for line in lines
        if all(_field(line, field) == value for field, value in wishes.items())
    ]
    return sorted(found, key=_rank)


def _rank(line: FactorLine) -> tuple[bool, int, str]:
    """Put a plant's own factors first, footprints and emissions next, contents of alloys last."""
    kind = line.record["kind"]
    place = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return not line.record["site"], place, line.ref


def factor_frame(lines: Iterable[FactorLine], lang: Language) -> pandas.DataFrame:
    """Return the table of factors, one line each."""
    return pandas.DataFrame(
        [
            {
                "name": line.record[f"name_{lang}"],
                "number": _amounts(line),
                "unit": line.record["unit"],
                "quantity": name_or_code("quantity", line.record["quantity"], lang),
                "geography": line.record["geography"],
                "year": line.record["data_year"],
                "state": _state(line, lang),
                "confidence": line.record["confidence"],
                "ref": line.ref,
            }
            for line in lines
        ]
    )


def amounts_frame(factor: Factor, lang: Language) -> pandas.DataFrame:
    """Return the amounts unrounded: gas by gas, or the one value of what a factor measures."""
    if set(factor.amounts) == {"value"}:
        quantity = name_or_code("quantity", factor.quantity, lang)
        number = factor.record()["amounts"]["value"]
        return pandas.DataFrame([{"quantity": quantity, "number": number, "unit": factor.unit}])
    return pandas.DataFrame(
        [
            {"gas": name_or_code("gas", gas, lang), "number": value, "unit": factor.unit}
            for gas, value in factor.record()["amounts"].items()
        ]
    )


def source_fields(factor: Factor, lang: Language) -> dict[str, str]:
    """Return where the value was read and what may be done with it."""
    return {
        "CITATION": factor.source.citation,
        "LOCATOR": factor.source.locator,
        "URL": factor.source.url,
        "FILE": factor.source.file_sha256,
        "LICENCE": factor.licence,
        "REDISTRIBUTION": name_or_code("redistribution", factor.redistribution, lang),
        "CONFIDENCE": name_or_code("confidence", factor.confidence, lang),
        "OWNER": factor.owner,
    }


def scope_fields(factor: Factor, lang: Language) -> dict[str, str]:
    """Return what the value stands for: slot, place, time, boundary, technology."""
    period = f"{factor.period_start} – {factor.period_end}" if factor.period_start else ""
    return {
        "SLOT": slot_words(factor.slot_key, lang),
        "GEOGRAPHY": factor.geography,
        "SITE": factor.site,
        "PRODUCT_CODE": factor.product,
        "YEAR": str(factor.data_year),
        "PERIOD": period,
        "VALID_UNTIL": factor.valid_until,
        "BOUNDARY": factor.boundary,
        "TECHNOLOGY": factor.technology,
        "TYPE": name_or_code("data_type", factor.data_type, lang),
        "PURPOSE": name_or_code("purpose", factor.purpose, lang),
        "GWP_SET": factor.gwp_set,
        "UNCERTAINTY": _spread(factor, lang),
        "FILLED_SHARE": str(factor.filled_share) if factor.filled_share else "",
        "NOTES": factor.notes,
    }


def _spread(factor: Factor, lang: Language) -> str:
    """Return the GSD; of a mixture its classes with their weights and values as well."""
    said = {
        row["class"]: row[f"name_{lang}"]
        for row in reference_rows("mixtures.csv")
        if row["factor"] == factor.id
    }
    classes = (
        f"{said.get(item.code, item.code)} {item.weight:.1%} × {decimal_text(item.value)}"
        for item in factor.mixture
    )
    return "; ".join([str(factor.gsd), *classes])


def derivation_fields(factor: Factor, lang: Language) -> dict[str, str]:
    """Return formula, inputs and software; empty for a value read from a source."""
    made = factor.derivation
    if made is None:
        return {}
    inputs = [item.id for item in of_kind(made.inputs, FactorOf)]
    shared = made.allocation
    allocated = name_or_code("value", shared.method, lang) if shared else ""
    return {
        "FORMULA": made.formula,
        "INPUTS": "; ".join(inputs),
        "SOFTWARE": made.software,
        "ALLOCATION": f"{allocated} {shared.share}" if shared else "",
    }


def pedigree_frame(factor: Factor, lang: Language) -> pandas.DataFrame:
    """Return indicator, score (1 best … 5) and the recorded reason."""
    reasons = (*factor.pedigree_reasons, "", "", "", "", "")
    return pandas.DataFrame(
        [
            {
                "indicator": name_or_code("indicator", str(place), lang),
                "score": str(score),
                "reason": reason_text(reasons[place], lang),
            }
            for place, score in enumerate(factor.pedigree)
        ]
    )


def history_frame(record: FactorRecord, lang: Language) -> pandas.DataFrame:
    """Return the states of a factor, oldest first."""
    return pandas.DataFrame(
        [
            {
                "at": item["at"],
                "state": name_or_code("state", item["state"], lang),
                "actor": item["actor"],
                "note": item["reason"],
            }
            for item in record.states
        ]
    )


def _field(line: FactorLine, field: str) -> str:
    value = line.state if field == "state" else str(line.record[field])
    return value or GENERAL


def _state(line: FactorLine, lang: Language) -> str:
    mark = f" · {text('UI_ILLUSTRATIVE_MARK', lang)}" if line.record["illustrative"] else ""
    return name_or_code("state", line.state, lang) + mark


def _amounts(line: FactorLine) -> str:
    amounts = line.record["amounts"]
    if len(amounts) == 1:
        return amount(next(iter(amounts.values())))
    shown = (f"{_symbol(gas)} {amount(value)}" for gas, value in amounts.items())
    return "  ".join(shown)


def _symbol(gas: str) -> str:
    return name_or_code("gas", gas, "en", "short")
