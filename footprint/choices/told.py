"""Which choices the documents of a result name: those the model read, by what the result says.

Light on purpose: whoever reads a certificate comes through here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from footprint.result.choices import ResultChoices
from lca_models.system.unit_process import Choices

ALLOCATION = "allocation"
SUBDIVISION = "subdivision"
SMELTER = ("smelter_power", "pfc_method", "smelter_technology")
# What the site measured, and a choice that was not made, need no words of their own.
UNTOLD = ("", "measured")
JOINT = "+"
_FIRST = ("scrap_rule", "electricity_rule", ALLOCATION, "primary_source", *SMELTER)
ORDER = (*_FIRST, *(item.name for item in fields(Choices) if item.name not in _FIRST))
"""Every choice, in the order in which documents name them."""


def read_choices(choices: ResultChoices) -> dict[str, str]:
    """Return the choices that a result says its model read: choice → value.

    Documents of earlier versions do not say it: of them every choice they state counts, the
    smelter's where its chain was modelled.
    """
    stated = [name for name in ORDER if name in choices.model_fields_set]
    read: Iterable[str] | None = choices.read
    if read is None:
        modelled = choices.primary_source == "modelled"
        read = [name for name in stated if name not in SMELTER or modelled]
    return {name: getattr(choices, name) for name in read if name in stated}


def told_choices(choices: ResultChoices) -> dict[str, str]:
    """Return the choices of a result that its documents name: choice → value."""
    return {name: value for name, value in read_choices(choices).items() if value not in UNTOLD}


def unevidenced(choices: ResultChoices) -> tuple[str, ...]:
    """Return the choices that a result says were made without evidence."""
    return tuple(dict.fromkeys(item.choice for item in choices.unevidenced))
