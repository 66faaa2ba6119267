"""Reading an openLCA JSON-LD archive (zip, tar, or folder) into its documents by kind and id."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from factor_db.foundation.errors import BadInput
from lca_models.background.datapackage import require_small

KINDS = ("processes", "flows", "flow_properties", "unit_groups", "categories", "locations")
_BROKEN = (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError)
_UNREADABLE = (*_BROKEN, ValueError, KeyError, TypeError)
Documents = dict[str, dict[str, Mapping[str, Any]]]


def read_archive(path: Path) -> Documents:
    """Return kind → id → document.

    Raises BadInput: LCI_UNREADABLE for a file that is no such archive or a document that is no
    JSON object with an id, LCI_NO_PROCESSES, ARCHIVE_TOO_LARGE.
    """
    documents: Documents = {kind: {} for kind in KINDS}
    try:
        for name, content in _members(path):
            kind = PurePosixPath(name).parent.name
            document = json.loads(content)
            documents[kind][document["@id"]] = document
    except _UNREADABLE as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadInput("LCI_UNREADABLE", path=path.name, reason=reason) from None
    if not documents["processes"]:
        raise BadInput("LCI_NO_PROCESSES", path=path.name)
    return documents


def is_jsonld(path: Path) -> bool:
    """Tell whether a file or folder looks like such an archive, by the names in it."""
    try:
        if path.is_dir():
            return any(path.rglob("processes/*.json"))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(_is_wanted(name) for name in archive.namelist())
        return tarfile.is_tarfile(path)
    except _BROKEN:
        return False


def _is_wanted(name: str) -> bool:
    place = PurePosixPath(name)
    return place.suffix == ".json" and place.parent.name in KINDS


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            if _is_wanted(file.relative_to(path).as_posix()):
                yield file.relative_to(path).as_posix(), file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            require_small(path, (item.file_size for item in archive.infolist()))
            for name in sorted(filter(_is_wanted, archive.namelist())):
                yield name, archive.read(name)
    else:
        with tarfile.open(path) as packed:
            members = [item for item in packed if item.isfile() and _is_wanted(item.name)]
            require_small(path, (item.size for item in members))
            for item in members:
                content = packed.extractfile(item)
                if content is not None:
                    yield item.name, content.read()
