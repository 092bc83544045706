"""The text of expressions, arguments and operations in emitted code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

from archc.ir.data import Callee
from archc.ir.definition import Pattern
from archc.ir.expr import (
    TRUE,
    Const,
    Expr,
    IndexExpr,
    Items,
    Text,
    Var,
    literal,
    printed,
)
from archc.support.record import Record, replace
from archc.targets.pytorch.code import ClassParameter, Copy, ModuleBuild, Operation, Statement, Value
from archc.targets.pytorch.printing.forms import CONVOLUTIONS, PrintedArgument
from archc.targets.pytorch.printing.ways import Say

_LEVELS = {"call": 9, "product": 6, "sum": 5}


class TensorExpression(Record):
    """A tensor's expression in `forward`: its text, its precedence, and whether mypy infers that it is a tensor.

    `means` is its meaning, a `Copy` for a variable, after `steps`, which are nested in it.
    """

    text: str
    level: str
    tensor: bool
    kind: str
    means: Value
    steps: tuple[Statement, ...] = ()


def variable(name: str, typed: bool, text: str = "") -> TensorExpression:
    """A variable, or the text that is read in its place."""
    return TensorExpression(text or name, "name", typed, "name", Copy((name,)))


def steps_of(operands: Sequence[TensorExpression]) -> tuple[Statement, ...]:
    """The nested computations of operands, in order."""
    return tuple(s for o in operands for s in o.steps)


def names_of(operands: Sequence[TensorExpression]) -> tuple[str, ...]:
    """The variables of operands."""
    return tuple(name for o in operands for name in o.means.inputs)


def fill(value: Operation, operands: Sequence[TensorExpression], say: Say) -> TensorExpression:
    """Substitute operands and numbers in a template."""
    if value.template == "{0}":
        return replace(operands[0], means=replace(value, inputs=names_of(operands[:1])))
    template = value.template.replace("F.", "nn.functional.", 1) if value.template.startswith("F.") else value.template
    if template.startswith("{0}[:, "):
        template = _sliced(template, dict(value.values), say)
    sums = value.precedence in ("sum", "product")
    parts: list[str] = []
    rest = template
    known, numbers = dict(value.values), dict[str, Expr]()
    read: dict[int, TensorExpression] = {}
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        parts.append(before)
        if name == "*":
            parts.append(", ".join(o.text for o in operands))
            read = dict(enumerate(operands))
        elif name.isdecimal():
            operand = read[int(name)] = operands[int(name)]
            level = _LEVELS.get(operand.level, 9)
            if value.precedence == "call":
                loose = level < 9 and rest.startswith((".", "["))
            else:
                loose = level < _LEVELS[value.precedence]
            if sums and any(parts) and operand.level == value.precedence:
                loose = True
            parts.append(f"({operand.text})" if loose else operand.text)
        else:
            number = numbers[name] = known[name]
            text = say(number)
            in_product = value.precedence in ("product", "sum") and not text.isidentifier() and " " in text
            parts.append(f"({text})" if in_product else text)
    text = "".join([*parts, rest])
    if value.inplace:
        text = f"{text[:-1]}, inplace=True)"
    is_python = template.startswith("{0}") or sums
    tensor = all(o.tensor for o in operands) if is_python and operands else True
    inputs = [read[i] for i in sorted(read)]
    means = replace(value, values=tuple(numbers.items()), inputs=names_of(inputs))
    return TensorExpression(text, value.precedence, tensor, "operation", means, steps_of(inputs))


def _sliced(template: str, values: Mapping[str, Expr], say: Say) -> str:
    """The template of a slice, with spaces around the colons if an end is more than a name or number (PEP 8)."""
    before, _, ends = template[:-1].rpartition(", ")
    texts = [say(values[name]) for name in _ENDS if "{" + name + "}" in ends]
    if all(text.isidentifier() or text.isdecimal() for text in texts):
        return template
    first, *rest = (end.strip() for end in ends.split(":"))
    text = first
    for end in rest:
        text += f"{' ' * (not text.endswith(':') and bool(text))}:{' ' * bool(end)}{end}"
    return f"{before}, {text}]"


_ENDS = ("start", "stop", "step")


def layer_arguments(build: ModuleBuild, say: Say) -> list[PrintedArgument]:
    """The arguments of a layer in customary form: computed strides and paddings are positional."""
    sizes = any(word in build.target for word in ("Conv", "Pool", "Upsample", "Pad")) and build.target != "TableConv2d"
    parts = [argument(a, say, sizes) for a in build.args]
    defaults = dict(build.defaults)
    kwargs = {n: e for n, e in build.kwargs if e != defaults.get(n)}
    if build.target in CONVOLUTIONS and len(parts) == 3 and not isinstance(kwargs.get("stride", TRUE), Const):
        parts.append(argument(kwargs.pop("stride"), say, sizes))
        if not isinstance(kwargs.get("padding", TRUE), Const):
            parts.append(argument(kwargs.pop("padding"), say, sizes))
    if "Pool" in build.target and len(parts) == 1 and "stride" in kwargs:
        parts.append(argument(kwargs.pop("stride"), say, sizes))
    return parts + [replace(argument(e, say, sizes), name=n) for n, e in kwargs.items()]


def argument(e: Expr, say: Say, sizes: bool = False) -> PrintedArgument:
    """An argument. A pair of the two halves of a variable is that variable, a list of equal numbers a product.

    `sizes`: its tuples have a number per axis, and are not lists.
    """
    if isinstance(e, Items) and len(e.items) == 2:
        one, two = e.items
        match one, two:
            case IndexExpr(of=Var() as of, index=Const(value=0)), IndexExpr(index=Const(value=1)) if of == two.of:
                return PrintedArgument(say(of), of)
    if not isinstance(e, Const) or not isinstance(e.value, tuple) or sizes:
        return PrintedArgument(say(e), e)
    if len(e.value) > 2 and len(set(map(repr, e.value))) == 1:
        first, count = e.value[0], len(e.value)
        return PrintedArgument(f"[{literal_number(first)}] * {count}", Const(value=(first,) * count))
    return PrintedArgument(_list_text(e.value) if len(e.value) > 2 or _nested_tuple(e.value) else say(e), e)


def _nested_tuple(value: tuple[object, ...]) -> bool:
    return any(isinstance(v, tuple) for v in value) or any(isinstance(v, float) for v in value)


def _list_text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_list_text, value))}]"
    return literal_number(value)


def literal_number(value: object) -> str:
    """The text of a number: `2 / 3` for 0.6666666666666666."""
    if isinstance(value, float) and len(repr(value)) > 12:
        near = Fraction(value).limit_denominator(100)
        if near.numerator / near.denominator == value:
            return f"{near.numerator} / {near.denominator}"
    return literal(value)  # type: ignore[arg-type]  # a number


def tidy(e: Expr, name: Callable[[Expr], str], layers: Callable[[str], str]) -> str:
    """The text of an expression in emitted code."""
    if isinstance(e, Const):
        return literal_number(e.value) if isinstance(e.value, float) else literal(e.value, layers)
    if isinstance(e, Var):
        return name(e)
    text, _ = printed(e, name, layers)
    return text


def loop_text(over: Expr, say: Say) -> str:
    """The iterable of a loop: a known range as `range(…)`, a table unchanged."""
    if isinstance(over, Const) and isinstance(over.value, tuple):
        rows = over.value
        numbers = [r for r in rows if type(r) is int]
        if rows and len(numbers) == len(rows) and numbers == list(range(numbers[0], numbers[0] + len(rows))):
            return f"range({numbers[0]}, {numbers[0] + len(rows)})" if numbers[0] else f"range({len(rows)})"
        pairs = [r for r in rows if isinstance(r, tuple) and len(r) == 2]
        if pairs and len(pairs) == len(rows) and [p[0] for p in pairs] == list(range(len(rows))):
            return f"enumerate({loop_text(Const(value=tuple(p[1] for p in pairs)), say)})"
    return say(over)


def ordered(arguments: Sequence[ClassParameter]) -> list[ClassParameter]:
    """Parameters in Python's order: those with a default last."""
    return [a for a in arguments if default_of(a) is None] + [a for a in arguments if default_of(a) is not None]


