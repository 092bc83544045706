"""Grades messages and repairs for people's mistakes: `python -m tests.mistakes.measure [NAME …]`.

There are four grades from 0 to 3. Place: the mistake is marked (3), its line (2), or an adjacent line (1). Cause: the
code fits (1), and the message, labels and notes contain the expected words (2). Help: the share of the correction that
the help and the repairs state. Noise: 3, less one for each unexpected diagnostic.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from archc.analysis.repair.fix import fixed
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.render import render
from archc.ir.network import Network, Node
from archc.pipeline import Checked, check
from tests.mistakes.cases import FILES, Case, cases
from tests.support.specs import load

QUESTIONS = "place", "cause", "help", "noise"


@dataclass(frozen=True)
class Scored:
    """A case with its diagnostics, and its grades."""

    case: Case
    checked: Checked
    marks: dict[str, float]


def scored(case: Case) -> Scored:
    """A case with the grades of its diagnostics."""
    checked = with_repairs(check(case.source, load), case.source, load)
    told = checked.diagnostics
    fit = [d for d in told if d.code in case.codes] or list(told[:1] if case.codes else told)
    words = "\n".join(f"{d.problem.message()}\n{d.problem.label()}\n{d.problem.note()}" for d in fit)
    words += "".join(f"\n{label.text}" for d in fit for label in d.labels)
    ways = "\n".join(_ways(d) for d in fit)
    right = any(d.code in case.codes for d in told) or (not case.codes and bool(told))
    marks = {
        "place": max((_place(case, d) for d in fit), default=0.0),
        "cause": right * 1.0 + 2.0 * _share(case.cause, words),
        "help": 3.0 * _share(case.help, ways),
        "noise": max(0.0, 3.0 - max(0, len(told) - case.said)) if told else 0.0,
    }
    return Scored(case, checked, marks)


def _ways(diagnostic: Diagnostic) -> str:
    edits = [e.text for repair in (*diagnostic.repairs, diagnostic.edits) for e in repair]
    return "\n".join((diagnostic.help, diagnostic.problem.note(), *edits, *(f"`{e}`" for e in edits)))


def _share(wanted: tuple[str, ...], text: str) -> float:
    return sum(w in text for w in wanted) / len(wanted) if wanted else 1.0


def _place(case: Case, diagnostic: Diagnostic) -> float:
    found = [m.start() for m in re.finditer(re.escape(case.at), case.text)] if case.at else [0]
    return max(_near(case, diagnostic, start) for start in found)


def _near(case: Case, diagnostic: Diagnostic, start: int) -> float:
    end = start + max(1, len(case.at))
    spans = [s for s in (diagnostic.span, *(x.span for x in diagnostic.labels)) if s.file == case.source.name]
    if any(s.start < end and start < max(s.end, s.start + 1) for s in spans):
        return 3.0
    line = case.source.position(start)[0]
    apart = min((abs(case.source.position(s.start)[0] - line) for s in spans), default=9)
    return {0: 2.0, 1: 1.0}.get(apart, 0.0)


def clean(checked: Checked) -> bool:
    """Whether a check found no errors."""
    return not any(d.severity is Severity.ERROR for d in checked.diagnostics)


def networks(checked: Checked) -> list[object]:
    """Networks in a comparable form: layers with their arguments and connections."""
    return [plain(network) for network in checked.networks.values()]


def plain(network: Network) -> object:
    """The computation of a network: its layers with arguments, their inputs, and the shapes."""
    return tuple((n.op.kind(), _settled(network, n), n.inputs, n.types) for n in network.nodes), network.outputs


def _settled(network: Network, node: Node) -> str:
    """The arguments of a layer, with a padding of half the kernel as numbers."""
    window = node.op.window(network.input_types(node), node.types) if getattr(node.op, "pad", "") == "half" else None
    return repr(node.op if window is None else node.op.model_copy(update={"pad": window.pad}))


def outcome(case: Case, *, unsafe: bool) -> str:
    """The result of repairs: the network that was "meant", an "other" one, "errors", or "same" if unchanged."""
    text = fixed(case.source, load, unsafe=unsafe)
    if text == case.text:
        return "same"
    from archc.diagnostics.source import Source

    after = check(Source(case.source.name, text), load)
    if not clean(after):
        return "errors"
    if case.meant is None:
        return "other"
    wanted = check(Source(case.source.name, case.meant), load)
    return "meant" if networks(wanted) == networks(after) else "other"


def _lines(files: tuple[str, ...]) -> Iterator[str]:
    for file in files:
        every = [scored(case) for case in cases(file)]
        means = {q: sum(s.marks[q] for s in every) / len(every) for q in QUESTIONS}
        yield f"{file} ({len(every)}): " + ", ".join(f"{q} {means[q]:.2f}" for q in QUESTIONS)
        for unsafe in (False, True):
            found = [outcome(case, unsafe=unsafe) for case in cases(file)]
            counts = {what: found.count(what) for what in ("meant", "other", "errors", "same")}
            yield f"  {'--unsafe-fixes' if unsafe else '--fix'}: " + ", ".join(f"{n} {w}" for w, n in counts.items())
            wrong = [c.name for c, f in zip(cases(file), found, strict=True) if f == "other"]
            yield f"    other networks: {', '.join(wrong)}"


def main(names: list[str]) -> None:
    """Print the means, or the named cases with their diagnostics; `weak` means all without full marks."""
    if not names:
        for line in _lines(FILES):
            print(line, flush=True)
        return
    for file in FILES:
        for case in cases(file):
            if case.name in names or "weak" in names or file in names:
                found = scored(case)
                if "weak" in names and min(found.marks.values()) == 3:
                    continue
                print(f"== {file}: {case.name}: {found.marks}\n{case.text}")
                print(render(found.checked.diagnostics, found.checked.sources, "text"))


if __name__ == "__main__":
    main(sys.argv[1:])
