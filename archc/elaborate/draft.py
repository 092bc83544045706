"""A network under construction, up to the moment when it is named and frozen."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar, Literal

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.names import DuplicateLabel
from archc.diagnostics.source import Frame, Span
from archc.ir.network import ArgumentValue, Expansion, Node, Ref, Scope, Statement
from archc.ir.op import Op
from archc.ir.paths import outer_names
from archc.ir.types import TensorType, Types
from archc.resolve.naming import label_text
from archc.support.record import Struct, field

Counts = dict[str, int]
"""The number of children of each kind (in lower case) so far."""


def advance(counts: Counts, taken: frozenset[str], kind: str, *, labelled: bool) -> int:
    """The ordinal of the next child of a kind, skipping names that are labels."""
    number = counts.get(kind, 0) + 1
    while not labelled and f"{kind}{number}" in taken:
        number += 1
    counts[kind] = number
    return number


class ScopeDraft(Struct):
    """A module whose children are still being added.

    `path` is provisional: it is what diagnostics show while the scope is open. `frame` is the call that opened it.
    `positional` and `taken` follow from its text (see `wording`): whether its children are named by position, and the
    literal labels in it. `position` and `counts` are the numbers of children so far, in total and by kind; `counts` are
    independent of the branches taken.

    `shared`: see `archc.ir.network.Scope`.

    For a module of an edited model (see `edits`), `base` is its path in the unedited model, and `edited` tells whether
    an edit changed it or something in it. One that is `spread` names its children, but is not a module itself: they
    belong to its parent, as `layer1.0` in the model.
    """

    index: int
    kind: Literal["model", "block", "group", "repeat"]
    label: str | None
    callee: str
    parent: ScopeDraft | None
    path: str
    span: Span
    label_span: Span
    expansion: int | None
    pure: bool = True
    positional: bool = False
    taken: frozenset[str] = frozenset()
    children: list[ScopeDraft | NodeDraft] = field(default_factory=list)
    position: int = 0
    counts: Counts = field(default_factory=dict)
    inputs: tuple[Ref, ...] = ()
    outputs: tuple[Ref, ...] = ()
    definition: str | None = None
    arguments: tuple[ArgumentValue, ...] = ()
    body: tuple[Statement, ...] = ()
    name: str = ""
    base: str | None = None
    edited: bool = False
    shared: int | None = None
    spread: bool = False
    implicit: ClassVar[bool] = False
    stateful: ClassVar[bool] = True
    """Whether it needs a name, because it contains named children."""

    @property
    def module(self) -> int | None:
        """Its number, if it is a module."""
        return None if self.spread else self.index

    def spread_out(self, reporter: Reporter) -> None:
        """Put the children into the parent, where it stands itself, with the names that they would have in it."""
        parent = self.parent
        assert parent is not None
        _name_new(self, [child for child in self.children if child.shared is None], reporter)
        for child in self.children:
            child.name = f"{self.name}.{child.name}" if child.name else ""
            child.label = child.name or None
            if isinstance(child, ScopeDraft):
                child.parent = parent
            else:
                child.scope = parent
        at = next(i for i, child in enumerate(parent.children) if child is self)
        parent.children[at : at + 1] = self.children

    def pass_tensors(self, inputs: tuple[Ref, ...], outputs: tuple[Ref, ...]) -> None:
        """Set its inputs and outputs. With several tensors, neither it nor the enclosing scope runs as one sequence."""
        self.inputs, self.outputs = inputs, outputs
        if len(inputs) != 1 or len(outputs) != 1:
            self.pure = False
            if self.parent is not None:
                self.parent.pure = False

    def next_path(self, label: str | None) -> str:
        """The provisional path of the next child, as far as it is known before the scope is closed."""
        return f"{self.path}.{label or self.position}".lstrip(".")

    def next_name(self, kind: str, label: str | None) -> str:
        """The name that the next child of a kind will have."""
        if label is not None:
            return label
        kind = kind.lower()
        return (
            str(self.position)
            if self.positional
            else f"{kind}{advance(dict(self.counts), self.taken, kind, labelled=False)}"
        )

    def add(self, child: ScopeDraft | NodeDraft, *, apart: bool, counted: bool = False) -> None:
        """Append a child in order of execution and name it, unless it is not part of the text (`apart`).

        `counted`: a labelled child has already been counted, because it was declared as shared.
        """
        self.children.append(child)
        if counted and child.label is not None:
            child.name = child.label
            return
        if apart:
            return
        if self.positional:
            if not child.implicit or child.stateful:
                child.name = str(self.position)
                self.position += 1
            return
        kind = child.callee.lower()
        number = advance(self.counts, self.taken, kind, labelled=child.label is not None)
        child.name = child.label or (f"{kind}{number}" if child.stateful else "")
        self.position += not child.implicit


class NodeDraft(Struct):
    """A layer without a path yet."""

    index: int
    op: Op
    inputs: tuple[Ref, ...]
    types: Types
    label: str | None
    scope: ScopeDraft
    span: Span
    label_span: Span
    arguments: tuple[ArgumentValue, ...]
    implicit: bool
    expansion: int | None
    stateful: bool
    head: bool = False
    path: str = ""
    name: str = ""
    added: bool = False
    frozen: bool = False
    wrong: bool = False
    shared: int | None = None

    @property
    def callee(self) -> str:
        """The base of its name if it has no label."""
        return self.op.called


class Draft(Struct):
    """Everything that has been expanded for one network."""

    nodes: list[NodeDraft] = field(default_factory=list)
    scopes: list[ScopeDraft] = field(default_factory=list)
    expansions: list[tuple[Frame, int | None, ScopeDraft | None]] = field(default_factory=list)

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a tensor."""
        return self.nodes[ref.node].types[ref.out]

    def expansion(self, frame: Frame, parent: int | None, scope: ScopeDraft | None) -> int:
        """Record a step of the trail. Its path is known when the scope that it opens is named."""
        self.expansions.append((frame, parent, scope))
        return len(self.expansions) - 1

    def name_modules(self, reporter: Reporter) -> None:
        """Give every module its path (docs/language.md, Names). Parents come before children in `scopes`."""
        for scope in self.scopes:
            if scope.shared is not None:
                first = self.scopes[scope.shared]
                scope.name, scope.path = first.name, first.path
            else:
                _name_children(scope, reporter)
        for node in self.nodes:
            if node.shared is not None:
                node.path = self.nodes[node.shared].path

    def share(self, first: range, scopes: range, later: range, opened: range) -> str:
        """Identify the nodes and scopes of a later use of a module with those of the first.

        Returns the difference, or "".

        A module that is itself a later use inside the first one is identified with its own first use.
        """
        unlike = ""
        if all(type.is_known for n in (*first, *later) for type in self.nodes[n].types):  # else there was an error
            layers, opening = zip(first, later, strict=False), zip(scopes, opened, strict=False)
            as_many = len(first) == len(later) and len(scopes) == len(opened)
            found = chain(
                (self._unlike(self.nodes[one], self.nodes[other]) for one, other in layers),
                () if as_many else (f"it has {len(later)} layers, and {len(first)} at its first use",),
                (self._unlike_axes(self.scopes[one], self.scopes[other]) for one, other in opening),
            )
            unlike = next(filter(None, found), "")
        drafts: tuple[tuple[list[NodeDraft] | list[ScopeDraft], range, range], ...]
        drafts = (self.nodes, first, later), (self.scopes, scopes, opened)
        for made, ones, others in drafts:
            for one, other in zip(ones, others, strict=False):
                shared = made[one].shared
                made[other].shared = one if shared is None else shared
        return unlike

    def _unlike(self, one: NodeDraft, other: NodeDraft) -> str:
        """How a layer of a later use differs from that of the first."""
        if type(one.op) is not type(other.op):
            return f"it has {other.op.kind()} for {one.op.kind()}"
        if one.op != other.op:
            return f"its {one.op.kind()} has other arguments"
        came = [self._types(n)[0] for n in (one, other) if n.inputs]
        if len(set(map(one.op.module_of, came))) > 1:
            there, here = ("x".join(map(str, x.dims)) for x in came)
            return f"its {one.op.kind()} reads {here}, and {there} at its first use"
        shapes = [{name: w.shape for name, w in n.op.weights(self._types(n)).items()} for n in (one, other)]
        if shapes[0] != shapes[1]:
            name = next(name for name in shapes[0] if shapes[0][name] != shapes[1].get(name))
            here, there = ("x".join(map(str, s[name])) for s in (shapes[1], shapes[0]))
            return f"the {name or 'tensor'} of {one.op.kind()} is {here}, and {there} at its first use"
        return ""

    def _unlike_axes(self, one: ScopeDraft, other: ScopeDraft) -> str:
        """The difference in the number of axes between the uses of a scope, whose class is written for one."""
        for there, here in zip(*(map(self.type_of, scope.inputs) for scope in (one, other)), strict=True):
            if len(there.dims) != len(here.dims):
                return f"it reads {here}, and {there} at its first use"
        return ""

    def _types(self, node: NodeDraft) -> Types:
        return tuple(map(self.type_of, node.inputs))

    def let_go(self) -> None:
        """Clear the scopes, which have reference cycles with their children, so that everything is freed at once."""
        for scope in self.scopes:
            scope.children.clear()

    def frozen_nodes(self) -> tuple[Node, ...]:
        """The nodes as values."""
        make = Node.model_construct
        return tuple(
            make(
                op=n.op,
                inputs=n.inputs,
                types=n.types,
                path=n.path,
                scope=n.scope.index,
                span=n.span,
                arguments=n.arguments,
                implicit=n.implicit,
                head=n.head,
                expansion=n.expansion,
                added=n.added,
                frozen=n.frozen,
                wrong=n.wrong,
                shared=n.shared,
            )
            for n in self.nodes
        )

    def frozen_scopes(self) -> tuple[Scope, ...]:
        """The scopes as values."""
        return tuple(
            Scope.model_construct(
                path=s.path,
                name=s.name,
                kind=s.kind,
                parent=s.parent.index if s.parent else None,
                sequential=s.positional,
                gaps=s.positional and _has_gaps(s),
                edited=s.edited,
                pure=s.pure,
                inputs=s.inputs,
                outputs=s.outputs,
                span=s.span,
                definition=s.definition,
                arguments=s.arguments,
                body=s.body,
                expansion=s.expansion,
                shared=s.shared,
            )
            for s in self.scopes
        )

    def frozen_expansions(self) -> tuple[Expansion, ...]:
        """The trails as values."""
        return tuple(
            Expansion.model_construct(
                callee=frame.callee,
                arguments=frame.arguments,
                span=frame.span,
                path=scope.path if scope else "",
                parent=parent,
            )
            for frame, parent, scope in self.expansions
        )


