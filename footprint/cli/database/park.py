"""`footprint park`: the roll-up of all sites, and who stands behind a park average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.canonical import decimal_text
from factor_db.foundation.errors import EXIT_DONE, EXIT_INVALID
from factor_db.foundation.messages import code_of
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from factor_db.factors.park.averages import CheckedEvidence
    from factor_db.ledger.park.rollup import RollUp
    from footprint.comparison.document import BandBehind

app = typer.Typer(help="园区 / the park", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command()
def rollup(
    period: Annotated[str, typer.Option(help="期间,如 2025 / period")],
    as_json: AsJson = False,
) -> None:
    """汇总各场地台账,场地间转移只计一次 / sum all sites, transfers between them once."""
    from factor_db.ledger.park.rollup import rollup_of_park

    with opened_store() as store, store.work(CONTEXT.user) as work:
        summed = rollup_of_park(work, period)
    if as_json:
        print_json(summed.record())
    else:
        _print_rollup(summed)
    raise typer.Exit(EXIT_DONE if summed.valid else EXIT_INVALID)


@app.command()
def evidence(
    ref: Annotated[str, typer.Argument(help="园区平均因子 / a park average's reference")],
    as_json: AsJson = False,
) -> None:
    """平均值由哪些企业组成,并重新核算(园区、审核员)/ contributors of an average, recomputed."""
    from factor_db.factors.park.averages import evidence_of

    with opened_store() as store, store.work(CONTEXT.user) as work:
        found = evidence_of(work, ref)
    if as_json:
        print_json(found)
    else:
        _print_evidence(found)
    raise typer.Exit(EXIT_DONE if found["agrees"] else EXIT_INVALID)


@app.command()
def band(
    product: Annotated[str, typer.Argument(help="plate | extrusion | recycled_ingot | …")],
    region: Annotated[str, typer.Option(help="地区,如 CN-CQ / region")],
    year: Annotated[str, typer.Option(help="年份,如 2025 / calendar year")],
    behind: Annotated[
        bool,
        typer.Option("--evidence", help="只看由谁组成(园区、审核员)/ show who stands behind it"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """公布一种产品的园区区间,一年一次(园区)/ publish a product's park band, once a year."""
    from footprint.comparison.band import BandSlot, band_evidence, make_band

    slot = BandSlot(product, region, year)
    if behind:
        with opened_store() as store, store.work(CONTEXT.user) as work:
            found = band_evidence(work, slot)
        _print_behind(found, as_json)
        raise typer.Exit(EXIT_DONE if found.agrees else EXIT_INVALID)
    with opened_store() as store, store.work(CONTEXT.user) as work:
        made = make_band(work, slot)
    if as_json:
        refused = {"band": slot.name, "refusal": made.refusal, "left_out": dict(made.left_out)}
        print_json(made.record.record() if made.record else refused)
    for site, reason in made.left_out.items():
        say("BAND_LEFT_OUT", site=site, reason=reason)
    if made.record is None:
        say(code_of("BAND_REFUSED", made.refusal))
        raise typer.Exit(EXIT_INVALID)
    say("BAND_KNOWN" if made.known else "BAND_MADE", band=slot.name)


def _print_behind(found: BandBehind, as_json: bool) -> None:
    if as_json:
        print_json(found.record())
        return
    rows = [
        [item.organisation, item.site, decimal_text(item.value), decimal_text(item.weight)]
        for item in found.contributors
    ]
    print_table(["organisation", "site", "value", "weight"], rows)
    code = "PARK_EVIDENCE_AGREES" if found.agrees else "PARK_EVIDENCE_DIFFERS"
    say(code, ref=found.band, count=len(found.contributors))


def _print_rollup(summed: RollUp) -> None:
    record = summed.record()
    columns = ["kind", "flow", "unit", "of_firms", "transferred", "total"]
    print_table(columns, [[line[name] for name in columns] for line in record["lines"]])
    for item in record["findings"]:
        print(f"{item['sheet']}!{item['cell']}  {item['severity']}  {item['code']}")
        print(f"    {item['message_' + CONTEXT.lang]} {item['remedy_' + CONTEXT.lang]}")
    say(
        "PARK_ROLLUP_DONE",
        sites=len(record["ledgers"]),
        transfers=len(record["transfers"]),
        findings=len(record["findings"]),
    )
    if summed.illustrative:
        say("PARK_ROLLUP_ILLUSTRATIVE")


def _print_evidence(found: CheckedEvidence) -> None:
    rows = [
        [item["organisation"], item["site"], item["factor"], item["value"], item["weight"]]
        for item in found["contributors"]
    ]
    print_table(["organisation", "site", "factor", "value", "weight"], rows)
    code = "PARK_EVIDENCE_AGREES" if found["agrees"] else "PARK_EVIDENCE_DIFFERS"
    say(code, ref=found["factor"], count=len(found["contributors"]))
