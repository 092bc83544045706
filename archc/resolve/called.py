"""Terms that are called on tensors, as in programs: `ReLU(x)`, `relu(bn1(x))`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archc.diagnostics.core import Edit
from archc.diagnostics.problems.names import UnknownName
from archc.diagnostics.problems.parameters import WrongType
from archc.diagnostics.source import Span
from archc.diagnostics.words.meaning import meaning
from archc.diagnostics.words.table import folded, table
from archc.ops import lookup
from archc.resolve.advice import as_written, called_span
from archc.resolve.names import is_tensor
from archc.resolve.symbols import Definition
from archc.syntax import tree
from archc.syntax.arguments import call_with
from archc.syntax.foreign.attributes import guessed
from archc.syntax.unparse import expression


def called_on(use: tree.Use, is_one: Callable[[str], bool]) -> tuple[WrongType, Span, tuple[Edit, ...]] | None:
    """The problem with a term that is called on a tensor, `ReLU(x)`, its place, and the edit that corrects it."""
    chains = [(a, chain) for a in use.arguments or () if (chain := _applied(a.value, is_one))]
    argument, chain = next(((a, chain) for a, chain in chains if a.name is None), (None, ""))
    if argument is None:
        return _composed_of(use)
    meant = meaning(use.name, as_written(use)) if len(chains) > 1 else None
    text = meant.text if meant is not None else ""
    several = list(dict.fromkeys(each for a, each in chains if a.name is None))
    if lookup(use.name) is not None and len(several) > 1:
        text = text or f"{chain} - {_call_without(argument, use.name, use.arguments or ())}"
    rest = [a for a in use.arguments or () if all(a is not given for given, _ in chains)]
    first = chain if len(several) == 1 else f"({', '.join(several)})"
    text = text or f"{first} - {call_with(use.name, rest, ())}"
    found = f"{'the tensor ' if chain.isidentifier() else ''}`{expression(argument.value)}`"
    problem = WrongType(what=f"`{use.name}`", found=found, advice=f"write `{text}`")
    return problem, argument.span, (Edit(called_span(use), text),)


def _composed_of(use: tree.Use) -> tuple[WrongType, Span, tuple[Edit, ...]] | None:
    """The same for a layer that is given another, `ReLU(BN(Conv(64)))`."""
    first = next(iter(use.arguments or ()), None)
    inside = _composed(first.value) if first is not None and first.name is None else ""
    if first is None or not inside or lookup(use.name) is None:
        return None
    text = f"{inside} - {_call_without(first, use.name, use.arguments or ())}"
    problem = WrongType(what=f"`{use.name}`", found=f"the layer `{expression(first.value)}`", advice=f"write `{text}`")
    return problem, first.span, (Edit(called_span(use), text),)


def _composed(value: tree.Expression) -> str:
    """The chain for layers that are given one another, `BN(Conv(64))`; empty for a value."""
    if not isinstance(value, tree.CallExpression) or lookup(value.function) is None:
        return ""
    first = next(iter(value.arguments), None)
    inside = _composed(first.value) if first is not None and first.name is None else ""
    call = _call_without(first if inside else None, value.function, value.arguments)
    return f"{inside} - {call}" if inside else call


def may_be_tensor(name: str, found: Definition | None) -> bool:
    """Whether a name is a tensor, or is unreadable and has a typical name of a tensor."""
    return found is not None and (is_tensor(found) or (found.kind == "lost" and name in table().tensors))


def function_of_tensor(use: tree.Use, is_one: Callable[[str], bool]) -> tuple[UnknownName, tuple[Edit, ...]] | None:
    """The problem with a function of a program, `relu(bn1(x))`, with the equivalent chain, and the edit.

    `is_one`: whether a name is a tensor of the body; other names mean the input, and do not start the chain.
    """
    given = [a for a in use.arguments or () if a.name is None]
    chain = _applied(given[0].value, lambda name: is_one(name) or name in table().tensors) if given else ""
    merged = table().terms.get(use.name, {}).keys() & {"merge", "sign", "mean"}
    if not chain or not use.name.islower() or merged:
        return None
    tensors = [text for a in given if (text := _applied(a.value, is_one))]
    if len(tensors) > 1:
        if use.name not in ("mean", "average", "avg"):
            return None
        text = f"({' + '.join(tensors)}) / {len(tensors)}"
        problem = UnknownName(name=use.name, what="layer, block or tensor", instead=text)
        return problem, (Edit(called_span(use), text),)
    rest = tuple((a.name, expression(a.value)) for a in (use.arguments or ()) if a is not given[0])
    meant = meaning(use.name, rest) if use.name.isalpha() or folded(use.name) in table().terms else None
    if meant is not None and not meant.text:
        return None
    start, _, terms = chain.partition(" - ")
    outset = "" if start.isidentifier() and not is_one(start) else start
    text = " - ".join(filter(None, (outset, terms, meant.text if meant and meant.text else guessed(use.name))))
    advice = f"no layer is called on a tensor: write `{text}`"
    advice += ", with its arguments for each `…`" if "…" in text else ""
    edits = (Edit(called_span(use), text),) if "…" not in text else ()
    return UnknownName(name=use.name, what="layer, block or tensor", advice=advice), edits


def _applied(value: tree.Expression, is_one: Callable[[str], bool]) -> str:
    """The beginning of a chain for `ReLU(BN(x))` or `ReLU(x + y)`, where `x` is a tensor; empty for a value."""
    if isinstance(value, tree.Name):
        return value.name if is_one(value.name) else ""
    if isinstance(value, tree.Binary):
        of_tensors = any(_applied(side, is_one) for side in (value.left, value.right))
        return f"({expression(value)})" if of_tensors else ""
    if not isinstance(value, tree.CallExpression) or value.function == "len":  # the number of tensors in a list
        return ""
    first = next((a for a in value.arguments if a.name is None), None)
    chain = _applied(first.value, is_one) if first is not None else ""
    known = lookup(value.function) is not None
    call = _call_without(first, value.function, value.arguments) if known else guessed(value.function)
    return f"{chain} - {call}" if chain else ""


def _call_without(argument: tree.Argument | None, name: str, arguments: Sequence[tree.Argument]) -> str:
    """A call as written, without an argument."""
    return call_with(name, [a for a in arguments if a is not argument], ())
