"""Breaks shipped specs: `python -m tests.corpus.mutate --seed 1 --count 150 -o FOLDER`."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import check
from archc.syntax import tree
from archc.syntax.parser import parse
from tests.corpus.faults import KINDS, Fault, Range, Target
from tests.support.specs import SPECS, load

MEMBERS = {
    "alexnet": "alexnet", "densenet121": "densenet", "dpn68": "dpn",
    "efficientnet_b0": "efficientnet", "googlenet": "googlenet", "lenet5": "lenet",
    "mnasnet0_5": "mnasnet", "mobilenet_v2": "mobilenet", "resnet18": "resnet", "resnet50": "resnet",
    "resnext29_8x64d": "resnext", "seresnet18": "senet", "seresnet50": "senet", "shufflenet_v2_x0_5": "shufflenet",
    "squeezenet1_0": "squeezenet", "vgg11": "vgg", "resnet101": "resnet",
}  # fmt: skip
"""Members that are broken, and their families; where a family has none of that name, its first variant."""


COUNTED = ("wrong expectation", "count of stages", "dropped layer")
"""Faults that may show only in the counts of a whole network, so that they cannot be combined with others."""


@dataclass(frozen=True)
class Case:
    """A broken spec of a member, and for each of its faults the kind and the places that are at fault."""

    name: str
    member: str
    family: str
    text: str
    faults: tuple[tuple[str, tuple[Range, ...]], ...]


@cache
def target(member: str) -> Target:
    """A shipped family with one member only, checked."""
    family = MEMBERS[member]
    text = (SPECS / f"{family}.arch").read_text(encoding="utf-8")
    file = parse(Source(f"{family}.arch", text), Reporter())
    variants = [d for d in file.declarations if isinstance(d, tree.Variant)]
    names = [v.name.name for v in variants]
    kept = member if member in names else names[0]
    bases = _bases(kept, {v.name.name: v for v in variants})
    for variant in sorted(variants, key=lambda v: v.span.start, reverse=True):
        if variant.name.name not in bases:
            text = text[: variant.span.start] + text[variant.span.end :]
    source = Source(f"{family}.arch", text)
    result = check(source, load, kept)
    return Target(source, result.networks[kept])


def _bases(name: str, variants: dict[str, tree.Variant]) -> set[str]:
    found = set()
    while name in variants:
        found.add(name)
        name = variants[name].base.name
    return found


def case(seed: int, number: int) -> Case:
    """Broken spec number `number` of a corpus. Two in five have several faults.

    As a single fault, each kind is equally frequent, however few members it applies to.
    """
    random = Random(f"{seed}/{number}")
    kind = random.choice(sorted(KINDS))
    while True:
        if number % 5 in (1, 3):  # some kinds cannot be combined
            kind = random.choice(sorted(KINDS))
        member = random.choice(sorted(MEMBERS))
        here = target(member)
        wanted = random.choice((2, 2, 3)) if number % 5 in (1, 3) else 1
        faults: list[Fault] = []
        for each in (kind, *(random.choice(sorted(KINDS)) for _ in range(30))):
            if len(faults) == wanted or (each is not kind and not faults):
                break
            made = KINDS[each](here, random)
            if made is not None and _is_apart(made, faults, here):
                faults.append(made)
        if len(faults) == wanted:
            spec = broken(f"{seed}-{number:04}", member, here.source.text, faults)
            if _is_wrong(spec, here):
                return spec


def _is_wrong(made: Case, here: Target) -> bool:
    """Whether a spec has errors or a different network: one more entry in a list is not a fault if nothing reads it."""
    result = check(Source(here.source.name, made.text), load)
    network = result.networks.get(here.network.name)
    return result.failed or network is None or _modules(network) != _modules(here.network)


def _modules(network: Network) -> list[object]:
    return [(node.op, node.inputs, node.types, node.path) for node in network.nodes]


def _is_apart(new: Fault, others: list[Fault], here: Target) -> bool:
    """Whether a fault is independent of the others: in another declaration, and not after unknown shapes."""
    if any(new.kind == other.kind or (new.structural and other.structural) for other in others):
        return False
    if any(kind in (new.kind, other.kind) for kind in ("cut-off file", *COUNTED) for other in others):
        return False
    return all(_declaration(new, here) != _declaration(other, here) for other in others)


def _declaration(fault: Fault, here: Target) -> object:
    within = [d for d in here.file.declarations if d.span.start < fault.at[0] < d.span.end]
    return within[0] if within else fault


def broken(name: str, member: str, text: str, faults: list[Fault]) -> Case:
    """The text with its faults, and their places in it."""
    ordered = sorted(faults, key=lambda f: f.at)

    def moved(offset: int) -> int:
        return offset + sum(
            len(f.new) - (f.at[1] - f.at[0]) for f in ordered if f.at[1] <= offset and f.at != (offset, offset)
        )

    places = []
    for fault in ordered:
        before = sum(len(f.new) - (f.at[1] - f.at[0]) for f in ordered if f.at < fault.at)
        start = fault.at[0] + before
        own = (start, start + len(fault.new))
        places.append((fault.kind, (own, *((moved(a), moved(b)) for a, b in fault.places))))
    for fault in reversed(ordered):
        text = text[: fault.at[0]] + fault.new + text[fault.at[1] :]
    return Case(name, member, MEMBERS[member], text, tuple(places))


def main() -> None:
    """Write a corpus into a folder: the specs, and their faults as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.mutate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("-o", "--output", type=Path, default=Path("corpus"))
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for number in range(given.count):
        made = case(given.seed, number)
        (given.output / f"{made.name}.arch").write_text(made.text, encoding="utf-8")
        faults = [{"kind": kind, "places": places} for kind, places in made.faults]
        (given.output / f"{made.name}.json").write_text(json.dumps({"family": made.family, "faults": faults}), "utf-8")


if __name__ == "__main__":
    main()
