"""Who provides a product input: rule DQ-LCI-PROVIDER, with a record of every choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lca_models.background.written import Ambiguous, CutOff, LinkedByName
from lca_models.external.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that an activity offers; `free` without burdens, so that nothing is linked to it.

    `changed` is when its process was last changed, as the source writes it (ISO).
    """

    place: int
    process: str
    process_name: str
    flow: str
    name: str
    unit: str
    changed: str
    free: bool = False


@dataclass
class Linking:
    """Finds providers and keeps account of how each input was linked.

    `chosen` is flow id or trimmed name → process id, set by a person.
    """

    offers: list[Offer]
    chosen: Mapping[str, str]
    counts: dict[str, int] = field(default_factory=dict)
    ambiguous: dict[tuple[str, str], Ambiguous] = field(default_factory=dict)
    cut_off: list[CutOff] = field(default_factory=list)
    by_name: dict[tuple[str, str], LinkedByName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._of_flow: dict[str, list[Offer]] = {}
        self._of_name: dict[str, list[Offer]] = {}
        for offer in self.offers:
            self._of_flow.setdefault(offer.flow, []).append(offer)
            self._of_name.setdefault(offer.name, []).append(offer)

    def provider(self, user: str, item: Exchange) -> int | None:
        """Return the place of the activity that provides an input, or None: cut off and listed."""
        how, found = self._candidates(item)
        fitting = [offer for offer in found if offer.unit == item.unit]
        if not fitting:
            self._cut(user, item, "unit" if found else "no_provider")
            return None
        offer = self._one_of(item, fitting)
        if offer.free:
            self._cut(user, item, "burden_free")
            return None
        self._count(how)
        if how == "name":
            self.by_name[item.flow, offer.flow] = {"name": item.name, "process": offer.process_name}
        return offer.place

    def _candidates(self, item: Exchange) -> tuple[str, list[Offer]]:
        same_flow = self._of_flow.get(item.flow, [])
        stated = [offer for offer in same_flow if offer.process == item.provider]
        if stated:
            return "default_provider", stated
        if same_flow:
            return "flow", same_flow
        return "name", self._of_name.get(item.name, [])

    def _one_of(self, item: Exchange, offers: list[Offer]) -> Offer:
        wanted = self.chosen.get(item.flow) or self.chosen.get(item.name)
        picked = [offer for offer in offers if offer.process == wanted]
        if picked:
            return picked[0]
        # A product that bears burdens before one that bears none; then the newest; then by id.
        ranked = sorted(offers, key=lambda offer: offer.process)
        ranked = sorted(ranked, key=lambda offer: offer.changed, reverse=True)
        ranked = sorted(ranked, key=lambda offer: offer.free)
        if len(ranked) > 1:
            self.ambiguous[item.flow, item.name] = {
                "name": item.name,
                "taken": ranked[0].process_name,
                "taken_id": ranked[0].process,
                "others": [f"{offer.process_name} [{offer.process}]" for offer in ranked[1:]],
            }
        return ranked[0]

    def _cut(self, user: str, item: Exchange, reason: str) -> None:
        self._count(reason)
        self.cut_off.append(
            {
                "process": user,
                "flow": item.name,
                "amount": item.amount,
                "unit": item.unit,
                "reason": reason,
            }
        )

    def _count(self, how: str) -> None:
        self.counts[how] = self.counts.get(how, 0) + 1
