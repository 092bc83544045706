"""A network as HTML for notebooks: figure, counts and code in tabs, without JavaScript."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from itertools import count as numbers

from archc.count.counts import Counts
from archc.count.table import shape
from archc.count.tables import inputs

_CARDS = numbers(1)
_STYLE = """
.archc{border:1px solid #8884;border-radius:6px;padding:.6em .8em;
font:13px/1.45 Arial,Helvetica,sans-serif;overflow:auto}
.archc>input{position:absolute;opacity:0;pointer-events:none}
.archc>label{display:inline-block;padding:.15em .8em;margin:.5em .3em .5em 0;
border-radius:4px;cursor:pointer;border:1px solid #8884}
.archc>input:checked+label{background:#2868c8;color:#fff}
.archc>input:focus-visible+label{outline:2px solid #2868c8;outline-offset:2px}
.archc>div{display:none;max-height:44em;overflow:auto}
.archc img{max-width:none;background:#fff}
.archc pre{margin:0;font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;text-align:left}
.archc table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.archc td,.archc th{padding:.1em .7em;text-align:right;border:0}
.archc td:first-child,.archc th:first-child,.archc td:nth-child(2),.archc th:nth-child(2){text-align:left}
"""


def card(counts: Counts, svg: bytes, code: str) -> str:
    """The network as tabs. Ids are unique, so that a notebook can show a network twice."""
    name = f"archc-{next(_CARDS)}-{sha256(svg).hexdigest()[:8]}"
    picture = b64encode(svg).decode()
    tabs = {
        "Figure": f'<img alt="figure of {escape(counts.name)}" src="data:image/svg+xml;base64,{picture}">',
        "Counts": counts_table(counts),
        "PyTorch": f"<pre>{escape(code)}</pre>",
    }
    shown = "".join(f"#{name}-{i}:checked~#{name}-{i}-tab{{display:block}}" for i in range(len(tabs)))
    heads = "".join(
        f'<input type="radio" name="{name}" id="{name}-{i}"{"" if i else " checked"}>'
        f'<label for="{name}-{i}">{tab}</label>'
        for i, tab in enumerate(tabs)
    )
    bodies = "".join(f'<div id="{name}-{i}-tab">{body}</div>' for i, body in enumerate(tabs.values()))
    return f'<style>{_STYLE}{shown}</style><div class="archc">{_summary(counts)}<br>{heads}{bodies}</div>'


def counts_table(counts: Counts) -> str:
    """A row for each layer, and the totals."""
    rows = [
        (row.path, row.op, shape(row.output), f"{row.params:,}", f"{row.macs:,}", f"{row.elementwise:,}")
        for row in counts.layers
    ]
    total = ("total", "", shape(counts.output), f"{counts.params:,}", f"{counts.macs:,}", f"{counts.elementwise:,}")
    head = _row(("layer", "op", "output", "parameters", "MACs", "element-wise"), "th")
    return f"<table>{head}{''.join(_row(row, 'td') for row in rows)}{_row(total, 'th')}</table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _summary(counts: Counts) -> str:
    there = f"{inputs(counts)} → {', '.join(map(shape, counts.outputs))}"
    return f"<b>{escape(counts.name)}</b> {there} · {counts.params:,} parameters · {counts.macs:,} MACs"