def _name_children(scope: ScopeDraft, reporter: Reporter) -> None:
    """Give the children their paths. Those that edits insert first get a name that is free."""
    children = [child for child in scope.children if child.shared is None]
    _name_new(scope, children, reporter)
    start = f"{scope.path}." if scope.path else ""
    for child in children:
        if child.name:
            child.path = start + child.name


def _take(
    taken: dict[str, ScopeDraft | NodeDraft],
    name: str,
    child: ScopeDraft | NodeDraft,
    scope: ScopeDraft,
    reporter: Reporter,
) -> None:
    outer = outer_names(name)
    first = next((other for key in (name, f"{name}.", *outer) if (other := taken.get(key)) is not None), None)
    for key in (name, *(f"{around}." for around in outer)):
        taken.setdefault(key, child)
    if first is None or first is child:
        return
    # Of a label and an ordinal, the label is reported, since it can be changed; of two labels, the later one.
    if child.label is None or child.label_span.start < first.label_span.start:
        first, child = (child, first) if first.label is not None else (first, child)
    apart = first.label_span != child.label_span
    there = (Label(first.label_span, "first used here"),) if apart else ()
    # A label in a loop names several modules, and so would any other name in its place.
    edits = (Edit(child.label_span, f"{label_text(f'{name}_2')}:"),) if apart and child.label == name else ()
    reporter.add(
        DuplicateLabel(name=name, scope=scope.path, is_repeated=not apart), child.label_span, labels=there, edits=edits
    )


def _name_new(scope: ScopeDraft, children: list[ScopeDraft | NodeDraft], reporter: Reporter) -> None:
    """Name the children that edits insert, and report those that have the same name."""
    taken: dict[str, ScopeDraft | NodeDraft] = {}
    for child in children:
        if child.name:
            _take(taken, child.name, child, scope, reporter)
    if scope.base is None:
        return
    for child in children:
        if not child.name and child.label:
            child.name = child.label
            _take(taken, child.name, child, scope, reporter)
    position = 0
    for child in children:
        if child.implicit:
            continue
        if not child.name and (scope.positional or child.stateful):
            base, number = child.callee.lower(), 1
            name = str(position) if scope.positional else f"{base}{number}"
            while name in taken or f"{name}." in taken or name in scope.taken:
                name, number = f"{base}{number}", number + 1
            taken[name] = child
            child.name = name
        position += 1


def _has_gaps(scope: ScopeDraft) -> bool:
    """Whether names are no longer positions because edits removed or inserted children."""
    named = [c.name for c in scope.children if not c.implicit or c.name]
    return scope.base is not None and named != [str(i) for i in range(len(named))]
