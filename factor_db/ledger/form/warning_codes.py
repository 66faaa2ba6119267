"""Which findings are warnings, so that an exception may explain them."""

from __future__ import annotations

# Codes of findings that are warnings wherever they arise (a test holds this against the checks).
# What exceptions themselves give is left out: an exception can't excuse an exception.
WARNING_CODES = frozenset(
    {
        "LEDGER_CALORIFIC_DIFFERS",
        "LEDGER_CELLS_UNSAID",
        "LEDGER_COATING_ZERO",
        "LEDGER_FLOW_NOT_OF_PROCESS",
        "LEDGER_GAS_BASIS",
        "LEDGER_HEADING_UNKNOWN",
        "LEDGER_INSTRUMENT_LIKE_OWN",
        "LEDGER_INSTRUMENT_MONTH_SURPLUS",
        "LEDGER_LINK_BALANCE",
        "LEDGER_MAGNITUDE_UNUSUAL",
        "LEDGER_MELT_POOLED",
        "LEDGER_METAL_BALANCE_UNTESTED",
        "LEDGER_METER_CLASS_UNKNOWN",
        "LEDGER_METER_DUPLICATE",
        "LEDGER_METER_GAP",
        "LEDGER_METER_PART_OF_PERIOD",
        "LEDGER_METER_REST_LARGE",
        "LEDGER_METER_REST_NOWHERE",
        "LEDGER_METER_UNMEASURED",
        "LEDGER_MONTH_BALANCE",
        "LEDGER_MONTH_OUTLIER",
        "LEDGER_MONTH_ZERO",
        "LEDGER_POWER_FUEL_TWICE",
        "LEDGER_PRODUCT_ENERGY",
        "LEDGER_PRODUCT_MONTH",
        "LEDGER_SCRAP_RETURNED",
        "LEDGER_SECONDS_PARTY",
        "LEDGER_SECONDS_WORD",
        "LEDGER_SERVICES_ZERO",
        "LEDGER_SHEET_UNKNOWN",
        "LEDGER_SITE_BALANCE",
        "LEDGER_STOCK_ADJUSTMENT",
        "LEDGER_STOCK_MONTH_CONSUMPTION",
        "LEDGER_STOCK_MONTH_RECEIPTS",
        "LEDGER_STOCK_OWN_DRAWN",
        "LEDGER_SURFACE_NOT_MADE",
        "LEDGER_TRANSPORT_SHORT",
        "LEDGER_TRANSPORT_SUPPLIER",
        "LEDGER_YEAR_SLIP",
    }
)
