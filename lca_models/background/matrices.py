"""A life-cycle database as two sparse matrices in one canonical order, named by its content.

Owns the order, the summing of repeated exchanges and the hash; reading a file and finding the gases
are others' work. The order is that of the product and flow keys, so neither the order of rows,
columns and exchanges in the source nor its internal numbers change a matrix or its hash.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factor_db.foundation.canonical import canonical_json
from factor_db.foundation.errors import BadInput
from factor_db.foundation.rules import rule

Floats = NDArray[np.float64]
HASH_DOMAIN = b"footprint/background/v1\n"
SHOWN_AT_MOST = "shown_at_most"


@dataclass(frozen=True, slots=True)
class Product:
    """What one activity makes: its key, name, place and unit, and the activity's own name.

    `treatment`: the activity takes this product in (a waste); its row was turned round, so that a
    score is that of treating one unit.
    """

    key: str
    name: str
    location: str
    unit: str
    activity: str = ""
    treatment: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """An elementary flow: `gas` is our gas code, or empty; `kg_per_unit` its kg of that gas."""

    key: str
    name: str
    compartment: str
    unit: str
    gas: str = ""
    kg_per_unit: float = 0.0


@dataclass(frozen=True, slots=True)
class Entries:
    """Matrix entries as three arrays of one length; repeated places add up."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats


@dataclass(frozen=True)
class Background:
    """A database ready to be scored.

    `technosphere` (products x activities) keeps its signs: outputs positive, inputs negative, the
    diagonal is the net production of the activity that makes the product of the same place.
    `biosphere` is flows x activities. `gas_rows` is gas code → (flows,) kg of the gas per unit of
    each flow. `sha256` covers matrices, products, flows and gases, not the name.
    """

    name: str
    sha256: str
    products: tuple[Product, ...]
    flows: tuple[Flow, ...]
    technosphere: sparse.csc_array
    biosphere: sparse.csc_array
    gas_rows: Mapping[str, Floats]

    @property
    def gases(self) -> tuple[str, ...]:
        """The gas codes that occur, sorted."""
        return tuple(sorted(self.gas_rows))

    def loads(self) -> Floats:
        """Return kg of each gas that each activity emits itself: (activities, gases)."""
        loads = [self.biosphere.T @ self.gas_rows[gas] for gas in self.gases]
        return np.stack(loads, axis=1) if loads else np.zeros((len(self.products), 0))


def entries(rows: Sequence[int], columns: Sequence[int], values: Sequence[float]) -> Entries:
    """Return three sequences as entries."""
    return Entries(
        np.asarray(rows, dtype=np.int64),
        np.asarray(columns, dtype=np.int64),
        np.asarray(values, dtype=np.float64),
    )


def assemble(
    name: str,
    products: Sequence[Product],
    flows: Sequence[Flow],
    technosphere: Entries,
    biosphere: Entries,
) -> Background:
    """Put a database into canonical order, check it and name it by its hash.

    Entries count products, flows and activities in the order given; the activity of a product has
    the product's number. Raises BadInput for a key that stands twice, a number that is not finite,
    and an activity that makes (nearly) nothing net of what it uses of its own product
    (BACKGROUND_NO_NET_PRODUCTION, rule DQ-BACKGROUND-NET).
    """
    _check_keys([item.key for item in products])
    _check_keys([item.key for item in flows])
    _check_finite([technosphere.values, biosphere.values])
    _check_net_production(products, technosphere)
    product_order = sorted(range(len(products)), key=lambda index: products[index].key)
    flow_order = sorted(range(len(flows)), key=lambda index: flows[index].key)
    product_place = _places(product_order)
    matrices = (
        _summed(technosphere, product_place, product_place),
        _summed(biosphere, _places(flow_order), product_place),
    )
    ordered_products = tuple(products[index] for index in product_order)
    ordered_flows = tuple(flows[index] for index in flow_order)
    return Background(
        name=name,
        sha256=content_sha256(ordered_products, ordered_flows, *matrices),
        products=ordered_products,
        flows=ordered_flows,
        technosphere=matrices[0],
        biosphere=matrices[1],
        gas_rows=gas_rows(ordered_flows),
    )


def gas_rows(flows: Sequence[Flow]) -> dict[str, Floats]:
    """Return gas code → (flows,) kg of that gas per unit of each flow."""
    found: dict[str, Floats] = {}
    for index, flow in enumerate(flows):
        if flow.gas:
            found.setdefault(flow.gas, np.zeros(len(flows)))[index] = flow.kg_per_unit
    return dict(sorted(found.items()))


