"""The factors a result rests on, by whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lca_models.resolve import OWN

Factors = list[Mapping[str, Any]]


def used_factors(document: Mapping[str, Any]) -> tuple[Factors, Factors]:
    """Return the factors a result rests on, own and others, each once; a blend with its parts."""
    levels = {item["slot"]: item["level"] for item in document["coverage"]["resolved"]}
    own: dict[str, Mapping[str, Any]] = {}
    others: dict[str, Mapping[str, Any]] = {}
    for pin in document["inputs"]["pins"]:
        key = "/".join(
            filter(None, (pin["slot"].get(part, "") for part in ("process", "flow", "quantity")))
        )
        if key in levels:
            into = own if levels[key] == OWN else others
            for factor in (pin["factor"], *(part["factor"] for part in pin.get("parts", ()))):
                into[f"{factor['id']}@{factor['version']}"] = factor
    return [own[ref] for ref in sorted(own)], [others[ref] for ref in sorted(others)]


def blends(document: Mapping[str, Any]) -> set[str]:
    """Return the references of factors that are several suppliers' blended."""
    pinned = [pin["factor"] for pin in document["inputs"]["pins"] if pin.get("parts")]
    return {f"{factor['id']}@{factor['version']}" for factor in pinned}
