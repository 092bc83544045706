"""The labels of modules: their form and uniqueness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.names import BadLabel, DuplicateLabel
from archc.diagnostics.source import Span
from archc.ir.paths import outer_names
from archc.resolve.arithmetic import Operands
from archc.resolve.names import Path, meets
from archc.resolve.naming import label_fault, label_text
from archc.resolve.symbols import Definition, NameScope
from archc.syntax import tree
from archc.syntax.same import same

Labels = dict[str, list[tuple[Path, Span, tree.Tree]]]
"""The labels of one module, with the branches around each, its place and its term.

`"convs."` stands for the labels inside `convs`.
"""


class ModuleLabels(Operands):
    """Resolves the labels of modules."""

    labels: Labels
    """The labels of the enclosing module."""

    def label(self, label: tree.ModuleLabel, of: tree.Tree, scope: NameScope) -> Definition | None:
        """Bind the names in a label, and check that it can name a module and differs from the other labels."""
        text = label.text
        if type(text) is tree.Template:
            self.expression(text, scope)
            if fault := label_fault("".join(part if isinstance(part, str) else "0" for part in text.parts)):
                self.report(BadLabel(name=_shown(text.parts), reason=fault), label.span)
            return self.made("module", _shown(text.parts), text.span, of)
        name = str(text.value) if isinstance(text, tree.Literal_) else ""
        if fault := label_fault(name):
            self.report(BadLabel(name=name, reason=fault), label.span)
            return None
        outer, place = outer_names(name), (*self.behind, *self.path)
        for key in (name, f"{name}.", *outer):
            first = next((one for one in self.labels.get(key, ()) if meets(one[0], place)), None)
            if first is not None:
                _, there, term = first
                edits = (Edit(label.span, f"{label_text(f'{name}_2')}:"),)
                alike = name.isidentifier() and same(of, term)
                problem = DuplicateLabel(name=key.rstrip("."), scope="", alike=alike)
                self.report(problem, label.span, (Label(there, "first used here"),), edits)
                break
        for key in (name, *(f"{around}." for around in outer)):
            self.labels.setdefault(key, []).append((place, label.span, of))
        return self.made("module", name, label.text.span, of)

    @contextmanager
    def module(self, label: tree.ModuleLabel | None, of: tree.Tree, scope: NameScope) -> Iterator[None]:
        """Resolve inside a labelled group, which is a module with labels of its own."""
        if label is None:
            yield
            return
        self.label(label, of, scope)
        around, self.labels = self.labels, {}
        yield
        self.labels = around


def _shown(parts: Sequence[str | tree.Expression]) -> str:
    return "".join(part if isinstance(part, str) else "{…}" for part in parts)
