"""Where a chain starts: what comes in, or a tensor that is named."""

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
    """Whether a term names what could not be worked out."""
    return isinstance(term, tree.Use) and isinstance(env.find(term.name), Poisoned)


def misplaced(term: tree.Term, env: Env, *, first: bool) -> tree.Use | None:
    """A tensor's name in a term that would lose what comes in; it is allowed in the `first` of a chain.

    There it may stand in groups and in sides of guards, but not in a loop, each of whose turns would lose the last.
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
