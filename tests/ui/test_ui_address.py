"""Addresses and choices without a browser: what is cheap to ask of every choice and every parameter.

The pages are run as a script; a change of the address stands for a link, a reload, Back and Forward,
a value set on a widget for a person's choice. The figures are those of `footprint … --json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from factor_db.foundation.errors import BadInput
from footprint.cli.main import main
from footprint.ui.request import moves_text, offered_choices, read_moves, shipped_choice

ENTRY = Path(__file__).resolve().parents[2] / "app.py"
SECONDS = 60
QUESTION = {"product": "plate", "site": "CQ-PLATE"}
pytestmark = pytest.mark.usefixtures("pages")


def _opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(ENTRY))
    return _moved(app, **address)


def _moved(app: AppTest, **address: str) -> AppTest:
    """Give the running session another address, as Back does."""
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    return _run(app)


def _run(app: AppTest) -> AppTest:
    app.run(timeout=SECONDS)
    assert not app.exception
    return app


def _box(app: AppTest, name: str) -> Selectbox:
    return app.selectbox(key=f"calculate:{name}@{_language(app)}")


def _language(app: AppTest) -> str:
    return "zh" if app.title[0].value.startswith("计算") else "en"


def _pressed(app: AppTest) -> AppTest:
    app.button[0].click()
    return _run(app)


def _total(capsys: pytest.CaptureFixture[str], *choices: str, gwp: str = "AR6") -> str:
    arguments = [word for item in choices for word in ("--choice", item)]
    with pytest.raises(SystemExit) as left:
        main(["calculate", "plate", "--gwp", gwp, *arguments, "--json"])
    assert left.value.code == 0
    value = json.loads(capsys.readouterr().out)["total"]["value"]
    return f"{float(value):.3f}"


def test_the_second_and_the_third_choice_count(capsys: pytest.CaptureFixture[str]) -> None:
    """The case it was found with: scrap by mass, then CBAM's rule, then AR5."""
    app = _opened(**QUESTION)
    for name, value, expected in (
        ("scrap_rule", "pre-consumer-mass", _total(capsys, "scrap_rule=pre-consumer-mass")),
        ("scrap_rule", "cbam-zero", _total(capsys, "scrap_rule=cbam-zero")),
        ("gwp_set", "AR5", _total(capsys, "scrap_rule=cbam-zero", gwp="AR5")),
    ):
        _box(app, name).set_value(value)
        _run(app)
        assert not app.metric, "no result beside choices it was not made with"
        assert app.info[0].value.startswith("选择已变")
        _pressed(app)
        assert app.metric[0].value.startswith(expected)
        assert _box(app, name).value == value
        assert app.query_params[name] == value


def test_going_back_sets_the_boxes_and_shows_the_result_of_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = _opened(**QUESTION, scrap_rule="cbam-zero")
    _box(app, "scrap_rule").set_value("pre-consumer-mass")
    _pressed(app)
    _moved(app, **QUESTION, scrap_rule="cbam-zero")
    assert _box(app, "scrap_rule").value == "cbam-zero"
    assert app.metric[0].value.startswith(_total(capsys, "scrap_rule=cbam-zero"))
    _moved(app)
    assert not app.metric
    assert _box(app, "scrap_rule").value == "cut-off"


def test_a_changed_choice_taken_back_shows_its_result_again() -> None:
    app = _opened(**QUESTION)
    before = app.metric[0].value
    _box(app, "gwp_set").set_value("AR4")
    assert not _run(app).metric
    _box(app, "gwp_set").set_value("AR6")
    assert _run(app).metric[0].value == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("surface", "anodised", "surface"),
        ("scrap_rul", "cbam-zero", "scrap_rul"),
        ("site", "NOWHERE", "CQ-PLATE"),
        ("samples", "7", "1000"),
        ("product", "gold", "plate"),
        ("what_if", "nothing", "what_if"),
    ],
)
def test_what_is_not_offered_is_refused_and_a_new_choice_ends_the_refusal(
    name: str, value: str, said: str
) -> None:
    """`surface` is a choice of profiles: asked of plate it was answered without it."""
    app = _opened(**{**QUESTION, name: value, "lang": "en"})
    assert said in app.error[0].value.replace("\\", "")
    assert not app.metric
    app.button_group[0].set_value("zh")
    assert _run(app).error, "another language does not make it right"
    _box(app, "gwp_set").set_value("AR5")
    assert not _run(app).error
    assert not app.metric
    assert _pressed(app).metric
    assert value not in app.query_params.values()


@pytest.mark.parametrize("name", sorted(offered_choices("plate")))
def test_a_language_changed_leaves_every_choice(name: str) -> None:
    start = shipped_choice("plate", name)
    others = [value for value in offered_choices("plate")[name] if value != start]
    app = _opened()
    for value in (*others, start):
        _box(app, name).set_value(value)
        _run(app)
        app.button_group[0].set_value({"zh": "en", "en": "zh"}[_language(app)])
        _run(app)
        assert _box(app, name).value == value
        assert app.query_params[name] == value


def test_moves_of_sliders_stand_in_the_address_and_come_back() -> None:
    app = _opened(**QUESTION)
    keys = [slider.key for slider in app.slider]
    for percent, key in zip((10, -5, 20), keys, strict=True):
        app.slider(key=key).set_value(percent)
        _run(app)
    moved = next(item.value for item in app.metric if item.label == "改变后的总值")
    assert moved != app.metric[0].value
    address = {name: app.query_params[name] for name in ("product", "site", "what_if")}
    again = _opened(**address)
    assert [again.slider(key=key).value for key in keys] == [10, -5, 20]
    assert next(item.value for item in again.metric if item.label == "改变后的总值") == moved
    refused = _opened(**QUESTION, what_if="no.such.factor@1:10")
    assert "no.such.factor@1" in refused.error[0].value
    assert refused.metric[0].value == app.metric[0].value


def test_moves_are_read_as_they_are_written() -> None:
    moves = {"a.b@1": 10, "c.d@2": -5, "e@1": 0}
    assert read_moves(moves_text(moves)) == moves
    for crooked in ("a@1", "a@1:x", ":5", "a@1:1,a@1:2", "a@1:1e3"):
        with pytest.raises(BadInput) as refused:
            read_moves(crooked)
        assert refused.value.code == "UI_ADDRESS_VALUE"


def _factors() -> None:
    from footprint.ui.factors.page import page

    page()


@pytest.mark.parametrize(
    ("name", "value"), [("kind", "gold"), ("geography", "Mars"), ("state", "x"), ("sort", "name")]
)
def test_a_filter_that_is_none_is_refused_on_factors(name: str, value: str) -> None:
    app = AppTest.from_function(_factors)
    app.query_params[name] = value
    _run(app)
    assert value in app.error[0].value
    assert not app.dataframe


def _benchmark() -> None:
    from footprint.ui.benchmark.page import page

    page()


@pytest.mark.parametrize(
    ("name", "value"), [("product", "gold"), ("site", "X"), ("b", "result.none"), ("convert", "no")]
)
def test_what_benchmark_does_not_offer_is_refused(name: str, value: str) -> None:
    app = AppTest.from_function(_benchmark)
    app.query_params[name] = value
    _run(app)
    assert value in app.error[0].value
    assert not app.table
