"""Definitions, parameters and values that nothing mentions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archc.diagnostics import Reporter
from archc.problems.warnings import Unused, UnusedParameter, UnusedValue
from archc.syntax import tree
from archc.syntax.walk import nodes

_NAMED = (tree.Function, tree.Macro, tree.Block, tree.Model, tree.Variant)
"""Declarations whose own name is a `Name` of the tree."""
_WORDS = {tree.Block: "block", tree.Macro: "macro", tree.Function: "function"}


def unused_names(file: tree.File, reporter: Reporter) -> None:
    """Report what is defined in a file and never used. Without a model, a file is there for others."""
    inside = [list(nodes(declaration)) for declaration in file.declarations]
    uses = [Counter(_mentions(found)) for found in inside]
    mentioned = sum(uses, Counter[str]())
    defined = Counter(d.name.name for d in file.declarations if isinstance(d, _NAMED))
    values = _values(file, inside)
    for declaration, here in zip(file.declarations, uses, strict=True):
        if isinstance(declaration, tree.Function | tree.Macro | tree.Block | tree.Model):
            owner = declaration.name.name
            if isinstance(declaration, tree.Block) and values[owner]:
                continue  # what is passed as a value takes the parameters that its callers give
            for parameter in declaration.parameters:
                if not here[parameter.name]:
                    reporter.add(UnusedParameter(owner=owner, name=parameter.name), parameter.span)
    if not any(isinstance(d, tree.Model | tree.Variant | tree.ChainStatement) for d in file.declarations):
        return
    for declaration in file.declarations:
        if isinstance(declaration, tree.Function | tree.Macro | tree.Block):
            name = declaration.name.name
            if mentioned[name] <= defined[name]:
                reporter.add(Unused(what=_WORDS[type(declaration)], name=name), declaration.name.span)
    for found in inside:
        for node in found:
            if isinstance(node, tree.Let) and mentioned[node.name] <= defined[node.name]:
                reporter.add(UnusedValue(name=node.name), node.span)


def _values(file: tree.File, inside: list[list[tree.Tree]]) -> Counter[str]:
    """How often each name stands for a value, the names of the declarations themselves aside."""
    own = {id(d.name) for d in file.declarations if isinstance(d, _NAMED)}
    return Counter(n.name for found in inside for n in found if isinstance(n, tree.Name) and id(n) not in own)


def _mentions(found: list[tree.Tree]) -> Iterator[str]:
    """The names that these nodes use."""
    for node in found:
        if isinstance(node, tree.Name | tree.Use):
            yield node.name
        elif isinstance(node, tree.CallExpression):
            yield node.function
