"""A single change of a shipped spec is a single edit: `make diff-changes` counts over all of them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
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
DRAWS = 3
"""The changes of each kind to each network."""
COLUMNS = ("one edit", "equal", "more")
PAGE = Path(__file__).parents[2] / "docs" / "diff.md"
START, END = "<!-- changes -->", "<!-- end of changes -->"


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


def outcome(t: Target, kind: str, number: int) -> tuple[str, str] | None:
    """The judgement of the script of a change, and its text; None if the change leaves no valid network."""
    fault = ALL[kind](t, Random(f"{SEED} {kind} {number} {t.network.name}"))
    after = network_of(t, fault) if fault is not None else None
    if fault is None or after is None:
        return None
    script = diff(t.network, after)
    told = f"seed {SEED}, {kind} {number} of {t.network.name}: {fault.new!r} at {fault.at}\n{as_text(script)}"
    assert script.equal == (whole(t.network) == whole(after)), told
    assert_inverse(script, diff(after, t.network))
    return {0: "equal", 1: "one edit"}.get(len(script.edits), "more"), told


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("member", [m for m in members() if EVERYTHING or m in QUICK])
def test_a_single_change_is_a_single_edit(member: str, kind: str) -> None:
    MEMBERS.setdefault(member, members()[member])
    for number in range(DRAWS if EVERYTHING else 1):
        found = outcome(target(member), kind, number)
        assert found is None or found[0] != "more", found


def test_most_kinds_of_changes_leave_valid_networks() -> None:
    found = Counter(kind for kind in CHANGES for m in QUICK if (outcome(target(m), kind, 0) or "")[:1] == ("one edit",))
    assert len(found) >= 20 and sum(found.values()) >= 36, found


def main() -> None:
    """Count over all families, and write the table of docs/diff.md."""
    MEMBERS.update(members())
    rows = []
    for kind in ALL:
        found = [one for m in members() for n in range(DRAWS) if (one := outcome(target(m), kind, n)) is not None]
        counts = Counter(name for name, _ in found)
        print(kind, dict(counts), *(told for name, told in found if name == "more"), sep="\n", flush=True)
        if found:
            name = f"{kind.replace('_', ' ')}{' (corpus)' if kind in KINDS else ''}"
            rows.append((len(found), f"| {name} | {' | '.join(str(counts[c]) for c in COLUMNS)} |"))
    head = [f"| change | {' | '.join(COLUMNS)} |", "|---|---:|---:|---:|"]
    table = "\n".join([*head, *(row for _, row in sorted(rows, reverse=True))])
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{START}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
