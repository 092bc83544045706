"""Members of a family with the same changes are reported once."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diffing.script import CostChange, Script, ScriptEdit
from archc.support.record import Record, replace

_NAMED = 3
"""The number of members named before the rest are counted."""


class AlikeScripts(Record):
    """A script, and the members that share it: their counts, and the changes of their keys.

    It has only the consequences common to all. A number of instances that differs between them is 0.
    """

    script: Script
    names: tuple[str, ...]
    totals: tuple[CostChange, ...]
    keys: tuple[Script, ...]

    @property
    def title(self) -> str:
        """The members in a few words."""
        names, more = self.names[: _NAMED - 1], len(self.names) - _NAMED + 1
        return (
            ", ".join(self.names[:-1]) + f" and {self.names[-1]}"
            if more <= 1
            else f"{', '.join(names)} and {more} more"
        )


def alike(pairs: Sequence[tuple[str, Script]]) -> list[AlikeScripts]:
    """Group the scripts of members: those that differ only in numbers of instances become one."""
    groups: dict[tuple[ScriptEdit, ...], list[tuple[str, Script]]] = {}
    for name, script in pairs:
        groups.setdefault(tuple(map(_numberless, script.edits)), []).append((name, script))
    return [_group(members) for members in groups.values()]


def _group(members: Sequence[tuple[str, Script]]) -> AlikeScripts:
    names, scripts = zip(*members, strict=True)
    first: Script = scripts[0]
    if len(members) > 1:
        following = [e for e in first.consequences if all(_in(e, s.consequences) for s in scripts)]
        edits = tuple(_agreed(edit, [s.edits[i] for s in scripts]) for i, edit in enumerate(first.edits))
        first = replace(first, edits=edits, consequences=tuple(map(_numberless, following)))
    totals = tuple(replace(s.total, before_path=n, after_path=n) for n, s in members)
    return AlikeScripts(first, names, totals, scripts)


def _agreed(edit: ScriptEdit, others: Sequence[ScriptEdit]) -> ScriptEdit:
    """An edit with its numbers of instances, if they are the same everywhere."""
    same = all(_sites(edit) == _sites(other) for other in others)
    return edit if same else _numberless(edit)


def _sites(edit: ScriptEdit) -> list[tuple[str, int, int]]:
    return [(site.at, site.count, site.of) for site in edit.sites]


def _in(edit: ScriptEdit, others: Sequence[ScriptEdit]) -> bool:
    return any(_numberless(edit) == _numberless(other) for other in others)


def _numberless(edit: ScriptEdit) -> ScriptEdit:
    """An edit without the number of instances."""
    sites = (
        replace(s, count=0 if s.block else s.count, of=0 if s.block else s.of, paths_before=(), paths_after=())
        for s in edit.sites
    )
    return replace(edit, times=0, costs=None, sites=tuple(dict.fromkeys(sites)))
