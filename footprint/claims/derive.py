"""Working out a claim: its amounts, its steps in order, and what stands behind each of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.rules import rule
from factor_db.foundation.written_formula import evaluate
from footprint.claims.sources import Source, in_unit, sources
from footprint.claims.verdict import Verdict, verdict


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand of a step as it entered: value in its unit, with the source or rule it is of."""

    name: str
    value: Decimal
    unit: str
    source: Source | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of arithmetic; `basis` says what its value means for the verdict."""

    name: str
    zh: str
    en: str
    formula: str
    value: Decimal
    unit: str
    basis: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """A claim with its published value, steps and verdict; `texts` are its words as shipped."""

    id: str
    texts: dict[str, str]
    value: Decimal
    unit: str
    steps: tuple[Step, ...]
    verdict: Verdict
    footprint_rules: tuple[str, ...]

    def sources(self) -> Iterator[Source]:
        """Yield the sources used, in the order of first use, each once."""
        seen: dict[str, Source] = {}
        for step in self.steps:
            for operand in step.operands:
                if operand.source:
                    seen.setdefault(operand.source.ref, operand.source)
        return iter(seen.values())


@dataclass
class _Work:
    """Values known so far, by name: the claim's amounts, rule parameters and earlier steps."""

    known: dict[str, tuple[Decimal, str]]
    rules: dict[str, str]
    used: list[Operand] = field(default_factory=list)

    def operand(self, name: str, wanted: str) -> Decimal:
        source = sources()[name] if "." in name else None
        value, unit = (source.value, source.unit) if source else self.known[name]
        value = in_unit(value, unit, wanted)
        rule_id = self.rules.get(name, "")
        self.used.append(Operand(name, value, wanted or unit, source, rule_id))
        return value


@cache
def _shipped() -> dict[str, Any]:
    path = files("factor_db") / "reference" / "claims.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def claims_source() -> dict[str, str]:
    """Return the document that made the claims: {zh, en}."""
    return dict(_shipped()["document"])


def derived_claims() -> tuple[Derived, ...]:
    """Return every shipped claim worked out, in the order of the file."""
    return tuple(derived(entry) for entry in _shipped()["claim"])


def derived(entry: dict[str, Any]) -> Derived:
    """Work out one claim as `claims.toml` describes it; raises KeyError for an unknown name."""
    known = {name: _amount(text) for name, text in entry["amounts"].items()}
    of_rule: dict[str, str] = {}
    for name, place in entry.get("rules", {}).items():
        of_rule[name], _, parameter = place.rpartition(".")
        known[name] = (rule(of_rule[name]).number(parameter), "")
    value, unit = known[entry["published"]]
    work = _Work(known, of_rule)
    steps = tuple(_step(work, line) for line in entry["step"])
    candidates: dict[str, dict[str, Decimal]] = {}
    for step in steps:
        if step.basis:
            candidates.setdefault(step.basis, {})[step.name] = step.value
    words = ("zh", "en", "text_zh", "text_en", "note_zh", "note_en")
    return Derived(
        id=entry["id"],
        texts={key: entry[key] for key in words},
        value=value,
        unit=unit,
        steps=steps,
        verdict=verdict(value, candidates, method_stated=entry["method_stated"]),
        footprint_rules=tuple(rule(rule_id).id for rule_id in entry["footprint_rules"]),
    )


def _step(work: _Work, line: dict[str, str]) -> Step:
    work.used = []
    unit = line["unit"]
    value = in_unit(evaluate(line["formula"], work.operand), line.get("from", unit), unit)
    work.known[line["name"]] = (value, unit)
    return Step(
        name=line["name"],
        zh=line["zh"],
        en=line["en"],
        formula=line["formula"],
        value=value,
        unit=unit,
        basis=line.get("basis", ""),
        operands=tuple(work.used),
    )


def _amount(text: str) -> tuple[Decimal, str]:
    value, _, unit = text.partition(" ")
    return decimal_value(value), unit
