"""The result document: what a calculation says, typed; figures that follow from the result alone.

Read once where JSON enters (a stored document, a certificate), with every fault at its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from factor_db.foundation.canonical import content_hash
from factor_db.foundation.errors import BadInput
from footprint.result.checks import ClosureRecord, Possible, SiteChecks, SmelterEvidence, Supply
from footprint.result.choices import ResultChoices
from footprint.result.coverage import Coverage
from footprint.result.difference import first_difference
from footprint.result.inputs import Inputs
from footprint.result.quality import Quality
from footprint.result.record import Exact, Flag, Record, Text, silent
from footprint.result.rows import Contribution, FlowRow
from footprint.result.tables import (
    Amount,
    FactorRef,
    OriginLine,
    OutsideHeadline,
    Period,
    Plant,
    ReleaseRef,
    SoldScrap,
)
from footprint.result.total import Engine, Total

_MOST_FAULTS = 12


class Figures(Record):
    """What follows from the exact result: whoever recomputes it finds the same.

    Sums and rows are kg CO2e per declared unit.
    """

    product: Text
    period: Period
    declared_unit: Amount
    gwp_set: Text
    total: Total
    by_stage: dict[str, Exact]
    by_gas: dict[str, Exact]
    by_scope: dict[str, Exact]
    contributions: tuple[Contribution, ...]
    flows: tuple[FlowRow, ...]
    outside_headline: OutsideHeadline | None = None
    sold_scrap: tuple[SoldScrap, ...] = silent(())
    origins: tuple[OriginLine, ...] = silent(())
    coverage: Coverage
    quality: Quality
    choices: ResultChoices
    factors: tuple[FactorRef, ...]
    rules: tuple[Text, ...]
    model_version: Text
    illustrative: Flag
    estimate: Flag
    result_hash: Text


class ResultDocument(Figures):
    """A calculation: its figures with site, release, checks and inputs; `calculation` is its hash.

    Documents of earlier versions carry no closure, possibility, supply or smelter. `engine` stands
    in what another program solved, which is shown and never stored.
    """

    calculation: Text
    site: Plant
    release: ReleaseRef
    unused_field_data: tuple[Text, ...] = ()
    tolled_metal: tuple[Text, ...] = silent(())
    supply: Supply | None = silent(None)
    smelter: SmelterEvidence | None = silent(None)
    closure: ClosureRecord | None = silent(None)
    possible: Possible | None = silent(None)
    inputs: Inputs
    engine: Engine | None = silent(None)

    @property
    def checks(self) -> SiteChecks:
        """What the document says of its site."""
        return SiteChecks(**{name: getattr(self, name) for name in SiteChecks.model_fields})

    def record(self) -> dict[str, Any]:
        """Return the document as JSON types, its id first."""
        return {"calculation": self.calculation, **super().record()}


_MODEL = "inputs.model"


def read_result(content: Mapping[str, Any]) -> ResultDocument:
    """Return the result of a document's JSON; raises BadInput (RESULT_FAULTS) with every fault.

    What would not be written back as it stands was not read whole: that is a fault too.
    """
    document = _validated(content)
    place = _not_kept(document, content)
    if place:
        shown = f"{place}: nothing that is written like this"
        raise BadInput("RESULT_FAULTS", field=place, faults=shown, count=1)
    return document


def _not_kept(document: ResultDocument, content: Mapping[str, Any]) -> str:
    try:
        place = first_difference(document.record(), content)
        return _MODEL if place.startswith(_MODEL) else place  # its parts number one another
    except (TypeError, ValueError):  # a float: all but the study and its place refuse one by type
        return "inputs"


def _validated(content: Mapping[str, Any]) -> ResultDocument:
    try:
        return ResultDocument.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        faults = [f"{_place(item['loc'])}: {item['msg']}" for item in found]
        shown = "; ".join(faults[:_MOST_FAULTS])
        first = _place(found[0]["loc"])
        raise BadInput("RESULT_FAULTS", field=first, faults=shown, count=len(faults)) from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))


def identified(document: ResultDocument) -> ResultDocument:
    """Return the document with its id: the hash of all else it says."""
    content = document.record()
    del content["calculation"]
    return document.model_copy(update={"calculation": content_hash("calculation", content)})
