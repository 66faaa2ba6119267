"""Own power is claimed once in the store: one installation, one site, or shares of 1 in all.

System under test: two example plants of two enterprises, each with the same 100 MWh a month of one
solar park on its sheet `power`, from import to what a certificate asks of a ledger. By hand: 1 + 1
and 0.6 + 0.5 are above 1; 0.6 + 0.4 are not. Another way of writing the number is the same number.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from power_cases import PARK, Line, own_lines, write_ledger_file
from sqlmodel import select
from test_instrument_use import RIVAL, imported

from factor_db.factors.derive.derivation import derive_site
from factor_db.factors.derive.ledger_guard import require_alone, require_unequivocal
from factor_db.factors.keep.audit import altered_contents
from factor_db.foundation.errors import BadInput
from factor_db.foundation.messages import LANGUAGES, error_text
from factor_db.ledger import check
from factor_db.ledger.frozen.corrections import correct_cell
from factor_db.ledger.frozen.importing import ledger_of_site
from factor_db.ledger.power import checks as power_checks
from factor_db.store.tables import Actor, InstallationUse
from factor_db.store.work import Store

FIRST, SECOND = "CQ-RECYCLED", "CQ-RIVAL"
NAMES = {FIRST: "recycling_plant", SECOND: "extrusion_plant"}
SHARED, UNNAMED = "LEDGER_POWER_SHARED", "LEDGER_POWER_INSTALLATION"


def lines(number: str = PARK, share: str = "") -> list[Line]:
    """Return the lines of the park under a number, and the share the figures are of."""
    return [line | {"installation": number, "share": share} for line in own_lines()]


def written(folder: Path, site: str, own: list[Line]) -> Path:
    owner = {"uscc": RIVAL} if site == SECOND else {}
    return write_ledger_file(folder / f"{site}.csv", NAMES[site], (), own, site=site, **owner)


def both(store: Store, folder: Path, first: list[Line], second: list[Line]) -> None:
    """Import a plant of each enterprise."""
    with store.founding() as work:
        rival = Actor(name="rival", role="exporter", organisation=RIVAL)
        work.store(rival, "create", "user", "rival")
    assert imported(store, written(folder, FIRST, first)).sha256
    assert imported(store, written(folder, SECOND, second), "rival").sha256


def asked(store: Store, site: str, user: str) -> BadInput | None:
    """Return what stands against a certificate of a site's ledger, as its user hears it."""
    with store.read(user) as session:
        file = ledger_of_site(session, site)
        try:
            require_unequivocal(session, file)
            require_alone(session, file)
        except BadInput as error:
            return error
    return None


@pytest.mark.parametrize("other", [PARK, "５０００ 1234-5678", "5000.1234/5678"])
def test_one_park_at_two_enterprises_is_refused_at_both(
    store: Store, tmp_path: Path, other: str
) -> None:
    both(store, tmp_path, lines(), lines(other))
    with store.read() as session:
        assert altered_contents(session) == []
    for site, user, code in ((FIRST, "exporter", SHARED), (SECOND, "rival", f"{SHARED}_UNSEEN")):
        error = asked(store, site, user)
        assert error is not None
        assert error.code == code
        with store.work(user) as work, pytest.raises(BadInput, match=code):
            derive_site(work, site)
    for lang in LANGUAGES:
        told = error_text(error, lang)
        assert FIRST not in told
        assert ("another enterprise" if lang == "en" else "另一企业") in told


def test_shares_of_one_in_all_are_two_claims(store: Store, tmp_path: Path) -> None:
    both(store, tmp_path, lines(share="0.6"), lines(share="0.4"))
    assert asked(store, FIRST, "exporter") is None
    assert asked(store, SECOND, "rival") is None


def test_shares_above_one_are_refused_until_one_is_put_right(store: Store, tmp_path: Path) -> None:
    both(store, tmp_path, lines(share="0.6"), lines(share="0.5"))
    error = asked(store, FIRST, "exporter")  # who sees all of the store is told the other's
    assert error is not None
    assert error.code == SHARED
    assert "1.1" in error_text(error, "en")
    assert SECOND in error_text(error, "en")
    again = imported(store, written(tmp_path, SECOND, lines(share="0.40")), "rival")
    assert again.sha256
    assert asked(store, FIRST, "exporter") is None


def uneven(number: str, *generated: str) -> list[Line]:
    """Return the lines with other amounts generated, and fed in what was not used."""
    own = lines(number)
    for line, amount in zip(own, generated, strict=False):
        line |= {"generated": amount, "fed_in": str(int(amount) - 100)}
    return own