def default_of(a: ClassParameter) -> Expr | None:
    """The default of a parameter, if it is a number."""
    e = a.default
    if not isinstance(e, Const) or isinstance(e.value, Callee) or e.value is None or isinstance(e.value, str):
        return None
    if a.type == "tuple[int, int]" and type(e.value) is int:
        return Const(value=(e.value, e.value))
    if a.type == "tuple[int, int]" and not isinstance(e.value, tuple):
        return None
    return e


def said(e: Expr) -> str:
    """The text of a variable."""
    assert isinstance(e, Var)
    return e.name


def named(target: Pattern, read: Collection[str]) -> Pattern:
    """The target of a loop, with `_` for unused names."""
    if target.name:
        return target if target.name in read else Pattern(name="_")
    return Pattern(items=tuple(named(t, read) for t in target.items))


def pattern_text(target: Pattern, top: bool = True) -> str:
    """The target of a loop; nested names are in brackets."""
    if target.name:
        return target.name
    inside = ", ".join(pattern_text(t, False) for t in target.items)
    return inside if top and len(target.items) > 1 else f"({inside}{',' if len(target.items) == 1 else ''})"


def title_of(name: Expr) -> str:
    """The word for a variable that holds a child."""
    if isinstance(name, Const):
        found = str(name.value)
    elif isinstance(name, Text):
        found = "".join(str(p.value) for p in name.parts if isinstance(p, Const))
    else:
        found = "block"
    return found if found.isidentifier() and found.isascii() else "block"
