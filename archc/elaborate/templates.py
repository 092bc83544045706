"""Reuse of expanded blocks: a block that was expanded before is copied.

The expansion of a block depends on its arguments, on the types of its inputs and on which of them are the same tensor,
since only its own names and those of its file are visible in it. A call that agrees with an earlier one in these, in
this network or another of the library, adds the same nodes, modules and steps of the trail, renumbered.

An expansion that reported anything, even a note, or is in a partial network is not cached, so that the next one reports
it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from archc.elaborate.draft import NodeDraft, ScopeDraft
from archc.elaborate.relocate import Move
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.template import BlockTemplate, Refs
from archc.elaborate.values import Binding, DefinitionRef, typed
from archc.ir.network import Ref
from archc.support.record import Record

LARGEST = 4096
"""The maximum number of nodes of a cached block, so that nested blocks are not stored inside each other repeatedly."""


def key_of(
    state: ExpansionState, defined: DefinitionRef, arguments: Mapping[str, tuple[Binding, bool]], refs: Refs
) -> object:
    """Everything that the expansion of a block call depends on."""
    values = tuple([typed(bound.value) for bound, _ in arguments.values()])
    types = tuple([state.draft.type_of(ref) for ref in refs])
    return defined, values, types, tuple(map(refs.index, refs))


class Start(Record):
    """The state of a network when the expansion of a block's body began."""

    nodes: int
    scopes: int
    expansions: int
    reports: int
    steps: int
    deepest: int


def fits(template: BlockTemplate, state: ExpansionState, site: ExpansionContext) -> bool:
    """Whether a template can be added unchanged: no limit is reached, and its classes have the same names here."""
    known, limits = state.definitions, state.budget.limits
    return (
        len(state.draft.nodes) + len(template.nodes) <= limits.layers
        and state.budget.steps + template.steps <= limits.steps
        and site.depth + template.depth <= limits.depth
        and all(d.name not in known or known[d.name].tree is d.tree for d in template.definitions)
    )


def add(template: BlockTemplate, state: ExpansionState, site: ExpansionContext, refs: Refs) -> Refs:
    """Add a template to the network in the scope of `site`, reading `refs`. Requires: it fits; its steps are spent."""
    draft = state.draft
    incoming = {_incoming(i): ref for i, ref in enumerate(refs)}
    assert site.expansion is not None
    move = Move(incoming, len(draft.nodes), len(draft.scopes), site.expansion, {id(template.scope): site.scope})
    draft.scopes.extend(map(move.scope, template.scopes))
    draft.nodes.extend(map(move.node, template.nodes))
    draft.expansions.extend(map(move.expansion, template.expansions))
    move.fill(template.scope)
    for scope in template.scopes:
        move.fill(scope)
    for defined in template.definitions:
        state.definition(defined)
    state.deepest = max(state.deepest, site.depth + template.depth)
    return move.tensors(template.outputs)


def stand_in(template: BlockTemplate, state: ExpansionState, site: ExpansionContext, refs: Refs) -> Refs:
    """Add one node in place of all, where `state.sums` is kept. Requires: it fits, and its steps are spent."""
    assert state.sums is not None
    state.sums.append(template.layers)
    index, inside = len(state.draft.nodes), [ref for ref in template.outputs if ref.node >= 0]
    if inside:
        last = template.nodes[inside[0].node]
        types = tuple(template.nodes[ref.node].types[ref.out] for ref in inside)
        node = NodeDraft(
            index, last.op, refs, types, None, site.scope, last.span, last.span, (), True, site.expansion, False
        )
        state.draft.nodes.append(node)
        state.stand_ins[index] = template.last
    state.deepest = max(state.deepest, site.depth + template.depth)
    made = iter(range(len(inside)))
    return tuple(Ref(index, next(made)) if ref.node >= 0 else refs[-1 - ref.node] for ref in template.outputs)


def begin(state: ExpansionState, site: ExpansionContext) -> Start:
    """Record the start of a body's expansion. From here on, `state.deepest` refers to the body."""
    draft = state.draft
    start = Start(
        nodes=len(draft.nodes),
        scopes=len(draft.scopes),
        expansions=len(draft.expansions),
        reports=state.reporter.reports,
        steps=state.budget.steps,
        deepest=state.deepest,
    )
    state.deepest = site.depth
    return start


def finish(
    state: ExpansionState, site: ExpansionContext, start: Start, refs: Refs, outputs: Refs
) -> BlockTemplate | None:
    """The template of what has been added since `start`, or None if it cannot be cached. Call it after each `begin`."""
    depth, state.deepest = state.deepest - site.depth, max(state.deepest, start.deepest)
    draft = state.draft
    nodes, scopes = draft.nodes[start.nodes :], draft.scopes[start.scopes :]
    inside = dict.fromkeys(s.definition for s in scopes if s.definition)
    definitions = {name: state.definitions[name] for name in inside}
    quiet = state.reporter.reports == start.reports
    if not (quiet and state.whole) or len(nodes) > LARGEST or any(n != d.name for n, d in definitions.items()):
        return None
    if any(_has_namesakes(scope) for scope in (site.scope, *scopes)):
        return None
    incoming = {ref: _incoming(i) for i, ref in reversed(list(enumerate(refs)))}
    assert site.expansion is not None
    own = ScopeDraft(0, "block", None, "", None, "", site.scope.span, site.scope.span, None)
    move = Move(incoming, -start.nodes, -start.scopes, -site.expansion, {id(site.scope): own})
    moved_scopes, moved_nodes = tuple(map(move.scope, scopes)), tuple(map(move.node, nodes))
    expansions = tuple(map(move.expansion, draft.expansions[start.expansions :]))
    for scope in (site.scope, *scopes):
        move.fill(scope)
    return BlockTemplate(
        scope=own,
        nodes=moved_nodes,
        scopes=moved_scopes,
        expansions=expansions,
        outputs=move.tensors(outputs),
        definitions=tuple(definitions.values()),
        last=_last(moved_nodes),
        steps=state.budget.steps - start.steps,
        depth=depth,
        shares=any(n.shared is not None for n in nodes),
        layers=tuple((n.op, tuple(map(draft.type_of, n.inputs)), n.types) for n in nodes),
    )


def _has_namesakes(scope: ScopeDraft) -> bool:
    """Whether two children have the same name, an error that is reported when they get their paths."""
    names = [child.name for child in scope.children if child.name and child.shared is None]
    return len(set(names)) < len(names)


def _incoming(position: int) -> Ref:
    return Ref(-1 - position)


def _last(nodes: tuple[NodeDraft, ...]) -> tuple[NodeDraft, ...]:
    """The last node of each kind and the last pooling, in order, for the sketch rules."""
    last = {"" if type(node.op).pools else node.op.kind(): node for node in nodes}
    return tuple(sorted(last.values(), key=lambda node: node.index))
