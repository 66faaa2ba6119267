"""Faults planted by seed from operator × place, and what closure and possibility say of each.

A fault is a number: it decides the plant, the operator and the place. Numbers are taken in order
until `MOVING` faults have moved a total by `MOVES` or more. What was found of each is kept in
`planted_faults.csv`, from which the table of the documents is made; the soak makes the file anew.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path
from random import Random

import faults_of_data
import faults_of_models
from fault_operators import GROUPS, Faulty
from fault_plants import Refusal, Run, fault_plant, right_run

MOVING, CASES, SHARED = 200, 6, 24
"""Faults that move a total; of the case study's kind; and of the kinds both roads share."""
DRAWN = "drawn"
APART = {"case": CASES, "shared": SHARED}
"""Groups that are counted apart from the faults drawn over all other kinds → how many."""
PLANTS = tuple(range(24))
"""Seeds of the plants."""
MOVES = Decimal("0.005")
CLOSURE, POSSIBLE, BOTH = "closure", "possibility", "both"
REFUSED, NEITHER, STILL = "refused", "neither", "no move"
SAME_FIGURES, ALLOWANCE = "shared by both roads", "within the 1 % that no product carries"
BELOW, UNKNOWN = "below 0.1 % of the account", "not explained"
UNUSED = "refused when calculated (FIELD_DATA_UNUSED)"
_DIGITS = Decimal("1E-12")
COLUMNS = (CLOSURE, POSSIBLE, BOTH, REFUSED, NEITHER, STILL)
FOUND = Path(__file__).with_name("planted_faults.csv")
PAGE = Path(__file__).parents[2] / "docs" / "closure.md"
_START = "<!-- planted faults: made by tests/account/planted_faults.py -->"
_END = "<!-- end of planted faults -->"
MODULES = (faults_of_models, faults_of_data)
_PERCENT_DIGITS = Decimal("0.01")


@dataclass(frozen=True)
class Verdict:
    """What was found of one fault: how far the total moved, in %, who caught it, and why or not.

    `why` holds the codes of the reasons, or of the error; where neither caught it, why neither did.
    """

    number: int
    seed: int
    group: str
    operator: str
    place: str
    moved_percent: str
    caught: str
    why: str


def verdict(number: int, kinds: str = DRAWN) -> Verdict:
    """Plant the fault of a number among some kinds and return what was found of it."""
    seed, group, name, (place, plant) = _planted(number, kinds)
    right = right_run(seed)
    try:
        wrong = plant.run()
    except Refusal as error:
        code = getattr(error, "code", type(error).__name__)
        return Verdict(number, seed, group, name, place, "", REFUSED, code)
    moved = _moved(right, wrong)
    closure, possible = wrong.against_closure(), wrong.against_possibility()
    caught = {(True, True): BOTH, (True, False): CLOSURE, (False, True): POSSIBLE}.get(
        (bool(closure), bool(possible)), NEITHER
    )
    why = " ".join(sorted({*closure, *possible}))
    if moved < MOVES:
        caught = STILL
    elif caught == NEITHER:
        why = SAME_FIGURES if group == "shared" else _unseen(right, wrong)
    percent = str((moved * 100).quantize(_PERCENT_DIGITS))
    return Verdict(number, seed, group, name, place, percent, caught, why)


def _unseen(right: Run, wrong: Run) -> str:
    """Return why closure has nothing against a fault, from what it shows of it."""
    lines = _carried_by_none(wrong) - _carried_by_none(right)
    if lines:
        refused = UNUSED if lines <= set(wrong.unused()) else "and calculated"
        return f"{ALLOWANCE}: {', '.join(sorted(lines))}; {refused}"
    return BELOW if wrong.closure.share(wrong.closure.parted) > _DIGITS else UNKNOWN


def _carried_by_none(run: Run) -> set[str]:
    return {f"{item.process}/{item.flow}" for item in run.closure.lines if item.kind == "unread"}


