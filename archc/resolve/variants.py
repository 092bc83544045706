"""Names in variants: the base model, facts, expectations, and the paths of edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.names import MissingArgument, NotAValue, UnknownName
from archc.diagnostics.source import Span
from archc.diagnostics.words.unknown import unknown_base
from archc.resolve.advice import circular, not_buildable
from archc.resolve.arguments import argument_name
from archc.resolve.bodies import Bodies
from archc.resolve.expressions import is_required
from archc.resolve.names import seen_of
from archc.resolve.paths import Paths
from archc.resolve.symbols import Definition, NameScope
from archc.syntax import tree
from archc.syntax.arguments import call_with
from archc.syntax.unparse import expression


class Variants(Bodies):
    """Resolves variants: their bases, their facts, and the modules that their edits name."""

    homes: dict[Definition, NameScope]
    """The scope of the file that contains each declaration."""
    met: dict[Definition, None]
    """The declarations that are used, in order."""

    @cached_property
    def _countable(self) -> dict[str, Definition]:
        """The counts that an `expect` may compare: `params`, `macs` and others."""
        return {name: self.given("builtin", name) for name in self.words.countable}

    def variant(self, variant: tree.Variant, definition: Definition, home: NameScope) -> None:
        """Resolve the names in a variant, except the paths of its edits."""
        scope = self.scope("variant", variant.span, home, definition)
        self._base(variant, definition, home)
        self.values(variant.arguments or (), scope)
        facts: dict[str, Definition] = {}
        for member in variant.members:
            match member:
                case tree.Fact():
                    self._fact(member, facts, scope)
                case tree.Expect():
                    self._expect(member, scope)
                case tree.InputStatement():
                    self.expression(member.shape, scope)
                case tree.Replace() | tree.Insert():
                    self._put(member, home)
                case _:
                    pass

    def _fact(self, fact: tree.Fact, facts: dict[str, Definition], scope: NameScope) -> None:
        call = fact.value
        if isinstance(call, tree.CallExpression) and call.function in self.words.kinds:
            problem = NotAValue(name=call.function, call=expression(call), fact=fact.name.name)
            place = Span(fact.span.file, fact.span.start, fact.span.start)
            self.report(problem, fact.span, (), (Edit(place, "replace "),))
        else:
            self.expression(call, scope)
        made = self.made("fact", fact.name.name, fact.name.span, fact)
        if (first := facts.setdefault(made.name, made)) is not made:
            self.given_twice(made.name, fact.name.span, first)

    def _expect(self, expect: tree.Expect, scope: NameScope) -> None:
        self.expression(expect.condition, NameScope("variant", expect.span, scope, None, self._countable))

    def _put(self, edit: tree.Replace | tree.Insert, home: NameScope) -> None:
        scope = self.scope("edit", edit.span, home)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(edit.chain, scope)
        self.labels = around

    def edits(self, paths: Paths, root: str) -> Iterator[Span]:
        """Bind the paths of edits to labels.

        Yields the spans of paths that cannot be modules. They are reported when the variant is expanded, with a list of
        modules, but here for imported files, whose variants are not expanded.
        """
        for definition in list(self.met):
            if not isinstance(variant := definition.node, tree.Variant):
                continue
            line = self._lineage(definition)
            if line is None or line[-1] not in paths.scopes:
                continue
            puts = any(isinstance(m, tree.Replace | tree.Insert) for d in line for m in getattr(d.node, "members", ()))
            for path, span, structural in _paths(variant.members):
                found, may_be = paths.follow(path, span, line[-1])
                self.table.references.extend(found)
                if may_be or (puts and not structural):  # an edit may insert the frozen module
                    continue
                yield span
                if structural and span.file != root:
                    self.report(UnknownName(name=path, what="module"), span)

    def _base(self, variant: tree.Variant, definition: Definition, home: NameScope) -> None:
        """Resolve the base of a variant, and match its arguments with the model's parameters."""
        base = home.find(variant.base.name)
        if base is None:
            known = seen_of(home, "model", "variant")
            self.unknown(unknown_base(variant.base.name, known), variant.base.span)
            return
        if base.kind == "lost":
            return
        self.refer(variant.base.span, base, "value", variant.base)
        line = self._lineage(definition)
        if base.kind not in ("model", "variant"):
            if isinstance(base.node, tree.Function | tree.Macro | tree.Block):
                self.report(not_buildable(variant.base.name, base.node), variant.base.span)
        elif line is None:
            if base is definition:
                self.report(circular(variant), variant.base.span)
        else:
            self._arguments(variant, line)

    def _lineage(self, definition: Definition) -> list[Definition] | None:
        """A variant, its base variants and the model at the end; None if there is no model."""
        line = [definition]
        while isinstance(here := line[-1].node, tree.Variant):
            base = self.homes[line[-1]].find(here.base.name)
            if base is None or base in line or base not in self.homes or base.kind not in ("model", "variant"):
                return None
            line.append(base)
        return line

    def _arguments(self, variant: tree.Variant, line: Sequence[Definition]) -> None:
        """Match the arguments of a variant, and of its base variants, with the parameters of the model."""
        parameters, name = self.table.parameters[line[-1]], line[-1].name
        known = [p.name for p in parameters]
        matched = self.match(name, known, variant.arguments or (), self.homes[line[0]])
        if matched is None:
            return
        for parameter in parameters:
            if (argument := matched.get(parameter.name)) is not None and argument.name is not None:
                self.refer(argument_name(argument), parameter, "argument")
        given = set(matched)
        for level in line[1:-1]:
            if isinstance(level.node, tree.Variant):
                given |= _named(known, level.node.arguments or ())
        for parameter in parameters:
            if is_required(parameter) and parameter.name not in given and parameter.node is not None:
                missing = [p.name for p in parameters if is_required(p) and p.name not in given]
                call = call_with(name, variant.arguments or (), missing)
                problem = MissingArgument(callee=name, name=parameter.name, call=call)
                self.report(problem, variant.base.span, (Label(parameter.node.span, "it is asked for here"),))
                return


def _paths(members: Sequence[tree.Tree]) -> Iterator[tuple[str, Span, bool]]:
    """The paths in edits, and whether each refers to the unedited model."""
    for member in members:
        match member:
            case tree.Replace() | tree.Insert() | tree.Truncate():
                yield member.path, member.path_span, True
            case tree.Remove() | tree.Levels():
                yield from ((path.name, path.span, True) for path in member.paths)
            case tree.Freeze():
                yield from ((path.name, path.span, False) for path in member.paths)
            case _:
                pass


def _named(known: Sequence[str], arguments: Iterable[tree.Argument]) -> set[str]:
    """The names of the parameters that arguments are for."""
    found = set()
    for position, argument in enumerate(arguments):
        if argument.name is not None:
            found.add(argument.name)
        elif position < len(known):
            found.add(known[position])
    return found
