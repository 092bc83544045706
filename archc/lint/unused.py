"""Definitions, parameters and values that nothing mentions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archc.diagnostics import Reporter
from archc.problems.warnings import Unused, UnusedParameter, UnusedValue
from archc.syntax import tree

Parts = Mapping[type[tree.Tree], list[Any]]
"""The nodes of a declaration by their class."""
_NAMED = (tree.Function, tree.Macro, tree.Block, tree.Model, tree.Variant)
"""Declarations whose own name is a `Name` of the tree."""
_WORDS = {tree.Block: "block", tree.Macro: "macro", tree.Function: "function"}


def unused_names(file: tree.File, parts: Sequence[Parts], reporter: Reporter) -> None:
    """Report what is defined in a file and never used. Without a model, a file is there for others."""
    uses = [Counter(_mentions(here)) for here in parts]
    mentioned = sum(uses, Counter[str]())
    own = {id(d.name): d.name.name for d in file.declarations if isinstance(d, _NAMED)}
    defined = Counter(own.values())
    passed = {name.name for here in parts for name in here[tree.Name] if id(name) not in own}
    for declaration, here in zip(file.declarations, uses, strict=True):
        if isinstance(declaration, tree.Function | tree.Macro | tree.Block | tree.Model):
            owner = declaration.name.name
            if isinstance(declaration, tree.Block) and owner in passed:
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
    for let in (let for here in parts for let in here[tree.Let]):
        if mentioned[let.name] <= defined[let.name]:
            reporter.add(UnusedValue(name=let.name), let.span)


def _mentions(here: Parts) -> Iterator[str]:
    """The names that are used in a declaration."""
    yield from (name.name for name in here[tree.Name])
    yield from (use.name for use in here[tree.Use])
    yield from (call.function for call in here[tree.CallExpression])
