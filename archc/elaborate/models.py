"""Models and variants: from a declaration to a network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import PurePath

from archc.diagnostics.core import ErrorSentinel
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.source import Source
from archc.elaborate.bodies import Expander, arguments_of
from archc.elaborate.calls import bind
from archc.elaborate.declared import Definitions, Expectation, definitions, doc_of, facts_of, initialisations
from archc.elaborate.draft import NodeDraft, ScopeDraft
from archc.elaborate.editor import Editor
from archc.elaborate.edits import Edits, PlacedEdit, given_edits, planned, report_lost
from archc.elaborate.freezing import freeze
from archc.elaborate.inputs import place_inputs
from archc.elaborate.layers import Refs
from archc.elaborate.library import Compilation
from archc.elaborate.options import Options
from archc.elaborate.state import ExpansionContext, ExpansionState, Stopped
from archc.elaborate.template import Layers
from archc.elaborate.values import Binding, DefinitionRef, Env, Poisoned, Tensors
from archc.ir.expr import Var, const
from archc.ir.network import FactValue, Network, Ref
from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.resolve import Module
from archc.resolve.advice import circular, not_buildable
from archc.resolve.arguments import ArgumentMismatch, match_names
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import uses


class Elaborated(Record):
    """A network, its expectations, and the network that its edits start from (None without edits)."""

    network: Network
    expectations: tuple[Expectation, ...]
    base: Network | None = None


class Summed(Record):
    """All layers of a network: its `own`, those of each block that was expanded before, and its expectations."""

    inputs: Types
    output: TensorType
    own: Layers
    blocks: tuple[Layers, ...]
    expectations: tuple[Expectation, ...] = ()


class _Expanded(Record):
    """A model after expansion, with named modules: the state, its results, and the place of its body."""

    state: ExpansionState
    inputs: Refs
    results: Refs
    training: Refs | None
    site: ExpansionContext


def buildable(module: Module) -> tuple[str, ...]:
    """The members of a file to build on their own: variants, and models without variants."""
    members, families = module.members.items(), families_of(module)
    return tuple(n for n, what in members if isinstance(what, tree.Variant) or (_is_whole(what) and n not in families))


def families_of(module: Module) -> tuple[str, ...]:
    """The models with variants that need no arguments."""
    bases = {what.base.name for what in module.members.values() if isinstance(what, tree.Variant)}
    return tuple(
        n for n, what in module.members.items() if isinstance(what, tree.ModelDef) and n in bases and _is_whole(what)
    )


def _is_whole(model: tree.ModelDef) -> bool:
    return all(p.default is not None for p in model.parameters)


def elaborate(library: Compilation, module: Module, member: str | None, options: Options) -> Elaborated | None:
    """The network of one member, or of the file's bare chain (`member` None). It is partial if it has errors.

    None if there is no network at all: the base is not a model, or a limit is exceeded.
    Requires: `member` is one of `module.members`. Ensures: every error has been reported.
    """
    home = library.env(module.source.name)
    what = _of_chain(module) if member is None else module.members[member]
    return elaborate_one(library, module, DefinitionRef(what, home), options)


def elaborate_one(library: Compilation, module: Module, defined: DefinitionRef, options: Options) -> Elaborated | None:
    """The network of a model or variant, in a file or constructed; see `elaborate`."""
    before = library.reporter.errors
    lineage = _lineage(library, defined)
    if not lineage:
        return None
    base: Network | None = None
    try:
        expanded = _expanded(library, lineage, options, None)
        given, state = given_edits(lineage), expanded.state
        if given and not (state.whole and library.reporter.errors == before):
            root = model_of(lineage).name.span
            report_lost(state.draft, given, library.resolved.lost_paths, library.reporter, root)
        elif given:
            # The base is the one of the first variant with edits.
            start = lineage[lineage.index(given[0].variant) + 1].name
            base = _network(library, module, lineage, expanded, options, start, ())
            expanded = _edited(library, lineage, options, given, expanded)
    except Stopped:
        return None
    facts, expectations = facts_of(expanded.state, lineage)
    made = _network(library, module, lineage, expanded, options, lineage[0].name, facts, before)
    expanded.state.draft.let_go()
    if base is not None:
        made = made.model_copy(update={"base": base.name})
    return None if expanded.state.deep else Elaborated(made, expectations, base)


def layers_of(library: Compilation, module: Module, defined: DefinitionRef) -> Summed | None:
    """The layers of a model or variant, without building a network.

    None if the network is needed: it has errors, edits, separate outputs for training, or a probability head inside a
    block. The caller must then discard all reports and build the network.
    """
    before, options = library.reporter.errors, Options(limits=library.budget.limits)
    lineage = _lineage(library, defined)
    if not lineage or given_edits(lineage):
        return None
    sums: list[Layers] = []
    try:
        expanded = _expanded(library, lineage, options, None, sums)
    except Stopped:
        return None
    if library.reporter.errors > before or expanded.training or not expanded.state.whole or expanded.state.shares:
        return None
    state, output = expanded.state, expanded.results[0]
    initialisations(state, module, model_of(lineage), expanded.site)
    _, expectations = facts_of(state, lineage)
    hidden = output.node in state.stand_ins and type(state.draft.nodes[output.node].op).probability_head
    full = len(state.draft.nodes) + sum(map(len, sums)) > library.budget.limits.layers
    if library.reporter.errors > before or hidden or full:
        return None
    type_of = state.draft.type_of
    own = tuple(
        (n.op, tuple(map(type_of, n.inputs)), n.types)
        for n in state.draft.nodes
        if n.inputs and n.index not in state.stand_ins
    )
    (result, *_) = _without(_head(state, expanded.results), expanded.results)
    state.draft.let_go()
    return Summed(tuple(map(type_of, expanded.inputs)), type_of(result), own, tuple(sums), expectations)


def model_of(lineage: tuple[DefinitionRef, ...]) -> tree.ModelDef:
    """The model at the end of a lineage."""
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    return model


def _edited(
    library: Compilation,
    lineage: tuple[DefinitionRef, ...],
    options: Options,
    given: tuple[PlacedEdit, ...],
    plain: _Expanded,
) -> _Expanded:
    """Apply edits to a model: expand it again if its structure changes."""
    root = lineage[-1].tree.name.span
    edits = planned(plain.state.draft, given, library.reporter, root)
    expanded = _expanded(library, lineage, options, edits) if edits.plans else plain
    freeze(expanded.state.draft, given, library.reporter, root)
    return expanded


def _expanded(
    library: Compilation,
    lineage: tuple[DefinitionRef, ...],
    options: Options,
    edits: Edits | None,
    sums: list[Layers] | None = None,
) -> _Expanded:
    """Expand the model at the end of a lineage, edited or not, and name its modules; `sums`: see `ExpansionState`.

    Raises `Stopped`.
    """
    state = ExpansionState(library, library.reporter, library.kinds, options.classes, library.budget)
    state.templates = library.templates if edits is None else None  # edited blocks differ from others
    state.sums = sums
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    root = _root(model)
    expander = Expander(state) if edits is None else Editor(state, edits, lineage[0].name)
    if isinstance(expander, Editor):
        expander.begin(root)
    state.draft.scopes.append(root)
    state.last_of_kind = cache(partial(_last_of_kind, model, state.kinds))
    env = Env(lineage[-1].home)
    site = ExpansionContext(env, root, None, None, 0)
    arguments = _bind_all(expander, lineage, env, site)
    if options.classes is not None and isinstance(arguments, dict) and _CLASSES in arguments:
        span = arguments[_CLASSES][0].span
        arguments[_CLASSES] = (Binding(options.classes, const(options.classes), span), True)
        env.names[_CLASSES] = Binding(options.classes, Var(name=_CLASSES), span)
    inputs = place_inputs(state, site, lineage, options)
    for name, ref in zip(model.over, inputs, strict=False):
        env.names[name.name] = Tensors((ref,), name.name)
    if not model.over:
        env.names["in"] = Tensors(inputs, "in_")
    if isinstance(arguments, ErrorSentinel):
        for parameter in model.parameters:
            env.names.setdefault(parameter.name, Poisoned())
    else:
        root.arguments = arguments_of(arguments)
    results, training = expander.body(model.body, inputs, site, model.name.name, model.name.span)
    if isinstance(expander, Editor):
        expander.finish(root)
        expander.report_unmet()
    if not state.deep:
        state.draft.name_modules(library.reporter)
    return _Expanded(state, inputs, results, training, site)


def _network(
    library: Compilation,
    module: Module,
    lineage: tuple[DefinitionRef, ...],
    expanded: _Expanded,
    options: Options,
    name: str,
    facts: tuple[FactValue, ...],
    before: int | None = None,
) -> Network:
    """The network as a value, partial if there are more errors than the number `before`."""
    state, inputs, training, site = expanded.state, expanded.inputs, expanded.training, expanded.site
    model, env = lineage[-1].tree, expanded.site.env
    assert isinstance(model, tree.ModelDef)
    head = _head(state, expanded.results)
    if head is not None:
        head.head = True
    outputs = _without(head, expanded.results)
    site.scope.inputs, site.scope.outputs = inputs, outputs
    inits = initialisations(state, module, model, site)
    partial = not state.whole or (before is not None and library.reporter.errors > before)
    bound = Definitions((), ()) if partial else definitions(state, lineage[-1])
    return Network.model_construct(
        name=name,
        family=PurePath(module.source.name).stem or lineage[0].name,
        doc=doc_of(lineage[0].tree) or doc_of(model),
        source=PurePath(module.source.name).name,
        digest=digest(module.sources()),
        classes=_classes(state, env, outputs) or options.classes,
        inputs=inputs,
        outputs=outputs,
        training_outputs=_without(head, training or expanded.results),
        nodes=state.draft.frozen_nodes(),
        scopes=state.draft.frozen_scopes(),
        expansions=state.draft.frozen_expansions(),
        definitions=bound.definitions,
        functions=bound.functions,
        constants=tuple(library.constants.values()),
        inits=inits,
        facts=facts,
        base=None,
        partial=partial,
    )


# -- parts ------------------------------------------------------------------------------------------------------------


def _lineage(library: Compilation, defined: DefinitionRef) -> tuple[DefinitionRef, ...]:
    """A variant, its base variants, and the model at the end; empty if there is no model."""
    line = [defined]
    while isinstance(here := line[-1].tree, tree.Variant):
        base = library.base_of(here)
        if len(line) > (most := library.budget.limits.depth):
            library.reporter.add(TooDeep(limit=most, what="variants"), here.base.span)
            return ()
        if base is None:
            return ()
        if base in line or not isinstance(base.tree, tree.Variant | tree.ModelDef):
            problem = circular(here) if base in line else not_buildable(here.base.name, base.tree)
            library.reporter.add(problem, here.base.span)
            return ()
        line.append(base)
    return tuple(line)


def _of_chain(module: Module) -> tree.ModelDef:
    """The model that the bare chain of a file represents."""
    statement = module.chain
    assert statement is not None
    span = statement.span
    name = PurePath(module.source.name).stem
    name = name if name.isidentifier() else "network"
    body = tree.Body(span, module.file.doc, (statement,))
    return tree.ModelDef(span, tree.Name(span, name), (), body)


def _root(model: tree.ModelDef) -> ScopeDraft:
    return ScopeDraft(
        index=0,
        kind="model",
        label=None,
        callee=model.name.name,
        parent=None,
        path="",
        span=model.name.span,
        label_span=model.name.span,
        expansion=None,
        definition=model.name.name,
    )


def _bind_all(
    expander: Expander, lineage: tuple[DefinitionRef, ...], env: Env, site: ExpansionContext
) -> dict[str, tuple[Binding, bool]] | ErrorSentinel:
    """Bind the arguments of all variants in a lineage; the outermost take precedence."""
    model = lineage[-1].tree
    assert isinstance(model, tree.ModelDef)
    preset: dict[str, Binding] = {}
    names = tuple(p.name for p in model.parameters)
    for level in reversed(lineage[1:-1]):
        assert isinstance(level.tree, tree.Variant)
        here = site.inside(Env(level.home))
        matched = match_names(model.name.name, names, level.tree.arguments or ())
        if isinstance(matched, ArgumentMismatch):
            return expander.state.report(matched.problem, matched.span, site)
        for name, argument in matched.items():
            bound = expander.state.bound(argument.value, here)
            if isinstance(bound, ErrorSentinel):
                return bound
            preset[name] = bound
    top = lineage[0].tree
    arguments = top.arguments if isinstance(top, tree.Variant) else None
    span = top.base.span if isinstance(top, tree.Variant) else top.name.span
    use = tree.Use(span, None, model.name.name, span, arguments)
    outer = site.inside(Env(lineage[0].home))
    return bind(expander.state, env, lineage[-1], model.parameters, use, outer, preset=preset)


_CLASSES = "classes"
"""The parameter of a model that an option may override."""


def _classes(state: ExpansionState, env: Env, outputs: tuple[Ref, ...]) -> int | None:
    if any(n.added for n in state.draft.nodes):  # an edit may have replaced the head that `classes` is for
        result = state.draft.type_of(outputs[0])
        return result.channels if len(result.dims) == 1 else None
    entry = env.find("classes")
    return entry.value if isinstance(entry, Binding) and isinstance(entry.value, int) else None


def _last_of_kind(model: tree.ModelDef, kinds: Mapping[str, type[Op]]) -> frozenset[int]:
    last = {op.kind(): id(use) for use in uses(model.body) if (op := kinds.get(use.name))}
    return frozenset(last.values())


def _head(state: ExpansionState, results: tuple[Ref, ...]) -> NodeDraft | None:
    """The `SM` that ends the first result, if nothing else reads its output (docs/language.md, Probabilities)."""
    nodes, first = state.draft.nodes, results[0]
    node = nodes[first.node]
    if not type(node.op).probability_head or node.shared is not None or first in results[1:]:
        return None
    return None if any(first in n.inputs or n.shared == node.index for n in nodes) else node


def _without(head: NodeDraft | None, refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
    """The results of `forward`: the logits in place of the probabilities of a head."""
    return refs if head is None else tuple(head.inputs[0] if ref.node == head.index else ref for ref in refs)


def digest(sources: Mapping[str, Source]) -> str:
    """SHA-256 of the texts of a spec, ordered by the names of their files."""
    hasher = sha256()
    for name, source in sorted(sources.items()):
        hasher.update(f"{PurePath(name).name}\0{source.text}\0".encode(errors="surrogatepass"))
    return hasher.hexdigest()
