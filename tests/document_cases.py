"""Calculations of every product under every value of every choice, one at a time from the default.

The example plants give what they have; what no ledger and no release holds is filled in with small
hand-made values, so that every choice has a result. Such a result is an estimate; of what a
certificate or a PACT footprint would say of it a copy is made that says it is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from result_cases import changed

from factor_db.foundation.errors import Incomplete
from factor_db.store.work import Store
from footprint.certificate.payload import Review, build_credential
from footprint.choices.alternatives import alternatives_of
from footprint.figures.document import figures_of
from footprint.figures.unevidenced import unevidenced_choices
from footprint.result.choices import Alternative
from footprint.result.document import ResultDocument, identified
from footprint.result.inputs import Inputs
from footprint.result.tables import Plant, ReleaseRef
from footprint.solving.evaluate import evaluate
from footprint.solving.preparation import Prepared, prepare
from footprint.study.definition import GWP_SETS, Study, default_study
from lca_models.catalogue import PRODUCTS, available_choices
from lca_models.charge import ALLOYS
from lca_models.system.resolve import Resolver

SITES = {
    **dict.fromkeys(PRODUCTS, "CQ-PLATE"),
    "extrusion": "CQ-EXTRUSION",
    "forged_ring": "CQ-EXTRUSION",
    **dict.fromkeys(("recycled_ingot", "liquid_alloy", "dross_service"), "CQ-RECYCLED"),
}
SMELTER = ("smelter_power", "pfc_method", "smelter_technology")
SERVICE = "dross_service"
OF_SMELTERS = ("primary_aluminium", "primary_liquid")
DEFAULT = ""
PUBLISHED = ("primary_source", "published")
# One alloy stands for all: the others differ in their numbers alone.
LEFT_OUT = set(ALLOYS) - {"6063"}
_SHARES = {
    "electricity_hydro.smelter_share/property": "0.6",
    "electricity.smelter_share/property": "0.4",
}
ISSUER = {"did": "did:key:z6Mk", "name": "Test", "pdfCertificateSha256": "0" * 64}


def cases(product: str) -> Iterator[tuple[str, str]]:
    """Yield the default and every (choice, value) of a product that is not its default."""
    yield DEFAULT, DEFAULT
    choices = {**available_choices(product), "gwp_set": GWP_SETS}
    for choice, values in choices.items():
        for value in values:
            if value not in LEFT_OUT and value != _taken(default_study(product), choice):
                yield choice, value


def base_of(product: str, choice: str) -> dict[str, str]:
    """Return the choices a case starts from: the smelter's need its chain in the result."""
    modelled = choice in SMELTER and product not in OF_SMELTERS
    return {"primary_source": "modelled"} if modelled and product != SERVICE else {}


class Plants:
    """The example plants' factors, loaded once; every case is calculated on them."""

    def __init__(self, store: Store) -> None:
        self._prepared: dict[str, Prepared] = {}
        self._known: dict[tuple[str, str, str], ResultDocument] = {}
        with store.read() as session:
            loaded: dict[str, Any] = {}
            for product, site in SITES.items():
                study = replace(default_study(product), site=site)
                self._prepared[product] = prepare(session, study, loaded)

    def document(self, product: str, choice: str = DEFAULT, value: str = DEFAULT) -> ResultDocument:
        """Return a product's document under one choice, what is missing filled in by hand.

        The default alone is calculated under the other choices too, and a modelled chain under
        the published metal. Raises BadInput for a choice
        that the plant refuses.
        """
        key = (product, choice, value)
        if key not in self._known:
            self._known[key] = self._calculated(*key)
        return self._known[key]

    def _calculated(self, product: str, choice: str, value: str) -> ResultDocument:
        prepared = self._prepared[product]
        study = _study(prepared.study, product, choice, value)
        while True:
            pinner = Resolver(
                [*prepared.release.factors, *prepared.own], prepared.where, study.overrides
            ).pin
            try:
                nominal = evaluate(study, prepared.where, pinner)
                break
            except Incomplete as gap:
                study = _filled(study, str(gap.params["slots"]).split(", "))
        others: list[Alternative] = []
        if not choice:
            others = list(alternatives_of(study, prepared.where, pinner)[0])
        elif study.choices.primary_source == "modelled" and product not in OF_SMELTERS:
            # What the published metal gives shows whether the chain needs evidence.
            published = evaluate(study.changed(*PUBLISHED), prepared.where, pinner).total
            primary, value = PUBLISHED
            others = [Alternative(choice=primary, value=value, total=published, reason="")]
        site = {key: item for key, item in asdict(prepared.site).items() if key != "owner"}
        release = ReleaseRef(name=prepared.release.name, sha256=prepared.release.sha256)
        made = ResultDocument(
            **dict(figures_of(nominal, others)),
            calculation="",
            site=Plant(**site),
            release=release,
            unused_field_data=(),
            inputs=Inputs(study=study, where=prepared.where, pins=nominal.pins),
        )
        return identified(made)


def declarable(document: ResultDocument) -> ResultDocument:
    """Return a copy that is no estimate and rests on no example data."""
    return changed(document, estimate=False, unused_field_data=[], coverage={"estimated": []})


def certified(document: ResultDocument) -> dict[str, Any]:
    """Return the subject of a certificate on a declarable copy: what it would say of the result.

    A choice without evidence is refused (PCF-EVIDENCE-001); what would be said of it is read all
    the same, as of an estimate.
    """
    issued, issuer = datetime(2026, 11, 30, tzinfo=UTC), ISSUER
    with pytest.MonkeyPatch.context() as patch:
        if unevidenced_choices(document):
            with pytest.raises(Incomplete, match="CERTIFICATE_UNEVIDENCED"):
                build_credential(declarable(document), issuer, issued_at=issued, review=Review())
            patch.setattr("footprint.certificate.certifiable._refuse_unevidenced", lambda _: None)
        made = build_credential(declarable(document), issuer, issued_at=issued, review=Review())
    subject: dict[str, Any] = made["credentialSubject"]
    return subject


def _study(study: Study, product: str, choice: str, value: str) -> Study:
    for name, taken in base_of(product, choice).items():
        study = study.changed(name, taken)
    if choice:
        study = study.changed(choice, value)
    if choice == "pfc_method" and value != "amount":
        study = study.changed("smelter_technology", "CWPB")
    if (choice, value) == ("smelter_power", "mix") and product != SERVICE:
        study = replace(study, overrides={key: Decimal(item) for key, item in _SHARES.items()})
    return study


def _taken(study: Study, choice: str) -> str:
    return study.gwp_set if choice == "gwp_set" else getattr(study.choices, choice)


def _filled(study: Study, slots: list[str]) -> Study:
    """Give each missing slot a value that makes a possible plant: a tonne of metal per tonne."""
    return replace(study, overrides={**study.overrides, **{key: _value(key) for key in slots}})


def _value(slot: str) -> Decimal:
    *_, flow, quantity = slot.split("/")
    if quantity == "property":
        return Decimal("94" if flow.endswith("efficiency") else "0.01")
    metal = ("slab", "plate", "sheet", "profile", "ring", "blank", "billet", "melt", "metal")
    made = quantity == "inventory" and any(word in flow for word in metal)
    made = made and flow != "recovered_metal"
    return Decimal(1) if made else Decimal("0.01")
