"""Forty calls of a rival tell what is there, but hidden, from what is not: nothing (finding T14).

System under test: the commands, on the demo store with a calculation, a certificate, a comment and
a sampling plan of the example enterprise, and a rival, an exporter of another enterprise. Each call
is made twice, with a name that is there and with one of the same form that is not; with the name
taken out, exit code, stdout and stderr have to be the same. And T9: a user of one of several
enterprises is asked about the sites in sight only, on command line and page.
"""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from factor_db.factors.keep.versions import find_version, load_factor
from factor_db.factors.review.comments import add_comment
from factor_db.foundation.canonical import canonical_json
from factor_db.ledger.frozen.sampling import make_plan
from factor_db.store.audit import leaves_about, tree_head
from factor_db.store.tables import Document, LedgerFile, Organisation, Site
from factor_db.store.users import add_user
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study, store_calculation
from footprint.certificate.service import issue_certificate
from footprint.cli.main import main
from footprint.study.definition import default_study
from footprint.ui import services

RIVAL, RIVAL_CODE = "rival", "91350100M000100Y43"
SITE, NO_SITE = "CQ-PLATE", "CQ-PIPES"
FACTOR, NO_FACTOR = "cq-plate.2025.melting.natural_gas", "cq-pipes.2025.melting.natural_gas"
NO_HASH = "ab12" * 16


