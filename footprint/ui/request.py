"""The question of the Calculate page; it stands whole in the address, so a link repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from factor_db.foundation.errors import BadInput
from footprint.study import GWP_SETS, Study, default_study
from footprint.suppliers import suppliers_of
from footprint.told import ORDER
from lca_models.catalogue import available_choices

SAMPLES = (0, 1000, 5000)
_OFFERED = ("scrap_rule", "electricity_rule", "primary_source", "surface")


@dataclass(frozen=True, slots=True)
class Request:
    """Product, site, the choices by name, and how many samples; hashable, so it keys the cache.

    `suppliers` are bought goods with the product factor of whoever supplies them all.
    """

    product: str
    site: str
    choices: tuple[tuple[str, str], ...] = ()
    samples: int = 0
    suppliers: tuple[tuple[str, str], ...] = ()

    def study(self) -> Study:
        """Return the study; raises BadInput for an unknown product, choice or GWP set."""
        study = replace(default_study(self.product), site=self.site)
        for choice, value in self.choices:
            study = study.changed(choice, value)
        return replace(study, suppliers=suppliers_of(dict(self.suppliers)))

    def to_address(self) -> dict[str, str]:
        """Return the request as parameters of an address."""
        content = asdict(self)
        choices = dict(content.pop("choices"))
        named = ",".join(f"{flow}={ref}" for flow, ref in content.pop("suppliers"))
        suppliers = {"suppliers": named} if named else {}
        return {key: str(value) for key, value in {**content, **choices, **suppliers}.items()}

    @classmethod
    def from_address(cls, params: Mapping[str, str]) -> Request | None:
        """Read a request back; None when the address holds no product and site.

        Raises BadInput (UI_ADDRESS_CHOICE) for a choice that the page does not offer: answering
        without it would show another result than the one asked for.
        """
        if not params.get("product") or not params.get("site"):
            return None
        others = [name for name in ORDER if name not in _OFFERED and params.get(name)]
        left_out = [f"{name}={params[name]}" for name in others if _is_other(params, name)]
        if left_out:
            raise BadInput("UI_ADDRESS_CHOICE", choices=", ".join(left_out))
        names = ("gwp_set", *_OFFERED)
        choices = tuple((name, params[name]) for name in names if params.get(name))
        samples = params.get("samples", "")
        count = int(samples) if samples in {str(item) for item in SAMPLES} else 0
        named = [item.partition("=") for item in params.get("suppliers", "").split(",") if item]
        suppliers = tuple((flow, ref) for flow, _, ref in named)
        return cls(params["product"], params["site"], choices, count, suppliers)


def _is_other(params: Mapping[str, str], choice: str) -> bool:
    return params[choice] != shipped_choice(params["product"], choice)


def offered_choices(product: str) -> dict[str, tuple[str, ...]]:
    """Return choice → values a reader may choose from; a choice with one value is not offered."""
    available = available_choices(product)
    offered = {name: available[name] for name in _OFFERED if len(available[name]) > 1}
    return {"gwp_set": GWP_SETS, **offered}


def shipped_choice(product: str, choice: str) -> str:
    """Return the value that the shipped study of a product takes."""
    study = default_study(product)
    return study.gwp_set if choice == "gwp_set" else str(getattr(study.choices, choice))
