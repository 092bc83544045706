"""Diffs over the history of the shipped specs: `python -m tests.diffing.history` (`make diff-history`).

A pair is a spec before and after a commit that changed it, or its first and its current version, if both are valid in
today's language. For each network of a pair, the script must be empty if and only if the networks are equal, the script
back must be its inverse, and each tensor must occur in the key map once. This is not a test, because a shallow clone
has no history.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from archc.cli.differing import compared
from archc.diffing import diff
from archc.diffing.members import alike
from archc.diffing.sides import SideError, side
from archc.diffing.text import alike_as_text
from archc.ir.network import Network
from archc.pipeline import DEFAULTS
from archc.zoo import SpecError
from tests.diffing.test_keys import assert_each_tensor_once
from tests.diffing.test_script import assert_inverse
from tests.diffing.test_single import whole

WANTED = 20


def changes() -> Iterator[tuple[str, str]]:
    """The commits that changed a spec, newest first, with the spec."""
    command = ["git", "log", "--no-merges", "--diff-filter=M", "--format=%h", "--name-only", "--", "specs/*.arch"]
    commit = ""
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split():
        if line.endswith(".arch"):
            yield commit, line
        else:
            commit = line


def pairs() -> Iterator[tuple[str, str, str]]:
    """Pairs of revisions, and the spec."""
    oldest: dict[str, str] = {}
    for commit, path in changes():
        oldest[path] = commit
        yield f"{commit}^", commit, path
    for path, commit in oldest.items():
        yield commit, "HEAD", path


def networks(revision: str, path: str) -> dict[str, Network]:
    """The networks of a spec in a revision; none if it is not valid today."""
    try:
        checked = side(f"{revision}:{path}").checked(DEFAULTS)
    except (SideError, SpecError):
        return {}
    return {} if checked.failed else dict(checked.networks)


def judged(before: dict[str, Network], after: dict[str, Network]) -> str:
    """The result of one pair: the numbers of networks, edits and repetitions."""
    found = compared(before, after, ("before", "after"))
    for pair in found.diffs:
        assert pair.script.equal == (whole(pair.before) == whole(pair.after)), pair.after.name
        assert_inverse(pair.script, diff(pair.after, pair.before))
        assert_each_tensor_once(pair.before, pair.after, pair.script.keys)
    told = alike([(pair.after.name, pair.script) for pair in found.told() if not pair.script.equal])
    if "-v" in sys.argv:
        print("\n".join(alike_as_text(group) for group in told))
    edits = sum(len(group.script.edits) for group in told)
    differ = sum(len(group.names) for group in told)
    more = "".join(f", {len(names)} {what}" for what, names in (("new", found.new), ("gone", found.gone)) if names)
    return f"{len(found.diffs)} networks, {differ} differ, told in {len(told)} scripts of {edits} edits in all{more}"


def main() -> None:
    """Judge all pairs, and print how many there were; with `--first 40`, those from number 40 on."""
    first = int(sys.argv[sys.argv.index("--first") + 1]) if "--first" in sys.argv else 0
    judged_pairs = 0
    for number, (old, new, path) in enumerate(pairs()):
        if number < first:
            continue
        before, after = networks(old, path), networks(new, path)
        if before and after:
            judged_pairs += 1
            print(f"{number} {old}..{new} {path}: {judged(before, after)}", flush=True)
    print(f"{judged_pairs} pairs")
    if judged_pairs < WANTED and not first:
        sys.exit(f"{WANTED} are wanted")


if __name__ == "__main__":
    main()
