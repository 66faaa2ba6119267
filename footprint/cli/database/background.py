"""`footprint background`: databases of others taken in, their scores, and factors made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import family, printable, text
from footprint.cli.context import CONTEXT, opened_store, print_json, print_table, say

if TYPE_CHECKING:
    from footprint.engine.backgrounds.score_cache import CachedScores
    from lca_models.background.written import ImportReport

app = typer.Typer(help="背景数据库 / databases of others as background", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="名称或哈希开头 / name, or the hash's first digits")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
Solver = Annotated[str, typer.Option(help="superlu, umfpack, pardiso / solver")]


@app.command("import")
def import_file(
    file: Annotated[
        Path | None, typer.Argument(help="JSON-LD、数据包或 Brightway 文件夹 / file or folder")
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="随附的 USLCI / the shipped one")
    ] = False,
    name: Annotated[str, typer.Option(help="名称 / name")] = "",
    database: Annotated[str, typer.Option(help="Brightway 数据库 / database of a project")] = "",
    version: Annotated[str, typer.Option(help="版本 / version")] = "",
    licence: Annotated[str, typer.Option(help="许可 / licence")] = "",
    nodes: Annotated[
        Path | None, typer.Option(help="数据包的名称表 CSV / names of a data package")
    ] = None,
    choices: Annotated[
        Path | None, typer.Option(help="指定供给者与分配的 TOML / providers and allocation")
    ] = None,
    solver: Solver = "superlu",
    as_json: AsJson = False,
) -> None:
    """导入数据库并求全部产品的得分 / take a database in and score every product."""
    from factor_db.store.home import home_folder
    from footprint.backgrounds.home import Wish, import_background
    from lca_models.background.storage import read_record

    path = _path(file, shipped=shipped)
    wish = Wish(
        name=name or ("uslci" if shipped else ""),
        database=database,
        version=version,
        licence=licence,
        nodes=nodes,
        choices=choices,
        solver=solver,
    )
    folder, report = import_background(home_folder(), path, wish)
    record = read_record(folder)
    if as_json:
        print_json({"name": record["name"], "sha256": folder.name, "report": report})
        return
    print("\n".join(_report_lines(report)))
    say("BACKGROUND_IMPORTED", name=record["name"], sha256=folder.name, folder=folder)


def _path(file: Path | None, *, shipped: bool) -> Path:
    from lca_models.external.archives import shipped_archive

    if shipped == (file is not None):
        raise BadInput("BACKGROUND_FILE_NEEDED")
    return shipped_archive() if file is None else file


def _report_lines(report: ImportReport) -> list[str]:
    """Return a report as `what: number` lines; lists by their length, everything else in JSON."""
    lines = []
    for key, value in report.items():
        shown = len(value) if isinstance(value, list | dict) and key not in _SPELLED else value
        if isinstance(shown, dict):
            named = (f"{_word(f'INPUT_{name}', name)} {count}" for name, count in shown.items())
            shown = ", ".join(named) or "-"
        lines.append(text("BACKGROUND_LINE", CONTEXT.lang, what=_word(key, key), shown=shown))
    return lines


def _word(name: str, plain: str) -> str:
    """Return the words for a key of a report; what has none (the code of a gas) stays."""
    code = family("BACKGROUND_WORD").get(name)
    return text(code, CONTEXT.lang) if code else plain


def _headings(*names: str) -> list[str]:
    return [_word(name, name) for name in names]


_SPELLED = ("inputs", "gases")


@app.command("list")
def list_backgrounds(as_json: AsJson = False) -> None:
    """列出背景数据库 / list the databases taken in."""
    from factor_db.store.home import home_folder
    from footprint.backgrounds.home import stored_backgrounds

    stored = stored_backgrounds(home_folder())
    if as_json:
        found = [
            {
                "name": record["name"],
                "sha256": folder.name,
                "products": record["shape"][0],
                "gases": record["gases"],
                "origin": record["origin"],
            }
            for folder, record in stored
        ]
        print_json(found)
        return
    rows = [
        [
            record["name"],
            folder.name[:12],
            str(record["shape"][0]),
            record["origin"]["database"],
            record["origin"]["version"] or "-",
            record["origin"]["licence"] or "-",
        ]
        for folder, record in stored
    ]
    headings = _headings("name", "sha256", "products", "database", "version", "licence")
    print_table(headings, rows)


@app.command()
def score(
    name: Name,
    search: Annotated[str, typer.Argument(help="产品,按词查找 / words of the product")] = "",
    gwp: Annotated[str, typer.Option(help="AR4 | AR5 | AR6")] = "AR6",
    solver: Solver = "superlu",
    refinements: Annotated[int | None, typer.Option(help="精化次数 / refinements")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="最多几个 / at most so many")] = None,
    as_json: AsJson = False,
) -> None:
    """各产品每单位的气体与 CO2e / gases and CO2e per unit of each matching product."""
    from factor_db.store.home import home_folder
    from footprint.backgrounds.home import (
        co2e_kg,
        find_background,
        gaps,
        gas_amounts,
        matching,
        scores_of,
    )

    folder = find_background(home_folder(), name)
    background, scores = scores_of(folder, solver=solver, refinements=refinements)
    _tell(scores)
    found: list[dict[str, Any]] = []
    for place in matching(background, search)[:limit]:
        product, amounts = background.products[place], gas_amounts(scores, place)
        found.append(
            {
                "key": product.key,
                "name": product.name,
                "activity": product.activity,
                "location": product.location,
                "unit": product.unit,
                "treatment": product.treatment,
                "gases_kg": amounts,
                "co2e_kg": co2e_kg(amounts, gwp),
            }
        )
    if as_json:
        change = dict(zip(scores.gases, scores.change, strict=True))
        head = {"background": folder.name, "gwp_set": gwp, "cache": scores.found}
        solving = {"solver": scores.solver, "refinements": scores.refinements, "change": change}
        print_json({**head, **solving, **gaps(folder), "products": found})
        return
    if not found:
        say("BACKGROUND_NO_MATCH", search=printable(search), name=printable(name))
        return
    rows = [
        [item["name"], item["location"], item["unit"], f"{item['co2e_kg']:.6g}", item["key"]]
        for item in found
    ]
    print_table(
        [*_headings("product", "location", "unit"), f"kg CO2e ({gwp})", _word("key", "")], rows
    )
    _say_gaps(gaps(folder))


def _say_gaps(found: Mapping[str, int | None]) -> None:
    """Say that the scores are lower bounds, and how much is not in them."""
    if any(found.values()):
        shown = {name: "-" if count is None else count for name, count in found.items()}
        say("BACKGROUND_LOWER_BOUND", **shown)


def _tell(scores: CachedScores) -> None:
    """Say when stored scores were not usable; nothing when they were, or when none were there."""
    if scores.found not in ("read", "new"):
        say("BACKGROUND_SCORES_ANEW", reason=scores.found)


@app.command()
def factor(
    name: Name,
    key: Annotated[str, typer.Argument(help="产品键 / key of the product")],
    flow: Annotated[str, typer.Option(help="填充的流 / flow it fills")],
    year: Annotated[int, typer.Option(help="数据年份 / data year")],
    quantity: Annotated[str, typer.Option(help="量,如 upstream / quantity")] = "",
    process: Annotated[str, typer.Option(help="工序 / process")] = "",
    unit: Annotated[str, typer.Option(help="单位代码 / our code of its unit")] = "",
    geography: Annotated[str, typer.Option(help="地域,如 CN / geography")] = "",
    name_zh: Annotated[str, typer.Option(help="中文名 / Chinese name")] = "",
    licence: Annotated[str, typer.Option(help="许可 / licence")] = "",
    owner: Annotated[str, typer.Option(help="所有者 / owner")] = "",
    purpose: Annotated[str, typer.Option(help="default | alternative | upper_bound")] = "default",
    pedigree: Annotated[str, typer.Option(help="五项评分,如 3;3;4;4;2 / five scores")] = "",
    reasons: Annotated[str, typer.Option(help="五条理由,以 | 分隔 / five reasons")] = "",
    explanation: Annotated[str, typer.Option(help="疑点的说明 / why a doubt is none")] = "",
    as_json: AsJson = False,
) -> None:
    """把一个产品录为因子(草稿)/ add a product as an emission factor, as a draft."""
    from factor_db.factors.keep.entry import add_by_hand
    from factor_db.store.home import home_folder
    from footprint.backgrounds.factor import FactorWish, background_factor
    from footprint.backgrounds.home import find_background

    with opened_store() as store, store.work(CONTEXT.user) as work:
        if not (owner or work.actor.organisation):
            raise BadInput("BACKGROUND_OWNER_NEEDED", user=work.actor.name)
        wish = FactorWish(
            flow=flow,
            owner=owner or work.actor.organisation,
            data_year=year,
            quantity=quantity,
            process=process,
            unit=unit,
            geography=geography,
            name_zh=name_zh,
            licence=licence,
            purpose=purpose,
            scores=_scores(pedigree),
            reasons=tuple(filter(None, reasons.split("|"))),
        )
        made = background_factor(find_background(home_folder(), name), key, wish)
        row = add_by_hand(work, made, explanation=explanation)
        ref, sha256 = f"{row.factor_id}@{row.version}", row.sha256
    if as_json:
        print_json({"factor": ref, "sha256": sha256, "amounts": made.record()["amounts"]})
    else:
        print(ref)


def _scores(stated: str) -> tuple[int, ...]:
    parts = [part.strip() for part in stated.split(";") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise BadInput("BACKGROUND_SCORES", scores=stated, reasons="-")
    return tuple(int(part) for part in parts)