def test_the_same_months_under_another_number_are_one_park(store: Store, tmp_path: Path) -> None:
    ours = uneven(PARK, "131", "117")
    both(store, tmp_path, ours, uneven("5000-8765-4321", "131", "117"))  # 131, 117 and 120 MWh
    first, second = asked(store, FIRST, "exporter"), asked(store, SECOND, "rival")
    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("LEDGER_POWER_ALIKE", "LEDGER_POWER_ALIKE_UNSEEN")
    assert FIRST not in error_text(second, "en") + error_text(second, "zh")
    other = written(tmp_path, SECOND, uneven("5000-8765-4321", "132", "117"))
    assert imported(store, other, "rival").sha256
    assert asked(store, FIRST, "exporter") is None


def test_power_given_up_claims_nothing(store: Store, tmp_path: Path) -> None:
    sold = [line | {"certificates_sold": "100"} for line in lines()]
    both(store, tmp_path, lines(), sold)
    assert asked(store, FIRST, "exporter") is None


def test_a_correction_moves_the_claim(store: Store, tmp_path: Path) -> None:
    both(store, tmp_path, lines(), lines("5000-8765-4321"))  # of twelve equal months
    assert asked(store, FIRST, "exporter") is None
    with store.work("rival") as work:
        file = ledger_of_site(work.session, SECOND)
        use = work.session.exec(
            select(InstallationUse).where(InstallationUse.ledger == file.sha256)
        ).first()
        assert use is not None
        sheet, cell = use.cell.split("!")
        assert correct_cell(work, file, sheet, cell, PARK, "wrong number").sha256
    error = asked(store, FIRST, "exporter")
    assert error is not None
    assert error.code == SHARED


@pytest.mark.parametrize("number", ["", "PV 1", "—·—"])
def test_own_power_says_of_which_installation(tmp_path: Path, number: str) -> None:
    found = check(written(tmp_path, FIRST, lines(number))).findings
    assert [item.code for item in found] == [UNNAMED] * 12
    assert {item.sheet for item in found} == {"power"}


def unnumbered() -> list[Line]:
    """Return the park's lines in the form before the sheet had a column for numbers."""
    return [
        {name: text for name, text in line.items() if name not in ("installation", "share")}
        for line in uneven("", "131", "117")
    ]


def test_a_sheet_of_the_form_before_is_not_asked_for_a_number(store: Store, tmp_path: Path) -> None:
    """One such ledger is certified; the same months at another enterprise are one park."""
    path = written(tmp_path, FIRST, unnumbered())
    path.write_text(path.read_text("utf-8").replace(",installation,share", ""), "utf-8")
    assert check(path).findings == ()
    assert imported(store, path).sha256
    assert asked(store, FIRST, "exporter") is None
    with store.founding() as work:
        work.store(
            Actor(name="rival", role="exporter", organisation=RIVAL), "create", "user", "rival"
        )
    assert imported(
        store, written(tmp_path, SECOND, uneven("7000 9999", "131", "117")), "rival"
    ).sha256
    error = asked(store, FIRST, "exporter")
    assert error is not None
    assert error.code == "LEDGER_POWER_ALIKE"


@pytest.mark.parametrize("share", ["0", "1.2", "60"])
def test_a_share_lies_between_nothing_and_all(tmp_path: Path, share: str) -> None:
    found = check(written(tmp_path, FIRST, lines(share=share))).findings
    assert {item.code for item in found} == {"LEDGER_POWER_SHARE"}


def test_two_parks_of_one_kind_have_a_row_each(tmp_path: Path) -> None:
    half = {"generated": "60", "used": "50", "fed_in": "10", "certificates_sold": ""}
    parks = [line | half for number in (PARK, "5000-8765-4321") for line in lines(number)]
    assert check(written(tmp_path, FIRST, parks)).findings == ()
    again = [*parks, parks[0] | {"source": "wind", "installation": "500012345678"}]
    found = check(written(tmp_path, FIRST, again)).findings
    assert "LEDGER_POWER_DUPLICATE" in {item.code for item in found}


def test_a_ledger_frozen_before_gives_factors_and_no_certificate(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(power_checks, "check_named", lambda *_: None)
        assert imported(store, written(tmp_path, FIRST, lines(""))).sha256
    with store.work("exporter") as work:
        assert derive_site(work, FIRST)
    error = asked(store, FIRST, "exporter")
    assert error is not None
    assert error.code == UNNAMED
