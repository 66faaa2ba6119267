"""Draw the mutants anew: `python tests/mutations/drawing.py`, in an environment with Cosmic Ray 8.7.

The tool's operators are asked for every place they could change; of each module `A_MODULE` places
are drawn by seed and one operator at each. Left out are operators whose mutants no test could
let live (a shift of two decimals raises at once), what is no Python any more, decorators (the size
of a cache), and what stands on several lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from random import Random

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from mutants import FOUND, MODULES, ROOT, Mutant, functions, keep, stored

SEED, A_MODULE = 14, 6
_ARITHMETIC = "(Add|Sub|Mul|Div)"
_WANTED = re.compile(
    rf"core/(ReplaceBinaryOperator_{_ARITHMETIC}_{_ARITHMETIC}"
    r"|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|(Lt|LtE|Gt|GtE)_(Lt|LtE|Gt|GtE))"
    r"|ReplaceUnaryOperator_(USub_UAdd|Delete_USub|Delete_Not)|AddNot|NumberReplacer"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd"
    r"|ReplaceBreakWithContinue|ReplaceContinueWithBreak|ZeroIterationForLoop)"
)


def places(source: str) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """Return (line, column) → the operators that could change it, each with its occurrence."""
    tree = get_ast(source)
    found: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    for name in filter(_WANTED.fullmatch, sorted(operator_names())):
        operator = get_operator(name)()
        spots = (spot for node in ast_nodes(tree) for spot in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(spots):
            found[start].append((name, occurrence))
    return found


def is_python(source: str) -> bool:
    """Tell whether a source still compiles."""
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def one_line(source: str, changed: str) -> tuple[int, str, str] | None:
    """Return (line, before, after) where exactly one line differs, both stripped."""
    old, new = source.splitlines(), changed.splitlines()
    if len(old) != len(new):
        return None
    differ = [place for place in range(len(old)) if old[place] != new[place]]
    if len(differ) != 1 or old[differ[0]].strip().startswith("@") or not is_python(changed):
        return None
    return differ[0] + 1, old[differ[0]].strip(), new[differ[0]].strip()


def drawn(module: str, random: Random) -> list[Mutant]:
    """Return the mutants of a module, not yet numbered."""
    source = (ROOT / module).read_text(encoding="utf-8")
    spans, spots = functions(source), places(source)
    order = sorted(spots)
    random.shuffle(order)
    found: list[Mutant] = []
    for spot in order:
        name, occurrence = random.choice(spots[spot])
        change = one_line(source, mutate_code(source, get_operator(name)(), occurrence))
        if change is None or change[1] in {mutant.before for mutant in found}:
            continue
        line, before, after = change
        inside = [key for key, (first, last) in spans.items() if first <= line <= last]
        function = min(inside, key=lambda key: spans[key][1] - spans[key][0])
        first = spans[function][0] - 1
        if [text.strip() for text in source.splitlines()[first:line]].count(before) > 1:
            continue
        operator = name.partition("/")[2]
        found.append(Mutant(0, module, function, before, after, operator))
        if len(found) == A_MODULE:
            break
    return found


def main() -> None:
    """Draw all anew; a mutant that was drawn before keeps what became of it."""
    random = Random(SEED)
    mutants = [mutant for module in MODULES for mutant in drawn(module, random)]
    known = {what(mutant): mutant for mutant in (stored() if FOUND.is_file() else ())}
    keep(
        replace(known.get(what(mutant), mutant), number=number)
        for number, mutant in enumerate(mutants)
    )


def what(mutant: Mutant) -> tuple[str, ...]:
    """Return what makes a mutant the same one."""
    return mutant.module, mutant.function, mutant.before, mutant.after


if __name__ == "__main__":
    main()
