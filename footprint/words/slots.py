"""What a slot asks for in words, never in codes: process, flow, property, kind of quantity."""

from __future__ import annotations

from collections.abc import Iterable

from factor_db.foundation.messages import code_of
from factor_db.foundation.names import Kind
from factor_db.ledger.form.power_sources import CLAIMS
from footprint.words.book import Words, has_name, name_words, words

_AMOUNTS = {"inventory", "property", "coefficient"}
_PER = {"_per_area": "TOLD_PER_AREA", "_per_layer": "TOLD_PER_LAYER"}
_CONTENT, _SHARE, _ALLOY = "_content", "_share", "alloy_"
_BETWEEN = {"zh": "、", "en": ", "}


def slot_words(slot: str) -> Words:
    """Return a slot's text (`process/flow/quantity` or `flow/quantity`) in words."""
    process, flow, quantity = ["", *slot.split("/")][-3:]
    name, _, prop = flow.partition(".")
    parts = [name_words("process", process)] if process else []
    parts.append(flow_words(name))
    if prop:
        parts.append(property_words(prop))
    elif quantity not in _AMOUNTS:
        parts.append(quantity_words(quantity))
    return {lang: " · ".join(part[lang] for part in parts) for lang in ("zh", "en")}


def flow_words(flow: str) -> Words:
    """Return the name of a flow, or of what a property is of: a group, an alloy, a process."""
    if flow.startswith(_ALLOY):
        return words("TOLD_ALLOY", alloy=flow.removeprefix(_ALLOY).upper())
    kinds: tuple[Kind, ...] = ("material_group", "flow", "process")
    known = [kind for kind in kinds if has_name(kind, flow)]
    return name_words(known[0], flow) if known else {"zh": flow, "en": flow}


def property_words(prop: str) -> Words:
    """Return the name of a property: of the dictionary, or made of the flow it speaks of."""
    if has_name("property", prop):
        return name_words("property", prop)
    if prop.endswith(_CONTENT):
        return _about("TOLD_CONTENT", prop.removesuffix(_CONTENT))
    for ending, code in _PER.items():
        if prop.endswith(ending):
            return _about(code, prop.removesuffix(ending))
    claim, _, kind = prop.removesuffix(_SHARE).partition("_")
    if prop.endswith(_SHARE) and claim in CLAIMS:
        return _about(code_of("TOLD_SHARE", claim), f"electricity_{kind}")
    return {"zh": prop, "en": prop}


def quantity_words(quantity: str) -> Words:
    """Return the name of a kind of quantity, or its code when it has none."""
    known = has_name("quantity", quantity)
    return name_words("quantity", quantity) if known else property_words(quantity)


def listed_words(parts: Iterable[Words]) -> Words:
    """Return words as a list within a sentence, each once."""
    found: list[Words] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return {lang: _BETWEEN[lang].join(part[lang] for part in found) for lang in _BETWEEN}


def _about(code: str, flow: str) -> Words:
    said = flow_words(flow)
    return {"zh": words(code, flow=said["zh"])["zh"], "en": words(code, flow=said["en"])["en"]}
