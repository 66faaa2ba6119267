"""Parts: what is done of a portfolio, block by block, so that a killed run can be taken up again.

A folder beside the output holds a manifest (what the results rest on) and per block two Parquet
files and a seal with their hashes, which is written last. Only sealed blocks count.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factor_db.foundation.canonical import canonical_json, sha256_hex
from factor_db.foundation.errors import BadInput
from factor_db.foundation.files import UNFINISHED, remove_unfinished, whole_file, write_whole
from footprint.portfolio.files.arrow import arrow, arrow_parquet

RESULTS, CONTRIBUTIONS = "results", "contributions"
MANIFEST = "manifest.json"
RESULT_GROUP, CONTRIBUTION_GROUP = 10_000, 100_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one output; `manifest` is name → what the results rest on."""

    folder: Path
    manifest: Mapping[str, Any]

    def begin(self) -> tuple[frozenset[int], tuple[str, ...]]:
        """Return the blocks already done, and the names of what has changed since, if anything.

        Where something has changed, or the manifest can't be read, all parts are thrown away.
        """
        found = self._found()
        changed: tuple[str, ...] = ()
        if found is not None and found != dict(self.manifest):
            names = sorted({*found, *self.manifest})
            changed = tuple(n for n in names if found.get(n) != self.manifest.get(n))
        try:
            if found is None or changed:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(self.folder / MANIFEST, canonical_json(self.manifest))
            for left in self.folder.glob(f"*{UNFINISHED}"):
                left.unlink()
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        done = frozenset(int(seal.stem) for seal in self.folder.glob("[0-9]*.json"))
        return frozenset(block for block in done if self._is_whole(block)), changed

    def keep(self, block: int, results: bytes, contributions: bytes) -> None:
        """Write one block; it counts once its seal is written. Raises BadInput on a full disk."""
        seal = {}
        for kind, data in ((RESULTS, results), (CONTRIBUTIONS, contributions)):
            if data:
                write_whole(self.path(block, kind), data)
                seal[kind] = sha256_hex(data)
        write_whole(self._seal(block), canonical_json(seal))

    def remove(self) -> None:
        """Remove all parts; what can't be removed does no harm."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, block: int, kind: str) -> Path:
        """Return the path of a block's file."""
        return self.folder / f"{block:08d}.{kind}.parquet"

    def _seal(self, block: int) -> Path:
        return self.folder / f"{block:08d}.json"

    def _found(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.folder / MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _is_whole(self, block: int) -> bool:
        try:
            seal = json.loads(self._seal(block).read_bytes())
            return all(
                sha256_hex(self.path(block, kind).read_bytes()) == sha for kind, sha in seal.items()
            )
        except (OSError, ValueError, AttributeError):
            return False

    def merge(self, blocks: int, kind: str, path: Path, look: Callable[[Any], None]) -> None:
        """Write all blocks in order as one Parquet file, the same bytes however they were cut.

        Row groups have a fixed size and no time or machine is named; `look` sees every part.
        """
        remove_unfinished(path)
        group = RESULT_GROUP if kind == RESULTS else CONTRIBUTION_GROUP
        parquet = arrow_parquet()
        tables = (self._seen(block, kind, look) for block in range(blocks))
        first = next(tables)
        metadata = {b"footprint": canonical_json({"manifest": self._stated(), "note": NOTE})}
        schema = first.schema.with_metadata(metadata)
        with (
            whole_file(path) as file,
            parquet.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer,
        ):
            for table in _regrouped(first, tables, group):
                writer.write_table(table.cast(schema), row_group_size=group)

    def _seen(self, block: int, kind: str, look: Callable[[Any], None]) -> Any:
        table = arrow_parquet().read_table(self.path(block, kind))
        look(table)
        return table

    def _stated(self) -> dict[str, Any]:
        """Return the manifest as the files state it: without what does not move a number."""
        return {name: value for name, value in self.manifest.items() if name not in _NOT_STATED}


_NOT_STATED = frozenset({"studies_per_block", "contributions"})
NOTE = (
    "kg CO2e per kg of product; float64. A total with arithmetic=decimal was computed in decimals "
    "and rounded once. No certificate can rest on these values: use footprint calculate."
)


def _regrouped(first: Any, others: Iterator[Any], size: int) -> Iterator[Any]:
    """Yield the rows of all tables in pieces of `size`, the last one shorter."""
    waiting = first
    for table in others:
        waiting = arrow().concat_tables([waiting, table])
        while waiting.num_rows >= size:
            yield waiting.slice(0, size).combine_chunks()
            waiting = waiting.slice(size)
    while waiting.num_rows:
        yield waiting.slice(0, size).combine_chunks()
        waiting = waiting.slice(size)


def _unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput("FILE_NOT_WRITTEN", path=path, reason=error.strerror or error)
