"""Definitions, parameters, values and tensors that are never used, and unknown facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.warnings.facts import UnknownFact
from archc.diagnostics.problems.warnings.names import UnevenResults, UnreadTensor, Unused, UnusedParameter, UnusedValue
from archc.diagnostics.problems.warnings.sharing import LonelyShared
from archc.diagnostics.problems.warnings.structure import PassedBy
from archc.diagnostics.source import Source
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.unknown import of_training
from archc.resolve.bodies import Assignment, flat
from archc.resolve.declarations import Resolved
from archc.resolve.files import Module
from archc.resolve.names import is_tensor
from archc.resolve.symbols import Definition, NameScope, Role
from archc.resolve.words import FACTS, FREE
from archc.syntax import tree
from archc.syntax.unparse import expression, tensor_names
from archc.syntax.walk import Parts, walk

_WORDS = {"block": "block", "macro": "macro", "function": "function"}
_LOSSLESS = "_"
"""The first character of the name of a tensor that may remain unread."""


def doubt(resolved: Resolved, file: Module, parts: Sequence[Parts], reporter: Reporter) -> None:
    """Report what is probably not intended in the definitions of a file. Requires: it has no errors.

    `parts` are those of the file's declarations.

    Unused definitions are reported only if the whole file has been resolved and has a model: a file without one is used
    by others.
    """
    name = file.source.name
    here = [d for d in resolved.symbols.definitions if d.span is not None and d.span.file == name]
    models = (tree.ModelDef, tree.Variant, tree.ChainStatement)
    if resolved.whole and any(isinstance(d, models) for d in file.file.declarations):
        uses = _Uses(resolved)
        for owner, parameters in resolved.symbols.parameters.items():
            if owner.span is not None and owner.span.file == name:
                _parameters(owner, parameters, uses, reporter)
        _definitions(here, uses, reporter)
        _inputs(here, uses, resolved.bindings, reporter)
    for assignment, scope in resolved.unread:
        if assignment.name.span.file == name and not assignment.name.name.startswith(_LOSSLESS):
            _unread(assignment, scope, file.source, reporter)
    for owner, first, second in resolved.uneven:
        if first.span.file == name:
            problem = UnevenResults(name=owner.name, first=first.number or 0, second=second.number or 0)
            label = Label(first.span, f"{first.number} tensor{'' if first.number == 1 else 's'} here")
            reporter.add(problem, second.span, labels=(label,))
    for made, number in resolved.lonely:
        if made.span is not None and made.span.file == name:
            reporter.add(LonelyShared(name=made.name, uses=number), made.span)
    _passed_by(parts, resolved.bindings, reporter)
    for definition in here:
        if definition.kind == "fact":
            _fact(definition, reporter)


class _Uses:
    """The roles in which each definition is used."""

    def __init__(self, resolved: Resolved) -> None:
        self.roles: dict[Definition, set[Role]] = {}
        for _, definition, role in resolved.symbols.references:
            if definition is not None:
                self.roles.setdefault(definition, set()).add(role)

    def of(self, definition: Definition) -> set[Role]:
        """The roles in which a definition is used; being imported is not one."""
        return self.roles.get(definition, set()) - {"import", "argument"}


def _parameters(owner: Definition, parameters: tuple[Definition, ...], uses: _Uses, reporter: Reporter) -> None:
    if "value" in uses.of(owner):
        return  # a definition passed as a value needs the parameters that its callers pass
    for parameter in parameters:
        if not uses.of(parameter) and parameter.node is not None:
            reporter.add(UnusedParameter(owner=owner.name, name=parameter.name), parameter.node.span)


def _definitions(here: list[Definition], uses: _Uses, reporter: Reporter) -> None:
    for definition in here:
        if uses.of(definition) or definition.span is None:
            continue
        if (word := _WORDS.get(definition.kind)) is not None:
            reporter.add(Unused(what=word, name=definition.name), definition.span)
        elif definition.kind == "let" and definition.node is not None:
            reporter.add(UnusedValue(name=definition.name), definition.node.span)


def _inputs(here: list[Definition], uses: _Uses, bindings: Mapping[tree.Tree, Definition], reporter: Reporter) -> None:
    """Report each tensor `over` which a block is called and that it does not read, although it names others.

    A chain that names none of them reads all.
    """
    for tensor in here:
        block, owner = tensor.node, tensor.owner
        if tensor.kind != "tensor" or not isinstance(block, tree.Block) or owner is None or "value" in uses.of(owner):
            continue
        chains = [chain for s in flat(block.body.statements) for chain in _chains(s)]
        is_named = all(_names_inputs(chain, bindings) for chain in chains)
        if is_named and not block.rest and not uses.of(tensor) - {"write"} and not tensor.name.startswith(_LOSSLESS):
            reporter.add(UnreadTensor(name=tensor.name), tensor.span or block.span)


def _chains(statement: tree.Statement) -> Sequence[tree.Chain]:
    match statement:
        case tree.Bind(chain=chain) | tree.ChainStatement(chain=chain):
            return (chain,)
        case tree.Return(chains=chains):
            return chains
        case _:
            return ()


def _names_inputs(chain: tree.Chain, bindings: Mapping[tree.Tree, Definition]) -> bool:
    """Whether a chain of a body names the tensors that it begins with, and so does not read all inputs."""
    first = chain.terms[0] if chain.terms else None
    if isinstance(first, tree.Merge):
        return all(_names_inputs(branch, bindings) for branch in first.branches)
    found = bindings.get(first) if isinstance(first, tree.Use) else None
    return isinstance(first, tree.Calculation) or (found is not None and is_tensor(found))


def _unread(assignment: Assignment, scope: NameScope, source: Source, reporter: Reporter) -> None:
    """Report an unread tensor.

    If the next chain does not start from a tensor, it probably should start from this one.
    """
    name, chain = assignment.name.name, _next_chain(assignment.then, scope)
    if chain is None:
        reporter.add(UnreadTensor(name=name), assignment.name.span)
        return
    first, targets = chain.terms[0], ""
    if isinstance(assignment.then, tree.Bind):
        targets = f"{tensor_names(assignment.then.names, assignment.then.rest)} = "
    rest = " - …" if len(chain.terms) > 1 else ""
    text = f"{targets}{name} - {' '.join(source.snippet(first.span).split())}{rest}"
    edits = (Edit(chain.span._replace(end=chain.span.start), f"{name} - "),)
    labels = (Label(first.span, "this reads what comes in"),)
    reporter.add(UnreadTensor(name=name, instead=text), assignment.name.span, labels=labels, edits=edits)


def _next_chain(then: tree.Statement | None, scope: NameScope) -> tree.Chain | None:
    """The chain of the statement after an assignment, if it starts from the input rather than a tensor."""
    match then:
        case tree.Bind(chain=chain) | tree.ChainStatement(chain=chain) | tree.Return(chains=(chain,)):
            pass
        case _:
            return None
    if not chain.terms:
        return None
    first = chain.terms[0]
    if isinstance(first, tree.Merge) and first.kind == "tuple":
        return None
    found = scope.find(first.name) if isinstance(first, tree.Use) else None
    return None if found is not None and found.kind in ("tensor", "incoming") else chain


def _fact(fact: Definition, reporter: Reporter) -> None:
    if fact.name not in FACTS and not fact.name.startswith(FREE) and fact.span is not None:
        near = nearest(fact.name, FACTS)
        problem = UnknownFact(name=fact.name, nearest=near, known=FACTS, advice="" if near else _no_fact(fact))
        reporter.add(problem, fact.span)


def _no_fact(fact: Definition) -> str:
    """The advice for an argument or input of the model that is written like a fact."""
    if not isinstance(fact.node, tree.Fact):
        return ""
    text = expression(fact.node.value)
    base = fact.owner.node.base.name if fact.owner and isinstance(fact.owner.node, tree.Variant) else "MODEL"
    if fact.name in ("classes", "num_classes", "width", "depth"):
        return f"an argument is passed to the model: `{base}({fact.name.removeprefix('num_')}={text})`"
    if fact.name.startswith("input"):
        return f"the input is a statement: `input {text}`"
    return of_training(fact.name)


def _passed_by(parts: Sequence[Parts], bindings: Mapping[tree.Tree, Definition], reporter: Reporter) -> None:
    """Report merges in the middle of a chain whose branches all begin with tensors."""

    def begins_with_tensor(branch: tree.Chain) -> bool:
        first = branch.terms[0] if branch.terms else None
        found = bindings.get(first) if isinstance(first, tree.Use) else None
        return found is not None and is_tensor(found)

    for chain in (chain for here in parts for chain in here[tree.Chain]):
        for before, merge in pairwise(chain.terms):
            if not isinstance(merge, tree.Merge) or not all(map(begins_with_tensor, merge.branches)):
                continue
            inside = (node for node, _ in walk(merge))
            if not any(isinstance(node, tree.Use | tree.Name) and node.name == "in" for node in inside):
                labels = (Label(before.span, "this is lost"),)
                reporter.add(PassedBy(kind=merge.kind), merge.kind_span, labels=labels)
