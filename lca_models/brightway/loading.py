"""把本文件夹的导出载入 Brightway 项目并计算 / load this folder's export into a Brightway project.

    python load.py PROJECT

中文：在装有 Brightway 2（brightway2 2.4.7）或 2.5（bw2data 4、bw2io 0.9）的 Python 里运行。它写入
数据库、气体、方法与参数，并打印一吨产品的得分（kg CO2e）。同名数据库会被覆盖。
English: run it with the Python that holds Brightway 2 (brightway2 2.4.7) or 2.5 (bw2data 4, bw2io
0.9). It writes databases, gases, method and parameters and prints the score of one tonne of product
(kg CO2e). Databases of the same name are replaced.

This file stands alone: a copy of it lies beside every package and every set of workbooks.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

FOREGROUND, GASES = "aluminium foreground", "aluminium gases"
PACKAGE = "footprint.bw2package"
WORKBOOKS = ("gases.xlsx", "foreground.xlsx")
METHOD_WORKBOOK = "method.xlsx"


def load(folder: Path) -> None:
    """Load the package or the workbooks of a folder into the current project."""
    if (folder / PACKAGE).exists():
        load_package(folder / PACKAGE)
    else:
        load_workbooks(folder)


def load_package(path: Path) -> None:
    """Load a package with its method, and make its parameters those of the project."""
    importlib.import_module("bw2io").BW2Package.import_file(str(path))
    activate_parameters()


def load_workbooks(folder: Path) -> None:
    """Load the three workbooks: gases, processes with their parameters, method."""
    data, io = importlib.import_module("bw2data"), importlib.import_module("bw2io")
    if not hasattr(data, "get_node") and "biosphere-2-3-categories" not in io.migrations:
        # Brightway 2 renames flows on every import and stops where its own tables are not set up.
        io.create_core_migrations()
    for name in WORKBOOKS:
        inventory = io.ExcelImporter(str(folder / name))
        inventory.apply_strategies()
        inventory.write_database(activate_parameters=True)
    stated = data.databases[FOREGROUND]
    method = io.ExcelLCIAImporter(
        str(folder / METHOD_WORKBOOK),
        tuple(stated["method"]),
        stated["method description"],
        stated["method unit"],
    )
    method.apply_strategies()
    method.write_methods(overwrite=True)


def activate_parameters() -> None:
    """Make the parameters that lie in the foreground database parameters of the project.

    Brightway keeps parameters apart from databases, and a package holds databases only.
    """
    data = importlib.import_module("bw2data")
    module = importlib.import_module("bw2data.parameters")
    rows = data.databases[FOREGROUND].pop("parameters", [])
    data.databases.flush()
    _forget_parameters(module)
    if rows:
        module.parameters.new_database_parameters([dict(row) for row in rows], FOREGROUND)
    for activity in sorted(data.Database(FOREGROUND), key=lambda item: str(item["code"])):
        key = (FOREGROUND, activity["code"])
        group = ":".join(key)
        rows = [
            {**row, "database": FOREGROUND, "code": activity["code"]}
            for row in activity["parameters"]
        ]
        del activity["parameters"]
        activity.save()
        module.parameters.new_activity_parameters(rows, group)
        module.parameters.add_exchanges_to_group(group, key)
        module.ActivityParameter.recalculate_exchanges(group)
    data.databases.clean()


def _forget_parameters(module: Any) -> None:
    """Delete what an earlier load of the same database left: its exchanges are no longer there."""
    activity, formula = module.ActivityParameter, module.ParameterizedExchange
    ours = activity.select(activity.group).where(activity.database == FOREGROUND)
    groups = {row.group for row in ours}
    formula.delete().where(formula.group << groups).execute()
    activity.delete().where(activity.database == FOREGROUND).execute()
    database = module.DatabaseParameter
    database.delete().where(database.database == FOREGROUND).execute()


def score() -> float:
    """Return the score of one tonne of the product in the current project, kg CO2e, by bw2calc.

    Brightway keeps its matrices in single precision, in both lines: about seven digits are right.
    """
    data, calculation = importlib.import_module("bw2data"), importlib.import_module("bw2calc")
    metadata = data.databases[FOREGROUND]
    product: Any = data.get_activity((FOREGROUND, metadata["final"]))
    lca = calculation.LCA({product: 1}, tuple(metadata["method"]))
    lca.lci()
    lca.lcia()
    return float(lca.score)


def double_score() -> float:
    """Return the same in double precision, solved here from the stored exchanges and the method."""
    data, numpy = importlib.import_module("bw2data"), importlib.import_module("numpy")
    metadata = data.databases[FOREGROUND]
    weights = {_key(data, row[0]): row[1] for row in data.Method(tuple(metadata["method"])).load()}
    activities = {activity["code"]: activity for activity in data.Database(FOREGROUND)}
    position = {code: index for index, code in enumerate(sorted(activities))}
    matrix = numpy.zeros((len(position), len(position)))
    direct = numpy.zeros(len(position))
    for code, activity in activities.items():
        for exchange in activity.exchanges():
            key, amount = tuple(exchange["input"]), float(exchange["amount"])
            if exchange["type"] == "biosphere":
                direct[position[code]] += amount * weights[key]
            else:
                sign = 1 if exchange["type"] == "production" else -1
                matrix[position[key[1]], position[code]] += sign * amount
    demand = numpy.zeros(len(position))
    demand[position[metadata["final"]]] = 1
    return float(direct @ numpy.linalg.solve(matrix, demand))


def _key(data: Any, flow: Any) -> tuple[str, str]:
    # Brightway 2.5 stores the number of a flow where Brightway 2 stores (database, code).
    key: tuple[str, str] = tuple(
        flow if isinstance(flow, tuple | list) else data.get_node(id=flow).key
    )
    return key


def main(arguments: list[str]) -> int:
    """Load the folder this file lies in and print the score; 2 without a project's name."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    importlib.import_module("bw2data").projects.set_current(arguments[0])
    load(Path(__file__).resolve().parent)
    sys.stdout.write(f"bw2calc, kg CO2e / t: {score()!r}\n")
    sys.stdout.write(f"double precision, kg CO2e / t: {double_score()!r}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
