"""A database of a Brightway 2.5 project as a background: the processed packages, and their names.

Never opens a project the Brightway way, so nothing of the user's is touched and no current project
changes. A database that links to others is taken together with all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from factor_db.foundation.errors import BadInput
from lca_models.background.datapackage import (
    BIOSPHERE,
    TECHNOSPHERE,
    Exchanges,
    joined,
    read_package,
)
from lca_models.background.flows import elementary_flow
from lca_models.background.gases import listed
from lca_models.background.matrices import (
    Background,
    Entries,
    Flow,
    Product,
    assemble,
    shown,
)
from lca_models.background.nodes import DATABASE_FILE, Node, read_nodes
from lca_models.background.written import ImportReport

_NAME_DIGITS = 8  # of the MD5 that Brightway puts behind a file name to keep names apart


@dataclass(frozen=True, slots=True)
class Imported:
    """A background as read, with the report on what was not plain."""

    background: Background
    report: ImportReport


def find_project(folder: Path, database: str) -> Path:
    """Return the project folder that holds a database: the folder itself, or one directly below.

    Raises BadInput: BRIGHTWAY_FOLDER_NONE, BRIGHTWAY_DATABASE_UNKNOWN (names what there is),
    BRIGHTWAY_DATABASE_TWICE.
    """
    below = sorted(item for item in folder.iterdir() if item.is_dir())
    projects = [item for item in (folder, *below) if (item / DATABASE_FILE).is_file()]
    if not projects:
        raise BadInput("BRIGHTWAY_FOLDER_NONE", folder=folder.name)
    holding = [item for item in projects if database in _metadata(item)]
    if not holding:
        known = sorted({name for item in projects for name in _metadata(item)})
        raise BadInput("BRIGHTWAY_DATABASE_UNKNOWN", database=database, known=shown(known) or "-")
    if len(holding) > 1:
        names = ", ".join(item.name for item in holding)
        raise BadInput("BRIGHTWAY_DATABASE_TWICE", database=database, projects=names)
    return holding[0]


def read_database(folder: Path, database: str, name: str = "") -> Imported:
    """Return a database of a project folder, with all databases it links to, in one background.

    Raises BadInput as `find_project` and `read_packages`, and BRIGHTWAY_NOT_PROCESSED.
    """
    project = find_project(folder, database)
    databases = _with_dependencies(project, database)
    packages = [_package_path(project, item) for item in databases]
    nodes_wanted, parts = set[int](), _read_all(packages)
    for exchanges in parts.values():
        nodes_wanted |= {int(number) for number in exchanges.rows}
        nodes_wanted |= {int(number) for number in exchanges.columns}
    nodes = read_nodes(project, nodes_wanted)
    return read_packages(name or database, parts, nodes, databases=databases)


def read_packages(
    name: str,
    parts: Mapping[str, Exchanges],
    nodes: Mapping[int, Node],
    *,
    databases: list[str] | None = None,
) -> Imported:
    """Return the background of exchanges and the nodes they number.

    Raises BadInput (BACKGROUND_EMPTY, BACKGROUND_NODES_UNKNOWN, BACKGROUND_NOT_SQUARE) and as
    `assemble`.
    """
    if TECHNOSPHERE not in parts:
        raise BadInput("BACKGROUND_EMPTY", name=name)
    technosphere, biosphere = parts[TECHNOSPHERE], parts.get(BIOSPHERE) or _no_exchanges()
    _check_known(nodes, technosphere, biosphere)
    product_ids, activity_ids = _matched(technosphere, nodes)
    flipped = _waste_products(technosphere, product_ids, activity_ids)
    product_place = {int(number): place for place, number in enumerate(product_ids)}
    activity_place = {int(number): place for place, number in enumerate(activity_ids)}
    sign = np.where(flipped, -1.0, 1.0)
    rows = _numbered(technosphere.rows, product_place)
    links = Entries(
        rows, _numbered(technosphere.columns, activity_place), technosphere.values * sign[rows]
    )
    products = [
        _product(nodes[int(product)], nodes[int(activity)], turned=bool(turned))
        for product, activity, turned in zip(product_ids, activity_ids, flipped, strict=True)
    ]
    flow_ids = np.unique(biosphere.rows)
    flow_place = {int(number): place for place, number in enumerate(flow_ids)}
    emitted = Entries(
        _numbered(biosphere.rows, flow_place),
        _numbered(biosphere.columns, activity_place),
        biosphere.values,
    )
    flows, uncounted = _flows([nodes[int(number)] for number in flow_ids])
    background = assemble(name, products, flows, links, emitted)
    report: ImportReport = {
        "source": "brightway",
        "databases": databases or [],
        "activities": len(products),
        "exchanges": int(technosphere.values.size),
        "flows": len(flows),
        "waste_treatments": int(flipped.sum()),
        "gases": _gas_counts(flows),
        "uncounted": listed(uncounted),
    }
    return Imported(background, report)


def _gas_counts(flows: list[Flow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for flow in flows:
        if flow.gas:
            counts[flow.gas] = counts.get(flow.gas, 0) + 1
    return dict(sorted(counts.items()))


def _flows(nodes: list[Node]) -> tuple[list[Flow], list[tuple[str, str, str]]]:
    flows, uncounted = [], []
    for node in nodes:
        # Brightway keeps no direction: a resource is known by its type and compartment.
        is_output = "resource" not in f"{node.kind} {node.compartment.partition('/')[0]}"
        flow, reason = elementary_flow(
            node.key, node.name, node.cas, node.compartment, node.unit, is_output=is_output
        )
        flows.append(flow)
        if reason:
            uncounted.append((node.name, node.compartment, reason))
    return flows, uncounted


def _product(product: Node, activity: Node, *, turned: bool) -> Product:
    same = product.number == activity.number
    return Product(
        key=product.key,
        name=(product.product if same else product.name) or product.name,
        location=activity.location or product.location,
        unit=product.unit or activity.unit,
        activity=activity.name,
        treatment=turned,
    )


def _matched(
    technosphere: Exchanges, nodes: Mapping[int, Node]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each product with the activity that makes it; both sorted by the activity's number.

    An activity that is its own product comes first, then the marked reference production, then any
    production that still leaves every other activity a product of its own.
    """
    products, activities = np.unique(technosphere.rows), np.unique(technosphere.columns)
    if products.size != activities.size:
        made = set(technosphere.rows[technosphere.output].tolist())
        lacking = [nodes[int(item)].name for item in products if int(item) not in made]
        raise BadInput(
            "BACKGROUND_NOT_SQUARE",
            products=int(products.size),
            activities=int(activities.size),
            lacking=shown(sorted(lacking)) or "-",
        )
    partner = _own_products(technosphere)
    for marked in (technosphere.reference, technosphere.output):
        _match_rest(technosphere, marked, products, activities, partner)
    unmatched = [nodes[int(item)].name for item in activities if int(item) not in partner]
    if unmatched:
        raise BadInput(
            "BACKGROUND_NOT_SQUARE",
            products=int(products.size),
            activities=int(activities.size),
            lacking=shown(sorted(unmatched)),
        )
    return np.asarray([partner[int(item)] for item in activities], dtype=np.int64), activities


