"""A single change of a shipped spec is a single edit: `python -m tests.diffing.test_single` counts over all of them."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.diffing import diff
from archc.diffing.text import as_text
from archc.ir.network import Network
from archc.pipeline import check
from archc.syntax import tree
from archc.syntax.parser import parse
from tests.corpus.faults import KINDS, Fault, Target
from tests.corpus.mutate import MEMBERS, target
from tests.diffing.changes import CHANGES, changed
from tests.diffing.test_script import assert_inverse
from tests.support.everything import EVERYTHING
from tests.support.shipped import FAMILIES
from tests.support.specs import SPECS, load

SEED = os.environ.get("ARCHC_SEED", "1")
ALL = {**KINDS, **CHANGES}
QUICK = ("resnet18", "shufflenet_v2_x0_5", "lenet5")


def members() -> dict[str, str]:
    """A network of each family, and a few more."""
    found = dict(MEMBERS)
    for name in FAMILIES:
        if name not in found.values():
            file = parse(Source(name, (SPECS / f"{name}.arch").read_text(encoding="utf-8")), Reporter())
            variants = [d.name.name for d in file.declarations if isinstance(d, tree.Variant)]
            found |= {variants[0]: name} if variants else {}
    return found


def network_of(t: Target, fault: Fault) -> Network | None:
    """The network of a changed spec if it is whole, whether or not its expectations hold."""
    result = check(Source(t.source.name, changed(t, fault)), load, t.network.name)
    found = result.networks.get(t.network.name)
    return found if found is not None and not found.partial else None


def whole(network: Network) -> object:
    """A network without its texts."""
    nodes = [(n.op, n.inputs, n.path, n.frozen) for n in network.nodes]
    blocks = [scope.definition for scope in network.scopes]
    return nodes, network.outputs, network.training_outputs, network.inits, blocks


def outcome(t: Target, kind: str, number: int) -> str | None:
    """The number of edits of a change; None if it leaves no valid network."""
    fault = ALL[kind](t, Random(f"{SEED} {kind} {number} {t.network.name}"))
    after = network_of(t, fault) if fault is not None else None
    if fault is None or after is None:
        return None
    script = diff(t.network, after)
    told = f"seed {SEED}, {kind} {number} of {t.network.name}: {fault.new!r} at {fault.at}\n{as_text(script)}"
    assert script.equal == (whole(t.network) == whole(after)), told
    assert len(script.edits) <= 1, told
    assert_inverse(script, diff(after, t.network))
    return "equal" if script.equal else "one edit"


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("member", [m for m in members() if EVERYTHING or m in QUICK])
def test_a_single_change_is_a_single_edit(member: str, kind: str) -> None:
    MEMBERS.setdefault(member, members()[member])
    for number in range(3 if EVERYTHING else 1):
        outcome(target(member), kind, number)


def test_most_kinds_of_changes_leave_valid_networks() -> None:
    found = Counter(kind for kind in CHANGES for m in QUICK if outcome(target(m), kind, 0) == "one edit")
    assert len(found) >= 8 and sum(found.values()) >= 14, found


def main() -> None:
    """Count edits over all families."""
    MEMBERS.update(members())
    for kind in ALL:
        found = Counter(outcome(target(m), kind, number) for m in members() for number in range(3))
        valid = sum(n for name, n in found.items() if name)
        print(f"| {kind.replace('_', ' ')} | {valid} | {found['one edit']} | {found['equal']} |")


if __name__ == "__main__":
    main()
