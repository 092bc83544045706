"""A script as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.diffing.members import AlikeScripts
from archc.diffing.script import CostChange, Script, ScriptEdit, Site
from archc.support.record import replace

SIGNS = {
    "added": "+", "removed": "-", "changed": "~", "replaced": "~", "moved": ">", "renamed": "=", "wrapped": "(",
    "unwrapped": ")", "rewired": "&", "froze": "*", "thawed": "*",
}  # fmt: skip
"""The sign of an action at the start of a line."""
SHOWN = 12
"""The number of consequences of an edit that are shown, unless all are requested."""
Row = tuple[str, ...]


def as_text(script: Script, every: bool = False) -> str:
    """The script, its consequences, the counts, and the changes of the keys."""
    title = f"{script.before} -> {script.after}"
    if script.equal:
        return f"{title}: equal\n"
    return _told_of(title, script, list(counted(script)), [keys(script)], every)


def alike_as_text(found: AlikeScripts, every: bool = False) -> str:
    """The script of several members, their counts, and the changes of their keys."""
    if len(found.names) == 1:
        return as_text(found.script, every)
    lines = [f"{n}: {keys(s)}" for n, s in zip(found.names, found.keys, strict=True) if not s.keys.as_it_was]
    lines = lines or ["tensors: all kept"]
    return _told_of(f"in {found.title}", found.script, list(counts(found.totals)), lines, every)


def _told_of(title: str, script: Script, rows: list[Row], state: Sequence[str], every: bool) -> str:
    lines = [f"{title}: {edits(len(script.edits))}"]
    for i, edit in enumerate(script.edits):
        lines.append(f"  {SIGNS[edit.action]} {told(edit)}")
        lines += _indented([e for e in script.consequences if e.causes[:1] == (i,)], every)
    others = [e for e in script.consequences if not e.causes]
    if others:
        lines += ["  which makes:", *_indented(others, every)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines.append("")
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    lines += ["", *(f"  {line}" for line in state)]
    return "\n".join(lines) + "\n"


def _indented(found: Sequence[ScriptEdit], every: bool) -> list[str]:
    shown = found if every or len(found) <= SHOWN else found[:SHOWN]
    lines = [f"      {SIGNS[edit.action]} {told(edit)}" for edit in shown]
    if len(shown) < len(found):
        lines.append(f"      … {len(found) - len(shown)} more; --all shows them")
    return lines


def edits(count: int) -> str:
    """A number of edits."""
    return "1 edit" if count == 1 else f"{count} edits"


def told(edit: ScriptEdit) -> str:
    """An edit in a line: `in all 16 Bottlenecks: se: SE added after bn3`."""
    said = edit.name.rpartition(" of ")[2]
    where = places([replace(s, at="") if s.at == said else s for s in edit.sites], before=edit.action == "removed")
    what = edit.what
    match edit.action:
        case "changed" if what == "argument":
            text = f"{edit.name}: {edit.before} -> {edit.after}"
        case "changed" if what in ("input", "init"):
            text = f"{what} {edit.name}: {edit.before or 'none'} -> {edit.after or 'none'}"
        case "changed":
            text = f"{what} {edit.name}".rstrip() + f": {edit.before} -> {edit.after}"
        case "replaced":
            text = f"{edit.before} replaced by {edit.after}"
        case "renamed":
            text = f"{what} {edit.before} renamed {edit.after}"
        case "wrapped":
            text = f"{edit.name} put around what was there"
        case "unwrapped":
            text = f"{edit.name} taken from around what is in it"
        case "rewired" if what == "result" and edit.before != edit.after:
            text = f"returns {edit.after} instead of {edit.before}"
        case "rewired" if what == "result":
            text = f"returns something else {edit.name}".rstrip()
        case "rewired":
            text = f"{edit.name} reads something else"
        case "froze" | "thawed":
            text = f"{edit.name} {'frozen' if edit.action == 'froze' else 'trained again'}"
        case action:
            text = f"{edit.name} {action}"
    times = (
        f" ({edit.times} times)" if edit.times > len(edit.sites) and not any(site.block for site in edit.sites) else ""
    )
    return f"{text}{where}{times}"


def places(sites: Sequence[Site], before: bool = False) -> str:
    """The place of an edit, ` after bn3 in all 16 Bottlenecks`; `before`: the blocks are those of the old network."""
    by_block: dict[tuple[str, str, int, int], list[str]] = {}
    for site in sites:
        by_block.setdefault((site.block, site.other, site.count, site.of), []).append(site.at)
    told = []
    for (block, other, count, of), ats in by_block.items():
        at = joined(ats)
        if not block:
            told.append(at if at.startswith(("after", "first")) or not at else f"at {at}")
            continue
        name = block if before else other
        inside = at if at.startswith(("after", "first")) or not at else f"at {at}"
        told.append(" ".join(filter(None, (inside, f"in {number(count, of)} {plural(name, of)}"))))
    text = "; ".join(filter(None, told))
    return f" {text}" if text else ""


def number(count: int, of: int) -> str:
    """The number of instances; "all" if it is not the same everywhere."""
    return "the" if of == 1 else "all" if of == 0 else f"all {of}" if count == of else f"{count} of {of}"


def plural(name: str, count: int) -> str:
    """The plural of a name."""
    return name if count == 1 else f"{name}s"


def joined(ats: Sequence[str]) -> str:
    """Places in one line: those that differ only in digits are joined with a star."""
    stars: dict[str, list[str]] = {}
    for at in dict.fromkeys(ats):
        stars.setdefault(re.sub(r"\d+", "*", at), []).append(at)
    few = sum(map(len, stars.values())) <= 3
    if few:
        return ", ".join(at if i == 0 else at.removeprefix("after ") for i, at in enumerate(dict.fromkeys(ats)))
    told = [of[0] if len(of) == 1 else f"{star} ({len(of)})" for star, of in stars.items()]
    if len(told) > 4:
        told = [*told[:3], f"… {len(told) - 3} more"]
    return ", ".join(told)


def counted(script: Script) -> Iterator[Row]:
    """The counts as rows: a heading, the modules that differ, and the total."""
    yield from counts((*script.costs, script.total))


def counts(rows: Sequence[CostChange]) -> Iterator[Row]:
    """A heading, and a row for each change."""
    yield "", "parameters", "", "MACs", "", "activations", ""
    for row in rows:
        cells = [cell for pair in (row.params, row.macs, row.activations) for cell in change(*pair)]
        yield module(row), *cells


def module(row: CostChange) -> str:
    """The subject of a row."""
    if row.before_path == "":
        return "in all"
    if row.before_path is None:
        return f"+ {row.after_path}"
    if row.after_path is None:
        return f"- {row.before_path}"
    return row.after_path if row.before_path == row.after_path else f"{row.before_path} = {row.after_path}"


def change(before: int, after: int) -> tuple[str, str]:
    """A number before and after, with the change."""
    if before == after:
        return f"{after:,}", ""
    return f"{before:,} -> {after:,}", f"{(after - before) / before:+.1%}" if before else "new"


def keys(script: Script) -> str:
    """The changes of the state dict, in one line."""
    found = script.keys
    parts = [f"{len(found.keys)} kept" + (f" ({len(found.renamed)} renamed)" if found.renamed else "")]
    parts += [
        f"{len(group)} {name}"
        for name, group in (("reshaped", found.reshaped), ("new", found.new), ("dropped", found.dropped))
        if group
    ]
    return "tensors: " + ", ".join(parts)
