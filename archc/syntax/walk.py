"""Going through a syntax tree without recursion, however deep it is."""

from __future__ import annotations

from collections.abc import Iterator

from archc.syntax.tree import Tree


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


def nodes(node: Tree) -> Iterator[Tree]:
    """`node` and all nodes below it, in no order that means anything: the quickest way through."""
    waiting = [node]
    for each in waiting:
        yield each
        waiting.extend(children(each))


def walk(node: Tree) -> Iterator[tuple[Tree, int]]:
    """`node` and all nodes below it, each with how deep it lies; parents come before their children."""
    waiting = [(node, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(list(children(node))))


def first_deeper(node: Tree, limit: int) -> Tree | None:
    """The first node that lies more than `limit` below `node`, if there is one."""
    return next((below for below, depth in walk(node) if depth > limit), None)
