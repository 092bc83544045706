"""Shared modules: their declarations and uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.sharing import SharedElsewhere, SharedUse, UnnamedShared
from archc.resolve.labels import Labels, ModuleLabels
from archc.resolve.symbols import Definition, NameScope
from archc.support.record import Struct, replace
from archc.syntax import tree
from archc.syntax.unparse import term as term_text


class SharedUses(Struct):
    """The uses of a shared module: the labels of the module that declares it, and the number of uses.

    A use in a loop counts twice.
    """

    home: Labels
    number: int = 0


class Sharing(ModuleLabels):
    """Resolves shared modules."""

    shared: dict[Definition, SharedUses]
    """The shared modules found so far."""
    alone: Literal["", "module", "merge"]
    """Whether the current node is in a shared module, or in a merge in one, which may read only its input."""
    turns: int
    """The number of loops around the current node."""

    @contextmanager
    def reading(self, alone: Literal["", "module", "merge"]) -> Iterator[None]:
        """Resolve the text of a shared module, or of a merge in one."""
        around, self.alone = self.alone, alone
        yield
        self.alone = around

    def share(self, statement: tree.Shared, scope: NameScope) -> None:
        """Declare a shared module, which is not visible in its own text."""
        term, name = statement.term, statement.name
        if name is None:
            self.report(UnnamedShared(term=term_text(replace(term, label=None))), term.span)
        before = len(self.table.definitions)
        with self.reading("module"):
            self.term(term, scope)
        if name is None:
            return
        first = scope.find(name.name) or self.layer(name.name)
        if first is not None:
            self.given_twice(name.name, name.span, first)
        made = next((d for d in self.table.definitions[before:] if d.kind == "module" and d.node is term), None)
        if first is not None or made is None:  # torch has no module of this name: that has been reported
            self.define(scope, "lost", name.name, name.span, statement)
            return
        scope.names[name.name] = made
        self.shared[made] = SharedUses(self.labels)

    def visit(self, use: tree.Use, found: Definition) -> None:
        """Check the use of a shared module against its declaration."""
        uses = self.shared[found]
        uses.number += 2 if self.turns else 1
        name = Edit(use.span, use.name)
        there = (Label(found.span, "it is declared here"),) if found.span is not None else ()
        if use.arguments is not None or use.label is not None:
            what: Literal["arguments", "a label"] = "arguments" if use.arguments is not None else "a label"
            self.report(SharedUse(name=use.name, what=what), use.span, there, (name,))
        elif self.labels is not uses.home:
            self.report(SharedElsewhere(name=use.name), use.name_span, there)
