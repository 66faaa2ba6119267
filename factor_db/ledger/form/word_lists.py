"""The closed lists that the word columns of the sheets draw on, by name.

Processes, flows, roles and methods are those of the vocabulary; the others stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from factor_db.ledger.form.power_sources import (
    INSTRUMENT_SOURCES,
    OWN_SOURCES,
    POWER_FLOW,
    SOURCE_NAMES,
    UNCLAIMED,
)
from factor_db.ledger.form.vocabulary import (
    METHODS,
    REGIONS,
    ROLES,
    Terms,
    normal_text,
    vocabulary,
)
from factor_db.ledger.form.warning_codes import WARNING_CODES

Event = Literal["reading", "estimated", "removed", "installed", "reset", "ratio"]
EVENTS: Mapping[Event, tuple[str, ...]] = {
    "reading": ("抄表", "读数"),
    "estimated": ("估读", "估抄", "估算"),
    "removed": ("拆表", "拆除", "旧表拆除"),
    "installed": ("装表", "安装", "新表安装"),
    "reset": ("清零", "归零", "复位"),
    "ratio": ("倍率变更", "换互感器", "变比变更"),
}
# What the process column of a meter may say instead of a process.
MAIN, SHARED_USE = "site", "shared"
_PLACES = {MAIN: ("全厂", "厂区", "总表"), SHARED_USE: ("公用", "共用", "公用工程")}
NEIGHBOURS, YEAR = "GAP-NEIGHBOURS", "GAP-YEAR"
# A list of words this short is printed whole in a message.
_FEW = 6


@dataclass(frozen=True, slots=True)
class WordList:
    """A closed list of words, the message of a word that is not on it, and how a form shows it.

    `shown` are the codes a drop-down offers, each with its Chinese name. Without `properties` a
    property of a flow (`slab.aluminium_content`) is not on the list, but says which flow is meant.
    `suggests` is False where one letter more or less is another word of the list.
    """

    terms: Terms
    unknown: str
    shown: Mapping[str, str] = field(default_factory=dict)
    properties: bool = True
    suggests: bool = True

    @property
    def printed(self) -> tuple[str, ...]:
        """The codes as a message lists them; none of a long list."""
        return self.terms.codes if len(self.terms.codes) <= _FEW else ()


@cache
def word_list(name: str) -> WordList:
    """Return a list by its name."""
    words = vocabulary()
    processes = {code: item.name_zh for code, item in words.processes.items()}
    flows = {code: item.name_zh for code, item in words.flows.items()}
    plain = {code: code for code in (NEIGHBOURS, YEAR)}
    lists = {
        "process": (words.process_terms, "LEDGER_PROCESS_UNKNOWN", processes),
        "flow": (words.flow_terms, "LEDGER_FLOW_UNKNOWN", flows),
        "role": (words.role_terms, "LEDGER_ROLE_UNKNOWN", ROLES),
        "method": (words.method_terms, "LEDGER_METHOD_UNKNOWN", METHODS),
        "place": (
            _joined(_terms(_PLACES), words.process_terms),
            "LEDGER_PROCESS_UNKNOWN",
            {code: names[0] for code, names in _PLACES.items()} | processes,
        ),
        "event": (
            _terms(EVENTS),
            "LEDGER_METER_EVENT",
            {str(code): names[0] for code, names in EVENTS.items()},
        ),
        "gap rule": (_terms(dict.fromkeys(plain, ())), "LEDGER_GAP_RULE_UNKNOWN", plain),
        "warning": (_terms(dict.fromkeys(sorted(WARNING_CODES), ())), "LEDGER_EXCEPTION_CODE", {}),
        "source": (
            _source_terms((*OWN_SOURCES, *UNCLAIMED)),
            "LEDGER_POWER_SOURCE_UNKNOWN",
            {code: SOURCE_NAMES[code] for code in OWN_SOURCES},
        ),
        "certified source": (
            _source_terms(INSTRUMENT_SOURCES),
            "LEDGER_POWER_SOURCE_UNKNOWN",
            {code: SOURCE_NAMES[code] for code in INSTRUMENT_SOURCES},
        ),
        "region": (_terms(dict.fromkeys(REGIONS, ())), "LEDGER_REGION_UNKNOWN", {}),
    }
    if name == "material":
        return WordList(words.flow_terms, "LEDGER_FLOW_UNKNOWN", flows, properties=False)
    terms, unknown, shown = lists[name]
    return WordList(terms, unknown, shown, suggests=name != "region")


def _terms(names: Mapping[str, Iterable[str]] | Mapping[Event, Iterable[str]]) -> Terms:
    entries = {str(code): (str(code), *others) for code, others in names.items()}
    found = {normal_text(name): code for code, others in entries.items() for name in others}
    return Terms(found, tuple(entries))


def _joined(first: Terms, second: Terms) -> Terms:
    return Terms({**second.names, **first.names}, (*first.codes, *second.codes))


def _source_terms(sources: tuple[str, ...]) -> Terms:
    """Return kinds of power with the names under which each may be written."""
    flows = vocabulary().flows
    names: dict[str, tuple[str, ...]] = {}
    for source in sources:
        if source in UNCLAIMED:
            names[source] = UNCLAIMED[source]
            continue
        flow = flows[f"{POWER_FLOW}_{source}"]
        names[source] = (SOURCE_NAMES[source], flow.code, flow.name_zh, flow.name_en)
    return _terms(names)
