"""Old and foreign styles of state-dict keys, as rules that are shown when they are used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A style of keys: a regular expression, what becomes of it, and where the style comes from.

    A rule for `all` keys holds only if every key has the style.
    """

    pattern: str
    to: str
    why: str
    all: bool = True


RULES = (
    Rule(r"^_orig_mod\.", "", "saved from torch.compile"),
    Rule(r"^module\.", "", "saved from DataParallel"),
    Rule(r"^model\.", "", "saved from a wrapper that calls the network `model`"),
    Rule(r"^(.*denselayer\d+\.(?:norm|conv))\.([12])\.(\w+)$", r"\1\2.\3", "DenseNet before torch 0.4", all=False),
)


@dataclass(frozen=True, slots=True)
class Used:
    """A rule that was used, and for how many keys."""

    rule: Rule
    keys: int


def renamed(keys: Iterable[str], wanted: Iterable[str]) -> tuple[dict[str, str], tuple[Used, ...]]:
    """New names for the keys of a file, and the rules that gave them.

    A rule is not used where the keys fit as they are, nor where its names are not wanted.
    """
    known = frozenset(wanted)
    names = {key: key for key in keys}
    used: list[Used] = []
    for rule in RULES:
        changed = {k: re.sub(rule.pattern, rule.to, n) for k, n in names.items() if n not in known}
        changed = {k: n for k, n in changed.items() if n != names[k]}
        whole = len(changed) == len(names) if rule.all else True
        if changed and whole and any(n in known or _helps_later(n) for n in changed.values()):
            names.update(changed)
            used.append(Used(rule, len(changed)))
    return names, tuple(used)


def _helps_later(name: str) -> bool:
    """Whether another rule still has to do with a name."""
    return any(re.search(rule.pattern, name) for rule in RULES)
