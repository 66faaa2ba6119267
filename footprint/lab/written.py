"""The lab's document, typed: the contract of `footprint lab --json`. Amounts are kg CO2e per kg."""

from __future__ import annotations

from factor_db.foundation.messages import Language
from footprint.choices.variants import Status
from footprint.result.checks import ClosureRecord
from footprint.result.record import Exact, Flag, Record, Text, Whole, silent
from footprint.result.tables import ReleaseRef


class LabRow(Record):
    """One combination with its total, or why it has none; its message only where it is refused.

    `not_rebased_share`, 0 to 1, is known only as CO2e and is the same under every GWP set.
    """

    choices: dict[str, Text]
    of_study: Flag
    status: Status
    total: Exact | None
    outside_headline: Exact | None
    difference: Exact | None
    difference_percent: Exact | None
    not_rebased_share: Exact | None
    missing: tuple[Text, ...]
    code: Text
    message_zh: Text = silent("")
    message_en: Text = silent("")

    def message(self, lang: Language) -> str:
        """Return why the combination is refused; empty where it is not."""
        return self.message_zh if lang == "zh" else self.message_en


class LabChoice(Record):
    """A choice: the values it takes, the study's own, and a note where there is one."""

    choice: Text
    values: tuple[Text, ...]
    taken: Text
    note_zh: Text = silent("")
    note_en: Text = silent("")

    def note(self, lang: Language) -> str:
        """Return the note; empty where there is none."""
        return self.note_zh if lang == "zh" else self.note_en


class LabValueEffect(Record):
    """What one value of a choice moves, alone and as mean over `pairs` of combinations."""

    value: Text
    difference: Exact | None
    mean_difference: Exact | None
    pairs: Whole


class LabEffect(Record):
    """What a choice is worth: alone, and as mean over `combinations` of the others."""

    choice: Text
    taken: Text
    range_at_study: Exact | None
    mean_range: Exact | None
    combinations: Whole
    values: tuple[LabValueEffect, ...]


class LabEnd(Record):
    """The lowest or highest total, with every combination that comes to it."""

    total: Exact
    combinations: tuple[dict[str, Text], ...]


class LabDocument(Record):
    """Every combination of the methodological choices of a study, side by side."""

    product: Text
    product_code: Text
    site: Text
    period: Text
    release: ReleaseRef
    unit: Text
    study: LabRow
    choices: tuple[LabChoice, ...]
    rows: tuple[LabRow, ...]
    effects: tuple[LabEffect, ...]
    closure: ClosureRecord | None
    lowest: LabEnd | None
    highest: LabEnd | None
    illustrative: Flag
    estimate: Flag
