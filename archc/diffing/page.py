"""A diff as one HTML file without JavaScript: edits, figure, counts, and the changes of the keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from archc.diffing.picture import picture
from archc.diffing.script import Script, ScriptEdit
from archc.diffing.text import SIGNS, counted, edits, keys, told
from archc.ir.network import Network
from archc.targets.figure import Level

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a;
       background: #fff; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
ul { list-style: none; padding-left: 0; } ul ul { padding-left: 2rem; color: #444; }
.sign { display: inline-block; width: 1.4rem; font-weight: bold; font-family: monospace; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .15rem .7rem; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
tr:last-child td { font-weight: bold; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
"""


def as_html(pairs: Sequence[tuple[Script, Network, Network]], apart: Iterable[str], level: Level) -> str:
    """Diffs with their figures; `apart` are lines about networks without a counterpart."""
    title = " · ".join(f"{script.before} → {script.after}" for script, _, _ in pairs) or "diff"
    parts = [
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}</style>",
    ]
    for script, before, after in pairs:
        parts += _section(script, before, after, level)
    parts += [f"<p>{escape(line.strip())}</p>" for line in apart]
    return "\n".join([*parts, "</html>", ""])


def _section(script: Script, before: Network, after: Network, level: Level) -> Iterator[str]:
    yield f"<h1>{escape(script.before)} → {escape(script.after)}</h1>"
    if script.equal:
        yield "<p>equal</p>"
        return
    yield f"<h2>{edits(len(script.edits)).capitalize()}</h2>"
    yield "<ul>"
    for i, edit in enumerate(script.edits):
        yield from _item(edit, [e for e in script.consequences if e.causes[:1] == (i,)])
    others = [e for e in script.consequences if not e.causes]
    if others:
        inner = "".join(f"<li>{_told(e)}</li>" for e in others)
        yield f'<li><span class="sign"></span>which makes:<ul>{inner}</ul></li>'
    yield "</ul>"
    yield f"<figure>{picture(before, after, level, 'svg').decode()}</figure>"
    head, *rows = counted(script)
    yield "<table>"
    yield f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
    yield "</table>"
    yield f"<p>{escape(keys(script))}</p>"
    if script.keys.renamed:
        yield "<details><summary>renamed</summary><table><tr><th>before</th><th>after</th></tr>"
        for old, new in script.keys.renamed:
            yield f"<tr><td>{escape(old)}</td><td>{escape(new)}</td></tr>"
        yield "</table></details>"


def _item(edit: ScriptEdit, following: Sequence[ScriptEdit]) -> Iterator[str]:
    inner = "".join(f"<li>{_told(one)}</li>" for one in following)
    yield f"<li>{_told(edit)}" + (f"<ul>{inner}</ul>" if inner else "") + "</li>"


def _told(edit: ScriptEdit) -> str:
    return f'<span class="sign">{escape(SIGNS[edit.action])}</span>{escape(told(edit))}'