def _planted(number: int, kinds: str) -> tuple[int, str, str, Faulty]:
    """Draw plant, operator and place; a plant without such a place is drawn anew."""
    chance = Random(f"{kinds} {number}")
    names = [
        (group, name)
        for group, operators in GROUPS.items()
        for name in operators
        if group == kinds or (kinds == DRAWN and group not in APART)
    ]
    group, name = chance.choice(names)
    while True:
        seed = chance.choice(PLANTS)
        found = GROUPS[group][name](fault_plant(seed), right_run(seed), chance)
        if found is not None:
            return seed, group, name, found


def _moved(right: Run, wrong: Run) -> Decimal:
    """Return how far the total of the product or code that moved furthest moved, as a share."""
    return max(
        abs(wrong.totals[name] - total) / total for name, total in right.totals.items() if total
    )


def all_verdicts() -> Iterator[Verdict]:
    """Yield verdicts until enough faults have moved a total, then those of the shared kinds."""
    moving, number = 0, 0
    while moving < MOVING:
        found = verdict(number)
        yield found
        moving += is_moving(found)
        number += 1
    for kinds, count in APART.items():
        yield from (verdict(number, kinds) for number in range(count))


def is_moving(found: Verdict) -> bool:
    """Tell whether a fault gave another total; what was refused gave none."""
    return found.caught not in {STILL, REFUSED}


def is_caught(found: Verdict) -> bool:
    """Tell whether closure or possibility speaks against a fault that moved the total."""
    return found.caught in {CLOSURE, POSSIBLE, BOTH}


def stored() -> list[Verdict]:
    """Return the verdicts of the file."""
    with FOUND.open(encoding="utf-8", newline="") as file:
        return [
            Verdict(**{**row, "number": int(row["number"]), "seed": int(row["seed"])})
            for row in csv.DictReader(file)
        ]


def store(found: Iterable[Verdict]) -> None:
    """Write the file anew."""
    with FOUND.open("w", encoding="utf-8", newline="") as file:
        names = [item.name for item in fields(Verdict)]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(item) for item in found)


def table(found: Iterable[Verdict]) -> str:
    """Return the table of the documents: an operator a row, and how its faults came out."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in found:
        counts[item.operator, item.caught] += 1
    lines = ["| Group | Fault | " + " | ".join(COLUMNS) + " |", "|" + "---|" * (2 + len(COLUMNS))]
    for group, operators in GROUPS.items():
        for name in operators:
            numbers = (str(counts[name, column] or "") for column in COLUMNS)
            lines.append(f"| {group} | {name} | " + " | ".join(numbers) + " |")
        sums = (str(sum(counts[name, column] for name in operators) or "") for column in COLUMNS)
        lines.append(f"| **{group}** | **all** | " + " | ".join(sums) + " |")
    return "\n".join(lines)


def summary(found: Sequence[Verdict]) -> str:
    """Return the sentence above the table."""
    moving = [item for item in found if item.group not in APART and is_moving(item)]
    caught = sum(map(is_caught, moving))
    share = (Decimal(100 * caught) / len(moving)).quantize(_PERCENT_DIGITS).normalize()
    return f"Of {len(moving)} faults that moved a total, {caught} were caught: {share:f} %."


def unseen(found: Sequence[Verdict]) -> str:
    """Return the list below the table: every fault that was caught by neither, and why."""
    lines = [
        f"| {item.group} | {item.operator} | {item.place} | {item.moved_percent} % | {item.why} |"
        for item in found
        if item.caught == NEITHER
    ]
    head = [
        "Caught by neither:",
        "",
        "| Group | Fault | Place | Moved | Why |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *lines])


def page_with(page: str, found: Sequence[Verdict]) -> str:
    """Return the page with the sentence and the table of some verdicts between its markers."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    return f"{before}{_START}\n\n{summary(found)}\n\n{table(found)}\n\n{unseen(found)}\n\n{_END}{after}"


if __name__ == "__main__":
    store(all_verdicts())
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), stored()), encoding="utf-8")
