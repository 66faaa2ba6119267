"""docs/performance.md from the records: the same records, the same bytes.

Every row says its goal and whether it is met. Ratios are medians of the rounds with the least and
the largest in brackets; times are medians. Nothing is left out because it is not flattering.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.harness import AT_LEAST, Record
from benchmarks.page_texts import GROUP_TITLES, HEAD, LIMIT_HEAD, REASONS

_COLUMNS = "| Work | Size | Ours | Against | Ratio | Goal | Agreement | |"
_RULE = "|---|--:|--:|---|--:|--:|--:|---|"
HALF = 0.5


def page(records: Sequence[Record], machine: Mapping[str, str]) -> str:
    """Return the whole page."""
    parts = [HEAD.format(machine=_machine(machine)), _verdict(records)]
    for group, title in GROUP_TITLES.items():
        found = [r for r in records if r.group == group and (r.our_seconds or r.not_run)]
        if found:
            parts.append(f"## {title}\n\n" + _table(found))
    parts.append(_limits(records))
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def summary(records: Sequence[Record]) -> str:
    """Return the rows as printed while `make bench` runs."""
    shown = [record for record in records if record.our_seconds or record.not_run]
    return "\n".join(" | ".join(_cells(record)) for record in shown)


def _machine(machine: Mapping[str, str]) -> str:
    if not machine:
        return ""
    date = f", {machine['date']}" if machine.get("date") else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python "
        f"{machine['python']}, {machine['packages']}{date}"
    )


def _verdict(records: Sequence[Record]) -> str:
    judged = [r for r in records if _has_goal(r) and r.our_seconds]
    missed = [r for r in judged if r.faults()]
    lines = [f"{len(judged)} rows have a goal; {len(judged) - len(missed)} are met."]
    if missed:
        lines += ["", "Not met:", ""]
        lines += [f"- {_name(r)}: {', '.join(r.faults())}" for r in missed]
    stopped = [r for r in records if r.not_run]
    if stopped:
        lines += ["", "Not run:", "", *(f"- {_name(r)}: {r.not_run}" for r in stopped)]
    return "\n".join(lines)


def _name(record: Record) -> str:
    size = f", {record.size:,} activities" if record.size else ""
    against = f", against {record.against}" if record.against else ""
    return f"{record.work}{size}{against}"


def _has_goal(record: Record) -> bool:
    return any(
        value is not None for value in (record.goal, record.limit_seconds, record.agreement_goal)
    )


def _table(records: Iterable[Record]) -> str:
    return "\n".join([_COLUMNS, _RULE, *(f"| {' | '.join(_cells(r))} |" for r in records)])


def _cells(record: Record) -> list[str]:
    size = f"{record.size:,}" if record.size else ""
    if record.not_run:
        return [record.work, size, "", record.against, "", "", "", f"not run: {record.not_run}"]
    told = "; ".join(part for part in (record.remark, _told(record)) if part)
    work = f"{record.work} ({told})" if told else record.work
    ours = f"{_time(statistics.median(record.our_seconds))} / {record.unit}"
    against = record.against
    if record.peer_seconds:
        against += f", {_time(statistics.median(record.peer_seconds))}"
    agreement = "" if record.agreement is None else f"{record.agreement:.0e}"
    return [work, size, ours, against, _ratio(record), _goal(record), agreement, _met(record)]


def _told(record: Record) -> str:
    """Return the numbers of a row that have no column of their own."""
    shown = {name: value for name, value in record.numbers.items() if name != "limit"}
    return ", ".join(f"{name.replace('_', ' ')} {value:,.4g}" for name, value in shown.items())


def _ratio(record: Record) -> str:
    if not record.peer_seconds:
        return ""
    ratios = record.ratios()
    mark = "" if record.direction == AT_LEAST else "of it: "
    shown = _number(statistics.median(ratios))
    return f"{mark}{shown}x ({_number(min(ratios))}-{_number(max(ratios))})"


def _goal(record: Record) -> str:
    goals = []
    if record.goal is not None:
        sign = ">=" if record.direction == AT_LEAST else "<="
        goals.append(f"{sign} {_number(record.goal)}x")
    if record.limit_seconds is not None:
        goals.append(f"<= {_time(record.limit_seconds)}")
    if record.agreement_goal is not None:
        goals.append(f"{record.agreement_goal:.0e}")
    return ", ".join(goals)


def _met(record: Record) -> str:
    if not _has_goal(record):
        return ""
    faults = record.faults()
    return f"**not met: {', '.join(faults)}**" if faults else "met"


def _limits(records: Sequence[Record]) -> str:
    rows = []
    for record in records:
        if "limit" in record.numbers and record.our_seconds:
            share = record.numbers["limit"] / statistics.median(record.our_seconds)
            why = REASONS.get(record.group, "") if share < HALF else ""
            cells = [
                record.work,
                f"{record.size:,}",
                f"{1 / statistics.median(record.our_seconds):,.0f}",
                f"{1 / record.numbers['limit']:,.0f}",
                f"{share:.0%}",
                why,
            ]
            rows.append(f"| {' | '.join(cells)} |")
    if not rows:
        return ""
    return "\n".join([LIMIT_HEAD.format(roofs=_roofs(records)), *rows])


def _roofs(records: Sequence[Record]) -> str:
    found = [r.numbers for r in records if "draw" in r.numbers]
    if not found:
        return ""
    middle = {key: statistics.median(r[key] for r in found) for key in found[0]}
    return (
        f"{1e-6 / middle['normal']:,.0f} million normals/s, {1e-6 / middle['draw']:,.0f} million "
        f"log-normals/s, {1e-9 / middle['byte']:,.1f} GB/s copied (read and written), "
        f"{1e-9 / middle['operation']:,.0f} GF/s in dgemm"
    )


def _time(seconds: float) -> str:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
