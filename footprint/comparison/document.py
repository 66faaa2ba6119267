"""The documents of a comparison and of a benchmark, typed: the contract of their `--json`.

Amounts are kg CO2e per kg, shares 0 to 1. What is said stands in both languages, `…_zh` and `…_en`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from factor_db.foundation.messages import Language
from footprint.result.record import Exact, Flag, Record, Text, Whole

Status = Literal["comparable", "refused", "converted", "not_converted"]


class Bilingual(Record):
    """A part of a document that says some things in both languages."""

    def said(self, name: str, lang: Language) -> str:
        """Return what the field `name_zh` or `name_en` says."""
        words: str = getattr(self, f"{name}_{lang}")
        return words


class IntervalEnds(Record):
    """The ends of an interval and the probability between them."""

    low: Exact
    high: Exact
    level: Exact


class ValueRecord(Bilingual):
    """A value: what it says of itself, and what may be said of it. `parts` None: not listed."""

    ref: Text
    kind: Text
    label: Text
    product_class: Text
    boundary: Text
    scrap_rule: Text
    year: Text
    electricity_rule: Text
    gwp_set: Text
    allocation: Text
    geography: Text
    source: Text
    name_zh: Text
    name_en: Text
    parts: tuple[Text, ...] | None
    value: Exact
    interval: IntervalEnds | None
    illustrative: Flag
    estimate: Flag
    choices: dict[str, Text]
    unevidenced: tuple[Text, ...]
    statement_zh: Text
    statement_en: Text
    closure_zh: Text
    closure_en: Text


class MismatchRecord(Bilingual):
    """A reason why two values may not be compared, with its sentence."""

    attribute: Text
    kind: Literal["differs", "not_stated"]
    a: Text
    b: Text
    only_a: tuple[Text, ...]
    only_b: tuple[Text, ...]
    message_zh: Text
    message_en: Text


class StepRecord(Record):
    """One step of a conversion: the sum before plus the amount is the sum, exactly.

    A step of a rule goes from one value `before` to another, `after`: `from` and `to` in JSON.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    kind: Literal["rule", "take_off", "add"]
    attribute: Text
    before: Text = Field(validation_alias="from", serialization_alias="from")
    after: Text = Field(validation_alias="to", serialization_alias="to")
    parts: tuple[Text, ...]
    amount: Exact
    sum: Exact


class WayRecord(Record):
    """The steps of one value; `not_rebased_share` is what a step to another GWP set leaves."""

    start: Exact
    steps: tuple[StepRecord, ...]
    end: Exact
    not_rebased_share: Exact | None


class ObstacleRecord(Bilingual):
    """Why a mismatch cannot be converted; `value` is the label of whose it is."""

    attribute: Text
    reason: Text
    value: Text
    details: Text
    message_zh: Text
    message_en: Text


class ConversionRecord(Record):
    """Two values on common terms, or what is in the way."""

    complete: Flag
    a: WayRecord
    b: WayRecord
    obstacles: tuple[ObstacleRecord, ...]


class PairRecord(Record):
    """One value beside the first; `difference` is b less a, None while the pair is refused."""

    a: Text
    b: Text
    label_a: Text
    label_b: Text
    status: Status
    mismatches: tuple[MismatchRecord, ...]
    notes: tuple[Text, ...]
    notes_zh: tuple[Text, ...]
    notes_en: tuple[Text, ...]
    difference: Exact | None
    a_below_b: Exact | None
    equal: Exact | None
    conversion: ConversionRecord | None


class ComparisonDocument(Record):
    """Values compared with the first of them: what `footprint compare --json` prints."""

    unit: Text
    rule: Text
    comparable: Flag
    values: tuple[ValueRecord, ...]
    pairs: tuple[PairRecord, ...]
    illustrative: Flag


class BandTerms(Record):
    """A park band as everyone may read it: two rounded ends, and how many firms stand behind it.

    `unsaid` is attribute → factor → the largest share of a firm's result that it leaves unsaid;
    the earliest bands do not say it.
    """

    allocation: Text
    band: Text
    contributors: Whole
    electricity_rule: Text
    gwp_set: Text
    high: Exact
    illustrative: Flag
    low: Exact
    parts: tuple[Text, ...] | None
    product: Text
    product_class: Text
    region: Text
    rules: tuple[Text, ...]
    scrap_rule: Text
    unsaid: dict[str, dict[str, Exact]] = Field(default_factory=dict)
    year: Text


class BandRecord(BandTerms):
    """A band as it is kept, with the hash of the document that says who stands behind it."""

    evidence: Text

    def record(self) -> dict[str, Any]:
        """Return the band as JSON types, in the order in which it is kept."""
        return dict(sorted(super().record().items()))


class Behind(Record):
    """A site behind a band: its footprint and its output, and the result that it follows from."""

    organisation: Text
    result_hash: Text
    site: Text
    value: Exact
    weight: Exact


class BandEvidence(Record):
    """Who stands behind a band: a document that is not for everyone."""

    band: Text
    contributors: tuple[Behind, ...]
    rules: tuple[Text, ...]


class BandBehind(BandEvidence):
    """Who stands behind a band, and whether its ends follow from their figures."""

    agrees: Flag


class BenchmarkBand(BandTerms):
    """A band beside ours; `letters` are those of what does not match."""

    comparable: Flag
    letters: Text


class _BenchmarkPlace(Record):
    number: Whole
    ours: Flag
    comparable: Flag
    letters: Text
    mismatches: tuple[MismatchRecord, ...]
    licence: Text
    redistribution: Text


class BenchmarkLine(ValueRecord, _BenchmarkPlace):
    """One value of a benchmark, with its place in it and why it may not be compared with ours."""


class BenchmarkDocument(Bilingual):
    """A product among published values: what `footprint benchmark --json` prints."""

    product: Text
    product_class: Text
    title_zh: Text
    title_en: Text
    unit: Text
    rule: Text
    own: Text | None
    lines: tuple[BenchmarkLine, ...]
    bands: tuple[BenchmarkBand, ...]
    illustrative: Flag
