"""The values of a definition's names at a problem, and ways to write a number in terms of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archc.diagnostics.source import Frame, Span
from archc.ir.expr import OPERATORS
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import walk

Names = Mapping[str, int]
"""Whole numbers, by the name by which an expression refers to them."""

_OPERATORS: dict[str, Callable[[int, int], int]] = {sign: OPERATORS[sign] for sign in ("+", "-", "*", "//", "%")}
_LARGEST = 2**31


class Surroundings(Record):
    """The definition that a problem was found in: its tree, the call that led there, and the values of its names."""

    definition: tree.Block | tree.Macro | tree.ModelDef
    frame: Frame | None
    names: Names


def surroundings(file: tree.File, frame: Frame | None, span: Span) -> Surroundings | None:
    """The definition of `file` that contains `span`, or None."""
    for declaration in file.declarations:
        if declaration.span.start <= span.start and span.end <= declaration.span.end:
            if isinstance(declaration, tree.Block | tree.Macro | tree.ModelDef):
                return Surroundings(declaration, frame, _names(file, declaration, frame))
            break
    return None


def _names(file: tree.File, definition: tree.Block | tree.Macro | tree.ModelDef, frame: Frame | None) -> Names:
    names: dict[str, int] = {}
    for declaration in file.declarations:
        if isinstance(declaration, tree.Let) and (number := value(declaration.value, names)) is not None:
            names[declaration.name] = number
    for parameter in definition.parameters:
        names.pop(parameter.name, None)
        if parameter.default is not None and (number := value(parameter.default, names)) is not None:
            names[parameter.name] = number
    names.update(_given(definition, frame))
    names.update(_of_variant(file, definition, frame))
    if not isinstance(definition, tree.Macro):
        for statement in definition.body.statements:
            if isinstance(statement, tree.Let) and (number := value(statement.value, names)) is not None:
                names[statement.name] = number
    return names


def _given(definition: tree.Block | tree.Macro | tree.ModelDef, frame: Frame | None) -> Iterator[tuple[str, int]]:
    """The whole numbers that the call gives to parameters."""
    if frame is not None and frame.callee == definition.name.name:
        for name, given in frame.arguments:
            if type(given) is int:
                yield name, given


def _of_variant(
    file: tree.File, definition: tree.Block | tree.Macro | tree.ModelDef, frame: Frame | None
) -> Iterator[tuple[str, int]]:
    """The arguments that the single variant of a model gives it."""
    if (
        frame is None
        and isinstance(definition, tree.ModelDef)
        and (variant := only_variant(file, definition)) is not None
    ):
        names = tuple(p.name for p in definition.parameters)
        for name, argument in named_arguments(variant, names).items():
            if (number := value(argument.value, {})) is not None:
                yield name, number


def only_variant(file: tree.File, model: tree.ModelDef) -> tree.Variant | None:
    """The variant of a model, if a file has exactly one."""
    found = [d for d in file.declarations if isinstance(d, tree.Variant) and d.base.name == model.name.name]
    return found[0] if len(found) == 1 else None


def use_at(file: tree.File, span: Span) -> tree.Use | None:
    """The term at `span`."""
    if span.file != file.span.file:
        return None
    for declaration in file.declarations:
        if declaration.span.start <= span.start < declaration.span.end:
            found = (n for n, _ in walk(declaration) if isinstance(n, tree.Use) and n.span == span)
            return next(found, None)
    return None


def named_arguments(use: tree.Use | tree.Variant, names: tuple[str, ...]) -> dict[str, tree.Argument]:
    """The arguments of a term or variant, by the names of their parameters."""
    position = iter(names)
    found: dict[str, tree.Argument] = {}
    for argument in use.arguments or ():
        name = argument.name if argument.name is not None else next(position, None)
        if name is not None:
            found[name] = argument
    return found


def value(expression: tree.Expression, names: Names) -> int | None:
    """The value of an expression, if it is evident and a whole number."""
    match expression:
        case tree.Literal_(value=int() as number) if not isinstance(number, bool):
            return number
        case tree.Shape(dims=(first, *rest)) if all(d == first for d in rest):
            return first
        case tree.Name(name=name):
            return names.get(name)
        case tree.Attribute(of=tree.Name(name="in"), name="channels"):
            return names.get("in.channels")
        case tree.Binary(operator=sign, left=left, right=right) if sign in _OPERATORS:
            a, b = value(left, names), value(right, names)
            if a is None or b is None or (b == 0 and sign in ("//", "%")):
                return None
            number = _OPERATORS[sign](a, b)
            return number if abs(number) < _LARGEST else None
        case tree.Binary(operator="**", left=left, right=right):
            a, b = value(left, names), value(right, names)
            return a**b if a is not None and b is not None and 0 <= b < 31 and abs(a) < 2**10 else None
    return None


def spellings(number: int, names: Names) -> Iterator[str]:
    """Ways to write a number: as a name with that value, as a small multiple of one, in digits."""
    for name, worth in names.items():
        if worth == number:
            yield name
    for name, worth in names.items():
        if worth > 8 and number % worth == 0 and 2 <= number // worth <= 8:
            yield f"{name} * {number // worth}"
    yield str(number)


def with_number_changed(expression: tree.Expression, wanted: int, names: Names) -> Iterator[tuple[Span, str]]:
    """Changes of one number in an expression that give it the value `wanted`."""
    have = value(expression, names)
    if have is None or have == wanted:
        return
    for node, _ in walk(expression):
        if isinstance(node, tree.Literal_) and isinstance(node.value, int) and node is not expression:
            for other in sorted({node.value + wanted - have, node.value * wanted // (have or 1)}):
                changed = {**names, "": other}
                if other > 0 and _worth(expression, node, changed) == wanted:
                    yield node.span, str(other)


def _worth(expression: tree.Expression, changed: tree.Tree, names: Names) -> int | None:
    """The value of an expression in which `changed` has the value `names[""]`."""
    if expression is changed:
        return names[""]
    if isinstance(expression, tree.Binary) and expression.operator in _OPERATORS:
        a, b = _worth(expression.left, changed, names), _worth(expression.right, changed, names)
        if a is None or b is None or (b == 0 and expression.operator in ("//", "%")):
            return None
        return _OPERATORS[expression.operator](a, b)
    return value(expression, names)