def _own_products(technosphere: Exchanges) -> dict[int, int]:
    own = technosphere.output & (technosphere.rows == technosphere.columns)
    return {int(number): int(number) for number in np.unique(technosphere.columns[own])}


def _match_rest(
    technosphere: Exchanges,
    marked: NDArray[np.bool_],
    products: NDArray[np.int64],
    activities: NDArray[np.int64],
    partner: dict[int, int],
) -> None:
    """Pair what is not paired yet along marked exchanges, as many as can be."""
    taken = set(partner.values())
    free_products = [int(item) for item in products if int(item) not in taken]
    free_activities = [int(item) for item in activities if int(item) not in partner]
    row_place = {number: place for place, number in enumerate(free_products)}
    column_place = {number: place for place, number in enumerate(free_activities)}
    pairs = {
        (column_place[int(column)], row_place[int(row)])
        for row, column in zip(technosphere.rows[marked], technosphere.columns[marked], strict=True)
        if int(row) in row_place and int(column) in column_place
    }
    if not pairs:
        return
    places = np.asarray(sorted(pairs), dtype=np.int64)
    graph = sparse.csr_array(
        (np.ones(len(places), dtype=np.int8), (places[:, 0], places[:, 1])),
        shape=(len(free_activities), len(free_products)),
    )
    chosen = csgraph.maximum_bipartite_matching(graph, perm_type="column")
    for column, row in enumerate(chosen):
        if row >= 0:
            partner[free_activities[column]] = free_products[int(row)]


def _waste_products(
    technosphere: Exchanges, products: NDArray[np.int64], activities: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which products an activity takes in instead of making: their production is negative."""
    maker = {
        int(product): int(activity) for product, activity in zip(products, activities, strict=True)
    }
    place = {int(product): index for index, product in enumerate(products)}
    made = np.zeros(products.size)
    for row, column, value in zip(
        technosphere.rows[technosphere.output],
        technosphere.columns[technosphere.output],
        technosphere.values[technosphere.output],
        strict=True,
    ):
        if maker[int(row)] == int(column):
            made[place[int(row)]] += value
    return made < 0


def _numbered(numbers: NDArray[np.int64], place: Mapping[int, int]) -> NDArray[np.int64]:
    return np.asarray([place[int(number)] for number in numbers], dtype=np.int64)


def _check_known(nodes: Mapping[int, Node], *parts: Exchanges) -> None:
    wanted = {int(number) for part in parts for number in (*part.rows, *part.columns)}
    unknown = sorted(wanted - set(nodes))
    if unknown:
        raise BadInput(
            "BACKGROUND_NODES_UNKNOWN", count=len(unknown), nodes=shown([str(n) for n in unknown])
        )


def _no_exchanges() -> Exchanges:
    none, never = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return Exchanges(none, none, np.zeros(0), never, never)


def _read_all(paths: list[Path]) -> dict[str, Exchanges]:
    found: dict[str, list[Exchanges]] = {}
    for path in paths:
        for matrix, exchanges in read_package(path).items():
            found.setdefault(matrix, []).append(exchanges)
    return {matrix: joined(parts) for matrix, parts in found.items()}


def _metadata(project: Path) -> dict[str, Any]:
    try:
        content = json.loads((project / "databases.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _with_dependencies(project: Path, database: str) -> list[str]:
    metadata, found, waiting = _metadata(project), set[str](), [database]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in metadata:
            known = shown(sorted(metadata)) or "-"
            raise BadInput("BRIGHTWAY_DATABASE_UNKNOWN", database=name, known=known)
        found.add(name)
        waiting.extend(metadata[name].get("depends", ()))
    return sorted(found)


def _package_path(project: Path, database: str) -> Path:
    """Return where Brightway keeps a database's arrays; refuses arrays older than the database."""
    digest = hashlib.md5(database.encode(), usedforsecurity=False).hexdigest()
    short = digest[:_NAME_DIGITS]
    found = sorted((project / "processed").glob(f"*.{short}.zip"))
    if not found or _metadata(project)[database].get("dirty"):
        raise BadInput("BRIGHTWAY_NOT_PROCESSED", database=database)
    return found[0]
