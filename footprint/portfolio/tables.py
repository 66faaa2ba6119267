"""The two tables of a portfolio as Arrow: results, one row per study, and contributions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import FootprintError
from footprint.portfolio.answers import ROW_FIELDS, Answer
from footprint.portfolio.files.arrow import arrow
from footprint.portfolio.files.columns import CHOICES, QUESTION, STUDY
from footprint.portfolio.model import Model
from footprint.portfolio.questions import Answerable
from footprint.portfolio.variants import Variants
from footprint.study.definition import Study
from lca_models.catalogue import completed_choices

RESULT_NUMBERS = ("kg_co2e_per_kg", "low_kg_co2e_per_kg", "high_kg_co2e_per_kg")
OUTSIDE = "outside_kg_co2e_per_kg"
_TEXTS_AFTER = ("missing", "code", "reason_zh", "reason_en")
_SECONDARY, _PRIMARY = "secondary", "primary"


def result_schema() -> Any:
    """Return the schema of the results; numbers are float64, kg CO2e per kg of product."""
    pa = arrow()
    text, number, flag = pa.string(), pa.float64(), pa.bool_()
    return pa.schema(
        [(STUDY, text), ("status", text)]
        + [(name, number) for name in (*RESULT_NUMBERS, OUTSIDE)]
        + [("estimate", flag), ("illustrative", flag), ("arithmetic", text)]
        + [(name, text) for name in (*QUESTION, *CHOICES, "overrides", *_TEXTS_AFTER)]
    )


def contribution_schema() -> Any:
    """Return the schema of the contributions; numbers are float64, kg per kg of product."""
    pa = arrow()
    numbers = ROW_FIELDS[-2:]
    return pa.schema(
        [(STUDY, pa.string())]
        + [(name, pa.float64() if name in numbers else pa.string()) for name in ROW_FIELDS]
    )


def result_row(
    study: str,
    asked: Study,
    answerable: Answerable,
    overrides: Sequence[tuple[str, Decimal]],
    answer: Answer,
) -> dict[str, Any]:
    """Return one row of the results; `overrides` is JSON with its numbers as written."""
    definite = asked if isinstance(answerable, FootprintError) else answerable.study
    choices = completed_choices(definite.product, definite.choices)
    low, high = answer.interval or (None, None)
    given = {slot: decimal_text(value) for slot, value in overrides}
    return {
        STUDY: study,
        "status": answer.status,
        RESULT_NUMBERS[0]: answer.total,
        RESULT_NUMBERS[1]: low,
        RESULT_NUMBERS[2]: high,
        OUTSIDE: answer.outside,
        "estimate": answer.estimate,
        "illustrative": answer.illustrative,
        "arithmetic": answer.arithmetic,
        **{name: getattr(definite, name) for name in QUESTION},
        **{name: getattr(choices, name) for name in CHOICES},
        "overrides": json.dumps(given, ensure_ascii=False, sort_keys=True) if given else "",
        "missing": ", ".join(answer.missing),
        "code": answer.error.code if answer.error else "",
        "reason_zh": answer.reason("zh"),
        "reason_en": answer.reason("en"),
    }


@dataclass(frozen=True, slots=True)
class Piece:
    """Contributions of some studies of a block: columns, and the place of each row's study."""

    places: NDArray[np.intp]
    columns: Mapping[str, Any]


def variants_piece(
    model: Model, batch: Variants, places: Sequence[int], kept: NDArray[np.intp]
) -> Piece:
    """Return the contributions of the variants `kept` of a batch, study by study.

    `places` are the variants' studies in the block.
    """
    count = len(batch.rows)
    present = np.stack([row.present[kept] for row in batch.rows], axis=1).ravel()
    number = np.tile(np.arange(count), len(kept))[present]

    def by_row(values: list[str]) -> Any:
        return arrow().array(values, arrow().string()).take(arrow().array(number))

    def flags(name: str) -> NDArray[np.bool_]:
        return np.stack([getattr(row, name)[kept] for row in batch.rows], axis=1).ravel()[present]

    set_factor, set_amount = flags("set_factor"), flags("set_amount")
    measured = np.array([row.line.measured for row in batch.rows])[number]
    activity = measured & ~set_amount
    has_slot = np.array([bool(row.burden.slot) for row in batch.rows])[number]
    factor = np.array([model.is_measured(row.burden.slot) for row in batch.rows])[number]
    of_factor = np.where(has_slot, factor & ~set_factor, activity)
    processes = model.system.processes
    site = model.question.where.site
    made = [processes[row.line.place] for row in batch.rows]
    columns = {
        "process": by_row([item.code for item in made]),
        "site": by_row([site if item.own else "" for item in made]),
        "stage": by_row([item.stage for item in made]),
        "gas": by_row([row.gas for row in batch.rows]),
        "origin": by_row([row.burden.origin_of(row.gas) for row in batch.rows]),
        **{
            name: by_row([getattr(row.burden, name) for row in batch.rows])
            for name in ("flow", "scope", "link", "part")
        },
        "activity_data": _kinds(activity),
        "factor_data": _kinds(of_factor),
        "factor": _factors(model, batch, number + count * set_factor),
    }
    for name in ROW_FIELDS[-2:]:
        values = np.stack([getattr(row, name)[kept] for row in batch.rows], axis=1).ravel()
        columns[name] = arrow().array(values[present])
    return Piece(np.repeat(np.asarray(places)[kept], count)[present], columns)


def _kinds(primary: NDArray[np.bool_]) -> Any:
    kinds = arrow().array([_SECONDARY, _PRIMARY])
    return kinds.take(arrow().array(primary.astype(np.int8)))


def _factors(model: Model, batch: Variants, number: NDArray[np.intp]) -> Any:
    """Return the factor of each row: the one resolved, then in the same order the ones set."""
    slots = [row.burden.slot for row in batch.rows]
    refs = [model.ref(slot) for slot in slots] + [model.set_ref(slot) for slot in slots]
    return arrow().array(refs, arrow().string()).take(arrow().array(number))


def exact_piece(answers: Mapping[int, Answer]) -> Piece:
    """Return the contributions of exact answers, by the places of their studies."""
    rows = [(place, row) for place, answer in answers.items() for row in answer.rows]
    places = np.array([place for place, _ in rows], dtype=np.intp)
    schema = contribution_schema()
    columns = {
        name: arrow().array([row[number] for _, row in rows], schema.field(name).type)
        for number, name in enumerate(ROW_FIELDS)
    }
    return Piece(places, columns)


def contribution_table(studies: Sequence[str], pieces: Sequence[Piece]) -> Any:
    """Return the contributions of a block in the order of its studies."""
    pa, schema = arrow(), contribution_schema()
    if not pieces:
        return schema.empty_table()
    names = pa.array(studies, pa.string())
    tables = [
        pa.table({STUDY: names.take(pa.array(piece.places)), **piece.columns}).select(schema.names)
        for piece in pieces
    ]
    places = np.concatenate([piece.places for piece in pieces])
    order = np.argsort(places, kind="stable")
    return pa.concat_tables(tables).cast(schema).take(pa.array(order)).combine_chunks()


def result_table(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return the results of a block."""
    return arrow().Table.from_pylist(list(rows), schema=result_schema())
