"""Measures the diagnostics for a corpus of faults: `python -m tests.corpus.measure --seed 1 --count 150`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from archc.analysis.repair.fix import fixed
from archc.diagnostics.core import Diagnostic, Problem, Severity
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Checked, Options, check
from archc.zoo import Files
from tests.corpus.faults import Range
from tests.corpus.mutate import Case, case, target


def _load(own: Source, path: str, importer: Source) -> Source | Problem:
    return own if path == own.name else Files().load(path, importer)


def checked(text: str, name: str) -> Checked:
    """The result of checking a broken spec, which may import itself."""
    source = Source(name, text)
    return check(source, partial(_load, source), None, Options())


def errors(result: Checked) -> list[Diagnostic]:
    """The errors only."""
    return [d for d in result.diagnostics if d.severity is Severity.ERROR]


@dataclass
class Figures:
    """The counts over a corpus."""

    cases: int = 0
    faults: int = 0
    several: int = 0
    rejected: int = 0
    placed: int = 0
    as_many: int = 0
    tried: int = 0
    mended: int = 0
    clean: int = 0
    restored: int = 0
    unlawful: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, made: Case, mend: bool) -> None:
        """Check a case and count; with `mend`, also try the suggested repairs."""
        name = f"{made.family}.arch"
        found = errors(checked(made.text, name))
        self.cases += 1
        self.faults += len(made.faults)
        self.several += len(made.faults) > 1
        self.rejected += bool(found)
        self.as_many += len(found) == len(made.faults)
        kinds = "+".join(kind for kind, _ in made.faults)
        if len(found) != len(made.faults):
            self.misses.append(f"{made.name} {made.family} {kinds}: {[d.code for d in found]}")
        for kind, places in made.faults:
            hit = any(_hits(d, places, name) for d in found)
            self.placed += hit
            if not hit:
                self.misses.append(f"{made.name} {made.family} {kind} not placed: {[d.code for d in found]}")
        if mend:
            self._mend(made, name, found, kinds)

    def _mend(self, made: Case, name: str, found: list[Diagnostic], kinds: str) -> None:
        """Apply repairs, as `archc check --fix` and `--unsafe-fixes` do, and count the remaining errors."""
        source, sound = Source(name, made.text), target(made.member).network
        load = partial(_load, source)
        safely, text = fixed(source, load), fixed(source, load, unsafe=True)
        after = checked(text, name)
        left = len(errors(after))
        self.tried += 1
        self.mended += left < len(found)
        self.clean += not left
        self.restored += _layers(after.networks.get(sound.name)) == _layers(sound)
        self.unlawful += text != made.text and left >= len(found)
        self.unlawful += safely != made.text and len(errors(checked(safely, name))) >= len(found)
        if left:
            self.misses.append(f"{made.name} {made.family} {kinds} not mended: {[d.code for d in errors(after)]}")

    def told(self) -> str:
        """The figures in a few lines."""
        lines = (
            ("cases", self.cases, self.cases),
            ("with several faults", self.several, self.cases),
            ("rejected", self.rejected, self.cases),
            ("fault at a primary or secondary place", self.placed, self.faults),
            ("as many errors as faults", self.as_many, self.cases),
            ("fixes that leave as many errors", self.unlawful, 2 * self.tried),
            ("suggestions that leave fewer errors", self.mended, self.tried),
            ("suggestions that leave none", self.clean, self.tried),
            ("suggestions that give the sound network", self.restored, self.tried),
        )
        return "\n".join(f"{words:40} {n:>5} of {of:>5}  {100 * n / max(of, 1):5.1f} %" for words, n, of in lines)


def _hits(diagnostic: Diagnostic, places: Iterable[Range], name: str) -> bool:
    """Whether a place of the diagnostic touches one at fault."""
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    return any(s.file == name and s.start <= end and start <= s.end for s in spans for start, end in places)


def _layers(network: Network | None) -> tuple[object, ...]:
    """The computation of a network: its layers with arguments, their inputs, and the shapes."""
    nodes = network.nodes if network is not None else ()
    return tuple((node.op, node.inputs, node.types) for node in nodes)


def measured(seed: int, count: int, mend_every: int = 1) -> Figures:
    """The figures of a corpus. Trying repairs is slow, so it can be limited to some cases."""
    figures = Figures()
    for number in range(count):
        figures.add(case(seed, number), number % mend_every == 0)
    return figures


def main() -> None:
    """Print the figures of a corpus, and the missed faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.measure", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    given = parser.parse_args()
    figures = measured(given.seed, given.count)
    print("\n".join(figures.misses))
    print(figures.told())


if __name__ == "__main__":
    main()
