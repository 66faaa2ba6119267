"""The few words in which all three roads say what they mean, so that they can be held together."""

from __future__ import annotations

PRODUCT = "product"
SOLD, SOLD_SCRAP = "sold", "sold_scrap"
OWN = "own"
"""Made by another step of the site, at that step's footprint."""
OWN_OR_BOUGHT = "own_or_bought"
"""Of the site where it makes it, else bought: at the footprint of the step that makes it."""
BOUGHT, SCRAP = "bought", "scrap"
BURNT, POWER, TRANSPORT = "burnt", "power", "transport"
WASTE, EMISSION = "waste", "emission"
GIVEN_BACK, TAKEN_BACK = "given_back", "taken_back"
PROPERTY_OF, CONTENT = "property", "content"
STOCK, CLAIM, REST, AS_ROW = "stock", "claim", "rest", "as_row"
NONE, UNKNOWN = "none", "unknown"

ALL = (
    *(PRODUCT, SOLD, SOLD_SCRAP, OWN, OWN_OR_BOUGHT, BOUGHT, SCRAP, BURNT, POWER, TRANSPORT),
    *(WASTE, EMISSION, GIVEN_BACK, TAKEN_BACK, PROPERTY_OF, CONTENT, STOCK, CLAIM, REST, AS_ROW),
    *(NONE, UNKNOWN),
)
VALUED = (BOUGHT, SCRAP, BURNT, TRANSPORT, WASTE, EMISSION)
"""Meanings that a factor of the flow values, the same one on both roads."""
