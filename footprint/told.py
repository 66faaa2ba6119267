"""Which choices the documents of a result name: those the model read, by what the result says.

Light on purpose: whoever reads a certificate comes through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lca_models.unit_process import Choices

ALLOCATION = "allocation"
SUBDIVISION = "subdivision"
SMELTER = ("smelter_power", "pfc_method", "smelter_technology")
# What the site measured, and a choice that was not made, need no words of their own.
UNTOLD = ("", "measured")
JOINT = "+"
_FIRST = ("scrap_rule", "electricity_rule", ALLOCATION, "primary_source", *SMELTER)
ORDER = (*_FIRST, *(item.name for item in fields(Choices) if item.name not in _FIRST))
"""Every choice, in the order in which documents name them."""


def read_choices(choices: Mapping[str, Any]) -> dict[str, str]:
    """Return the choices that a result document says its model read: choice → value.

    Documents of earlier versions do not say it: of them every choice counts, the smelter's where
    its chain was modelled.
    """
    read = choices.get("read")
    if read is None:
        modelled = choices.get("primary_source", "modelled") == "modelled"
        read = [name for name in ORDER if name not in SMELTER or modelled]
    return {name: str(choices[name]) for name in read if name in choices}


def told_choices(choices: Mapping[str, Any]) -> dict[str, str]:
    """Return the choices of a result document that its documents name: choice → value."""
    return {name: value for name, value in read_choices(choices).items() if value not in UNTOLD}


def unevidenced(choices: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the choices that a result document says were made without evidence."""
    found = choices.get("unevidenced") or ()
    codes = (item["choice"] if isinstance(item, Mapping) else str(item) for item in found)
    return tuple(dict.fromkeys(codes))
