"""The benchmark page without a browser: what it shows is what the command line prints."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

SECONDS = 60


def _benchmark() -> None:
    from footprint.ui.benchmark.page import page

    page()


def _opened(lang: str = "en") -> AppTest:
    app = AppTest.from_function(_benchmark)
    app.query_params["lang"] = lang
    return _run(app)


def _run(app: AppTest) -> AppTest:
    app.run(timeout=SECONDS)
    assert not app.exception
    return app


@pytest.mark.usefixtures("pages")
def test_the_page_refuses_and_names_every_mismatch() -> None:
    app = _opened()
    app.selectbox[0].set_value("extrusion")
    _run(app)
    assert app.selectbox[1].value == "CQ-EXTRUSION"
    assert not app.error, "nobody has asked for a comparison yet"
    first, second = app.selectbox[2:4]
    assert second.value is None
    assert "CQ-EXTRUSION" in first.options[1]
    second.select_index(0)
    _run(app)
    assert app.error[0].value.startswith("Comparison refused, mismatches: 3")
    lines = [item.value for item in app.markdown if item.value.startswith("- ")]
    assert [line[2:].split(" ")[0] for line in lines] == ["boundary", "electricity", "GWP"]
    said = " ".join(item.value for item in app.caption)
    assert "not a comparative assertion disclosed to the public" in said
    assert "There is no park band" in said
    table = app.table[0].value
    assert list(table["no."]) == ["1", "2"]
    app.toggle[0].set_value(True)
    _run(app)
    assert "no conversion is possible" in app.error[0].value
    app.selectbox[3].set_value(app.selectbox[2].value)
    _run(app)
    assert app.success[0].value.startswith("May be compared")


@pytest.mark.usefixtures("pages")
def test_published_values_stand_alone_and_a_text_is_checked() -> None:
    app = _opened("zh")
    app.selectbox[0].set_value("primary_aluminium")
    _run(app)
    assert app.selectbox[1].value == ""
    assert len(app.table[0].value) > 15
    assert any("没有本产品的计算" in item.value for item in app.caption)
    app.text_area[0].set_value("我们的铝最低碳、绿色。")
    _run(app)
    assert "低碳, 绿色" in app.error[-1].value
