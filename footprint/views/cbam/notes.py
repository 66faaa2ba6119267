"""What has to be said with a CBAM view: its standing, what is open, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass

from factor_db.foundation.rules import rule
from footprint.views.cbam.cost import Question
from footprint.views.cbam.direct import Direct
from footprint.views.cbam.inventory import Inventory
from footprint.views.cbam.origins import origin_notes
from footprint.views.cbam.pfc import METHODS
from footprint.views.cbam.precursors import Used
from footprint.views.cbam.quarters import open_quarters, prices_of, quarterly_year
from footprint.views.cbam.reference import UNKNOWN, first_definitive_year, last_benchmark_year
from footprint.views.figure import Words
from footprint.views.wording import closure_note
from footprint.words.book import words

_LOW_VOLTAGE = "electrolysis/low_voltage_cf4/inventory"
_SURFACE = ("anodising", "powder_coating")
_OPEN, _HELD = "open", "held"


@dataclass(frozen=True, slots=True)
class Told:
    """What the notes speak of: the parts of the view and the year asked for.

    `method` is the smelter's PFC method, "" without a smelter.
    """

    direct: Direct
    used: tuple[Used, ...]
    question: Question | None
    year: int
    method: str


def notes_of(inventory: Inventory, told: Told) -> tuple[Words, ...]:
    """Return the notes in the order of their weight; the first says what the view is."""
    direct, used, question, year = told.direct, told.used, told.question, told.year
    document = inventory.document
    said: list[tuple[bool, Words]] = [
        (True, _standing()),
        *((True, note) for note in (closure_note(document),) if note),
        (bool(document.coverage.cut_off), words("CBAM_NOTE_CUT_OFF")),
        (True, words("CBAM_NOTE_ELECTRICITY")),
        (bool(used), words("CBAM_NOTE_FOOTPRINT")),
        *((True, note) for note in origin_notes(inventory, tuple(item.lot for item in used))),
        (any(lot_is_unknown(item) for item in used), words("CBAM_NOTE_UNKNOWN_ORIGIN")),
        (_rests_on(_OPEN, used, question), words("CBAM_NOTE_CORRECTION")),
        (_rests_on(_HELD, used, question), words("CBAM_NOTE_CORRECTION_HELD")),
        (direct.known_as_co2e, words("CBAM_NOTE_CO2E")),
        (any(item.process in _SURFACE for item in direct.streams), words("CBAM_NOTE_SURFACE")),
        (
            inventory.smelter and told.method not in METHODS,
            words("CBAM_NOTE_PFC", method=told.method),
        ),
        (_low_voltage_is_open(inventory), words("CBAM_NOTE_LOW_VOLTAGE")),
        (year != inventory.year, words("CBAM_NOTE_YEAR", year=year, data=inventory.year)),
        (not inventory.is_calendar_year, words("CBAM_NOTE_PERIOD")),
        (year < first_definitive_year(), words("CBAM_NOTE_TRANSITIONAL", year=year)),
        (question is None, words("CBAM_NOTE_NO_CN")),
        *_of_cost(question, year),
        (True, words("CBAM_NOTE_MASS", tonnes=rule("CBAM-MASS-001").parameters["tonnes_per_year"])),
    ]
    return tuple(text for shows, text in said if shows)


def _standing() -> Words:
    """Return what the view is and is not, in the words of its rule, and how the law was read."""
    found = rule("CBAM-WORDS-001")
    read = words("CBAM_NOTE_READ")
    return {"zh": found.text_zh + read["zh"], "en": f"{found.text_en} {read['en']}"}


def _of_cost(question: Question | None, year: int) -> list[tuple[bool, Words]]:
    if question is None or year < first_definitive_year():
        return []
    last = last_benchmark_year()
    return [
        (True, words("CBAM_NOTE_CSCF")),
        (True, words("CBAM_NOTE_MIXED")),
        (question.default is None, words("CBAM_NOTE_NO_DEFAULT")),
        *((True, text) for text in _of_price(question)),
        (year > last, words("CBAM_NOTE_NO_BENCHMARK", year=last)),
        (True, words("CBAM_NOTE_CARBON_PRICE")),
    ]


def _of_price(question: Question) -> list[Words]:
    """Return what has to be said of the price: none in EUR, none shipped, by quarter, or open."""
    if not question.in_money:
        return [words("CBAM_NOTE_NO_EUR")]
    if question.price is not None:
        return []
    prices = prices_of(question.year)
    if not prices:
        weekly = question.year > quarterly_year()
        code = "CBAM_NOTE_PRICE_WEEKLY" if weekly else "CBAM_NOTE_PRICE_NONE"
        return [words(code, year=quarterly_year())]
    missing = open_quarters(question.imports)
    notes: list[Words] = [words("CBAM_NOTE_PRICE_QUARTER", year=question.year)]
    if missing:
        dates = ", ".join(f"{price.quarter} ({price.date})" for price in missing)
        notes.append(words("CBAM_NOTE_PRICE_OPEN", quarters=dates))
    if not question.imports:
        notes.append(words("CBAM_NOTE_PRICE_ASK", year=question.year))
    return notes


def lot_is_unknown(item: Used) -> bool:
    """Tell whether a lot took the default of unknown origin."""
    return item.basis == "default" and item.lot.country == UNKNOWN


def _rests_on(standing: str, used: tuple[Used, ...], question: Question | None) -> bool:
    """Tell whether a default value used stands so to the correction of July 2026."""
    found = [item.default for item in used if item.default is not None]
    if question is not None and question.default is not None:
        found.append(question.default)
    return any(item.correction == standing for item in found)


def _low_voltage_is_open(inventory: Inventory) -> bool:
    return inventory.smelter and _LOW_VOLTAGE in inventory.document.coverage.not_stated
