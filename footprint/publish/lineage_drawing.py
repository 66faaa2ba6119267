"""A lineage graph drawn as SVG: columns from evidence and ledger on the left to certificates.

Same graph, same bytes. Each box says kind, name, state and the beginning of its hash.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape

from factor_db.factors.trace.lineage import Graph, Node
from factor_db.foundation.messages import Language
from factor_db.foundation.names import name_or_code

_BOX_WIDTH, _BOX_HEIGHT = 260, 58
_GAP_X, _GAP_Y, _MARGIN = 70, 16, 24
# One calm colour a kind; anything else stays grey.
_FILLS = {
    "ledger": "#E4EEF8",
    "ledger-correction": "#FBEBD3",
    "evidence": "#EDE7F6",
    "factor": "#E5F3E8",
    "release": "#F1F1F1",
    "calculation": "#FFF6CC",
    "certificate": "#FADFD9",
}
_NAME_LENGTH = 38


def draw_lineage(graph: Graph, lang: Language) -> str:
    """Return the graph as an SVG document; the thing that was asked for has a thick border."""
    columns = _columns(graph)
    places: dict[str, tuple[int, int]] = {}
    for column, nodes in enumerate(columns):
        for line, node in enumerate(nodes):
            x = _MARGIN + column * (_BOX_WIDTH + _GAP_X)
            places[node.key] = (x, _MARGIN + line * (_BOX_HEIGHT + _GAP_Y))
    width = 2 * _MARGIN + len(columns) * (_BOX_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + max(map(len, columns)) * (_BOX_HEIGHT + _GAP_Y) - _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="Noto Sans CJK SC, Noto Sans SC, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *(_arrow(places[parent], places[child]) for parent, child in graph.edges),
        *(
            _box(node, places[node.key], node.key == graph.centre, lang)
            for nodes in columns
            for node in nodes
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def tree_lines(graph: Graph, lang: Language) -> list[str]:
    """Return the graph as indented lines: what it was made from, the thing, what rests on it."""
    nodes = {node.key: node for node in graph.nodes}

    def line(key: str, mark: str, depth: int) -> str:
        node = nodes[key]
        name = key[:12] if node.name == key else f"{node.name}  {key[:12]}"
        words = (name_or_code("node", node.kind, lang), name, _state(node, lang), node.detail)
        return "  " * depth + mark + "  ".join(filter(None, words))

    def below(key: str, depth: int, upward: bool) -> list[str]:
        found = []
        for parent, child in graph.edges:
            near, far = (child, parent) if upward else (parent, child)
            if near == key:
                found.append(line(far, "<- " if upward else "-> ", depth))
                found.extend(below(far, depth + 1, upward))
        return found

    centre = graph.centre
    return [line(centre, "", 0), *below(centre, 1, True), *below(centre, 1, False)]


def _columns(graph: Graph) -> list[list[Node]]:
    """Return the nodes column by column: each stands right of everything it was made from."""
    parents: dict[str, list[str]] = defaultdict(list)
    for parent, child in graph.edges:
        parents[child].append(parent)
    depths: dict[str, int] = {}

    def depth(key: str) -> int:
        if key not in depths:
            depths[key] = max((depth(parent) + 1 for parent in parents[key]), default=0)
        return depths[key]

    columns: dict[int, list[Node]] = defaultdict(list)
    for node in sorted(graph.nodes, key=lambda node: (node.kind, node.name)):
        columns[depth(node.key)].append(node)
    return [columns[index] for index in sorted(columns)]


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _BOX_WIDTH, start[1] + _BOX_HEIGHT // 2
    x2, y2 = end[0], end[1] + _BOX_HEIGHT // 2
    middle = (x1 + x2) // 2
    return (
        f'<path d="M{x1} {y1} C{middle} {y1} {middle} {y2} {x2 - 6} {y2}" fill="none" '
        f'stroke="#8A97A6"/><path d="M{x2} {y2} l-8 -4 v8 z" fill="#8A97A6"/>'
    )


def _box(node: Node, place: tuple[int, int], centre: bool, lang: Language) -> str:
    x, y = place
    fill, border = _FILLS.get(node.kind, "#F1F1F1"), ("#1F2933", 2) if centre else ("#9AA5B1", 1)
    # A calculation is named by its hash, which stands below anyway: what it holds says more.
    name = node.detail if node.name == node.key and node.detail else node.name
    name = name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
    below = "  ".join(filter(None, (node.key[:12], node.detail if name != node.detail else "")))
    heading = " · ".join(filter(None, (name_or_code("node", node.kind, lang), _state(node, lang))))
    return (
        f'<g><title>{escape(node.name)} {node.key}</title><rect x="{x}" y="{y}" rx="6" '
        f'width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" fill="{fill}" stroke="{border[0]}" '
        f'stroke-width="{border[1]}"/>'
        f'<text x="{x + 10}" y="{y + 17}" font-size="11" fill="#52606D">{escape(heading)}</text>'
        f'<text x="{x + 10}" y="{y + 34}" font-size="12" fill="#1F2933">{escape(name)}</text>'
        f'<text x="{x + 10}" y="{y + 50}" font-size="10" fill="#7B8794">{escape(below)}</text></g>'
    )


def _state(node: Node, lang: Language) -> str:
    return name_or_code("state", node.state, lang) if node.state else ""
