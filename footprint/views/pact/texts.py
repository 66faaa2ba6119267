"""The words of a PACT footprint: one text in English and Chinese, each from the document."""

from __future__ import annotations

from collections.abc import Iterator

from factor_db.store.sight import COMMON_OWNERS
from footprint.result.document import ResultDocument
from footprint.study.definition import GWP_SETS
from footprint.views.contributions import Row, groups
from footprint.views.figure import Words
from footprint.views.pact.asked import Asked
from footprint.views.used import blends, used_factors
from footprint.views.wording import (
    GAS_CO2E,
    joined,
    listed,
    not_stated,
    told,
)
from footprint.words.book import name_words, slot_name, words
from footprint.words.told import outside_words, told_words, unevidenced_words

_FACTOR_KINDS = ("emission", "product")
# Whoever made a study set these values; no enterprise's name is handed on with them.
_OPEN_OWNERS = COMMON_OWNERS | {"study"}


def both(text: Words) -> str:
    """Return a text in both languages."""
    return words("PACT_BOTH", **text)["en"]


def product_name(document: ResultDocument, asked: Asked) -> str:
    """Return the product's name: the user's, or its kind with its code."""
    code = document.inputs.study.product_code
    name = name_words("product", document.product)
    return asked.product_name or both(joined(" ", name, code) if code else name)


def description(document: ResultDocument) -> str:
    """Return what the product is and where it is made."""
    site = document.site
    names = {"zh": site.organisation_zh, "en": site.organisation_en}
    product = name_words("product", document.product)
    return both(told("PACT_DESCRIPTION", product=product, site=names, region=site.region))


def boundary(rows: tuple[Row, ...]) -> str:
    """Return the processes inside the gate and before it."""
    processes = [name_words("process", code) for code in groups(rows, "process")]
    return both(told("PACT_BOUNDARY", processes=listed(processes)))


def allocation(document: ResultDocument) -> str:
    """Return every choice that moved the number, co-products first of all, and the rules."""
    choices = [
        told("PACT_CHOICE", choice=name, value=said)
        for _, _, name, said in told_words(document.choices)
    ]
    rules = ", ".join(document.rules)
    return both(told("PACT_ALLOCATION", choices=joined("; ", *choices), rules=rules))


def exempted(document: ResultDocument) -> str:
    """Return what was cut off and why, empty where nothing was."""
    items = [
        told(
            "PACT_EXEMPTED",
            flow=slot_name(item.slot),
            reason=item.reason,
            source=item.source,
        )
        for item in document.coverage.cut_off
    ]
    return both(joined("; ", *items)) if items else ""


def sources(document: ResultDocument) -> list[dict[str, str]]:
    """Return each source of factors that are not the site's own, with the factors taken from it.

    Rule: PACT-SOURCES-001. Suppliers are counted and not named.
    """
    release, mixed = document.release.name, blends(document)
    cited: dict[str, list[str]] = {}
    suppliers = 0
    for factor in used_factors(document)[1]:
        if factor.kind not in _FACTOR_KINDS or factor.ref in mixed:
            continue
        if factor.owner in _OPEN_OWNERS:
            cited.setdefault(factor.source.citation or factor.ref, []).append(factor.ref)
        else:
            suppliers += 1
    found = [
        {"name": name, "version": f"{release}: {', '.join(refs)}"}
        for name, refs in sorted(cited.items())
    ]
    if suppliers:
        found.append({"name": both(words("PACT_SUPPLIERS")), "version": str(suppliers)})
    return found


def gwp_sets(document: ResultDocument, chosen: str) -> list[str]:
    """Return the set chosen and those under which rows known as CO2e alone were stated."""
    refs = {row.factor for row in document.contributions if row.gas == GAS_CO2E}
    own, others = used_factors(document)
    stated = {factor.gwp_set for factor in (*own, *others) if factor.ref in refs}
    parts = {part for name in stated for part in name.split(" + ")}
    return sorted({chosen, *(parts & set(GWP_SETS))})


def comment(document: ResultDocument, asked: Asked, chosen: str) -> str:
    """Return what helps to read the footprint: English, then Chinese, then the user's own words."""
    found = list(_comments(document, chosen))
    lines = [" ".join(item["en"] for item in found), "".join(item["zh"] for item in found)]
    return "\n".join(filter(None, (*lines, asked.comment)))


def _comments(document: ResultDocument, chosen: str) -> Iterator[Words]:
    if document.illustrative:
        notice = words("CERTIFICATE_ILLUSTRATIVE_NOTICE")
        yield {"zh": f"{notice['zh']}。", "en": f"{notice['en']}."}
    yield words(
        "PACT_COMMENT_RESULT",
        calculation=document.calculation,
        result=document.result_hash,
        release=document.release.name,
        model=document.model_version,
    )
    yield words("PACT_COMMENT_PERIOD")
    yield words("PACT_COMMENT_LEFT_OUT")
    if chosen != document.gwp_set:
        yield words("PACT_COMMENT_REBASED", gwp=chosen, own=document.gwp_set)
    if without := unevidenced_words(document.choices):
        yield without
    if outside := outside_words(document):
        yield outside
    yield from not_stated(document)
    yield words("PACT_NOTE_WBCSD")
