"""An auditor's sampling plan over a frozen ledger: which rows to see, and what was seen of each.

The same ledger, size and seed give the same rows on every machine. The largest row of each flow is
always in (a slip there moves the result most); the rest are drawn in the order of a seeded hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypedDict

from sqlmodel import Session, col, select

from factor_db.foundation.canonical import content_hash, decimal_text, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.ledger.frozen.importing import ledger_of_site
from factor_db.store.sight import sees
from factor_db.store.tables import Document, LedgerEntry, LineageEdge
from factor_db.store.work import Work, utc_now

PLAN, TICK = "sampling-plan", "sampling-tick"
# What an auditor may find when holding a row against its evidence.
OUTCOMES = ("agrees", "differs", "no_evidence")


class PlannedRow(TypedDict):
    """A ledger row to see, as JSON; amount as text, `evidence` as the ledger names it."""

    amount: str
    cell: str
    evidence: str
    flow: str
    period: str
    process: str
    unit: str


class Plan(TypedDict):
    """A sampling plan as JSON."""

    ledger: str
    rows: list[PlannedRow]
    seed: int
    site: str
    size: int


class Tick(TypedDict):
    """What an auditor saw of one row, as JSON; `number` counts the ticks of the plan."""

    at: str
    auditor: str
    cell: str
    evidence_sha256: str
    note: str
    number: int
    outcome: str
    plan: str


class Seen(TypedDict):
    """What was seen of a row, as a statement says it."""

    at: str
    auditor: str
    outcome: str
    evidence_sha256: str
    note: str


class SeenRow(PlannedRow):
    """A row of a statement."""

    seen: Seen


class Statement(TypedDict):
    """An auditor's statement over a finished plan, as JSON."""

    auditor: str
    files_seen: list[str]
    kind: str
    ledger: str
    outcomes: dict[str, int]
    plan: str
    rows: list[SeenRow]
    seed: int
    site: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A plan and the newest tick of each of its rows, None where nothing was ticked yet."""

    plan: Plan
    ticks: dict[str, Tick | None]

    @property
    def open_cells(self) -> list[str]:
        """The cells nobody has ticked yet, in the order of the plan."""
        return [cell for cell, tick in self.ticks.items() if tick is None]


def chosen_rows(rows: Sequence[LedgerEntry], ledger: str, size: int, seed: int) -> list[str]:
    """Return the cells to see: the largest row of each flow, then seeded draws up to `size`.

    Properties and zero amounts count as rows like any other, but never as a largest one.
    """

    def lot(row: LedgerEntry) -> bytes:
        return sha256(f"{seed}:{ledger}:{row.cell}".encode()).digest()

    largest: dict[str, LedgerEntry] = {}
    for row in sorted(rows, key=lambda row: row.cell):
        known = largest.get(row.flow)
        if "." not in row.flow and row.amount > (known.amount if known else 0):
            largest[row.flow] = row
    certain = sorted(largest.values(), key=lambda row: (-row.amount, row.cell))
    taken = {row.cell for row in certain}
    drawn = sorted((row for row in rows if row.cell not in taken), key=lot)
    return [row.cell for row in [*certain, *drawn][:size]]


def make_plan(work: Work, site: str, *, size: int, seed: int, period: str | None = None) -> str:
    """Store a sampling plan for a site's newest ledger and return its hash.

    Raises BadInput for a size below 1 or a site without a ledger, NotAllowed for other roles.
    """
    work.require_right("plan.make")
    if size < 1:
        raise BadInput("SAMPLING_SIZE", size=size)
    file = ledger_of_site(work.session, site, period)
    work.require_owner(file.owner)
    query = select(LedgerEntry).where(LedgerEntry.ledger == file.sha256)
    rows = work.session.exec(query).all()
    by_cell = {row.cell: row for row in rows}
    payload: Plan = {
        "ledger": file.sha256,
        "rows": [_shown(by_cell[cell]) for cell in chosen_rows(rows, file.sha256, size, seed)],
        "seed": seed,
        "site": site,
        "size": size,
    }
    digest = content_hash("document", payload)
    work.document(PLAN, digest, payload, digest, file.owner)
    work.made_from(digest, [file.sha256])
    return digest


def tick(
    work: Work, plan: str, cell: str, outcome: str, *, evidence_sha256: str = "", note: str = ""
) -> None:
    """Record what an auditor saw for one row; a later tick of the same row replaces the earlier.

    Raises BadInput for an unknown plan, cell or outcome, a row that agrees without the hash of
    what was seen, or one that does not agree without a note.
    """
    work.require_right("plan.tick")
    document = _plan(work.session, plan)
    work.require_owner(document.owner)
    known = [row["cell"] for row in strict_json(document.payload.encode())["rows"]]
    if cell not in known:
        raise BadInput("SAMPLING_CELL", cell=cell, known=", ".join(known))
    if outcome not in OUTCOMES:
        raise BadInput("SAMPLING_OUTCOME", outcome=outcome, known=", ".join(OUTCOMES))
    if outcome == "agrees" and not evidence_sha256:
        raise BadInput("SAMPLING_EVIDENCE", cell=cell)
    if outcome != "agrees" and not note.strip():
        raise BadInput("SAMPLING_NOTE", cell=cell, outcome=outcome)
    payload: Tick = {
        "at": utc_now(),
        "auditor": work.actor.name,
        "cell": cell,
        "evidence_sha256": evidence_sha256,
        "note": note.strip(),
        "number": len(_ticks(work.session, plan)),
        "outcome": outcome,
        "plan": plan,
    }
    digest = content_hash("document", payload)
    work.document(TICK, digest, payload, digest, document.owner)
    work.made_from(digest, [plan])


def progress(session: Session, plan: str) -> Progress:
    """Return a plan with what was ticked so far; raises BadInput for an unknown plan."""
    content: Plan = strict_json(_plan(session, plan).payload.encode())
    newest: dict[str, Tick | None] = {row["cell"]: None for row in content["rows"]}
    for found in _ticks(session, plan):
        newest[found["cell"]] = found
    return Progress(content, newest)


def statement(session: Session, plan: str, auditor: str) -> Statement:
    """Return the auditor's statement over a finished plan, ready to be signed.

    It lists every row with what was seen, and the hash of every file seen. Raises BadInput while
    rows are open.
    """
    found = progress(session, plan)
    if found.open_cells:
        raise BadInput("SAMPLING_OPEN", cells=", ".join(found.open_cells))
    ticks = [item for item in found.ticks.values() if item is not None]
    return {
        "auditor": auditor,
        "files_seen": sorted({item["evidence_sha256"] for item in ticks} - {""}),
        "kind": "sampling-statement",
        "ledger": found.plan["ledger"],
        "outcomes": {
            outcome: sum(item["outcome"] == outcome for item in ticks) for outcome in OUTCOMES
        },
        "plan": plan,
        "rows": [
            {**row, "seen": _seen(item)}
            for row in found.plan["rows"]
            if (item := found.ticks[row["cell"]]) is not None
        ],
        "seed": found.plan["seed"],
        "site": found.plan["site"],
    }


def _seen(tick: Tick) -> Seen:
    return {
        "at": tick["at"],
        "auditor": tick["auditor"],
        "outcome": tick["outcome"],
        "evidence_sha256": tick["evidence_sha256"],
        "note": tick["note"],
    }


def _shown(row: LedgerEntry) -> PlannedRow:
    return {
        "amount": decimal_text(row.amount),
        "cell": row.cell,
        "evidence": strict_json(row.payload.encode())["evidence"],
        "flow": row.flow,
        "period": row.period,
        "process": row.process,
        "unit": row.unit,
    }


def _plan(session: Session, sha256_of_plan: str) -> Document:
    document = session.get(Document, sha256_of_plan)
    if document is None or document.kind != PLAN or not sees(session, document.owner):
        raise BadInput("SAMPLING_PLAN", plan=sha256_of_plan)
    return document


def _ticks(session: Session, plan: str) -> list[Tick]:
    """Return the ticks of a plan in the order they were made."""
    children = select(LineageEdge.child).where(LineageEdge.parent == plan)
    query = select(Document).where(Document.kind == TICK, col(Document.sha256).in_(children))
    found = [strict_json(document.payload.encode()) for document in session.exec(query)]
    return sorted(found, key=lambda item: item["number"])
