"""Traversing a syntax tree of any depth without recursion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from archc.syntax.tree import Chain, For, Group, Guard, Merge, Repeat, Target, Tree, Use

Parts = Mapping[type[Tree], list[Any]]
"""The nodes of a tree by their class."""


def field_names(kind: type[Tree]) -> tuple[str, ...]:
    """The fields of a kind of node, without its span, which comes first."""
    return kind.__match_args__[1:]


def children(node: Tree) -> Iterator[Tree]:
    """The nodes directly below `node`, in the order in which they were written."""
    for value in node.__dict__.values():
        if isinstance(value, Tree):
            yield value
        elif type(value) is tuple:
            for item in value:
                if isinstance(item, Tree):
                    yield item


def by_kind(node: Tree) -> Parts:
    """`node` and all its descendants by class; the order within a class is unspecified."""
    found: dict[type[Tree], list[Any]] = defaultdict(list)
    waiting = [node]
    for each in waiting:
        found[type(each)].append(each)
        for value in each.__dict__.values():
            if isinstance(value, Tree):
                waiting.append(value)
            elif type(value) is tuple:
                waiting.extend([item for item in value if isinstance(item, Tree)])
    return found


def walk(node: Tree) -> Iterator[tuple[Tree, int]]:
    """`node` and all its descendants, each with its depth; parents come before their children."""
    waiting = [(node, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(list(children(node))))


def spliced(branch: Chain) -> For | None:
    """The `for` that is an entire branch: each of its iterations makes a branch."""
    match branch.terms:
        case (For(every=False) as loop,):
            return loop
        case _:
            return None


def says_several(branch: Chain, is_list: Callable[[str], bool]) -> bool:
    """Whether a branch visibly gives several tensors: `every …`, `(A, B)`, or the name of a list."""
    waiting: list[Tree | None] = list(branch.terms[-1:])
    while waiting:
        match waiting.pop():
            case Repeat(every=True) | For(every=True) | Merge(kind="tuple"):
                return True
            case Use(index=None, name=name) if is_list(name):
                return True
            case Group(chain=chain):
                waiting += chain.terms[-1:]
            case Guard(then=then, otherwise=otherwise):
                waiting += [then, otherwise]
            case _:
                pass
    return False


def uses(node: Tree) -> Iterator[Use]:
    """The terms by name in `node`, in the order in which they were written."""
    return (each for each, _ in walk(node) if isinstance(each, Use))


def first_deeper(node: Tree, limit: int) -> Tree | None:
    """The first node more than `limit` levels below `node`, if there is one."""
    return next((below for below, depth in walk(node) if depth > limit), None)


def flat_targets(target: Target) -> list[Target]:
    """The names in a target."""
    if isinstance(target.names, str):
        return [target]
    return [t for part in target.names for t in flat_targets(part)]
