"""One block of studies: a pure function from pickled work to the bytes of two Parquet files.

It needs no store, no file and no neighbour, so it runs in this process, in another and on another
machine alike, and gives the same bytes.
"""

from __future__ import annotations

import io
import pickle
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from factor_db.foundation.errors import BadInput, FootprintError
from footprint.choices.variants import COMPLETE, REFUSED
from footprint.judgement.impossible import CODE as IMPOSSIBLE
from footprint.judgement.impossible import impossible
from footprint.portfolio.answers import (
    FLOAT64,
    Answer,
    exact_answer,
    failed,
)
from footprint.portfolio.files.arrow import arrow_parquet
from footprint.portfolio.files.reading import Row
from footprint.portfolio.model import Model
from footprint.portfolio.questions import Answerable, Question
from footprint.portfolio.tables import (
    Piece,
    contribution_table,
    exact_piece,
    result_row,
    result_table,
    variants_piece,
)
from footprint.portfolio.variants import NEAR, Overrides, Variants, evaluate_variants
from footprint.study.definition import Study
from footprint.version import __version__

KEPT_MODELS = 64


@dataclass(frozen=True, slots=True)
class Task:
    """The studies of a block; `questions` is place → (as asked, pickled Answerable).

    Without samples there are no intervals; contributions are left out unless asked for.
    """

    software: str
    rows: tuple[Row, ...]
    questions: Mapping[int, tuple[Study, bytes]]
    samples: int
    seed: int
    contributions: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """What all studies of a question share in one process; no model where none can be trusted."""

    answerable: Answerable
    nominal: Answer
    model: Model | None


def evaluate_block(work: Task) -> tuple[bytes, bytes]:
    """Return the results and the contributions of a block as Parquet; the latter may be empty.

    Raises BadInput when this process runs another version than the one that asks.
    """
    if work.software != __version__:
        raise BadInput("PORTFOLIO_SOFTWARE", asked=work.software, here=__version__)
    answers: dict[int, Answer] = {}
    pieces: list[Piece] = []
    places: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(work.rows):
        places[row.question].append(place)
    compiled = {question: _compiled(work.questions[question][1]) for question in places}
    for question, members in sorted(places.items()):
        found, piece = _answers(compiled[question], members, work)
        answers.update(found)
        pieces += [piece] if piece else []
    exact = {place: answer for place, answer in sorted(answers.items()) if answer.rows}
    if exact:
        pieces.append(exact_piece(exact))
    results = [
        result_row(
            row.study,
            work.questions[row.question][0],
            compiled[row.question].answerable,
            row.overrides,
            answers[place],
        )
        for place, row in enumerate(work.rows)
    ]
    if not work.contributions:
        return table_bytes(result_table(results)), b""
    names = [row.study for row in work.rows]
    return table_bytes(result_table(results)), table_bytes(contribution_table(names, pieces))


def table_bytes(table: object) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    file = io.BytesIO()
    arrow_parquet().write_table(table, file, compression="zstd")
    return file.getvalue()


@lru_cache(maxsize=KEPT_MODELS)
def _compiled(pickled: bytes) -> Compiled:
    """Compile a question and check the arrays against its exact result.

    Where the exact result is refused, every study of the question takes the exact way.
    """
    answerable: Answerable = pickle.loads(pickled)
    nominal = exact_answer(answerable, {})
    code = nominal.error.code if nominal.error else ""
    # Of a question that is impossible as it stands a variant may be possible.
    refused = nominal.status == REFUSED and code != IMPOSSIBLE
    if isinstance(answerable, FootprintError) or refused:
        return Compiled(answerable, nominal, None)
    model = Model(answerable)
    batch = evaluate_variants(model, {}, 1)
    if nominal.total is not None and not batch.exact[0]:
        found = float(batch.totals[0])
        if abs(found - nominal.total) > NEAR * abs(nominal.total):
            raise BadInput("PORTFOLIO_DISAGREES", exact=nominal.total, found=found)
    return Compiled(answerable, nominal, model)


def _answers(
    compiled: Compiled, members: Sequence[int], work: Task
) -> tuple[dict[int, Answer], Piece | None]:
    """Answer the studies of one question: in arrays where these can be trusted, else exactly.

    A sampled interval starts from the exact result, so studies with samples take the exact way.
    """
    answers: dict[int, Answer] = {}
    piece: Piece | None = None
    if compiled.model is not None and not work.samples:
        varied = [place for place in members if work.rows[place].overrides]
        for place in set(members).difference(varied):
            answers[place] = compiled.nominal
        if varied:
            piece = _in_arrays(compiled.model, varied, work, answers)
    for place in members:
        if place not in answers:
            values = dict(work.rows[place].overrides)
            answers[place] = exact_answer(
                compiled.answerable, values, samples=work.samples, seed=work.seed
            )
    return answers, piece


def _in_arrays(
    model: Model, varied: Sequence[int], work: Task, answers: dict[int, Answer]
) -> Piece | None:
    overrides = _overrides([work.rows[place] for place in varied])
    batch = evaluate_variants(model, overrides, len(varied))
    kept = np.flatnonzero(~batch.exact)
    for at in kept.tolist():
        reasons = batch.impossible.get(at)
        answers[varied[at]] = failed(impossible(reasons)) if reasons else _answer(batch, at)
    kept = np.array([at for at in kept.tolist() if at not in batch.impossible], dtype=np.intp)
    if not work.contributions or not len(kept):
        return None
    return variants_piece(model, batch, varied, kept)


def _answer(batch: Variants, at: int) -> Answer:
    return Answer(
        status=COMPLETE,
        total=float(batch.totals[at]),
        outside=float(batch.outside[at]),
        estimate=True,  # it sets values of its own
        illustrative=bool(batch.illustrative[at]),
        arithmetic=FLOAT64,
    )


def _overrides(rows: Sequence[Row]) -> Overrides:
    """Return the values that studies set as arrays over the studies."""
    found: dict[str, np.ndarray] = {}
    for place, row in enumerate(rows):
        for slot, value in row.overrides:
            found.setdefault(slot, np.full(len(rows), np.nan))[place] = float(value)
    return found


def pickled_question(answerable: Answerable) -> bytes:
    """Return the bytes of a question; errors lose their tracebacks."""
    if not isinstance(answerable, Question):
        answerable = answerable.with_traceback(None)
    return pickle.dumps(answerable, protocol=pickle.HIGHEST_PROTOCOL)
