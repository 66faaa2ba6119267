"""`footprint supplier` and `factor from-calculation`: footprints taken in, and one handed over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factor_db.foundation.errors import EXIT_BAD_INPUT, EXIT_INVALID
from footprint.cli.context import CONTEXT, opened_store, print_json, say

if TYPE_CHECKING:
    from footprint.exchange.fields import FieldFault
    from footprint.exchange.importing import SupplierFile

app = typer.Typer(help="供应商碳足迹 / suppliers' footprints", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
Slot = Annotated[str, typer.Option("--slot", help="填充的流,如 primary_ingot / flow it fills")]


def register(factors: typer.Typer) -> None:
    """Add the command that hands a footprint over to the factor group."""
    factors.command("from-calculation")(from_calculation)


@app.command()
def template(file: Annotated[Path, typer.Argument(help="目标 .toml / file to write")]) -> None:
    """写出手工录入模板 / write a file to type a supplier's footprint into."""
    from footprint.exchange.importing import write_template

    write_template(file)
    say("FILE_WRITTEN", path=file)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="PACT .json 或 .toml / PACT JSON or TOML")],
    as_json: AsJson = False,
) -> None:
    """检查供应商文件,不存入 / check a supplier's file and store nothing."""
    from datetime import UTC, datetime

    from footprint.exchange.importing import faults_of_file

    faults = faults_of_file(file, datetime.now(UTC).date())
    if as_json:
        print_json({"valid": not faults, "findings": [fault.as_dict() for fault in faults]})
    elif faults:
        print("\n".join(_lines(faults)))
    else:
        say("SUPPLIER_SOUND", path=file)
    if faults:
        raise typer.Exit(EXIT_INVALID)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="PACT .json 或 .toml / PACT JSON or TOML")],
    slot: Slot = "",
    owner: Annotated[str, typer.Option(help="采购企业 / buying enterprise")] = "",
    explanation: Annotated[str, typer.Option(help="疑点的说明 / why a doubt is none")] = "",
    as_json: AsJson = False,
) -> None:
    """导入供应商碳足迹(草稿)/ take a supplier's footprint in, as a draft factor."""
    from footprint.exchange.fields import FileFaults
    from footprint.exchange.importing import import_supplier

    try:
        read = _read(file, slot)
        with opened_store() as store, store.work(CONTEXT.user) as work:
            ref = import_supplier(work, read, owner=owner, explanation=explanation)
    except FileFaults as error:
        if as_json:
            faults = [fault.as_dict() for fault in error.faults]
            print_json({"valid": False, "findings": faults})
        else:
            print("\n".join(_lines(error.faults)))
            say("SUPPLIER_FAULTS", **error.params)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    if as_json:
        print_json({"valid": True, "findings": [], "factor": ref})
    else:
        print(ref)


def from_calculation(
    calculation: Annotated[str, typer.Argument(help="计算 id / calculation id")],
    slot: Slot = "",
    name_zh: Annotated[str, typer.Option(help="中文名 / Chinese name")] = "",
    name_en: Annotated[str, typer.Option(help="英文名 / English name")] = "",
) -> None:
    """由计算结果生成产品因子(草稿)/ make a product factor to hand over, as a draft."""
    from footprint.exchange.product_factor import publishable_factor

    with opened_store() as store, store.work(CONTEXT.user) as work:
        print(publishable_factor(work, calculation, flow=slot, name_zh=name_zh, name_en=name_en))


def _read(file: Path, slot: str) -> SupplierFile:
    from datetime import UTC, datetime

    from footprint.exchange.importing import read_supplier_file

    return read_supplier_file(file, datetime.now(UTC).date(), slot)


def _lines(faults: tuple[FieldFault, ...]) -> list[str]:
    lines = []
    for fault in faults:
        lines.append(f"  {fault.code}  {fault.message(CONTEXT.lang)}")
        lines.append(f"      → {fault.remedy(CONTEXT.lang)}")
    return lines
