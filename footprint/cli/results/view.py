"""`footprint view`: a calculation as a standard looks at it, and how each figure came about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import BadInput
from footprint.cli.context import CONTEXT, opened_store, print_json, say
from footprint.cli.printing import print_wrapped

if TYPE_CHECKING:
    from footprint.views.figure import View


# Spelled out here, the command below can still be seen whole.
_QUARTER = typer.Option(help="cbam: 进口季度 / 2026Q3, or tonnes: 2026Q2=30,2026Q3=70")
_COMPANY = typer.Option(help="pact: URN,可多次 / company id, may be repeated")
_PRODUCT = typer.Option(help="pact: URN,可多次 / product id, may be repeated")
_CARBON = typer.Option(help="pact: 喷涂产品含化石碳 / kg C per kg, of a coated product")
_PRECEDING = typer.Option(help="pact: 被取代的碳足迹 / UUID of the footprint replaced")
_ILLUSTRATIVE = typer.Option("--allow-illustrative", help="pact: 示例数据也写出 / for a trial")


def register(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command("view")(view)


def view(
    calculation: Annotated[str, typer.Argument(help="计算 id / calculation id")],
    standard: Annotated[str, typer.Option(help="iso14067 | gbt44905 | cbam | iai | pact")],
    gwp: Annotated[str, typer.Option(help="AR4 | AR5 | AR6")] = "",
    cn: Annotated[str, typer.Option(help="cbam: 八位编码 / CN code")] = "",
    year: Annotated[str, typer.Option(help="cbam: 年 / reporting year")] = "",
    price: Annotated[str, typer.Option(help="cbam: EUR/t CO2e")] = "",
    import_quarter: Annotated[str, _QUARTER] = "",
    statement: Annotated[str, typer.Option(help="cbam: 声明 / statement, FILE.toml")] = "",
    company_id: Annotated[list[str] | None, _COMPANY] = None,
    product_id: Annotated[list[str] | None, _PRODUCT] = None,
    product_name: Annotated[str, typer.Option(help="pact: 商品名 / trade name")] = "",
    comment: Annotated[str, typer.Option(help="pact: 说明 / your own words")] = "",
    created: Annotated[str, typer.Option(help="pact: 创建时间 / instant, ISO 8601")] = "",
    fossil_carbon: Annotated[str, _CARBON] = "",
    preceding: Annotated[list[str] | None, _PRECEDING] = None,
    allow_illustrative: Annotated[bool, _ILLUSTRATIVE] = False,
    out: Annotated[Path | None, typer.Option(help="FILE.md | FILE.pdf | FILE.json")] = None,
    explain: Annotated[
        str, typer.Option(help="数值名或 all / a figure's name, or all: how it came about")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """按标准出具报告并说明每个数值 / report a result by a standard and explain its figures."""
    asked = {
        "gwp_set": gwp,
        "cn": cn,
        "year": year,
        "price": price,
        "import_quarter": import_quarter,
        "statement": statement,
        "company_id": " ".join(company_id or ()),
        "product_id": " ".join(product_id or ()),
        "product_name": product_name,
        "comment": comment,
        "created": created,
        "fossil_carbon": fossil_carbon,
        "preceding": " ".join(preceding or ()),
        "allow_illustrative": "yes" if allow_illustrative else "",
    }
    found = _made(calculation, standard, {name: item for name, item in asked.items() if item})
    if out is not None:
        from footprint.views.files import view_file

        out.write_bytes(view_file(found, out.suffix, CONTEXT.lang))
        say("FILE_WRITTEN", path=out)
    if explain:
        _explain(found, explain, as_json)
    elif as_json or out is None:
        _print(found, as_json)
    if found.illustrative:
        say("RESULT_ILLUSTRATIVE")


def _made(calculation: str, standard: str, asked: dict[str, str]) -> View:
    from footprint.calculation.calculate import load_calculation
    from footprint.study.definition import GWP_SETS
    from footprint.views.registry import view_of

    gwp = asked.get("gwp_set")
    if gwp and gwp not in GWP_SETS:
        raise BadInput("GWP_SET_UNKNOWN", gwp=gwp, known=", ".join(GWP_SETS))
    with opened_store() as store, store.read(CONTEXT.user) as session:
        document = load_calculation(session, calculation)
    return view_of(document, standard, **asked)


def _print(found: View, as_json: bool) -> None:
    if as_json:
        from footprint.views.explain import view_document

        print_json(view_document(found))
    else:
        from footprint.views.markdown import markdown

        print(markdown(found, CONTEXT.lang), end="")


def _explain(found: View, name: str, as_json: bool) -> None:
    from footprint.views.explain import explanation, figures_document, steps

    needed = steps(found, name)
    if as_json:
        marks = {"standard": found.standard, "illustrative": found.illustrative}
        print_json({**marks, "figures": figures_document(needed)})
        return
    for line in explanation(needed, CONTEXT.lang):
        print_wrapped(line, indent=len(line) - len(line.lstrip()) + 2)
