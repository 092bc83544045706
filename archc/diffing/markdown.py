"""A script as Markdown, for a comment on a pull request: the edits as a list, the counts as a table."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diffing.members import AlikeScripts
from archc.diffing.script import Script, ScriptEdit
from archc.diffing.text import SHOWN, Row, counted, counts, edits, keys, told
from archc.support.sheets import in_markdown


def as_markdown(script: Script, every: bool = False) -> str:
    """The script, its consequences, the counts, and the changes of the keys."""
    title = f"### {_code(script.before)} → {_code(script.after)}"
    if script.equal:
        return f"{title}\n\nequal\n"
    return _told_of(title, script, list(counted(script)), [script], every)


def alike_as_markdown(found: AlikeScripts, every: bool = False) -> str:
    """The script of several members, their counts, and the changes of their keys."""
    if len(found.names) == 1:
        return as_markdown(found.script, every)
    return _told_of(f"### in {_text(found.title)}", found.script, list(counts(found.totals)), found.keys, every)


def _told_of(title: str, script: Script, table: list[Row], state: Sequence[Script], every: bool) -> str:
    lines = [title, "", f"{edits(len(script.edits)).capitalize()}:", ""]
    for i, edit in enumerate(script.edits):
        lines.append(f"- {_told(edit)}")
        lines += _inside([e for e in script.consequences if e.causes[:1] == (i,)], every)
    others = [e for e in script.consequences if not e.causes]
    if others:
        lines += ["- which makes:", *_inside(others, every)]
    head, *rows = table
    lines += ["", f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for row in rows:
        bold = row is rows[-1] and len(state) == 1
        lines.append("| " + " | ".join(f"**{cell}**" if bold and cell else _text(cell) for cell in row) + " |")
    if len(state) > 1:
        lines += [""] + [f"- {_code(one.after)}: {keys(one)}" for one in state if not one.keys.as_it_was]
    else:
        lines += ["", keys(script).capitalize()]
    if len(state) == 1 and script.keys.renamed:
        pairs = script.keys.renamed
        lines += ["", f"<details><summary>{len(pairs)} renamed</summary>", "", "| before | after |", "|---|---|"]
        lines += [f"| {_code(old)} | {_code(new)} |" for old, new in pairs]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _inside(found: list[ScriptEdit], every: bool) -> list[str]:
    shown = found if every else found[:SHOWN]
    more = [f"  - … {len(found) - len(shown)} more"] if len(shown) < len(found) else []
    return [f"  - {_told(edit)}" for edit in shown] + more


def _told(edit: ScriptEdit) -> str:
    return f"**{edit.action}**: {_code(told(edit))}"


def _code(text: str) -> str:
    """A text with its markup escaped."""
    ticks = "`"
    while ticks in text:
        ticks += "`"
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}".replace("|", "\\|")


def _text(cell: str) -> str:
    return in_markdown(cell)
