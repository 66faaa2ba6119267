"""Running a portfolio: read, prepare, work off in blocks, keep each as a part, merge at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factor_db.foundation.errors import EXIT_DONE, EXIT_INCOMPLETE, EXIT_NOT_ALLOWED, BadInput
from factor_db.foundation.files import locked
from factor_db.store.home import user_name
from footprint.choices.variants import COMPLETE, INCOMPLETE, REFUSED
from footprint.portfolio.block import Task, pickled_question
from footprint.portfolio.cluster import on_cluster
from footprint.portfolio.doubts import require_plausible
from footprint.portfolio.files.arrow import arrow
from footprint.portfolio.files.columns import STUDY
from footprint.portfolio.files.parts import CONTRIBUTIONS, RESULTS, Parts
from footprint.portfolio.files.reading import Portfolio, read_portfolio
from footprint.portfolio.pool import Blocks, Done, cores, in_processes, in_this_process
from footprint.portfolio.questions import Answerable, inputs_hash, prepare_questions
from footprint.portfolio.stopping import PortfolioStopped, Stopping
from footprint.portfolio.tables import RESULT_NUMBERS
from footprint.session import open_store
from footprint.version import __version__

if TYPE_CHECKING:
    from pyarrow import Table

# EJ: a block of so many takes well under a second, which is what a kill can lose.
STUDIES_PER_BLOCK = 500
# EJ: so many reasons are read at a glance; the table of results holds all of them.
REASONS_SHOWN = 5
_SIGHT = "SIGHT_REFUSED"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The lowest or highest total of a portfolio, kg CO2e per kg, and whose it is."""

    study: str
    value: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a study has no total."""

    study: str
    status: str
    code: str
    reason_zh: str
    reason_en: str


@dataclass(slots=True)
class PortfolioResult:
    """What a run came to; the tables are read by pandas, polars or anything that knows Parquet.

    `resumed` counts the studies that an earlier, unfinished run had done; `changed` names what had
    changed since such a run, so that it was begun anew. `reasons` are the first of those for which
    studies have no total, `codes` counts all of them; `illustrative` and `estimates` count studies.
    """

    out: Path
    contributions: Path | None
    counts: dict[str, int] = field(default_factory=dict)
    lowest: Extreme | None = None
    highest: Extreme | None = None
    resumed: int = 0
    changed: tuple[str, ...] = ()
    seconds: float = 0.0
    reasons: list[Reason] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    illustrative: int = 0
    estimates: int = 0

    @property
    def exit_code(self) -> int:
        """Return 0 when every study is complete, 4 when the user may see none of them, else 3."""
        if self.codes and self.codes[_SIGHT] == sum(self.counts.values()):
            return EXIT_NOT_ALLOWED
        left = self.counts.get(INCOMPLETE, 0) + self.counts.get(REFUSED, 0)
        return EXIT_INCOMPLETE if left else EXIT_DONE

    def look(self, table: Table) -> None:
        """Take the results of one block into the summary."""
        names, states, totals = (
            table.column(name).to_pylist() for name in (STUDY, "status", RESULT_NUMBERS[0])
        )
        for state, count in Counter(states).items():
            self.counts[state] = self.counts.get(state, 0) + count
        self.illustrative += table.column("illustrative").to_pylist().count(True)
        self.estimates += table.column("estimate").to_pylist().count(True)
        self._note_reasons(table, states)
        for name, total in zip(names, totals, strict=True):
            if total is not None:
                if self.lowest is None or total < self.lowest.value:
                    self.lowest = Extreme(name, total)
                if self.highest is None or total > self.highest.value:
                    self.highest = Extreme(name, total)

    def _note_reasons(self, table: Table, states: list[str]) -> None:
        without = [place for place, state in enumerate(states) if state != COMPLETE]
        if not without:
            return
        names = (STUDY, "status", "code", "reason_zh", "reason_en")
        rows = table.select(names).take(without).to_pylist()
        self.codes.update(row["code"] for row in rows)
        for row in rows[: max(0, REASONS_SHOWN - len(self.reasons))]:
            self.reasons.append(Reason(*(row[name] for name in names)))


def run(
    file: Path,
    *,
    out: Path,
    contributions: Path | None = None,
    samples: int = 0,
    seed: int = 1,
    workers: int | None = None,
    scheduler: str = "",
    home: Path | None = None,
    user: str = "",
    progress: Callable[[int, int], None] | None = None,
    studies_per_block: int = STUDIES_PER_BLOCK,
    stopping: Stopping | None = None,
    accept_doubts: bool = False,
) -> PortfolioResult:
    """Evaluate the studies of a CSV or Parquet file and write the results as Parquet.

    Parameters
    ----------
    samples, seed : of the sampled interval of each study; none without samples.
    workers : processes on this machine (default: its cores); 1 works in this process.
    scheduler : address of a Dask scheduler to work instead.
    progress : called with the studies done and all of them.
    stopping : entered by a caller that goes on answering Ctrl-C after the run.
    accept_doubts : takes values that are far from all that is known of their slot.

    A run that was ended in whatever way is taken up where it was, if nothing has changed since.
    Raises FaultyPortfolio with every fault of the file, BadInput when an output can't be written,
    another run writes it, or workers are lost. Ctrl-C and SIGTERM end as PortfolioStopped, a
    KeyboardInterrupt that says how many studies are kept.
    """
    started = time.monotonic()
    file, out = Path(file), Path(out)
    _require_apart(file, out, contributions)
    _require_enough(samples)
    portfolio = read_portfolio(file)
    with ExitStack() as entered:
        stop = stopping or entered.enter_context(Stopping())
        entered.enter_context(_held(out, contributions))
        with stop.patient():
            doubted = None if accept_doubts else file
            answerables = _answerables(portfolio, home, user, stop, doubted=doubted)
        empty = Task(__version__, (), {}, samples, seed, contributions is not None)
        job = _Job(portfolio, answerables, empty, studies_per_block)
        parts = Parts(out.with_name(out.name + ".parts"), job.manifest())
        result = PortfolioResult(out, contributions)
        done, result.changed = parts.begin()
        result.resumed = job.studies_of(done)
        waiting = _worked_off(job.blocks(done), workers, scheduler, len(job) - len(done))
        try:
            with closing(waiting) as finished:
                _keep(parts, finished, job, done, progress)
            _merge(parts, len(job), result)
            stop.finish()
        except KeyboardInterrupt:
            raise PortfolioStopped(job.studies_of(parts.begin()[0])) from None
        parts.remove()
    result.seconds = time.monotonic() - started
    return result


def _answerables(
    portfolio: Portfolio, home: Path | None, user: str, stop: Stopping, *, doubted: Path | None
) -> tuple[Answerable, ...]:
    """Return the questions made definite; raises FaultyPortfolio for doubtful values of a file."""
    store = open_store(home)
    try:
        with store.read(user or user_name()) as session:
            found = prepare_questions(session, stop.checked(portfolio.questions))
            if doubted is not None:
                require_plausible(session, doubted, portfolio, found)
            return found
    finally:
        store.close()


@dataclass(frozen=True)
class _Job:
    portfolio: Portfolio
    answerables: Sequence[Answerable]
    empty: Task
    size: int

    def __len__(self) -> int:
        return -(-len(self.portfolio.rows) // self.size)

    def manifest(self) -> dict[str, Any]:
        """Return what the results rest on, by name."""
        import numpy

        return {
            "input": self.portfolio.sha256,
            "factors": inputs_hash(self.answerables),
            "software": __version__,
            "numpy": numpy.__version__,
            "pyarrow": arrow().__version__,
            "samples": self.empty.samples,
            "seed": self.empty.seed,
            "contributions": self.empty.contributions,
            "studies_per_block": self.size,
        }

    def blocks(self, done: frozenset[int]) -> Blocks:
        pickled = [pickled_question(item) for item in self.answerables]
        for number in range(len(self)):
            if number not in done:
                yield number, partial(self._work, number, pickled)

    def _work(self, number: int, pickled: Sequence[bytes]) -> Task:
        rows = self.portfolio.rows[number * self.size : (number + 1) * self.size]
        asked = sorted({row.question for row in rows})
        questions = {place: (self.portfolio.questions[place], pickled[place]) for place in asked}
        return replace(self.empty, rows=rows, questions=questions)

    def studies_of(self, blocks: frozenset[int]) -> int:
        """Return how many studies some blocks hold."""
        whole = len(self.portfolio.rows)
        return sum(min(self.size, whole - number * self.size) for number in blocks)


def _worked_off(
    blocks: Blocks, workers: int | None, scheduler: str, left: int
) -> Generator[Done, None, None]:
    if scheduler and left:
        return on_cluster(blocks, scheduler)
    count = min(cores() if workers is None else workers, left)
    if count > 1:
        return in_processes(blocks, count)
    return in_this_process(blocks)


def _keep(
    parts: Parts,
    finished: Iterator[Done],
    job: _Job,
    done: frozenset[int],
    progress: Callable[[int, int], None] | None,
) -> None:
    for number, (results, contributions) in finished:
        parts.keep(number, results, contributions)
        done = done | {number}
        if progress:
            progress(job.studies_of(done), len(job.portfolio.rows))


def _merge(parts: Parts, blocks: int, result: PortfolioResult) -> None:
    parts.merge(blocks, RESULTS, result.out, result.look)
    if result.contributions is not None:
        parts.merge(blocks, CONTRIBUTIONS, result.contributions, _unseen)


def _require_enough(samples: int) -> None:
    if samples:
        from footprint.sampling.uncertainty import require_samples

        require_samples(samples)


def _require_apart(file: Path, out: Path, contributions: Path | None) -> None:
    """Raise BadInput where two of the files are the same one, or an output is no file .parquet."""
    paths = [file, out, *([contributions] if contributions else [])]
    if len({path.resolve() for path in paths}) < len(paths):
        raise BadInput("PORTFOLIO_SAME_FILE", paths=", ".join(map(str, paths)))
    for path in paths[1:]:
        if path.is_dir() or not path.parent.is_dir():
            raise BadInput("PORTFOLIO_FOLDER", path=path)
        if path.suffix.casefold() != ".parquet":
            raise BadInput("PORTFOLIO_ENDING", path=path)


@contextmanager
def _held(*outputs: Path | None) -> Iterator[None]:
    """Hold the locks of all outputs; raises BadInput (FILE_BUSY) when another run writes one."""
    with ExitStack() as locks:
        for path in filter(None, outputs):
            locks.enter_context(locked(path.with_name(path.name + ".lock")))
        yield


def _unseen(_table: Table) -> None:
    """Look at nothing."""
