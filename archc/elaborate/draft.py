"""The network while it grows, and the moment it is named and frozen."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from archc.diagnostics import Edit, Label, Reporter
from archc.network.network import Argument, Expansion, Node, Ref, Scope, Statement
from archc.network.op import Op
from archc.network.types import TensorType, Types
from archc.problems.names import DuplicateLabel
from archc.record import Struct, field
from archc.source import Frame, Span


class ScopeDraft(Struct):
    """A module whose children are still being added.

    `position` counts the children so far and `path` is provisional: both are what diagnostics show while the scope
    is open. `frame` is the call that opened it; `more` says that its body is more than a chain: it has a `let` or an
    `if`.

    For a module of a model that is edited (see `edits`): `base` is its path in the model as it is without edits,
    `names` those of its children there, `met` how many of them have come by, and `kept` its own name there.
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
    labelled: bool = False
    more: bool = False
    children: list[ScopeDraft | NodeDraft] = field(default_factory=list)
    position: int = 0
    inputs: tuple[Ref, ...] = ()
    outputs: tuple[Ref, ...] = ()
    definition: str | None = None
    arguments: tuple[Argument, ...] = ()
    body: tuple[Statement, ...] = ()
    name: str = ""
    base: str | None = None
    names: tuple[str, ...] | None = None
    met: int = 0
    edited: bool = False
    kept: str | None = None

    @property
    def sequential(self) -> bool:
        """A pure chain without labels is an `nn.Sequential` (language.md, section 6); edits do not change that."""
        unnamed = not self.labelled or bool(self.names and self.names[0].isdecimal())
        return self.pure and unnamed and not self.more

    @property
    def coming(self) -> str | None:
        """The name that the next child has in the model without edits, None where there is none."""
        return self.names[self.met] if self.names is not None and self.met < len(self.names) else None

    def next_path(self, label: str | None) -> str:
        """The path that the next child will have, as far as one can tell before the scope is closed."""
        return f"{self.path}.{label or self.position}".lstrip(".")

    def add(self, child: ScopeDraft | NodeDraft, *, new: bool) -> None:
        """Append a child in order of execution; `new` for one that an edit put there."""
        self.children.append(child)
        self.labelled = self.labelled or child.label is not None
        if isinstance(child, NodeDraft) and child.implicit:
            return
        self.position += 1
        if not new and (name := self.coming) is not None:
            child.kept = name
            self.met += 1


class NodeDraft(Struct):
    """A layer that has no path yet."""

    index: int
    op: Op
    inputs: tuple[Ref, ...]
    types: Types
    label: str | None
    scope: ScopeDraft
    span: Span
    label_span: Span
    arguments: tuple[Argument, ...]
    implicit: bool
    expansion: int | None
    stateful: bool
    head: bool = False
    path: str = ""
    kept: str | None = None
    added: bool = False
    frozen: bool = False

    @property
    def callee(self) -> str:
        """What it is named after where it has no label."""
        return self.op.kind()


class Draft(Struct):
    """All that has been expanded of one network."""

    nodes: list[NodeDraft] = field(default_factory=list)
    scopes: list[ScopeDraft] = field(default_factory=list)
    expansions: list[tuple[Frame, int | None, ScopeDraft | None]] = field(default_factory=list)

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a tensor."""
        return self.nodes[ref.node].types[ref.out]

    def expansion(self, frame: Frame, parent: int | None, scope: ScopeDraft | None) -> int:
        """Record a step of the trail; its path is known when the scope that it opens is named."""
        self.expansions.append((frame, parent, scope))
        return len(self.expansions) - 1

    def name_modules(self, reporter: Reporter) -> None:
        """Give every module its path (language.md, section 6). Parents come before children in `scopes`."""
        for scope in self.scopes:
            if scope.names is not None:
                _name_as_before(scope, reporter)
            elif scope.sequential:
                _name_by_position(scope)
            else:
                _name_by_label(scope, reporter)

    def let_go(self) -> None:
        """Empty the scopes, which their children hold in turn: without circles all of it can be freed at once."""
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
                sequential=s.sequential,
                gaps=s.sequential and _has_gaps(s),
                edited=s.edited,
                pure=s.pure,
                inputs=s.inputs,
                outputs=s.outputs,
                span=s.span,
                definition=s.definition,
                arguments=s.arguments,
                body=s.body,
                expansion=s.expansion,
            )
            for s in self.scopes
        )

    def frozen_expansions(self) -> tuple[Expansion, ...]:
        """The trails as values."""
        return tuple(
            Expansion.model_construct(call=frame.call, span=frame.span, path=scope.path if scope else "", parent=parent)
            for frame, parent, scope in self.expansions
        )


def _name_by_position(scope: ScopeDraft) -> None:
    position = 0
    for child in scope.children:
        if isinstance(child, NodeDraft) and child.implicit:
            continue
        _set_name(scope, child, str(position))
        position += 1


def _name_as_before(scope: ScopeDraft, reporter: Reporter) -> None:
    """In a module of an edited model: old children keep their names, new ones get a free one."""
    taken = {c.kept for c in scope.children if c.kept}
    for child in scope.children:
        if child.kept is None and child.label in taken:
            others = (c for c in scope.children if c is not child and child.label in (c.kept, c.label))
            labels = tuple(Label(c.span, "this is called so") for c in others)[:1]
            reporter.add(DuplicateLabel(name=child.label, scope=scope.path), child.label_span, labels=labels)
        taken |= {child.label} if child.label else set()
    position = 0
    for child in scope.children:
        if isinstance(child, NodeDraft) and child.implicit:
            continue
        name = child.kept if child.kept is not None else child.label
        if name is None and (scope.sequential or isinstance(child, ScopeDraft) or child.stateful):
            base, number = child.callee.lower(), 1
            name = str(position) if scope.sequential else f"{base}{number}"
            while name in taken:
                name, number = f"{base}{number}", number + 1
            taken.add(name)
        if name:
            _set_name(scope, child, name)
        position += 1


def _has_gaps(scope: ScopeDraft) -> bool:
    """Whether names that should be positions are none, because edits removed or inserted children."""
    named = [c.path.rpartition(".")[2] for c in scope.children if not (isinstance(c, NodeDraft) and c.implicit)]
    return scope.names is not None and named != [str(i) for i in range(len(named))]


def _name_by_label(scope: ScopeDraft, reporter: Reporter) -> None:
    taken: dict[str, ScopeDraft | NodeDraft] = {}
    for child in scope.children:
        if child.label is None:
            continue
        if (first := taken.get(child.label)) is not None:
            there = Label(first.label_span, "first called so here")
            problem = DuplicateLabel(name=child.label, scope=scope.path)
            apart = first.label_span != child.label_span
            # A label in a loop names several modules; another name for it would do so too.
            edits = (Edit(child.label_span, f"{child.label}_2:"),) if apart else ()
            reporter.add(problem, child.label_span, labels=(there,) if apart else (), edits=edits)
        taken[child.label] = child
    ordinals: Counter[str] = Counter()
    for child in scope.children:
        base = child.callee.lower()
        ordinals[base] += 1
        if child.label is not None:
            _set_name(scope, child, child.label)
        elif isinstance(child, ScopeDraft) or child.stateful:
            while (name := f"{base}{ordinals[base]}") in taken:
                ordinals[base] += 1
            taken[name] = child
            _set_name(scope, child, name)


def _set_name(scope: ScopeDraft, child: ScopeDraft | NodeDraft, name: str) -> None:
    child.path = f"{scope.path}.{name}" if scope.path else name
    if isinstance(child, ScopeDraft):
        child.name = name
