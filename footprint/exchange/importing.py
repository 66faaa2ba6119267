"""A supplier's file becomes a draft product factor of the enterprise that buys from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlmodel import Session, col, select

from factor_db.factors.keep.entry import entry_doubts
from factor_db.factors.keep.versions import add_factor
from factor_db.factors.record.factor import Factor
from factor_db.foundation.canonical import content_hash, few_digits, sha256_hex, strict_json
from factor_db.foundation.errors import BadInput
from factor_db.store.sight import COMMON_OWNERS
from factor_db.store.tables import Organisation
from factor_db.store.work import Work
from footprint.exchange.fields import FieldFault, Fields, FileFaults
from footprint.exchange.pact import read_pact
from footprint.exchange.product_factor import goods
from footprint.exchange.typed import TEMPLATE, read_typed, toml_content
from footprint.supply.declared import FILE_KIND, Declared, factor_of
from footprint.supply.described import WORDS_RULE, foreign_word
from footprint.supply.metal_floor import FLOOR_RULE, floor_of, stated_of

FILE_LIMIT_BYTES = 1_000_000
_FAR = "magnitude"


@dataclass(frozen=True, slots=True)
class SupplierFile:
    """A supplier's file as it came: what it declares, for which slot, and its bytes."""

    declared: Declared
    flow: str
    name: str
    data: bytes


def write_template(path: Path) -> None:
    """Write an empty file to type a supplier's footprint into; raises BadInput if it is there."""
    if path.exists():
        raise BadInput("SUPPLIER_FILE_THERE", path=path)
    path.write_text(TEMPLATE, encoding="utf-8")


def read_supplier_file(path: Path, today: date, flow: str = "") -> SupplierFile:
    """Read a supplier's PACT JSON or typed TOML; `flow` is the slot it fills.

    Raises FileFaults with every fault of the file, BadInput when it cannot be read at all.
    """
    data = _bytes_of(path)
    declared, top, stated = _read(path, data, today)
    named = flow or stated
    _check_goods(top, named)
    _check_words(top, named)
    if declared is not None:
        _check_floor(path, top, declared, named)
    if top.faults or declared is None:
        raise FileFaults(path.name, top.faults)
    return SupplierFile(declared, named, path.name, data)


def faults_of_file(path: Path, today: date) -> tuple[FieldFault, ...]:
    """Return every fault of a supplier's file, for whatever slot; raises BadInput if unreadable."""
    declared, top, stated = _read(path, _bytes_of(path), today)
    _check_words(top, stated)
    if declared is not None:
        _check_floor(path, top, declared, stated)
    return tuple(top.faults)


def import_supplier(
    work: Work, file: SupplierFile, *, owner: str = "", explanation: str = ""
) -> str:
    """Store a supplier's footprint as a draft factor of the buyer and return its reference.

    `owner` is the buying enterprise, needed only where the user acts for none of several. Raises
    BadInput for an unknown owner, a supplier that is the owner itself, or a value far beyond
    everything known for the slot without an explanation; NotAllowed for another role or owner.
    """
    work.require("exporter")
    buyer = _buyer(work, owner)
    work.require_owner(buyer.code)
    _refuse_own_company(file, buyer)
    payload = {
        "content": file.data.decode("utf-8"),
        "file_name": file.name,
        "file_sha256": sha256_hex(file.data),
        "owner": buyer.code,
    }
    stored = content_hash("document", payload)
    factor = factor_of(
        file.declared,
        flow=file.flow,
        owner=buyer.code,
        file_sha256=payload["file_sha256"],
        document=stored,
    )
    _require_explained(work.session, factor, explanation)
    work.document(FILE_KIND, stored, payload, stored, buyer.code)
    row = add_factor(work, factor, reason=explanation.strip())
    return f"{row.factor_id}@{row.version}"


def _read(path: Path, data: bytes, today: date) -> tuple[Declared | None, Fields, str]:
    """Return what a file declares, its fields with their faults, and the slot it names."""
    if path.suffix.casefold() == ".toml":
        content = toml_content(data, path.name)
        return *read_typed(content, today), str(content.get("flow", ""))
    if path.suffix.casefold() == ".json":
        return *read_pact(strict_json(data), today), ""
    raise BadInput("SUPPLIER_FILE_KIND", path=path)


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BadInput("FILE_ABSENT", path=path)
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise BadInput("FILE_UNREADABLE", path=path, reason="size")
        return path.read_bytes()
    except OSError as error:
        raise BadInput("FILE_UNREADABLE", path=path, reason=error.strerror) from None


def _check_goods(top: Fields, flow: str) -> None:
    known = goods()
    if flow not in known:
        top.fault("SUPPLIER_GOODS", "flow", value=flow or "-", known=", ".join(known))


def _check_words(top: Fields, flow: str) -> None:
    """Note a description of other goods than the slot's. Rule: PCF-GOODS-002."""
    found = foreign_word(top.content, flow)
    if found:
        slots = ", ".join(found.slots)
        given = {"word": found.word, "flow": flow, "slots": slots, "rule": WORDS_RULE}
        top.fault("SUPPLIER_OTHER_GOODS", found.field, **given)


def _check_floor(path: Path, top: Fields, declared: Declared, flow: str) -> None:
    """Note a figure less than anodes and alumina of primary metal give. Rule: AL-PRIMARY-FLOOR."""
    least = floor_of(flow, declared.recycled_share)
    stated = stated_of(declared.amounts)
    if stated < least:
        is_typed = path.suffix.casefold() == ".toml"
        top.fault(
            "SUPPLIER_BELOW_FLOOR",
            "pcf_kg_co2e" if is_typed else "pcf.pcfExcludingBiogenicUptake",
            value=few_digits(stated),
            least=few_digits(least),
            recycled=few_digits(declared.recycled_share * 100),
            rule=FLOOR_RULE,
        )


def _buyer(work: Work, owner: str) -> Organisation:
    """Return the enterprise the import is for: named, the user's own, or the only one there is."""
    query = select(Organisation).order_by(col(Organisation.code))
    known = {item.code: item for item in work.session.exec(query) if item.code not in COMMON_OWNERS}
    code = owner or work.actor.organisation or (next(iter(known)) if len(known) == 1 else "")
    if code not in known:
        raise BadInput("SUPPLIER_OWNER", owner=code or "-", known=", ".join(known) or "-")
    return known[code]


def _refuse_own_company(file: SupplierFile, buyer: Organisation) -> None:
    """Refuse what a buyer declares of itself: nobody would see its own product come back."""
    names = {name for name in (buyer.uscc, buyer.code) if name}
    ids = {part for urn in file.declared.company_ids for part in urn.split(":")}
    if names & ids:
        place = "companyIds" if file.name.endswith(".json") else "supplier_uscc"
        fault = FieldFault("SUPPLIER_OWN_COMPANY", place, {"name": buyer.name_en})
        raise FileFaults(file.name, [fault])


def _require_explained(session: Session, factor: Factor, explanation: str) -> None:
    """Ask for a word on a value ten times beyond all that is known: a lost thousand, most likely.

    Two suppliers of one place and year may differ, so that is no conflict here.
    """
    far = [doubt for doubt in entry_doubts(session, factor) if doubt.kind == _FAR]
    if far and not explanation.strip():
        listed = ", ".join(f"{item.kind} {item.ref} (x {item.ratio:.4g})" for item in far)
        raise BadInput("FACTOR_DOUBTS", ref=factor.ref, doubts=listed)
