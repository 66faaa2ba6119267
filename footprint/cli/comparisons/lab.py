"""`footprint lab`: every combination of the methodological choices in one table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_DONE, EXIT_INCOMPLETE
from factor_db.foundation.messages import code_of, text
from factor_db.foundation.names import in_sentence, name_or_code
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.printing import print_aligned, print_wrapped
from footprint.cli.results.calculate import CHOICE_HELP
from footprint.cli.results.study_options import named_choices

if TYPE_CHECKING:
    from footprint.lab.combinations import Lab
    from footprint.lab.written import LabDocument, LabEnd, LabRow


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("lab")(lab)


def lab(
    product: Annotated[
        str, typer.Argument(help="plate | extrusion | recycled_ingot | … | STUDY.toml")
    ],
    site: Annotated[str, typer.Option(help="场地 / site")] = "",
    period: Annotated[str, typer.Option(help="期间 / period")] = "",
    release: Annotated[str, typer.Option(help="发布版 / release")] = "",
    gwp: Annotated[str, typer.Option(help="研究的 GWP 集 / the study's own GWP set")] = "",
    choice: Annotated[list[str] | None, typer.Option(help=CHOICE_HELP)] = None,
    vary: Annotated[
        list[str] | None, typer.Option(help="只比较这些选择 / only these choices")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="另存为 CSV / also write a CSV file")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """比较全部方法学选择的组合 / compare all combinations of methodological choices."""
    from footprint.lab.combinations import run_lab
    from footprint.lab.document import lab_csv, lab_document
    from footprint.study.definition import study_named

    study = study_named(product)
    for name, value in named_choices(choice or []):
        study = study.changed(name, value)
    study = replace(
        study,
        site=site or study.site,
        period=period or study.period,
        release=release or study.release,
        gwp_set=gwp or study.gwp_set,
    )
    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = run_lab(session, study, vary or ())
    document = lab_document(found)
    if csv is not None:
        csv.write_bytes(lab_csv(found))
        say("FILE_WRITTEN", path=csv)
    if as_json:
        print_json(document.record())
    else:
        _print_lab(found, document)
    raise typer.Exit(EXIT_INCOMPLETE if document.lowest is None else EXIT_DONE)


def _print_lab(found: Lab, document: LabDocument) -> None:
    from footprint.words.closure import closure_line

    study = found.prepared.study
    title = {name: getattr(study, name) for name in ("site", "period", "release")}
    product = " ".join(filter(None, (study.product, study.product_code)))
    print_wrapped(text("LAB_TITLE", CONTEXT.lang, product=product, **title))
    _print_fixed(document)
    print()
    notes = _print_rows(document)
    for number, note in enumerate(notes, start=1):
        print_wrapped(f"[{number}] {note}", indent=4)
    print_wrapped(_counts(document))
    closure = found.checks.closure if found.checks else None
    if closure and (line := closure_line(closure, CONTEXT.lang)):
        print_wrapped(line)
    if document.lowest is None or document.highest is None:
        print(text("LAB_NOTHING", CONTEXT.lang))
        return
    print()
    _print_effects(document)
    print()
    _print_end("LAB_HIGHEST", document.highest, document)
    _print_end("LAB_LOWEST", document.lowest, document)
    if document.illustrative:
        say("RESULT_ILLUSTRATIVE")
    if document.estimate:
        say("RESULT_ESTIMATE")


def _print_fixed(document: LabDocument) -> None:
    for item in document.choices:
        note = item.note(CONTEXT.lang)
        if len(item.values) == 1:
            value = " · ".join(filter(None, (item.taken, note)))
            name = _name(item.choice)
            print_wrapped(text("LAB_FIXED", CONTEXT.lang, choice=name, value=value))
        elif note:
            print_wrapped(f"{_name(item.choice)}: {note}")


_FIGURES = ("LAB_HEADING_TOTAL", "LAB_HEADING_DIFFERENCE", "LAB_HEADING_PERCENT")


def _print_rows(document: LabDocument) -> list[str]:
    """Print the combinations and return the notes that say why some have no total."""
    names = _varied(document)
    beside = any(row.outside_headline for row in document.rows)
    figures = [*_FIGURES, *(["LAB_HEADING_OUTSIDE"] if beside else [])]
    notes: list[str] = []
    rows = []
    for row in document.rows:
        mark = "*" if row.of_study else ""
        shown = _figures(row, notes)[: len(figures)]
        rows.append([mark, *(row.choices[name] for name in names), *shown])
    words = [text(code, CONTEXT.lang) for code in figures]
    print_aligned(["", *map(_name, names), *words], rows, figures=len(figures))
    return notes


def _figures(row: LabRow, notes: list[str]) -> list[str]:
    if row.total is not None:
        total, difference = _figure(row.total), _figure(row.difference)
        outside = _figure(row.outside_headline) if row.outside_headline else ""
        return [total, difference, _figure(row.difference_percent, 1), outside]
    reason = ", ".join(row.missing) or f"{row.code}: {row.message(CONTEXT.lang)}"
    note = text(code_of("LAB_STATUS", row.status), CONTEXT.lang, reason=reason)
    if note not in notes:
        notes.append(note)
    return [f"[{notes.index(note) + 1}]", "", "", ""]


def _figure(value: Decimal | None, digits: int = 4, sign: str = "") -> str:
    if value is None:
        return "-"
    shown = f"{value:{sign}.{digits}f}"
    return shown if Decimal(shown) else shown.lstrip("+-")  # no sign on what rounds to nothing


def _counts(document: LabDocument) -> str:
    statuses = [row.status for row in document.rows]
    numbers = {name: statuses.count(name) for name in ("complete", "incomplete", "refused")}
    return text("LAB_COUNTS", CONTEXT.lang, rows=len(statuses), **numbers)


def _print_effects(document: LabDocument) -> None:
    print(text("LAB_EFFECTS", CONTEXT.lang))
    codes = (
        "LAB_HEADING_CHOICE",
        "LAB_HEADING_VALUE",
        "LAB_HEADING_ALONE",
        "LAB_HEADING_MEAN",
        "LAB_HEADING_COMBINATIONS",
    )
    rows = []
    for effect in document.effects:
        name = _name(effect.choice)
        ranges = (_figure(effect.range_at_study), _figure(effect.mean_range))
        of_all = str(effect.combinations)
        rows.append([name, text("LAB_RANGE", CONTEXT.lang), *ranges, of_all])
        for value in effect.values:
            if value.value != effect.taken:
                moves = (value.difference, value.mean_difference)
                signed = (_figure(move, sign="+") for move in moves)
                rows.append(["", value.value, *signed, str(value.pairs)])
    print_aligned([text(code, CONTEXT.lang) for code in codes], rows, figures=3)
    share = document.study.not_rebased_share
    if share is not None:
        percent = f"{share or Decimal(0):.1%}"
        print_wrapped(text("LAB_NOT_REBASED", CONTEXT.lang, percent=percent))


def _print_end(code: str, end: LabEnd, document: LabDocument) -> None:
    first, *others = end.combinations
    choices = ", ".join(f"{name}={first[name]}" for name in _varied(document))
    more = text("LAB_MORE", CONTEXT.lang, count=len(others)) if others else ""
    total = _figure(end.total)
    print_wrapped(text(code, CONTEXT.lang, total=total, choices=choices, more=more), indent=4)


def _varied(document: LabDocument) -> list[str]:
    return [item.choice for item in document.choices if len(item.values) > 1]


def _name(choice: str) -> str:
    return in_sentence(name_or_code("choice", choice, CONTEXT.lang, "short"))
