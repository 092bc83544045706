"""The paths in edits: `replace layer1.0.conv1: …`. Each part is bound to a label.

A module without a label is named by its position or kind, and the content of a block that is passed as a value depends
on the call. Paths that cannot be checked here are left to elaboration.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from archc.diagnostics.source import Span
from archc.resolve.bodies import flat
from archc.resolve.names import callee_of, is_tensor
from archc.resolve.symbols import Definition, NameScope, Reference
from archc.support.record import Record
from archc.syntax import tree

_PATTERN = frozenset("*?[")
_ANY = re.compile(r"\w+")
_DEEPEST = 30
"""The maximum number of nested calls through which a path is followed."""


class ModuleOutline(Record):
    """A module as far as its definition determines it: its possible names, its label, and its contents.

    `inside` is the called block or macro, or the labelled term; None for a layer, empty if it depends on the call.
    """

    name: re.Pattern[str]
    label: Definition | None
    inside: tuple[tuple[tree.Tree, NameScope], ...] | None


class Paths:
    """Follows paths through the modules of models.

    `scopes` are those of declarations; labels are among `definitions`; `kinds` are the names of layers.
    """

    def __init__(
        self, scopes: Mapping[Definition, NameScope], definitions: Sequence[Definition], kinds: Collection[str]
    ) -> None:
        self.scopes = scopes
        self.kinds = kinds
        self.labels = {d.node: d for d in definitions if d.kind == "module"}
        self._known: dict[tree.Tree, tuple[ModuleOutline, ...]] = {}

    def follow(self, path: str, span: Span, model: Definition) -> tuple[list[Reference], bool]:
        """The labels that the parts of a path refer to, and whether such a module may exist."""
        scope = self.scopes.get(model)
        here: list[tuple[tree.Tree, NameScope]] | None = [(model.node, scope)] if model.node and scope else None
        found: list[Reference] = []
        offset = (span.end - span.start - len(path)) // 2  # a path may be quoted
        for part in path.split("."):
            if here is None or _PATTERN & set(part):
                return found, True
            fitting = [m for what, around in here for m in self.modules(what, around) if m.name.fullmatch(part)]
            if not fitting:
                return found, False
            start = span.start + offset
            labels = dict.fromkeys(m.label for m in fitting if m.label is not None)
            found += [Reference(Span(span.file, start, start + len(part)), label, "path") for label in labels]
            here = None if any(m.inside == () for m in fitting) else [i for m in fitting for i in m.inside or ()]
            offset += len(part) + 1
        return found, True

    def modules(self, what: tree.Tree, scope: NameScope) -> tuple[ModuleOutline, ...]:
        """The modules directly inside a declaration or term."""
        if what not in self._known:
            self._known[what] = ()
            self._known[what] = tuple(self._in(what, scope, 0))
        return self._known[what]

    def _in(self, what: tree.Tree, scope: NameScope, depth: int) -> Iterator[ModuleOutline]:
        match what:
            case tree.Block(body=body) | tree.ModelDef(body=body):
                for statement in flat(body.statements):
                    yield from self._in_statement(statement, scope, depth)
                if not body.complete:  # an unreadable statement may define any label
                    yield ModuleOutline(_ANY, None, ())
            case tree.Macro(chain=chain) | tree.Group(chain=chain) | tree.Repeat(chain=chain) | tree.For(chain=chain):
                yield from self._in_chain(chain, scope, depth)
            case tree.Merge(branches=branches) | tree.Calculation(operands=branches):
                for branch in branches:
                    yield from self._in_chain(branch, scope, depth)

    def _in_statement(self, statement: tree.Statement, scope: NameScope, depth: int) -> Iterator[ModuleOutline]:
        match statement:
            case tree.Bind(chain=chain) | tree.ChainStatement(chain=chain):
                yield from self._in_chain(chain, scope, depth)
            case tree.Return(chains=chains):
                for chain in chains:
                    yield from self._in_chain(chain, scope, depth)
            case tree.Shared(term=term):
                yield from self._in_term(term, scope, depth)
            case _:
                pass

    def _in_chain(self, chain: tree.Chain, scope: NameScope, depth: int) -> Iterator[ModuleOutline]:
        for term in chain.terms:
            yield from self._in_term(term, scope, depth)

    def _in_term(self, term: tree.Term, scope: NameScope, depth: int) -> Iterator[ModuleOutline]:
        match term:
            case tree.Guard():
                yield from self._in_term(term.then, scope, depth)
                if term.otherwise is not None:
                    yield from self._in_term(term.otherwise, scope, depth)
            case tree.Use():
                yield from self._use(term, scope, depth)
            case tree.Group(label=tree.ModuleLabel() as label) | tree.Repeat(label=tree.ModuleLabel() as label):
                yield ModuleOutline(_named(label), self.labels.get(term), ((term, scope),))
            case tree.Merge(label=tree.ModuleLabel() as label):
                yield ModuleOutline(_named(label), self.labels.get(term), ((term, scope),))
            case _:
                yield from self._in(term, scope, depth)

    def _use(self, use: tree.Use, scope: NameScope, depth: int) -> Iterator[ModuleOutline]:
        found = scope.find(use.name)
        if found is not None and (is_tensor(found) or found.kind == "module"):
            return  # a tensor is not a module, and a shared module belongs to its declaration
        callee = callee_of(found) if found is not None else None
        inside: tuple[tuple[tree.Tree, NameScope], ...] | None = None
        if found is None and use.name not in self.kinds:
            inside = ()  # unknown, which has been reported
        if found is not None and (callee is None or callee.kind != "layer"):
            there = self.scopes.get(callee) if callee is not None else None
            inside = ((callee.node, there),) if callee is not None and callee.node and there is not None else ()
        if use.label is not None:
            yield ModuleOutline(_named(use.label), self.labels.get(use), inside)
        elif callee is not None and callee.kind == "macro" and inside and depth < _DEEPEST:
            for what, around in inside:
                yield from self._in(what, around, depth + 1)
        elif inside == ():
            yield ModuleOutline(_ANY, None, ())
        else:
            yield ModuleOutline(re.compile(rf"(?:{re.escape(use.name.lower())}|[a-z]\w*?)?\d+"), None, inside)


def _named(label: tree.ModuleLabel) -> re.Pattern[str]:
    """The possible values of a label."""
    if isinstance(label.text, tree.Template):
        return re.compile("".join(re.escape(p) if isinstance(p, str) else r"\w*" for p in label.text.parts))
    return re.compile(re.escape(str(label.text.value)) if isinstance(label.text, tree.Literal_) else r"\w+")