def content_sha256(
    products: Sequence[Product],
    flows: Sequence[Flow],
    technosphere: sparse.csc_array,
    biosphere: sparse.csc_array,
) -> str:
    """Return the SHA-256 of a database's content, apart from every other kind of hash.

    Numbers enter as little-endian doubles and 64-bit integers, texts as canonical JSON.
    """
    texts = {
        "products": [_product_record(item) for item in products],
        "flows": [_flow_record(item) for item in flows],
    }
    digest = hashlib.sha256(HASH_DOMAIN)
    digest.update(canonical_json(texts))
    digest.update(np.asarray([item.kg_per_unit for item in flows], dtype="<f8").tobytes())
    for matrix in (technosphere, biosphere):
        digest.update(np.asarray(matrix.shape, dtype="<i8").tobytes())
        digest.update(np.asarray(matrix.indptr, dtype="<i8").tobytes())
        digest.update(np.asarray(matrix.indices, dtype="<i8").tobytes())
        digest.update(np.asarray(matrix.data, dtype="<f8").tobytes())
    return digest.hexdigest()


def _product_record(item: Product) -> dict[str, Any]:
    texts = {"key": item.key, "name": item.name, "location": item.location, "unit": item.unit}
    return {**texts, "activity": item.activity, "treatment": item.treatment}


def _flow_record(item: Flow) -> dict[str, Any]:
    texts = {"key": item.key, "name": item.name, "compartment": item.compartment}
    return {**texts, "unit": item.unit, "gas": item.gas}


def shown(names: Sequence[str]) -> str:
    """Return the first few of many names for a message, and how many more there are."""
    limit = int(rule("DQ-BACKGROUND-NET").number(SHOWN_AT_MOST))
    more = len(names) - limit
    return "; ".join(names[:limit]) + (f" (+{more})" if more > 0 else "")


def _places(order: Sequence[int]) -> NDArray[np.int64]:
    places = np.empty(len(order), dtype=np.int64)
    places[np.asarray(order, dtype=np.int64)] = np.arange(len(order))
    return places


def _check_keys(keys: Sequence[str]) -> None:
    if len(set(keys)) != len(keys):
        twice = sorted(key for key, count in Counter(keys).items() if count > 1)
        raise BadInput("BACKGROUND_KEY_TWICE", keys=shown(twice))


def _check_finite(arrays: Sequence[Floats]) -> None:
    count = sum(int((~np.isfinite(values)).sum()) for values in arrays)
    if count:
        raise BadInput("BACKGROUND_NOT_FINITE", count=count)


def _check_net_production(products: Sequence[Product], technosphere: Entries) -> None:
    own = technosphere.rows == technosphere.columns
    places, values = technosphere.rows[own], technosphere.values[own]
    net = np.bincount(places, weights=values, minlength=len(products))
    gross = np.bincount(places, weights=np.maximum(values, 0), minlength=len(products))
    least = float(rule("DQ-BACKGROUND-NET").number("least_net_share"))
    bad = np.flatnonzero(~(net > least * gross))
    if bad.size:
        named = sorted(f"{products[index].name} ({net[index]:.3g})" for index in bad.tolist())
        raise BadInput("BACKGROUND_NO_NET_PRODUCTION", count=len(named), activities=shown(named))


def _summed(
    given: Entries, row_place: NDArray[np.int64], column_place: NDArray[np.int64]
) -> sparse.csc_array:
    """Sum repeated places so that neither the order of input nor the machine shows.

    `fsum` gives the double nearest to the exact sum; numpy's way of adding depends on its version
    and on the processor.
    """
    shape = (len(row_place), len(column_place))
    rows, columns = row_place[given.rows], column_place[given.columns]
    order = np.lexsort((given.values, rows, columns))
    rows, columns, values = rows[order], columns[order], given.values[order]
    if values.size:
        first = np.ones(values.size, dtype=bool)
        first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
        starts = np.flatnonzero(first)
        ends = np.append(starts[1:], values.size)
        added = values[starts]
        for place in np.flatnonzero(ends - starts > 1):
            added[place] = fsum(values[starts[place] : ends[place]])
        values = added
        kept = values != 0
        rows, columns, values = rows[starts][kept], columns[starts][kept], values[kept]
    matrix = sparse.csc_array((values, (rows, columns)), shape=shape)
    matrix.sort_indices()
    return matrix
