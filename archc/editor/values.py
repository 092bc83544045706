"""The values of names in a member: of parameters, `let`s and loop variables, and the shapes of tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.count.explain import loops
from archc.diagnostics.source import value_text
from archc.editor.view import Shown, View, shapes
from archc.elaborate.values import Binding, data_of
from archc.ir.network import LetValue, Ref, Scope, Statement, TensorAssignment, taken
from archc.resolve import Definition
from archc.syntax import tree


def values(view: View, meant: Definition, shown: Shown | None) -> Iterator[str]:
    """The value of a name in each instance in the current member, as Markdown; a list has all of its shapes."""
    entry = view.analysis.env.names.get(meant.name) if meant.owner is None else None
    if isinstance(entry, Binding) and meant.kind == "let":
        yield f"`{value_text(data_of(entry.value))}`"
        return
    owner = meant.owner.name if meant.owner is not None else None
    for scope in shown.network.scopes if shown is not None and owner is not None else ():
        if shown is None or scope.definition != owner:
            continue
        match meant.kind:
            case "parameter":
                yield from (f"`{value_text(a.value)}`" for a in scope.arguments if a.name == meant.name)
            case "let":
                lets = (one for one in taken(scope.body) if isinstance(one, LetValue))
                yield from (f"`{value_text(one.value)}`" for one in lets if one.name == meant.name)
            case "loop variable":
                yield from _turns(scope.body, meant.name)
            case "tensor":
                for refs in _tensors(meant, scope, shown):
                    yield shapes(tuple(map(shown.network.type_of, refs))) or "no tensors"
            case _:
                pass


def _tensors(meant: Definition, scope: Scope, shown: Shown) -> Iterator[tuple[Ref, ...]]:
    """The tensors that a name refers to in an instance of its block or model."""
    name, network = meant.name, shown.network
    if isinstance(meant.node, tree.ModelDef):
        yield from ((ref,) for ref, own in zip(network.inputs, network.input_names, strict=True) if own == name)
    if isinstance(meant.node, tree.Block):
        yield from _given(tuple(each.name for each in meant.node.over), scope.inputs, name, rest=meant.node.rest)
    for statement in taken(scope.body):
        if isinstance(statement, TensorAssignment):
            made = dict(zip(statement.names, statement.chain.result, strict=False))
            if name in made:
                yield (made[name],)
            elif listed := tuple(ref for one, ref in made.items() if one.partition("[")[0] == name):
                yield listed


def _given(names: Sequence[str], refs: Sequence[Ref], name: str, *, rest: bool) -> Iterator[tuple[Ref, ...]]:
    """The inputs of a block that a name refers to; with `rest`, the last name is a list."""
    if name in names:
        at = names.index(name)
        yield tuple(refs[at:]) if rest and at == len(names) - 1 else tuple(refs[at : at + 1])


def is_list(meant: Definition) -> bool:
    """Whether a name refers to a list of tensors."""
    match meant.node:
        case tree.Bind(names=names, rest=True) | tree.Block(over=names, rest=True):
            return names[-1].name == meant.name
        case _:
            return False


def _turns(body: Sequence[Statement], name: str) -> Iterator[str]:
    """The values of a loop variable in all its turns."""
    for loop in loops(tuple(body)):
        if name in loop.names:
            at = loop.names.index(name)
            yield from (f"`{value_text(turn.values[at])}`" for turn in loop.iterations)
