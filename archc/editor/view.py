"""A file for features: its analysis, queried in real places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from archc.count.table import shape
from archc.diagnostics.source import Source, Span
from archc.editor.analysis import Analysis, MemberResult
from archc.ir.network import Network
from archc.ir.types import TensorType
from archc.resolve import Definition, Reference, Symbols
from archc.support.record import Struct, field
from archc.syntax import tree
from archc.syntax.walk import children


class View(Struct):
    """One version of a file. `focus` is the member that was current last."""

    analysis: Analysis
    focus: str | None = None
    _shown: dict[str | None, Shown] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.analysis.name

    @property
    def source(self) -> Source:
        """The current text."""
        return self.analysis.text.real

    @property
    def symbols(self) -> Symbols:
        """The symbols of the files, in lasting places."""
        return self.analysis.symbols

    def inside(self, offset: int) -> int:
        """A real offset as a lasting one."""
        return self.analysis.text.inside(offset)

    def outside(self, span: Span) -> Span | None:
        """A lasting span as a real one."""
        return self.analysis.outside(span)

    def words(self, span: Span) -> str:
        """The text of a lasting span."""
        return self.analysis.texts[span.file].lasting.snippet(span)

    def where(self, span: Span) -> str:
        """A lasting place for display: `resnet.arch:14:3`."""
        real = self.outside(span)
        if real is None or span.file not in self.analysis.texts:
            return PurePosixPath(span.file).name
        line, column = self.analysis.texts[span.file].real.position(real.start)
        return f"{PurePosixPath(span.file).name}:{line}:{column}"

    # -- names ------------------------------------------------------------------------------------------------------

    @cached_property
    def _uses(self) -> Mapping[int, Reference]:
        return {r.span.start: r for r in reversed(self.symbols.references) if r.span.file == self.name}

    @cached_property
    def _defined(self) -> Mapping[int, Definition]:
        here = (d for d in self.symbols.definitions if d.span is not None and d.span.file == self.name)
        return {d.span.start: d for d in here if d.span is not None}

    def named(self, offset: int) -> tuple[Span, Definition, Reference | None] | None:
        """The name at a real offset, or one that ends there: its lasting place, definition, and reference."""
        for at in (offset, offset - 1):
            if at < 0 or at > len(self.source.text):
                continue
            inner = self.inside(at)
            for start in range(inner, max(-1, inner - 80), -1):
                if (use := self._uses.get(start)) is not None and inner < use.span.end and use.definition is not None:
                    return use.span, use.definition, use
                defined = self._defined.get(start)
                if defined is not None and defined.span is not None and inner < defined.span.end:
                    return defined.span, defined, None
        return None

    def used(self, span: Span) -> Definition | None:
        """The definition of the name at a lasting place, if it is used there."""
        use = self._uses.get(span.start)
        return use.definition if use is not None and use.span == span else None

    def declaration(self, offset: int) -> tree.Tree | None:
        """The declaration at a real offset."""
        inner = self.inside(offset)
        return self.analysis.places.declaration(Span(self.name, inner, inner))

    def around(self, offset: int) -> list[tree.Tree]:
        """The nodes around a real offset, outermost first."""
        inner, found = self.inside(offset), list[tree.Tree]()
        node: tree.Tree | None = self.declaration(offset)
        while node is not None:
            found.append(node)
            node = next((c for c in children(node) if c.span.start <= inner <= c.span.end), None)
        return found

    # -- members ----------------------------------------------------------------------------------------------------

    def member_at(self, offset: int) -> str | None:
        """The current member at a real offset: the one there, the last one, or the first that depends on that place.

        None means the bare chain, or that there is no member.
        """
        analysis, here = self.analysis, self.declaration(offset)
        members = analysis.members
        if isinstance(here, tree.ModelDef | tree.Variant) and here.name.name in members:
            return here.name.name
        order = [*([self.focus] if self.focus in members else []), *members]
        leading = (member for member in order if here is not None and self.leads(member, here))
        return next(leading, order[0] if order else None)

    def leads(self, member: str | None, declaration: tree.Tree) -> bool:
        """Whether a member depends on a declaration, in any file."""
        module = self.analysis.module
        start = module.chain if member is None else module.members[member]
        return start is not None and declaration in self.analysis.places.closure(start)

    def shown(self, member: str | None) -> Shown | None:
        """The network of a member for display; None if it is unknown or has errors."""
        result = self.analysis.results.get(member)
        if result is None or result.network is None:
            return None
        if member not in self._shown:
            self._shown[member] = Shown(result, result.network)
        return self._shown[member]


class Shown(Struct):
    """A network, indexed by places in the text."""

    result: MemberResult
    network: Network

    @cached_property
    def nodes(self) -> Mapping[Span, list[int]]:
        """The layers and merges by their places, in order."""
        found: dict[Span, list[int]] = {}
        for index, node in enumerate(self.network.nodes):
            if node.inputs and not node.implicit:
                found.setdefault(node.span, []).append(index)
        return found

    @cached_property
    def scopes(self) -> Mapping[Span, list[int]]:
        """The modules by the places of their terms."""
        found: dict[Span, list[int]] = {}
        for index, scope in enumerate(self.network.scopes):
            if scope.kind != "model":
                found.setdefault(scope.span, []).append(index)
        return found

    @cached_property
    def macros(self) -> Mapping[Span, list[tuple[int, int]]]:
        """The first and last layer of each expansion of a macro, by the place of its call."""
        ends: dict[int, tuple[int, int]] = {}
        for index, node in enumerate(self.network.nodes):
            step = node.expansion
            while step is not None:
                ends[step] = (ends[step][0] if step in ends else index, index)
                step = self.network.expansions[step].parent
        found: dict[Span, list[tuple[int, int]]] = {}
        for step, both in ends.items():
            expansion = self.network.expansions[step]
            if not expansion.path:
                found.setdefault(expansion.span, []).append(both)
        return found

    def types(self, span: Span) -> list[tuple[tuple[TensorType, ...], tuple[TensorType, ...]]]:
        """The input and output types of each instance of the term at a place."""
        network, type_of = self.network, self.network.type_of
        if span in self.nodes:
            nodes = [network.nodes[i] for i in self.nodes[span]]
            return [(tuple(map(type_of, n.inputs)), n.types) for n in nodes]
        if span in self.scopes:
            modules = [network.scopes[i] for i in self.scopes[span]]
            return [(tuple(map(type_of, s.inputs)), tuple(map(type_of, s.outputs))) for s in modules]
        return [
            (tuple(map(type_of, network.nodes[first].inputs)), network.nodes[last].types)
            for first, last in self.macros.get(span, ())
        ]

    def spans(self) -> Iterator[Span]:
        """The places of all terms in the network."""
        yield from {**self.nodes, **self.scopes, **self.macros}


def shapes(types: tuple[TensorType, ...]) -> str:
    """Shapes for display: `64x112x112`; `?` for one that is unknown because of an error."""
    return ", ".join(shape(each.dims) if each.is_known else "?" for each in types)