@pytest.fixture(scope="module")
def there(
    published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The demo store with more in it, and the names of what is hidden in it."""
    folder = tmp_path_factory.mktemp("hidden")
    shutil.copytree(published_home, folder / "home")
    store = Store.at(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTPRINT_HOME", str(folder / "home"))
        with store.work("exporter") as work:
            result = calculate_study(work.session, default_study("plate"))
            calculation = store_calculation(work, result)
            work.session.flush()
            at = datetime(2026, 11, 22, tzinfo=UTC)
            certificate = issue_certificate(work, result.result, folder / "out", issued_at=at)
        with store.work("auditor") as work:
            row = find_version(work.session, FACTOR)
            comment = add_comment(work, row, "amounts", "which meter?")
            plan = make_plan(work, SITE, size=2, seed=1)
        with store.work("admin") as work:
            # A rival with a site of its own: there are several in the store.
            code = {"code": RIVAL_CODE, "name_zh": "r", "name_en": "r"}
            work.store(Organisation(**code), "create", "organisation", RIVAL_CODE)
            work.session.flush()
            work.store(Site(code="R-1", owner=RIVAL_CODE, region="CN-FJ"), "create", "site", "R-1")
            add_user(work, RIVAL, "exporter", RIVAL_CODE)
            add_user(work, "own", "exporter", row.owner)
        with store.read() as session:
            ledger = session.exec(select(LedgerFile).where(LedgerFile.site == SITE)).one().sha256
            document = (
                session.exec(select(Document).where(Document.kind == "certificate")).one().sha256
            )
            place = leaves_about(session, row.sha256)[0]
            head = tree_head(session)
            record = load_factor(row).record() | {"owner": RIVAL_CODE, "kind": "product"}
        (folder / "head.json").write_bytes(canonical_json(head))
        yield {
            "home": str(folder / "home"), "out": str(folder / "x"), "factor": row.sha256,
            "calculation": calculation, "certificate": certificate, "comment": comment,
            "plan": plan, "ledger": ledger, "document": document, "leaf": str(place),
            "size": str(head["size"]), "head": str(folder / "head.json"),
            "record": json.dumps(record), "owner": row.owner,
        }  # fmt: skip
    store.close()


def calls(there: dict[str, str]) -> list[tuple[list[str], str, str]]:
    """Return command lines with `{}` where a name stands, the name that is there, one that is not."""
    out = there["out"]
    factor = [
        ["factor", "show"], ["factor", "history"], ["factor", "trace"], ["factor", "graph"],
        ["factor", "comments"], ["factor", "submit"], ["factor", "review", "--self-reviewed"],
        ["factor", "publish", "--self-reviewed"], ["factor", "withdraw"], ["factor", "take-up"],
        ["factor", "impact", "--by", "elec.cn.footprint.national.2024"],
        ["factor", "return", "--reason", "x"], ["audit", "prove", "--out", out],
    ]  # fmt: skip
    site = [
        ["factor", "derive", "--site"], ["factor", "years", "--site"], ["factor", "submit", "--site"],
        ["calculate", "plate", "--site"], ["benchmark", "plate", "--site"],
        ["ledger", "corrections"], ["ledger", "evidence"], ["account"], ["review", "plan"], ["audit", "prove", "--out", out],
    ]  # fmt: skip
    found = [([*words, "{}"], FACTOR, NO_FACTOR) for words in factor]
    found += [([*words, "{}"], f"{FACTOR}@1", f"{NO_FACTOR}@1") for words in factor]
    found += [(["factor", "comment", "{}", "amounts", "why?"], FACTOR, NO_FACTOR)]
    found += [([*words, "{}"], SITE, NO_SITE) for words in site]
    found += [
        (["view", "{}", "--standard", "iso14067"], there["calculation"], NO_HASH),
        (["ledger", "export", "{}", out], SITE, NO_SITE),
        (["certify", "{}", "--out", out], there["calculation"], NO_HASH),
        (["factor", "from-calculation", "{}"], there["calculation"], NO_HASH),
        (["compare", "{}", "{}"], there["calculation"], NO_HASH),
        (["certificate", "revoke", "{}", "--reason", "x", "--out", out], there["certificate"], "urn:x:" + NO_HASH),
        (["factor", "resolve", "{}", "--answer", "x"], there["comment"], NO_HASH),
        (["review", "show", "{}"], there["plan"], NO_HASH),
        (["review", "tick", "{}", "ledger!F2", "differs", "--note", "x"], there["plan"], NO_HASH),
        (["review", "statement", "{}", "--out", out], there["plan"], NO_HASH),
        (["audit", "log", "--subject", "{}"], FACTOR, NO_FACTOR),
        (["audit", "log", "--subject", "{}", "--json"], there["ledger"], NO_HASH),
        (["audit", "prove", "--out", out, "--leaf", "{}"], there["leaf"], str(10 * int(there["size"]))),
    ]  # fmt: skip
    for name in ("factor", "ledger", "document", "plan", "comment", "calculation", "owner"):
        other = NO_HASH if name != "owner" else "91350100M000100Y51"
        found.append((["audit", "prove", "--out", out, "{}"], there[name], other))
    return found


def answer(capsys: pytest.CaptureFixture[str], words: list[str], name: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "--as", RIVAL, *(word.replace("{}", name) for word in words)])
    captured = capsys.readouterr()
    said = f"{captured.out}|{captured.err}".replace(name, "NAME").replace(name.upper(), "NAME")
    return int(left.value.code or 0), re.sub(r"NAME(@\d+)?", "NAME", said)


def test_a_rivals_calls_learn_nothing(
    there: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", there["home"])
    asked = calls(there)
    assert len(asked) >= 40
    told, misspelt = [], []
    for words, hidden, absent in asked:
        seen, unseen = answer(capsys, words, hidden), answer(capsys, words, absent)
        if seen != unseen:
            told.append((words, seen, unseen))
        if "Usage:" in seen[1]:  # the command line itself was not understood
            misspelt.append((words, seen))
    assert misspelt == []
    assert told == []
    assert not Path(there["out"]).exists()


def test_entering_a_hidden_id_reads_as_entering_any_of_its_form(
    there: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", there["home"])
    said = []
    for name in (FACTOR, NO_FACTOR):
        file = tmp_path / "factor.json"
        content = {
            **json.loads(there["record"]),
            "id": name,
            "site": "",
            "quantity": "cradle_to_gate",
        }
        content |= {"amounts": {"co2e": "1"}, "gwp_set": "AR6", "unit": "kg/kg"}
        file.write_text(json.dumps(content), encoding="utf-8")
        said.append(answer(capsys, ["factor", "add", str(file)], name))
    assert said[0] == said[1]
    assert said[0][0] == 2


def test_lists_and_counts_hold_the_rivals_own_only(
    there: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", there["home"])
    for words in (["audit", "log"], ["factor", "list"], ["user", "list"], ["certificate", "stale"]):
        code, said = answer(capsys, words, "-none-")
        assert code == 0
        for hidden in ("cq-plate", SITE, "plate_mill", there["owner"], "own "):
            assert hidden not in said, (words, hidden)
    code, said = answer(capsys, ["audit", "verify"], "-none-")
    assert code == 0


@pytest.mark.parametrize("product", ["plate"])
def test_a_user_of_one_enterprise_is_asked_among_the_sites_in_sight(
    product: str,
    there: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """T9: with a second enterprise in the store, Calculate was refused to the first one's exporter."""
    monkeypatch.setenv("FOOTPRINT_HOME", there["home"])
    with pytest.raises(SystemExit) as left:
        main(["--as", "own", "calculate", product, "--json"])
    assert left.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["site"]["code"] == SITE
    monkeypatch.setenv("FOOTPRINT_USER", "own")
    lines = services.sites_by_product()
    assert [line.site for line in lines[product]] == [SITE]
    monkeypatch.setenv("FOOTPRINT_USER", RIVAL)
    services._sites_by_product.clear()
    assert services.sites_by_product() == {}
