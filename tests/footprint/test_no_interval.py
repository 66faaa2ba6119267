"""A result with too many impossible draws: no interval, and every document says why.

System: the example plate. Its melting is stated to burn evenly between nothing and twice the gas it
burns, so that a good part of the draws cannot melt the charge (AL-MELT-001): far above 1 %
(PCF-POSSIBLE-001). The total is not moved: it stays that of the study without distributions.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from factor_db.foundation.errors import BadInput
from factor_db.store.work import Store
from footprint.calculation.calculate import calculate_study
from footprint.certificate.certifiable import require_certifiable
from footprint.certificate.checks.recomputing import calculation_difference
from footprint.certificate.printed.pdf import _labels
from footprint.cli.main import main
from footprint.result.document import ResultDocument, identified, read_result
from footprint.solving.preparation import evaluated
from footprint.study.definition import default_study
from footprint.views.explain import view_document
from footprint.views.markdown import markdown
from footprint.views.registry import view_of
from footprint.words.no_interval import no_interval_words

GAS = "melting/natural_gas/inventory"
SAMPLES = 400


@pytest.fixture(scope="module")
def plain(demo_store: Store) -> ResultDocument:
    with demo_store.read("exporter") as session:
        return calculate_study(session, default_study("plate"), samples=SAMPLES).result


@pytest.fixture(scope="module")
def stated(demo_store: Store) -> dict[str, str]:
    with demo_store.read("exporter") as session:
        burnt = evaluated(session, default_study("plate"))[1].amounts()[GAS]
    return {"kind": "uniform", "minimum": "0", "maximum": str(burnt * 2)}


@pytest.fixture(scope="module")
def document(demo_store: Store, stated: dict[str, str]) -> ResultDocument:
    study = replace(default_study("plate"), distributions={GAS: stated})
    with demo_store.read("exporter") as session:
        return calculate_study(session, study, samples=SAMPLES).result


def test_the_document_has_no_interval_and_says_why(
    plain: ResultDocument, document: ResultDocument
) -> None:
    assert plain.total.interval is not None
    assert plain.total.interval.impossible == 0
    assert plain.possible is not None
    assert plain.possible.no_interval is None
    assert "no_interval" not in plain.record()["possible"]
    assert document.total.value == plain.total.value
    assert document.total.interval is None
    assert document.possible is not None
    assert document.possible.violations == ()
    reason = document.possible.no_interval
    assert reason is not None
    assert reason.code == "INTERVAL_IMPOSSIBLE"
    assert int(reason.params["impossible"]) > SAMPLES / 100


def test_every_print_says_why(document: ResultDocument, plain: ResultDocument) -> None:
    words = no_interval_words(document)
    assert words is not None
    assert "PCF-POSSIBLE-001" in words["en"]
    assert _labels(document)["no_interval"] == words
    assert _labels(plain)["no_interval"] != words
    assert no_interval_words(plain) is None
    view = view_of(document, "iso14067")
    assert view_document(view)
    for lang in ("zh", "en"):
        assert words[lang] in markdown(view, lang)


def test_a_verifier_draws_again_and_finds_a_forged_count(document: ResultDocument) -> None:
    assert calculation_difference(document.record()) == ""
    content = document.record()
    content["possible"]["no_interval"]["params"]["impossible"] = "5"
    forged = identified(read_result(content))
    assert calculation_difference(forged.record()) == "possible.no_interval"


@pytest.mark.parametrize("impossible", [-1, 5, "0", True])
def test_a_certificate_rests_on_few_impossible_draws(
    plain: ResultDocument, impossible: object
) -> None:
    """Of 400 draws 4 are 1 %."""
    content = plain.record()
    content["total"]["interval"]["impossible"] = 4
    require_certifiable(read_result(content))
    content["total"]["interval"]["impossible"] = impossible
    with pytest.raises(BadInput, match=r"total\.interval\.impossible"):
        require_certifiable(read_result(content))


def test_the_commands_say_why(
    demo_home: Path,
    tmp_path: Path,
    stated: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTPRINT_HOME", str(demo_home))
    monkeypatch.setenv("COLUMNS", "400")
    shipped = (Path(__file__).parents[2] / "footprint/studies/plate.toml").read_text("utf-8")
    fields = ", ".join(f'{name} = "{value}"' for name, value in stated.items())
    file = tmp_path / "study.toml"
    file.write_text(f'{shipped}\n[distributions]\n"{GAS}" = {{{fields}}}\n', "utf-8")
    for lang, words in (("en", "no interval"), ("zh", "不给出区间")):
        asked = ["--lang", lang, "calculate", str(file), "--samples", str(SAMPLES)]
        assert _left(asked) == 0
        assert words in capsys.readouterr().out
    assert _left(["--lang", "en", "uncertainty", str(file), "--samples", str(SAMPLES)]) == 3
    assert "no interval" in capsys.readouterr().err


def _left(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code
