"""The start of a chain: its input, or a named tensor."""

from __future__ import annotations

from archc.elaborate.values import Env, Poisoned, Tensors
from archc.syntax import tree


def tensors(term: tree.Term, env: Env) -> Tensors | None:
    """The tensors that a term names; None for any other term."""
    if isinstance(term, tree.Use) and term.arguments is None and term.label is None:
        entry = env.find(term.name)
        return entry if isinstance(entry, Tensors) else None
    return None


def is_poisoned(term: tree.Term, env: Env) -> bool:
    """Whether a term names something that could not be expanded."""
    return isinstance(term, tree.Use) and isinstance(env.find(term.name), Poisoned)


def misplaced(term: tree.Term, env: Env, *, first: bool) -> tree.Use | None:
    """The first name of a tensor in a term that would discard its input; it is allowed in the `first` of a chain.

    There it may occur in groups and in sides of guards, but not in a loop, where each turn would discard the last.
    """
    match term:
        case tree.Use():
            return term if not first and tensors(term, env) is not None else None
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
