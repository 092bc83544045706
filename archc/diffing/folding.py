"""From single differences to a script: the same edit in several instances, blocks or iterations becomes one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from archc.diffing.causes import Cause, Reasons
from archc.diffing.differences import Difference
from archc.diffing.pairing import Pairing
from archc.diffing.parts import TreePart
from archc.diffing.script import ScriptEdit, Site
from archc.diffing.wording import chain, keyword, named, sizes, spoken
from archc.ir.expr import Const, Expr, variables
from archc.ir.network import Loop

LAST = 2**63
"""The place of edits of a network as a whole."""
Costs = dict[int, tuple[int, int, int]]
"""Parameters, MACs and activations of each layer of a network, by its index."""


class Scriptwriter:
    """Folds the differences of two aligned networks."""

    def __init__(self, root: Pairing, reasons: Reasons, costs: tuple[Costs, Costs]) -> None:
        self.root, self.reasons, self.costs = root, reasons, costs
        self.instances = Counter(
            (pair.a.kind, pair.b.kind) for pair in reasons.pairings if pair.a.scope is not None and _is_block(pair)
        )

    def fold(self, found: Sequence[Difference]) -> tuple[tuple[ScriptEdit, ...], tuple[ScriptEdit, ...]]:
        """The script and its consequences."""
        edits = [d for d in found if d.causes is None]
        following = [d for d in found if d.causes is not None]
        if not edits:  # unexplained, so it belongs to the script itself
            edits, following = following, []
        groups = self._grouped(edits)
        numbers: dict[Cause, int] = {}
        for i, group in enumerate(groups):
            for one in group:
                if one.cause is not None:
                    numbers[one.cause] = i
        script = tuple(self._edit(group, ()) for group in groups)
        consequences = []
        for group in self._grouped(following):
            causes = sorted({numbers[c] for d in group for c in d.causes or () if c in numbers})
            consequences.append(self._edit(group, tuple(causes), follows=True))
        return script, tuple(consequences)

    def _grouped(self, found: Iterable[Difference]) -> list[list[Difference]]:
        groups: dict[Any, list[Difference]] = defaultdict(list)
        for one in found:
            groups[self._key(one)].append(one)
        return sorted(groups.values(), key=lambda group: min(_place(d) for d in group))

    def _key(self, d: Difference) -> tuple[object, ...]:
        """The key by which differences are folded into one edit."""
        own: tuple[object, ...]
        kinds = tuple(part.kind for part in d.a), tuple(part.kind for part in d.b)
        if d.action in ("froze", "thawed"):
            own = ()
        elif d.what in ("argument", "input"):
            same = d.before == d.after and d.before is not None and bool(variables(d.before))
            values = () if d.causes is not None else _values(d)
            texts = (spoken(d.before), spoken(d.after))
            own = (kinds, d.name, texts, values if same or not any(map(_speaks, (d.before, d.after))) else ())
        elif d.action in ("added", "removed"):
            run = [*d.a, *d.b]
            fixed = [part for part in run if not _guarded(part)] or run  # in other instances the rest may be left out
            own = (run[0].kind,) if _alike(run) else tuple(_form(part, d.causes is None) for part in fixed)
        elif d.what == "names":
            own = (d.home.a.kind, d.home.b.kind)
        elif d.action == "renamed":
            own = (d.what, *_names(d))
        elif d.action in ("moved", "rewired"):
            own = (kinds, d.what, d.name, _label(d))
        else:
            own = (kinds, d.name, spoken(d.before), spoken(d.after))
        what = "" if d.action in ("added", "removed") else d.what
        return d.action, what, own, d.causes is None or self._reason(d)

    def _reason(self, d: Difference) -> tuple[object, ...]:
        """The causes, the same for all instances of a block."""
        return tuple(sorted({(c.what, c.name, spoken(c.before), spoken(c.after)) for c in d.causes or ()}))

    # -- an edit ------------------------------------------------------------------------------------------------------

    def _edit(self, group: list[Difference], causes: tuple[int, ...], *, follows: bool = False) -> ScriptEdit:
        first = group[0]
        name, before, after = self._texts(group)
        sites = self._sites(group)
        return ScriptEdit(
            first.action, first.what, name, before, after, len(group), sites, follows, causes, self._costs(group)
        )

    def _costs(self, group: Sequence[Difference]) -> tuple[int, int, int] | None:
        """The cost of what is added, minus that of what is removed."""
        if group[0].action not in ("added", "removed", "replaced"):
            return None
        total = [0, 0, 0]
        for sign, side, costs in ((-1, "a", self.costs[0]), (1, "b", self.costs[1])):
            for d in group:
                for part in getattr(d, side):
                    for leaf in part.leaves():
                        for i, number in enumerate(costs.get(leaf.node, (0, 0, 0))):
                            total[i] += sign * number
        return total[0], total[1], total[2]

    def _texts(self, group: Sequence[Difference]) -> tuple[str, str, str]:
        """The name of an edit, and its texts before and after."""
        first = group[0]
        match first.action, first.what:
            case (("added" | "removed"), _):
                runs = [[*d.a, *d.b] for d in group]
                longest = max(map(len, runs))
                if _alike(runs[0]) and any(len(run) < longest for run in runs):
                    return f"{sum(map(len, runs))} {runs[0][0].kind}s", "", ""
                return chain([run for run in runs if len(run) == longest]), "", ""
            case (("wrapped" | "unwrapped"), _):
                return chain([[*d.a, *d.b] for d in group]), "", ""
            case "replaced", _:
                return "", chain([d.a for d in group]), chain([d.b for d in group])
            case "renamed", "block":
                return "", first.a[0].kind, first.b[0].kind
            case "renamed", "names":
                fullest = max(group, key=lambda d: len(d.a))
                return "", spoken(fullest.before), spoken(fullest.after)
            case "renamed", _:
                exact = {(d.a[0].name or "none", d.b[0].name or "none") for d in group}
                return "", *(exact.pop() if len(exact) == 1 else _names(first))
            case (("moved" | "rewired"), ("layer" | "layers" | "block" | "module" | "parts")):
                return " - ".join(map(named, first.b)), "", ""
            case (("froze" | "thawed"), _):
                return f"{len(group)} layers" if len(group) > 1 else named(first.b[0]), "", ""
            case _, ("argument" | "input") if first.a:
                return f"{first.name} of {_of(group)}", *self._values(group)
            case _:
                return first.name, spoken(first.before), spoken(first.after)

    def _values(self, group: Sequence[Difference]) -> tuple[str, str]:
        """An argument before and after: its texts, or its values if the texts are the same."""
        first = group[0]
        texts = spoken(first.before), spoken(first.after)
        model = first.a[0].scope == 0
        if not model and texts[0] != texts[1] and len({(spoken(d.before), spoken(d.after)) for d in group}) == 1:
            return texts
        pairs = list(dict.fromkeys(_values(d) for d in group))
        if len(pairs) > 3:
            pairs = [*pairs[:2], ("…", "…"), pairs[-1]]
        return ", ".join(one for one, _ in pairs), ", ".join(other for _, other in pairs)

    # -- places -------------------------------------------------------------------------------------------------------

    def _sites(self, group: Sequence[Difference]) -> tuple[Site, ...]:
        """The places of an edit, by block and position in it, on both sides, so that the inverse has as many."""
        found: dict[tuple[str, str, str, str], list[Difference]] = defaultdict(list)
        for d in group:
            came = _relative(d.a[0], d.home.a) if d.a and d.b and d.a[0] is not d.home.a else ""
            found[d.home.a.kind, d.home.b.kind, _at(d), came].append(d)
        sites = []
        for (one, other, at, _), members in found.items():
            homes = {id(d.home) for d in members}
            of = self.instances[one, other] if _is_block(members[0].home) else 1
            model = not _is_block(members[0].home)
            before = tuple(dict.fromkeys(p.path for d in members for p in d.a if p.path))
            after = tuple(dict.fromkeys(p.path for d in members for p in d.b if p.path))
            names = ("", "") if model else (one, other)
            sites.append(Site(*names, at, len(homes), of, before, after))
        return tuple(sites)


def _alike(run: Sequence[TreePart]) -> bool:
    """Whether a run is one of blocks of one kind, which differ only in number."""
    return len({part.kind for part in run}) == 1 and run[0].scope is not None and not run[0].labelled


def _guarded(part: TreePart) -> bool:
    return any(not isinstance(one.item, Loop) for one in part.around)


def _form(part: TreePart, exactly: bool) -> tuple[object, ...]:
    """The key by which parts are folded into one; `exactly`: their arguments must have the same text."""
    label = part.name if part.labelled else ""
    if not exactly:
        return part.kind, label
    return part.kind, label, tuple((a.name, spoken(a.expr)) for a in part.arguments.values() if a.given)


def _is_block(pair: Pairing) -> bool:
    return pair.parent is not None and pair.a.scope is not None and pair.a.module.kind == "block"


def _place(d: Difference) -> tuple[int, int]:
    """The sort key of a difference in a script: the arguments of the model first."""
    nodes = [leaf.node or 0 for part in (*d.b, *d.a)[:1] for leaf in part.leaves()]
    return min(nodes, default=LAST if d.what in ("init", "result") else 0), 0 if d.what == "argument" else 1


def _speaks(e: Expr | None) -> bool:
    return e is not None and not isinstance(e, Const)


def _names(d: Difference) -> tuple[str, str]:
    if d.what == "block":
        return d.a[0].kind, d.b[0].kind
    return re.sub(r"\d+", "*", d.a[0].name), re.sub(r"\d+", "*", d.b[0].name)


def _label(d: Difference) -> str:
    return d.a[0].name if d.a and d.a[0].labelled else ""


def _values(d: Difference) -> tuple[str, str]:
    """The values of an argument if a layer has it; otherwise its texts."""
    if d.a and d.a[0].node is not None and d.name in d.a[0].layer.op.model_fields:
        old, new = getattr(d.a[0].layer.op, d.name), getattr(d.b[0].layer.op, d.name)
        return _value(old), _value(new)
    if d.a and d.name in d.a[0].arguments and d.name in d.b[0].arguments:
        return _value(d.a[0].arguments[d.name].value), _value(d.b[0].arguments[d.name].value)
    return spoken(d.before), spoken(d.after)


def _value(value: object) -> str:
    from archc.diagnostics.source import value_text

    return sizes(value) if isinstance(value, tuple) else value_text(value)


def _of(group: Sequence[Difference]) -> str:
    """The owner of an argument."""
    first = group[0].b[0]
    if first.scope is not None and first.module.kind == "model":
        return first.module.definition or "the model"
    names = {named(d.b[0]) for d in group}
    name = names.pop()
    return name if not names and name != keyword(first) and first.labelled else keyword(first)


def _at(d: Difference) -> str:
    """The place in the module: the part, or the part that a run follows."""
    if d.action in ("added", "removed", "moved", "wrapped", "unwrapped"):
        parts = d.b or d.a
        around = parts[0].parent or parts[0]
        home = d.home.b if d.b else d.home.a
        i = next((i for i, child in enumerate(around.children) if child is parts[0]), 0)
        inside = _relative(around, home)
        if i == 0:
            return f"first in {inside}" if inside else "first"
        before = around.children[i - 1]
        return f"after {'.'.join(filter(None, (inside, named(before))))}"
    part = (d.b or d.a or [d.home.b])[0]
    if part is d.home.b:
        return ""
    return _relative(part, d.home.b)


def _relative(part: TreePart, home: TreePart) -> str:
    """The path of a part in a module, by the names of parts."""
    names: list[str] = []
    here: TreePart | None = part
    while here is not None and here is not home:
        names.append(here.name or keyword(here))
        here = here.parent
    return ".".join(reversed(names))
