"""The metal of each product code and co-product: what it takes in covers what it gives.

A step may close as a whole while one code's metal is booked on another. So the rows of a step are
shared out as the derivation shares them (a row with the code of one output belongs to it, the rest
goes by mass), and each output has to close within the tolerance of its step. A code that two steps
carry has to be as much metal in one as the steps after it take of it. Rule: AL-BAL-004.

The rows are given in a form that a checked ledger and a stored one both have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from factor_db.foundation.canonical import EXACT
from factor_db.ledger.form.vocabulary import SCRAP_CATEGORIES, vocabulary
from factor_db.ledger.months.likely_slips import Relation
from factor_db.ledger.months.step_tolerances import TOLERANCES

ZERO = Decimal(0)
_MADE = ("product", "co-product")
Output = tuple[str, str, str]
"""Role, flow and code of something that a step makes."""


@dataclass(frozen=True, slots=True, eq=False)
class MetalRow:
    """A row of metal: where and when, its product code as compared and as written, t, its cell."""

    process: str
    flow: str
    role: str
    period: str
    code: str
    label: str
    tonnes: Decimal
    cell: str

    @property
    def made(self) -> bool:
        """Tell whether the row is something made: scrap sold leaves, but nobody makes it."""
        return self.role in _MADE and not is_scrap(self.flow)


@dataclass(frozen=True)
class OutputMetal:
    """What metal one output of a step takes in and gives, t, by month; scrap is part of `out`.

    `mass` is the output itself, t, and `inputs` is flow → t; `cells` are those of the rows that
    carry its code, else of all metal of the step that carries none.
    """

    process: str
    output: Output
    label: str
    first: MetalRow
    mass: Decimal
    into: Mapping[str, Decimal]
    out: Mapping[str, Decimal]
    inputs: Mapping[str, Decimal]
    cells: tuple[str, ...]

    @property
    def sides(self) -> tuple[Decimal, Decimal]:
        """Return what goes in and what comes out over the period, t."""
        return sum(self.into.values(), ZERO), sum(self.out.values(), ZERO)


@dataclass(frozen=True)
class Step:
    """The metal of one step, output by output; `closed` tells whether it closes as a whole."""

    process: str
    outputs: tuple[OutputMetal, ...]
    closed: bool


def is_scrap(flow: str) -> bool:
    """Tell whether metal sold under this flow is scrap, and no co-product."""
    return vocabulary().flows[flow].category in SCRAP_CATEGORIES


def steps_of(rows: Iterable[MetalRow]) -> dict[str, Step]:
    """Return process → its metal by output, for each step with a balance that makes something."""
    by_process: dict[str, list[MetalRow]] = defaultdict(list)
    for row in rows:
        if row.process in TOLERANCES and row.process != "dross_recovery":
            by_process[row.process].append(row)
    with localcontext(EXACT):
        found = (_step(process, items) for process, items in by_process.items())
        return {step.process: step for step in found if step.outputs}


def open_outputs(step: Step) -> list[OutputMetal]:
    """Return the outputs of a step whose metal does not close though that of the step does."""
    if not step.closed or len(step.outputs) == 1:
        return []
    loss, gain = TOLERANCES[step.process]
    judge = Relation((), loss, gain)
    return [item for item in step.outputs if not judge.closes(*item.sides)]


def _step(process: str, rows: Sequence[MetalRow]) -> Step:
    made: dict[Output, list[MetalRow]] = defaultdict(list)
    for row in rows:
        if row.made:
            made[row.role, row.flow, row.code].append(row)
    made = {output: items for output, items in made.items() if any(r.tonnes for r in items)}
    loss, gain = TOLERANCES[process]
    into = sum((row.tonnes for row in rows if row.role == "input"), ZERO)
    out = sum((row.tonnes for row in rows if row.role != "input"), ZERO)
    shared = _Sharing(made)
    for row in rows:
        shared.take(row)
    outputs = tuple(shared.metal(process, output, items) for output, items in made.items())
    return Step(process, outputs, Relation((), loss, gain).closes(into, out))


@dataclass
class _Sharing:
    """Shares rows out over what a step makes: by code, and what has none by mass."""

    made: Mapping[Output, Sequence[MetalRow]]
    into: dict[Output, dict[str, Decimal]] = field(default_factory=dict)
    out: dict[Output, dict[str, Decimal]] = field(default_factory=dict)
    inputs: dict[Output, dict[str, Decimal]] = field(default_factory=dict)
    cells: dict[Output, list[str]] = field(default_factory=dict)
    pooled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for table in (self.into, self.out, self.inputs):
            table.update({output: defaultdict(Decimal) for output in self.made})
        self.cells.update({output: [] for output in self.made})
        self.masses = {o: sum((r.tonnes for r in rows), ZERO) for o, rows in self.made.items()}
        whole = sum(self.masses.values(), ZERO)
        self.share = {output: mass / whole for output, mass in self.masses.items()}
        codes = [output[2] for output in self.made]
        self.owner = {o[2]: o for o in self.made if o[2] and codes.count(o[2]) == 1}

    def take(self, row: MetalRow) -> None:
        """Give a row to the output that it belongs to, or its part to each."""
        if row.made:
            output = (row.role, row.flow, row.code)
            if output in self.made:
                self.out[output][row.period] += row.tonnes
            return
        owner = self.owner.get(row.code)
        parts = {owner: Decimal(1)} if owner else self.share
        (self.cells[owner] if owner else self.pooled).append(row.cell)
        for output, share in parts.items():
            side = self.into if row.role == "input" else self.out
            side[output][row.period] += row.tonnes * share
            if row.role == "input":
                self.inputs[output][row.flow] += row.tonnes * share

    def metal(self, process: str, output: Output, rows: Sequence[MetalRow]) -> OutputMetal:
        """Return what an output came to."""
        return OutputMetal(
            process,
            output,
            min(row.label for row in rows),
            rows[0],
            self.masses[output],
            self.into[output],
            self.out[output],
            self.inputs[output],
            tuple(self.cells[output] or self.pooled),
        )
