"""The rule register: every rule a calculation cites, paraphrased, with its edition and parameters.

Rules stand in `factor_db/rules/*.toml`, one table per rule id. Engines read tolerances, limits and
variance tables from here, so that no such number stands in code. The texts are our paraphrases:
a clause that nobody has read in the standard itself says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from factor_db.foundation.canonical import decimal_value
from factor_db.foundation.errors import BadInput

CLAUSE_UNREAD = "to be checked"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where it comes from, what it asks in both languages, and its parameters as text.

    An example has `formula`, `inputs` (`name=number,…`) and the `value` they come to; a test
    evaluates each of them.
    """

    id: str
    edition: str
    clause: str
    text_zh: str
    text_en: str
    parameters: Mapping[str, str]
    examples: tuple[Mapping[str, str], ...] = ()

    def number(self, name: str) -> Decimal:
        """Return a parameter as an exact decimal; KeyError for a parameter the rule has not."""
        return decimal_value(self.parameters[name])

    def items(self, name: str) -> tuple[str, ...]:
        """Return a comma-separated parameter as its parts; KeyError as for `number`."""
        return tuple(part.strip() for part in self.parameters[name].split(","))


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by id, in the order of the ids; an id stands in one file only."""
    found: dict[str, Rule] = {}
    for path in (files("factor_db") / "rules").iterdir():
        if path.name.endswith(".toml"):
            for rule_id, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
                if rule_id in found:
                    raise ValueError(f"rule {rule_id} is defined twice, again in {path.name}")
                found[rule_id] = Rule(
                    id=rule_id,
                    edition=entry["edition"],
                    clause=entry["clause"],
                    text_zh=entry["zh"],
                    text_en=entry["en"],
                    parameters=MappingProxyType(entry.get("parameters", {})),
                    examples=tuple(map(MappingProxyType, entry.get("examples", ()))),
                )
    return MappingProxyType(dict(sorted(found.items())))


def rule(rule_id: str) -> Rule:
    """Return one rule; raises BadInput (RULE_UNKNOWN) for an id the register has not."""
    try:
        return rules()[rule_id]
    except KeyError:
        raise BadInput("RULE_UNKNOWN", rule=rule_id) from None
