"""The start of a chain: its input, or a named tensor, or one of a list."""

from __future__ import annotations

from archc.diagnostics.core import ErrorSentinel
from archc.diagnostics.problems.parameters import BadArithmetic, WrongType
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Env, Poisoned, Tensors, describe
from archc.syntax import tree


def tensors(term: tree.Term, env: Env) -> Tensors | None:
    """The tensors that a term refers to; None for any other term."""
    if isinstance(term, tree.Use) and term.arguments is None and term.label is None:
        entry = env.find(term.name)
        return entry if isinstance(entry, Tensors) else None
    return None


def is_list(name: str, env: Env) -> bool:
    """Whether a name refers to a list of tensors."""
    entry = env.find(name)
    return isinstance(entry, Tensors) and entry.is_list


def chosen(state: ExpansionState, use: tree.Use, tensors: Tensors, site: ExpansionContext) -> Tensors | ErrorSentinel:
    """The tensors that `x` or `xs[i]` refers to; an error sentinel if there is no such item, which is reported."""
    if use.index is None:
        return tensors
    if not tensors.is_list:
        advice = "a list of tensors is named with a star: `*xs = …`"
        single = WrongType(what="an index", found=f"the tensor `{use.name}`", advice=advice)
        return state.report(single, use.name_span, site)
    unknown = next((ref for ref in tensors.refs if not state.draft.type_of(ref).is_known), None)
    if unknown is not None:  # it may be any number of tensors
        return Tensors((unknown,), use.name)
    index, count = state.value(use.index, site), len(tensors.refs)
    if isinstance(index, ErrorSentinel):
        return index
    if isinstance(index, bool) or not isinstance(index, int):
        return state.report(WrongType(what="an index", found=describe(index)), use.index.span, site)
    if not -count <= index < count:
        items = f"0 to {count - 1}" if count else "none"
        advice = f"`{use.name}` has the items {items}; `range(len({use.name}))` goes through them"
        problem = BadArithmetic(reason=f"there is no item {index} in a list of {count}", advice=advice)
        return state.report(problem, use.index.span, site)
    return Tensors((tensors.refs[index],), f"{tensors.called}[{index % count}]")


def is_poisoned(term: tree.Term, env: Env) -> bool:
    """Whether a term refers to something that could not be expanded."""
    return isinstance(term, tree.Use) and isinstance(env.find(term.name), Poisoned)


def misplaced(term: tree.Term, env: Env, *, first: bool) -> tree.Use | tree.Constant | tree.Calculation | None:
    """The first name of a tensor, or arithmetic, in a term that would discard its input.

    The `first` of a chain may have one.

    In a first term, it may be in groups and in sides of guards, but not in a loop, where each turn would discard the
    previous one.
    """
    match term:
        case tree.Use():
            return term if not first and tensors(term, env) is not None else None
        case tree.Constant() | tree.Calculation():
            return None if first else term
        case tree.Group():
            inside = term.chain.terms[:1]
        case tree.Repeat() | tree.For():
            first, inside = False, term.chain.terms[:1]
        case tree.Guard():
            inside = tuple(side for side in (term.then, term.otherwise) if side is not None)
        case _:
            return None
    found = (misplaced(each, env, first=first) for each in inside)
    return next((tensor for tensor in found if tensor is not None), None)
