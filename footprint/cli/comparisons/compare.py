"""`footprint compare`: values through the gate, and converted step by step where asked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_DONE, EXIT_INVALID, BadInput
from factor_db.foundation.messages import LANGUAGES, code_of, text
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.options import SEED
from footprint.cli.printing import print_aligned, print_wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from footprint.comparison.compare import Pair
    from footprint.comparison.convert import Converted, Step
    from footprint.comparison.paired import Shares
    from footprint.comparison.value import Value

_DIGITS = 6


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("compare")(compare)
    app.command("statement")(statement)


def compare(
    values: Annotated[
        list[str], typer.Argument(help="计算 id | result.… | 数值.toml / calculation, id or file")
    ],
    convert: Annotated[
        bool, typer.Option("--convert", help="换算到共同条件 / bring to common terms")
    ] = False,
    samples: Annotated[int, typer.Option(min=0, max=1_000_000, help="抽样次数 / samples")] = 10_000,
    seed: Annotated[int, SEED] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """比较两个或多个碳足迹,不符则拒绝 / compare footprints; mismatches are refused."""
    from footprint.comparison.compare import compare as compare_values
    from footprint.comparison.compare import compare_document, find_value
    from footprint.comparison.paired import chance_below

    with opened_store() as store, store.read(CONTEXT.user) as session:
        found = [find_value(session, ref) for ref in values]
    chance = chance_below(samples, seed) if samples else None
    pairs = compare_values(found, conversion=convert, chance=chance)
    document = compare_document(pairs)
    if as_json:
        print_json(document.record())
    else:
        _print_pairs(pairs)
    raise typer.Exit(EXIT_DONE if document.comparable else EXIT_INVALID)


def statement(
    of: Annotated[
        str, typer.Argument(help="计算 id | result.… | 数值.toml / calculation, id or file")
    ] = "",
    check: Annotated[
        Path | None, typer.Option(help="检查自己的文字 / check a text of your own")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """可以公开陈述的文字;或检查文字中不得使用的词 / what may be said, or check a text."""
    from footprint.comparison.compare import find_value
    from footprint.comparison.statement import refused_words
    from footprint.comparison.statement import statement as said

    document: dict[str, object] = {}
    if of:
        with opened_store() as store, store.read(CONTEXT.user) as session:
            value = find_value(session, of)
        document = {f"statement_{lang}": said(value, lang) for lang in LANGUAGES}
        if not as_json:
            print(document[f"statement_{CONTEXT.lang}"])
    words: tuple[str, ...] = ()
    if check is not None:
        try:
            words = tuple(refused_words(check.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput("FILE_UNREADABLE", path=check, reason=error) from None
        document |= {"sound": not words, "refused_words": list(words)}
    if as_json:
        print_json(document)
    elif words:
        say("STATEMENT_REFUSED", words=", ".join(words))
    elif check is not None:
        say("STATEMENT_SOUND")
    raise typer.Exit(EXIT_INVALID if words else EXIT_DONE)


def _print_pairs(pairs: Sequence[Pair]) -> None:
    from footprint.comparison.statement import closure_of_value
    from footprint.comparison.statement import statement as said

    for pair in pairs:
        _print_pair(pair)
        print()
    print(text("COMPARE_STATEMENTS", CONTEXT.lang))
    values = {value.ref: value for value in (pairs[0].a, *(pair.b for pair in pairs))}
    for value in values.values():
        print_wrapped(f"- {said(value, CONTEXT.lang)}", indent=2)
        if closure := closure_of_value(value, CONTEXT.lang):
            print_wrapped(f"  {closure}", indent=2)


def _print_pair(pair: Pair) -> None:
    from footprint.comparison.compare import REFUSED, note_lines, obstacle_text
    from footprint.comparison.gate import sentence

    a, b, lang = pair.a, pair.b, CONTEXT.lang
    print_wrapped(text("COMPARE_TITLE", lang, a=_titled(a), b=_titled(b)), indent=2)
    print(text(code_of("COMPARE_STATUS", pair.status), lang, count=len(pair.mismatches)))
    for item in pair.mismatches:
        print_wrapped(f"- {sentence(item, a, b, lang)}", indent=2)
    if pair.status == REFUSED:
        print(text("COMPARE_TRY_CONVERT", lang))
    if pair.converted is not None:
        for obstacle in pair.converted.obstacles:
            print_wrapped(f"× {obstacle_text(obstacle, a, lang)}", indent=2)
        if pair.converted.complete:
            _print_ways(pair.converted, a, b)
    if pair.difference is not None:
        _print_difference(pair)
    if pair.notes and pair.difference is not None:
        what = text("COMPARE_GLUE", lang).join(note_lines(pair, lang))
        print_wrapped(text("COMPARE_NOTED", lang, what=what))


def _titled(value: Value) -> str:
    return f"{value.label} ({_figure(value.value)} kg CO2e/kg)"


def _print_ways(found: Converted, a: Value, b: Value) -> None:
    """Print both ways, unrounded: each sum is the one before plus the amount."""
    from footprint.comparison.compare import not_rebased_share
    from footprint.comparison.convert import WAY_HEADINGS

    lang = CONTEXT.lang
    rows = [*_way_rows(a, found.steps_a), *_way_rows(b, found.steps_b)]
    headings = [text(code, lang) for code in WAY_HEADINGS]
    print_aligned(headings, rows, figures=2)
    for value, steps in ((a, found.steps_a), (b, found.steps_b)):
        share = not_rebased_share(value, steps)
        if share is not None:
            percent = f"{share:.1%}"
            print_wrapped(text("COMPARE_NOT_REBASED", lang, label=value.label, percent=percent))
    print_wrapped(text("COMPARE_INTERVALS_LEFT", lang))


def _way_rows(start: Value, steps: Sequence[Step]) -> list[list[str]]:
    from footprint.comparison.gate import attribute_words, parts_words

    lang = CONTEXT.lang
    rows = [[text("COMPARE_START", lang, label=start.label), "", f"{start.value:f}"]]
    for step in steps:
        what = text(
            code_of("COMPARE_STEP", step.kind),
            lang,
            what=attribute_words(step.attribute, lang),
            before=step.before,
            after=step.after,
            parts=parts_words(start.class_of.scheme, step.parts, lang),
        )
        rows.append([what, f"{step.amount:+f}", f"{step.sum:f}"])
    return rows


def _print_difference(pair: Pair) -> None:
    from footprint.comparison.paired import drawn_alike

    a, b, lang = pair.a, pair.b, CONTEXT.lang
    difference = _figure(pair.difference or Decimal(0))
    print_wrapped(text("COMPARE_DIFFERENCE", lang, a=a.label, b=b.label, difference=difference))
    if pair.shares is not None:
        _print_shares(pair, pair.shares)
    elif pair.converted is None and a.interval and b.interval:
        ends = {
            f"{end}_{name}": _figure(getattr(interval, end))
            for name, interval in (("a", a.interval), ("b", b.interval))
            for end in ("low", "high")
        }
        print_wrapped(text("COMPARE_INTERVALS", lang, a=a.label, b=b.label, **ends))
    if pair.converted is None and a.document and b.document and not drawn_alike(a, b):
        print_wrapped(text("COMPARE_CHANCE_LEFT", lang))


def _print_shares(pair: Pair, shares: Shares) -> None:
    lang = CONTEXT.lang
    if shares.equal == 1:
        print_wrapped(text("COMPARE_EQUAL_IN_ALL", lang))
        return
    chance = f"{shares.below:.1%}"
    print_wrapped(text("COMPARE_CHANCE", lang, a=pair.a.label, b=pair.b.label, chance=chance))
    if shares.equal:
        print_wrapped(text("COMPARE_EQUAL", lang, equal=f"{shares.equal:.1%}"))


def _figure(value: Decimal) -> str:
    return f"{value:.{_DIGITS}f}"
