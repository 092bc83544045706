"""Old and foreign styles of state-dict keys, as rules that are displayed when they are used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from archc.ir.paths import lies_in
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.mapping import KeyMapping
from archc.support.record import Record

Shape = tuple[int, ...]


class KeyRule(Record):
    """A style of keys and its origin: regular expressions with replacements, of which the first match applies."""

    parts: tuple[tuple[str, str], ...]
    why: str

    def of(self, key: str) -> str:
        """The key in today's style."""
        for pattern, to in self.parts:
            name, number = re.subn(pattern, to, key)
            if number:
                return name
        return key


STYLES = (
    KeyRule(((r"^(.*denselayer\d+\.(?:norm|conv))\.([12])\.(\w+)$", r"\1\2.\3"),), "DenseNet before torch 0.4"),
    KeyRule(
        (
            (r"^((?:.*\.)?features\.1\.conv)\.([01])\.(\w+)$", r"\1.0.\2.\3"),
            (r"^((?:.*\.)?features\.1\.conv)\.3\.(\w+)$", r"\1.1.\2"),
            (r"^((?:.*\.)?features\.1\.conv)\.4\.(\w+)$", r"\1.2.\2"),
            (r"^((?:.*\.)?features\.\d+\.conv)\.([01])\.(\w+)$", r"\1.0.\2.\3"),
            (r"^((?:.*\.)?features\.\d+\.conv)\.3\.(\w+)$", r"\1.1.0.\2"),
            (r"^((?:.*\.)?features\.\d+\.conv)\.4\.(\w+)$", r"\1.1.1.\2"),
            (r"^((?:.*\.)?features\.\d+\.conv)\.6\.(\w+)$", r"\1.2.\2"),
            (r"^((?:.*\.)?features\.\d+\.conv)\.7\.(\w+)$", r"\1.3.\2"),
        ),
        "MobileNetV2 as it was first written for PyTorch",
    ),
)
WRAPPERS = {
    "_orig_mod.": "saved from torch.compile",
    "module.": "saved from DataParallel",
    "model.": "saved from a wrapper that calls the network `model`",
}
"""The origin of a file that some prefixes indicate."""


class Used(Record):
    """A rule that was used, and the number of keys that it renamed."""

    why: str
    keys: int


def renamed(
    shapes: Mapping[str, Shape], wanted: Mapping[str, Shape], pairs: Sequence[tuple[str, str]] = ()
) -> tuple[dict[str, str], tuple[Used, ...]]:
    """The new names of a file's keys, and the rules that gave them.

    `pairs` of module names, in the file and in the network, apply first; then a prefix that the file's keys have or
    lack; then styles. A rule is used only if more tensors fit with it, by name and shape.
    """
    names = {key: key for key in shapes}
    used: list[Used] = []

    def fits(candidate: Mapping[str, str]) -> tuple[int, int]:
        known = [(key, name) for key, name in candidate.items() if name in wanted]
        return sum(wanted[name] == shapes[key] for key, name in known), len(known)

    def attempt(candidate: dict[str, str], why: str, *, asked: bool = False) -> None:
        nonlocal names
        changed = sum(names[key] != name for key, name in candidate.items())
        if len(set(candidate.values())) == len(candidate) and (asked or fits(candidate) > fits(names)):
            names = candidate
            used.append(Used(why, changed))

    for theirs, ours in pairs:
        attempt({k: _moved(n, theirs, ours) for k, n in names.items()}, f"{theirs or '.'} is {ours or '.'}", asked=True)
    shorter = [(_without(names, p), p) for p in ("", *_prefixes(names.values()))]
    styled = [({k: rule.of(n) for k, n in c.items()}, p) for rule in STYLES for c, p in shorter]
    _, prefix = max((*shorter, *styled), key=lambda one: fits(one[0]))  # the first of equals
    if prefix:
        attempt(_without(names, prefix), _told(prefix), asked=True)
    longer = [({k: p + n for k, n in names.items()}, p) for p in ("", *_prefixes(wanted))]
    longest, prefix = max(longer, key=lambda one: fits(one[0]))
    attempt(longest, f"the network has them inside {prefix.removesuffix('.')}")
    for rule in STYLES:
        attempt({k: rule.of(n) for k, n in names.items()}, rule.why)
    return names, tuple(used)


def mapped(shapes: Mapping[str, Shape], keys: KeyMapping) -> tuple[dict[str, str], tuple[Used, ...]]:
    """The new names of a file's keys according to a map, and the rules that gave them. Dropped keys are omitted.

    A prefix of most keys that the map does not have is removed first.
    """
    own = {key: key for key in shapes}
    shorter = [(_without(own, prefix), prefix) for prefix in ("", *_prefixes(shapes))]
    names, prefix = max(shorter, key=lambda one: sum(map(keys.knows, one[0].values())))  # the first of equals
    found = {key: keys.keys.get(name, name) for key, name in names.items() if name not in keys.left_out}
    changed = sum(names[key] != name for key, name in found.items())
    used = [Used(_told(prefix), sum(key.startswith(prefix) for key in shapes))] if prefix else []
    if len(set(found.values())) != len(found):
        raise WeightsError("the map gives a name to a tensor that another one of the file has")
    return found, (*used, Used("as the map says", changed))


def _without(names: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key: name.removeprefix(prefix) for key, name in names.items()}


def _moved(name: str, theirs: str, ours: str) -> str:
    """A name moved to the module `ours`, if it is in `theirs`; both may be the network itself."""
    if not lies_in(name, theirs):
        return name
    rest = name.removeprefix(theirs).removeprefix(".")
    return f"{ours}.{rest}".strip(".")


def _prefixes(names: Iterable[str]) -> list[str]:
    """The modules that contain many of the names, as prefixes, longer ones last."""
    counts = Counter(
        ".".join(parts[:end]) + "."
        for parts in (name.split(".") for name in names)
        for end in range(1, min(4, len(parts)))
    )
    most = max(counts.values(), default=0)
    return sorted((p for p, n in counts.items() if 4 * n >= most), key=len)


def _told(prefix: str) -> str:
    parts = [f"{part}." for part in prefix.split(".")[:-1]]
    if not all(part in WRAPPERS for part in parts):
        return f"all inside {prefix.removesuffix('.')}"
    return "; ".join(dict.fromkeys(WRAPPERS[part] for part in parts))
