"""Members of a family in which the same was changed are told of once."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diffing.script import CostChange, Script, ScriptEdit
from archc.support.record import Record, replace

_NAMED = 3
"""Members that are named, if there are more."""


class AlikeScripts(Record):
    """One script, and the members that it is the script of: their counts, and what becomes of their keys.

    Of the consequences those alone that all have. A number of instances that is not the same in all of them is 0.
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
    """The scripts of members, by name: one for those that are one but for the numbers of instances."""
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
    """An edit with its numbers, if they are the same everywhere."""
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
