"""The problem for a path that means no module: another way to write one, a part of a network by its usual name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from archc.diagnostics.problems.names import UnknownName
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.table import folded, table

_TO = re.compile(r"(\w*?)(\d+) (?:to|through|until|till|bis) (\w*?)(\d+)")
_RANGE = re.compile(r"(\w*?)(\d+)(?:\.\.|:|-)\1?(\d+)$")
_UP_TO = frozenset("until till upto before through to".split())
"""Words before a module for those that come before it."""
_WEIGHTS = frozenset("weight bias running_mean running_var gamma beta kernel".split())
_MOST = 7
"""Modules that are listed."""


def unknown_module(path: str, modules: Sequence[str], *, several: bool = False) -> UnknownName:
    """A path in an edit that means no module of a model.

    Args:
        path: What is written.
        modules: The modules of the model, in order.
        several: Whether more than one path may stand there.
    """
    what = "module that fits" if any(sign in path for sign in "*[?") else "module"
    if (bare := path.strip("[]()")) in modules:
        return UnknownName(name=path, what="module", instead=bare, advice=f"write `{bare}`: paths stand in no brackets")
    if " - " in path and path.partition(" - ")[0] in modules:
        first = path.partition(" - ")[0]
        advice = f"an edit names modules, `{first}`: what is computed from them is a chain of the model"
        return UnknownName(name=path, what="module", instead=first, advice=advice)
    if instead := _in_words(path, modules):
        return UnknownName(name=path, what=what, instead=instead, advice=f"write `{instead}`")
    owner, _, last = path.rpartition(".")
    if last in _WEIGHTS and owner in modules:
        advice = f"edits name modules, not their weights: `{owner}`"
        return UnknownName(name=path, what=what, instead=owner, advice=advice)
    tops = list(dict.fromkeys(module.partition(".")[0] for module in modules))
    for other in (*_last_of(path, modules), *_otherwise(path, tops)):
        if other in modules or any(fnmatchcase(module, other) for module in modules):
            return UnknownName(name=path, what=what, instead=other)
    if what == "module" and (near := nearest(path, modules)):
        return UnknownName(name=path, what=what, nearest=near)
    if found := _by_role(path, modules, tops, several):
        return UnknownName(name=path, what=what, instead=found[0], advice=found[1])
    if path in table().ours:
        named = f"`{path}` is a kind of layer, and an edit names modules; `freeze all {path}` is of all of a kind"
        return UnknownName(name=path, what=what, advice=f"{named}; {_nearby(path, modules, tops)}")
    return UnknownName(name=path, what=what, advice=_nearby(path, modules, tops))


def _in_words(path: str, modules: Sequence[str]) -> str:
    """The text for several words; empty for one."""
    first, *rest = path.split() or [""]
    if not rest:
        return ""
    if first in ("all", "every", "each") and len(rest) == 1:
        kind = rest[0].lower()
        stem = next((s for s in (kind, f"{kind}s", kind.rstrip("s")) if any(s in module for module in modules)), "")
        return f"*{stem}*" if stem else ""
    if (span := _TO.fullmatch(path)) is not None and span[1] == span[3]:
        return f"{span[1]}[{span[2]}-{span[4]}]"
    if first in ("everything", "all", "everthing") and rest[0] in ("except", "but"):
        return f"all except {', '.join(rest[1:])}"
    tops = list(dict.fromkeys(module.partition(".")[0] for module in modules))
    if rest[0] in _UP_TO - {"before"} and len(rest) == 2 and f"{first}.{rest[1]}" in modules:
        return ", ".join(_numbered(first, int(rest[1]))) if rest[1].isdigit() else ""
    end = rest[-1].partition(".")[0]
    if first in _UP_TO and end in tops:
        return ", ".join(_ranges(tops[: tops.index(end) + (first != "before")]))
    return ", ".join((first, *rest)) if {first, *rest} & {*tops, *modules} else ""


def _numbered(path: str, last: int) -> Iterator[str]:
    """Patterns for the modules 0 to `last` of a sequence."""
    for tens in range(last // 10 + 1):
        end = last % 10 if tens == last // 10 else 9
        yield f"{path}.{tens or ''}{f'[0-{end}]' if end else 0}"


def _ranges(names: Sequence[str]) -> Iterator[str]:
    """Names with those that differ in a number alone as one pattern: `layer[1-3]`."""
    at = 0
    while at < len(names):
        stem = names[at].rstrip("0123456789")
        end = at
        while stem != names[at] and end + 1 < len(names) and names[end + 1].rstrip("0123456789") == stem:
            end += 1
        first, last = names[at][len(stem) :], names[end][len(stem) :]
        yield f"{stem}[{first}-{last}]" if end > at and len(first) == len(last) == 1 else names[at]
        at = end + 1 if end == at or len(first) == len(last) == 1 else at + 1


def _last_of(path: str, modules: Sequence[str]) -> Sequence[str]:
    """The last module of a sequence for `classifier[-1]`."""
    last = re.fullmatch(r"([\w.]+)\[-1\]", path)
    inside = [each for each in modules if last is not None and each.rpartition(".")[0] == last[1]]
    return inside[-1:]


def _otherwise(path: str, tops: Sequence[str]) -> Iterator[str]:
    """Other ways to write a path: without brackets, signs or the name of the model before it."""
    dotted = re.sub(r"\[['\"]?(\w+)['\"]?\]", r".\1", path).replace("/", ".").replace("::", ".")
    for other in (dotted, _RANGE.sub(r"\1[\2-\3]", path), path.replace("-", ""), path.replace("_", ".")):
        if other != path:
            yield other
    rest = dotted
    while "." in rest and rest.partition(".")[0] not in tops:
        rest = rest.partition(".")[2]
        yield rest
    if (numbered := re.sub(r"(?<=[a-z])_?(\d)", r".\1", dotted)) != path:
        yield numbered


def _by_role(path: str, modules: Sequence[str], tops: Sequence[str], several: bool) -> tuple[str, str] | None:
    """A part of a network by what it is, `head`, `backbone`: the modules that it is here, and so in words."""
    first = path.partition(".")[0]
    role = table().roles.get(folded(first.rstrip("0123456789")), "")
    if not role or first in tops or len(tops) < 2:
        return None
    if role == "body":
        instead = f"all except {tops[-1]}"
        return (instead, f"all but the last module are `{instead}`: `freeze {instead}`") if several else None
    one = tops[0]
    if role != "first":
        inside = [module for module in modules if module.startswith(f"{tops[-1]}.")]
        one = inside[-1] if inside and role == "last layer" else tops[-1]
    return one, f"the {role} of this network is `{one}`"


def _nearby(path: str, modules: Sequence[str], tops: Sequence[str]) -> str:
    """What there is instead: the parts of the module that the path begins with; else those of the model."""
    known = path
    while "." in known:
        known = known.rpartition(".")[0]
        if known in modules:
            inside = [module[len(known) + 1 :] for module in modules if module.startswith(f"{known}.")]
            parts = list(dict.fromkeys(part.partition(".")[0] for part in inside))
            return f"`{known}` has {_listed(parts)}" if parts else f"`{known}` has no parts"
    return f"its modules are {_listed(tops)}"


def _listed(names: Sequence[str]) -> str:
    shown = [*names[: _MOST - 2], "…", names[-1]] if len(names) > _MOST else names
    return ", ".join(f"`{name}`" if name != "…" else name for name in shown)
