"""The claims as one JSON document: decimals as canonical text, every step with what it used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from factor_db.foundation.canonical import plain
from factor_db.foundation.messages import text
from footprint.claims.derive import Derived, Operand, Step, claims_source
from footprint.claims.sources import Source


def claims_document(claims: Iterable[Derived]) -> dict[str, Any]:
    """Return {document, claims, factors}; factors are the sources used, each once."""
    found = list(claims)
    used = {source.ref: source for claim in found for source in claim.sources()}
    document: dict[str, Any] = plain(
        {
            "document": claims_source(),
            "claims": [_claim(claim) for claim in found],
            "factors": [_source(used[ref]) for ref in sorted(used)],
        }
    )
    return document


def _claim(claim: Derived) -> dict[str, Any]:
    outcome = claim.verdict
    unit = claim.unit
    return {
        "claim": claim.id,
        **{f"name_{lang}": claim.texts[lang] for lang in ("zh", "en")},
        "text_zh": claim.texts["text_zh"],
        "text_en": claim.texts["text_en"],
        "published": {"value": claim.value, "unit": unit},
        "steps": [_step(step) for step in claim.steps],
        "recomputed": {
            "low": outcome.low,
            "high": outcome.high,
            "nearest": outcome.nearest,
            "unit": unit,
        },
        "difference": {"value": outcome.difference, "unit": "1"},
        "verdict": outcome.code,
        "verdict_zh": text(outcome.message, "zh"),
        "verdict_en": text(outcome.message, "en"),
        "verdict_rule": "PCF-CLAIM-001",
        "part_of_footprint": False,
        "footprint_rules": claim.footprint_rules,
        "note_zh": claim.texts["note_zh"],
        "note_en": claim.texts["note_en"],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "name_zh": step.zh,
        "name_en": step.en,
        "formula": step.formula,
        "operands": [_operand(operand) for operand in step.operands],
        "value": step.value,
        "unit": step.unit,
        "basis": step.basis or None,
        "factors": list(dict.fromkeys(item.source.ref for item in step.operands if item.source)),
    }


def _operand(operand: Operand) -> dict[str, Any]:
    found = {"name": operand.name, "value": operand.value, "unit": operand.unit}
    return {**found, "rule": operand.rule} if operand.rule else found


def _source(source: Source) -> dict[str, Any]:
    names = ("ref", "name_zh", "name_en", "value", "unit", "gwp_set", "citation", "locator", "url")
    return {name: getattr(source, name) for name in (*names, "licence", "confidence")}
