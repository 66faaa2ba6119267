"""Proofs of the audit log, and heads and proof files that a stranger checks.

System under test: `factor_db.store.audit_log` against the vectors published with the Certificate
Transparency reference implementation (eight leaves; github.com/transparency-dev/merkle, testonly),
against the recursive definitions of RFC 6962 2.1.1 and 2.1.2, and `footprint audit` over files.
Hand calculation: in a tree of {a, b, c} the path of a is [b, c]; of c it is [node(a, b)].
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from factor_db.foundation.canonical import canonical_json, strict_json
from factor_db.foundation.messages import catalogue
from factor_db.store.audit_log import (
    consistency_path,
    extends,
    includes,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
)
from factor_db.store.engine import writing
from factor_db.store.tables import Organisation
from factor_db.store.work import Store
from footprint.certificate.service import own_issuers
from footprint.cli.main import main

INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
LEAVES = [leaf_hash(bytes.fromhex(item)) for item in INPUTS]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
L0, L1, L4 = (LEAVES[place].hex() for place in (0, 1, 4))
N01, N23, N67 = (
    ROOTS[2],
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
N45, N47 = (
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
INCLUSION = {
    (0, 1): [],
    (0, 2): [L1],
    (1, 2): [L0],
    (2, 3): [N01],
    (1, 5): [L0, N23, L4],
    (0, 8): [L1, N23, N47],
    (5, 8): [L4, N67, ROOTS[4]],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [L1, N23, N47],
    (2, 5): [N23, L4],
    (6, 8): [N45, N67, ROOTS[4]],
}

trees = st.lists(st.binary(max_size=4), min_size=1, max_size=40).map(
    lambda items: [leaf_hash(item) for item in items]
)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert tree_root(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_published_inclusion_proofs(index: int, size: int) -> None:
    path = inclusion_path(LEAVES[:size], index)
    assert [node.hex() for node in path] == INCLUSION[index, size]
    assert includes(LEAVES[index], index, size, path, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_published_consistency_proofs(old: int, new: int) -> None:
    path = consistency_path(LEAVES[:new], old)
    assert [node.hex() for node in path] == CONSISTENCY[old, new]
    assert extends(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), path)


def test_three_leaves_by_hand() -> None:
    a, b, c = (leaf_hash(item) for item in (b"a", b"b", b"c"))
    assert inclusion_path([a, b, c], 0) == [b, c]
    assert inclusion_path([a, b, c], 2) == [node_hash(a, b)]
    assert consistency_path([a, b, c], 2) == [c]


def _path_by_definition(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*_path_by_definition(index, leaves[:split]), tree_root(leaves[split:])]
    return [*_path_by_definition(index - split, leaves[split:]), tree_root(leaves[:split])]


def _proof_by_definition(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word: SUBPROOF(m, D[n], b)."""
    if old == len(leaves):
        return [] if whole else [tree_root(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= split:
        return [*_proof_by_definition(old, leaves[:split], whole), tree_root(leaves[split:])]
    return [*_proof_by_definition(old - split, leaves[split:], False), tree_root(leaves[:split])]


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_every_proof_is_that_of_the_definition_and_holds(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    root = tree_root(leaves)
    path = inclusion_path(leaves, index)
    assert path == _path_by_definition(index, leaves)
    assert includes(leaves[index], index, len(leaves), path, root)
    proof = consistency_path(leaves, index + 1)
    assert proof == _proof_by_definition(index + 1, leaves)
    assert extends(index + 1, tree_root(leaves[: index + 1]), len(leaves), root, proof)


def _flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8 % len(value)] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_no_proof_survives_a_flipped_bit(leaves: list[bytes], data: st.DataObject) -> None:
    size, root = len(leaves), tree_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    path = inclusion_path(leaves, index)
    assert not includes(_flipped(leaves[index], bit), index, size, path, root)
    assert not includes(leaves[index], index, size, path, _flipped(root, bit))
    old, old_root = index + 1, tree_root(leaves[: index + 1])
    proof = consistency_path(leaves, old)
    assert not extends(old, _flipped(old_root, bit), size, root, proof)
    assert not extends(old, old_root, size, _flipped(root, bit), proof)
    for place in range(len(path)):
        wrong = [*path[:place], _flipped(path[place], bit), *path[place + 1 :]]
        assert not includes(leaves[index], index, size, wrong, root)
    for place in range(len(proof)):
        wrong = [*proof[:place], _flipped(proof[place], bit), *proof[place + 1 :]]
        assert not extends(old, old_root, size, root, wrong)


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_no_proof_survives_another_length_size_or_place(
    leaves: list[bytes], data: st.DataObject
) -> None:
    leaves = [leaf_hash(bytes([place]) + leaf) for place, leaf in enumerate(leaves)]  # all unlike
    size, root = len(leaves), tree_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(leaves, index)
    assert not includes(leaves[index], index, size, [*path, root], root)
    assert not includes(leaves[index], -1, size, path, root)
    assert not includes(leaves[index], size, size, path, root)
    for other in set(range(size)) - {index}:
        assert not includes(leaves[index], other, size, path, root)
    if path:
        assert not includes(leaves[index], index, size, path[:-1], root)
    for old in range(1, size):
        proof = consistency_path(leaves, old)
        old_root = tree_root(leaves[:old])
        assert not extends(old, old_root, size, root, proof[:-1])
        assert not extends(old, old_root, size, root, [*proof, root])
        assert not extends(size, root, old, old_root, proof)


def test_nothing_is_the_beginning_of_every_tree_and_of_no_other_root() -> None:
    empty, root = bytes.fromhex(ROOTS[0]), bytes.fromhex(ROOTS[8])
    assert extends(0, empty, 8, root, [])
    assert not extends(0, root, 8, root, [])
    assert not extends(8, root, 8, empty, [])
    assert not extends(0, empty, 8, root, [root])


def test_a_leaf_that_is_not_there_has_no_path() -> None:
    with pytest.raises(ValueError, match="no leaf 8"):
        inclusion_path(LEAVES, 8)
    with pytest.raises(ValueError, match="no tree of 9"):
        consistency_path(LEAVES, 9)


# The command line, over files


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--lang", "en"])
    captured = capsys.readouterr()
    return int(left.value.code or 0), captured.out, captured.err


def change(url: str, statement: str) -> None:
    store = Store(url)
    with writing(store.engine).begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    store.close()


def add(url: str, code: str) -> None:
    store = Store(url)
    with store.work("park") as work:
        work.store(
            Organisation(code=code, name_zh=code, name_en=code), "create", "organisation", code
        )
    store.close()


def kept_head(capsys: pytest.CaptureFixture[str], folder: Path) -> Path:
    code, out, _ = run(capsys, "audit", "head", "--sign")
    assert code == 0
    (folder / "head.json").write_text(out, encoding="utf-8")
    return folder / "head.json"


def edited(path: Path, /, **changes: Any) -> Path:
    document = strict_json(path.read_bytes())
    document.update(changes)
    out = path.with_name("edited.json")
    out.write_bytes(canonical_json(document))
    return out


def test_a_kept_head_catches_what_a_forger_mends_in_the_log(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dropping the last entry together with its row leaves a log that fits itself, but not the head."""
    add(store_url, "X")
    kept = kept_head(capsys, tmp_path)
    add(store_url, "Y")
    code, out, _ = run(capsys, "audit", "verify", "--head", str(kept), "--json")
    assert (code, json.loads(out)["valid"]) == (0, True)
    change(store_url, "DELETE FROM organisation WHERE code IN ('X', 'Y')")
    change(
        store_url,
        'DELETE FROM auditleaf WHERE entry LIKE \'%"subject":"X"%\' OR entry LIKE \'%"subject":"Y"%\'',
    )
    assert run(capsys, "audit", "verify")[0] == 0
    code, out, err = run(capsys, "audit", "verify", "--head", str(kept), "--json")
    assert code == 1
    assert json.loads(out)["faults"][0]["kind"] == "tree head"
    assert "is not the beginning of this log" in err


def test_a_head_with_another_size_or_root_is_refused(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = kept_head(capsys, tmp_path)
    size = strict_json(kept.read_bytes())["size"]
    code, _, err = run(capsys, "audit", "verify", "--head", str(edited(kept, size=size - 1)))
    assert (code, "signature" in err) == (1, True)
    bare = tmp_path / "bare.json"
    bare.write_bytes(canonical_json({"root": "0" * 64, "size": size}))
    assert run(capsys, "audit", "verify", "--head", str(bare))[0] == 1


def test_a_stranger_checks_an_entry_with_the_proof_file_alone(
    store_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proof, issuer = tmp_path / "proof.json", tmp_path / "issuer.json"
    assert (
        run(capsys, "audit", "prove", "elec.cn.footprint.national.2024@1", "--out", str(proof))[0]
        == 0
    )
    issuer.write_bytes(canonical_json(own_issuers()[0]))
    kept = kept_head(capsys, tmp_path)
    monkeypatch.setenv("FOOTPRINT_HOME", "/nonexistent")
    monkeypatch.setenv(
        "FOOTPRINT_DATABASE_URL", "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
    )
    assert run(capsys, "audit", "check-proof", str(proof))[0] == 0
    assert run(capsys, "audit", "check-proof", str(proof), "--issuer", str(issuer))[0] == 0
    assert run(capsys, "audit", "check-proof", str(proof), "--head", str(kept))[0] == 0
    document = strict_json(proof.read_bytes())
    entry = document["entry"]
    assert (entry["action"], entry["kind"]) == ("create", "factor")
    for changes, fault in (
        ({"entry": {**entry, "actor": "nobody"}}, "AUDIT_PROOF_PATH"),
        ({"leaf_index": document["leaf_index"] + 1}, "AUDIT_PROOF_PATH"),
        ({"path": document["path"][:-1]}, "AUDIT_PROOF_PATH"),
        ({"head": {**document["head"], "at": "2020-01-01T00:00:00Z"}}, "AUDIT_PROOF_SIGNATURE"),
        (
            {"head": {name: document["head"][name] for name in ("root", "size")}},
            "AUDIT_PROOF_SIGNATURE",
        ),
    ):
        code, out, _ = run(capsys, "audit", "check-proof", str(edited(proof, **changes)), "--json")
        assert (code, json.loads(out)["fault"]) == (1, fault)


def test_a_proof_under_another_head_or_signer_is_refused(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof.json"
    assert run(capsys, "audit", "prove", "--leaf", "0", "--out", str(proof))[0] == 0
    add(store_url, "X")
    kept = kept_head(capsys, tmp_path)
    code, out, _ = run(capsys, "audit", "check-proof", str(proof), "--head", str(kept), "--json")
    assert (code, json.loads(out)["fault"]) == (1, "AUDIT_PROOF_OTHER_HEAD")
    illustrative = tmp_path / "other.json"
    illustrative.write_bytes(canonical_json(own_issuers()[1]))
    code, out, _ = run(
        capsys, "audit", "check-proof", str(proof), "--issuer", str(illustrative), "--json"
    )
    assert (code, json.loads(out)["fault"]) == (1, "AUDIT_PROOF_OTHER_SIGNER")


def test_a_stranger_checks_that_the_log_grew_from_the_head_they_kept(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, proof = kept_head(capsys, tmp_path), tmp_path / "since.json"
    for code in ("X", "Y", "Z"):
        add(store_url, code)
    assert run(capsys, "audit", "prove", "--since", str(kept), "--out", str(proof))[0] == 0
    assert run(capsys, "audit", "check-proof", str(proof), "--head", str(kept))[0] == 0
    wrong = edited(proof, path=strict_json(proof.read_bytes())["path"][::-1])
    assert run(capsys, "audit", "check-proof", str(wrong))[0] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit", "prove", "--out", "x.json"], "AUDIT_PROVE_WHAT"),
        (["audit", "prove", "no such thing", "--out", "x.json"], "AUDIT_SUBJECT_UNKNOWN"),
        (["audit", "prove", "--leaf", "999999", "--out", "x.json"], "AUDIT_LEAF_UNKNOWN"),
    ],
)
def test_what_cannot_be_proved_is_one_clear_error(
    home: Path, arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert catalogue()[code]["en"].split("{")[0] in err


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"type":"footprint-audit-inclusion/1","head":{"root":"x","size":1},"path":[]}',
        '{"type":"footprint-audit-inclusion/1","head":{"root":"%s","size":true},"path":[]}',
        '{"type":"footprint-audit-inclusion/1","head":{"root":"%s","size":1},"path":["zz"]}',
        '{"type":"footprint-audit-inclusion/1","head":{"root":"%s","size":1},"path":[],"entry":{"a":1.5},"leaf_index":0,"tree_size":1}',
        '{"type":"else","head":{"root":"%s","size":1},"path":[]}',
        '{"type":"footprint-audit-consistency/1","head":{"root":"%s","size":1},"path":[],"old":7}',
    ],
)  # fmt: skip
def test_a_hostile_file_is_one_clear_error(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proof.json").write_text(content.replace("%s", "0" * 64), encoding="utf-8")
    code, _, err = run(capsys, "audit", "check-proof", str(tmp_path / "proof.json"))
    assert code == 2
    assert "is no tree head and no proof" in err
