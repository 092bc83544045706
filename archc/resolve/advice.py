"""Problems with unknown names and arguments, with advice on their equivalents in the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.names import NotATerm, UnknownName
from archc.diagnostics.problems.parameters import BadArgument, WrongType
from archc.diagnostics.problems.shapes import KernelTooLarge
from archc.diagnostics.source import Span
from archc.diagnostics.words.given import sides_of
from archc.diagnostics.words.meaning import Written, meaning
from archc.diagnostics.words.table import folded, table
from archc.diagnostics.words.unknown import unknown_term
from archc.diagnostics.words.values import instead_of
from archc.ops import lookup
from archc.resolve.names import callee_of, is_tensor
from archc.resolve.symbols import Definition
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.arguments import argument_text, call_with, leaving_out
from archc.syntax.unparse import chain as chain_text
from archc.syntax.unparse import expression
from archc.syntax.walk import walk

_LISTS = frozenset({"shape", "order", "sizes"})
"""Parameters that take a list of numbers."""
_CHANNELS = 16
"""A kernel of at least this size is more likely a number of channels."""


def described(value: object) -> str:
    """The kind of a literal, for a message."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the string "{value[:40]}"'
        case _:
            return "something else"


def as_written(use: tree.Use) -> Written:
    """The arguments of a term as written."""
    return tuple((argument.name, expression(argument.value)) for argument in use.arguments or ())


def unknown_use(use: tree.Use, known: Collection[str]) -> tuple[UnknownName, tuple[Edit, ...]]:
    """The problem with a term whose name is unknown, and the edit that corrects it."""
    problem = unknown_term(use.name, as_written(use), known)
    return problem, (Edit(called_span(use), problem.instead),) if problem.instead else ()


def label_read(name: str) -> UnknownName:
    """The problem with a label that is read as a tensor."""
    advice = (
        f"`{name}` is a label, the name of a module; a tensor is named before its chain, `{name} = …`, "
        f"and a module that several chains use is declared before them: `shared {name}: …`"
    )
    return UnknownName(name=name, what="tensor", advice=advice)


def named_here(name: str) -> UnknownName:
    """The problem with a tensor in its own assignment."""
    goes_on = f"a line that begins with `-` continues the one before, and the opposite is `(-{name})`"
    return UnknownName(name=name, what="tensor", advice=f"`{name}` gets its name from this chain; {goes_on}")


def bound_elsewhere(name: str, later: bool, shared: bool) -> UnknownName:
    """The problem with a tensor or module that is read before its definition, or outside the body that defines it."""
    advice = f"`{name}` is a tensor of another body: a block provides what its `return` names, `a, b = Block(…)`"
    if shared:
        advice = f"`{name}` belongs to the body that declares it: use it there, behind the block, `Block(…) - {name}`"
    if later:
        advice = f"`{name}` is named further down: move that line before this one"
    return UnknownName(name=name, what="tensor", advice=advice)


def activated(use: tree.Use, is_known: Callable[[str], bool]) -> tuple[UnknownName, Span, tuple[Edit, ...]] | None:
    """The problem with an activation among the arguments of a layer that takes none, `Conv(64, 3, relu)`."""
    kind = lookup(use.name)
    if kind is None or "act" in kind.model_fields:
        return None
    for argument in use.arguments or ():
        if argument.name is not None or not isinstance(value := argument.value, tree.Name) or is_known(value.name):
            continue
        if (layer := table().activations.get(folded(value.name))) is not None:
            text = f"{call_with(use.name, [a for a in use.arguments or () if a is not argument], ())} - {layer}"
            problem = UnknownName(name=value.name, advice=f"an activation is a layer: write `{text}`")
            return problem, argument.span, (Edit(called_span(use), text),)
    return None


def not_a_term(used: str, what: tree.Declared, found: str) -> tuple[NotATerm, tuple[Label, ...]]:
    """The problem with a term that is a function, model or variant."""
    if isinstance(what, tree.Function):
        names = ", ".join(p.name for p in what.parameters)
        advice = f"a `fn` makes a value; a chain is a macro: `macro {what.name.name}({names}) = …`"
    else:
        edited = f"to change a part of it, write `variant NAME = {used} {{ replace MODULE: … }}`"
        advice = f"{edited}; what is used inside another model is a `block`"
    return NotATerm(name=used, found=found, advice=advice), (Label(what.name.span, f"it is {found} here"),)


def no_list(found: Definition, index: str) -> WrongType:
    """The problem with `x[0]` if `x` is not a list of tensors."""
    if callee_of(found) is not None:
        advice = f"arguments go in parentheses: `{found.name}({index})`"
        return WrongType(what="an index", found=f"the {found.kind} `{found.name}`", advice=advice)
    if not is_tensor(found):
        advice = f"the layers of a list run by a loop: `for layer in {found.name} {{ layer }}`"
        return WrongType(what="an index", found=f"the value `{found.name}`", advice=advice)
    made = f" - {chain_text(found.node.chain)}" if isinstance(found.node, tree.Bind) else ""
    text = f"*{found.name} = {made.removeprefix(' - ') or '…'}"
    advice = f"a list of tensors is named with a star: `{text}`"
    return WrongType(what="an index", found=f"the tensor `{found.name}`", advice=advice)


def circular(variant: tree.Variant) -> NotATerm:
    """The problem with a variant's base that is the variant itself, or is built on it."""
    name, advice = variant.base.name, "build it on another one"
    if name == variant.name.name:
        return NotATerm(name=name, found="this variant itself", wanted="a model or variant", advice=advice)
    return NotATerm(name=name, found="built on this variant", wanted="on a model", advice=advice)


def not_buildable(name: str, base: tree.Declared) -> NotATerm:
    """The problem with a variant's base that is not a model or variant."""
    wanted = "a model or variant"
    found = {tree.Block: "a block", tree.Macro: "a macro"}.get(type(base), "a function")
    advice = f"a variant is built on a model: `model net {{` `input 3x224x224` `{name}(…) - GAPool - FC(10)` `}}`"
    return NotATerm(name=name, found=found, wanted=wanted, advice=advice)


Advised = tuple[BadArgument, tuple[Edit, ...]]
"""A problem with advice, and the edit that follows the advice."""


def advised(
    problem: BadArgument,
    use: tree.Use | None,
    written: tree.Expression | None,
    kinds: Collection[str],
    first_indices: Collection[str],
) -> Advised:
    """A problem with an argument, with fitting advice, and the edit that follows the advice.

    `first_indices` are the loop variables that are 0 here.
    """
    if use is None or problem.wanted == "missing":
        return problem, ()
    if (found := _channels_in(problem, use, kinds) or _parts(problem, use)) is not None:
        return found
    if written is None:
        return problem, ()
    if (found := _index(problem, written, first_indices)) is not None:
        return found
    for advice in (
        _unknown_size,
        _sides,
        _stroke,
        _listed,
        _flag,
        _kernel_first,
        _pooling,
        _named_padding,
        _shape_for_channels,
    ):
        if (found := advice(problem, use, written)) is not None:
            return found
    return _value(problem, use, written)


def _channels_in(problem: BadArgument, use: tree.Use, kinds: Collection[str]) -> Advised | None:
    """`BN(64)`, `Conv(3, 64, 3)`: the number of input channels is inferred."""
    number = problem.value
    if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0 or use.name not in kinds:
        return None
    meant = meaning(use.name, as_written(use))
    if meant is None or not meant.text or meant.text == call_with(use.name, use.arguments or (), ()):
        return None
    return _instead_of_call(problem, use, "how many come in is known", meant.text)


def _parts(problem: BadArgument, use: tree.Use) -> Advised | None:
    """`Split(2)`."""
    if problem.kind != "Split" or type(problem.value) is not int:
        return None
    call = f"Chunk({problem.value})"
    advice = f"`{call}` makes so many equal parts; `Split([32, 32])` says how many channels each has"
    return replace(problem, advice=advice), (Edit(called_span(use), call),)


def _unknown_size(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Reshape(-1)`, `Reshape([-1])`."""
    sizes = problem.value if isinstance(problem.value, tuple) else (problem.value,)
    if problem.kind != "Reshape" or sizes != (-1,):
        return None
    return _instead_of_call(problem, use, "one axis of all numbers", "Flatten")


def _sides(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`MPool(2, pad=(0, 1, 0, 1))`, `MPool(3, 2, pad="same")`: the padding of each side, if all sides are equal."""
    text = expression(written)
    if problem.name != "pad" or "[[" in problem.wanted:
        return None
    same = isinstance(problem.value, str) and problem.value.lower() == "same"
    sides = "[[0, 1]]" if same else text if text.startswith("[[") else sides_of(text)
    if sides == text and not text.startswith("[["):
        return None
    if problem.kind == "ConvTranspose":
        advice = "here `pad` takes away: `pad=1, output_pad=1` at a kernel of 3, or `Pad([[0, -1]])` behind it"
        return replace(problem, advice=advice), ()
    rest = [a for a in use.arguments or () if a.value.span != written.span]
    call = f"Pad({sides}) - {call_with(use.name, rest, ())}"
    if same:
        return replace(problem, advice=f"a layer before it adds the zeros that are missing, in numbers: `{call}`"), ()
    return _instead_of_call(problem, use, f"{use.name} is padded alike on both sides; a layer adds zeros", call)


def _stroke(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Conv(64, 7/2)`: the stride after the kernel, as in figures."""
    given = use.arguments or ()
    found = re.fullmatch(r"(\d+) ?/ ?(\d+)", expression(written))
    if problem.name != "kernel" or found is None or given[-1].value.span != written.span or given[-1].name:
        return None
    call = (
        f"{call_with(use.name, given[:-1], ()).removesuffix(')')}{', ' if given[:-1] else '('}{found[1]}, {found[2]})"
    )
    return _instead_of_call(problem, use, "the stride is an argument after the kernel", call)


def _index(problem: BadArgument, written: tree.Expression, first_indices: Collection[str]) -> Advised | None:
    """`Conv(16 * i)` for the first `i`, which is 0."""
    if type(problem.value) is not int or problem.value or len(first_indices) != 1:
        return None
    index = next(iter(first_indices))
    if {e.operator for e, _ in walk(written) if isinstance(e, tree.Binary)} - {"*"}:
        return None
    text = expression(written)
    one = f"({index} + 1)" if text != index else f"{index} + 1"
    text = re.sub(rf"\b{index}\b", one, text)
    return replace(problem, advice=f"`{index}` counts from 0: write `{text}`"), (Edit(written.span, text),)


def gathered(use: tree.Use) -> str:
    """The correct form of `Reshape(8, 4, 4)` or `Permute(2, 3, 1)`, which need a list; empty for other calls."""
    kind, given = lookup(use.name), use.arguments or ()
    if kind is None or next(iter(kind.model_fields), "") not in _LISTS or not given:
        return ""
    if any(a.name is not None or not isinstance(a.value, tree.Literal_ | tree.Name | tree.Unary) for a in given):
        return ""
    items = [expression(a.value) for a in given]
    if use.name == "Permute" and all(item.isdigit() for item in items):
        sample = [int(item) for item in items[items[0] == "0" :]]  # there is no batch axis here; elsewhere it is 0
        items = [str(n - 1) for n in sample] if sorted(sample) == list(range(1, len(sample) + 1)) else items
    return f"{use.name}([{', '.join(items)}])"


def _listed(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Param(1, 64)`: numbers for a list."""
    call = gathered(use) if type(problem.value) is int and problem.name in _LISTS else ""
    return _instead_of_call(problem, use, f"`{problem.name}` is one list", call) if call else None


def _flag(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Conv(64, 3, false)`: an unnamed boolean, if only one argument can be one."""
    given = use.arguments or ()
    if not isinstance(problem.value, bool) or given[-1].value.span != written.span or given[-1].name is not None:
        return None
    kind = lookup(use.name)
    flags = [n for n, f in kind.model_fields.items() if isinstance(f.default, bool)] if kind is not None else []
    if len(flags) != 1:
        return None
    named = f"{flags[0]}={expression(written)}"
    return replace(problem, advice=f"`{flags[0]}` is named: write `{named}`"), (Edit(written.span, named),)


def _kernel_first(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Conv(3x3, 64)`."""
    given = use.arguments or ()
    if not isinstance(problem.value, tuple) or len(problem.value) != 2 or problem.name not in ("channels", "width"):
        return None
    others = [a for a in given if a.name is None and a.value.span != written.span]
    if not others or given[0].value.span != written.span or not isinstance(others[0].value, tree.Literal_):
        return None
    call = (
        f"{use.name}({', '.join([expression(others[0].value), expression(written), *map(argument_text, given[2:])])})"
    )
    return _instead_of_call(problem, use, f"the {problem.name} come first", call)


def _pooling(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`MPool("avg")`."""
    if not isinstance(problem.value, str) or problem.name != "kernel" or problem.kind not in ("MPool", "APool"):
        return None
    better = {"avg": "APool", "average": "APool", "mean": "APool", "max": "MPool"}.get(problem.value.lower())
    if better is None:
        return None
    rest = ", ".join(argument_text(a) for a in use.arguments or () if a.value.span != written.span)
    return _instead_of_call(
        problem, use, "`APool` is the mean, `MPool` the maximum", f"{better}({rest})" if rest else better
    )


def _named_padding(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Conv(64, 3, "same")`, `Conv(64, 3, "valid")`."""
    if not isinstance(problem.value, str) or problem.value.lower() not in ("same", "valid") or problem.name == "pad":
        return None
    kind = lookup(use.name)
    if kind is None or "pad" not in kind.model_fields:
        return None
    if problem.value.lower() == "same":
        return replace(problem, advice=f"leave out `{expression(written)}`"), ()
    return replace(problem, advice="a padding is named: `pad=0` is none"), (Edit(written.span, "pad=0"),)


def _shape_for_channels(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised | None:
    """`Conv(64x3x3)`, `Conv(3x3x64)`."""
    sizes = [n for n in problem.value if type(n) is int] if isinstance(problem.value, tuple) else []
    given = use.arguments or ()
    if problem.name != "channels" or len(sizes) != 3 or given[0].value.span != written.span:
        return None
    first, last = (sizes[0], sizes[1:]) if sizes[1] == sizes[2] else (sizes[2], sizes[:2])
    kernel = str(last[0]) if last[0] == last[1] else f"{last[0]}x{last[1]}"
    call = f"{use.name}({', '.join([str(first), kernel, *map(argument_text, given[1:])])})"
    return _instead_of_call(problem, use, "channels and kernel are two arguments", call)


def _value(problem: BadArgument, use: tree.Use, written: tree.Expression) -> Advised:
    """A value that is not allowed, and another one in its place, or none."""
    text = expression(written)
    instead = instead_of(problem.name, problem.value, text, problem.wanted)
    if instead is None:
        return problem, ()
    if instead:
        return replace(problem, instead=instead), (Edit(written.span, instead),)
    arguments = use.arguments or ()
    argument = next((a for a in arguments if a.value.span == written.span), None)
    kind = lookup(use.name)
    if argument is None or kind is None or kind.model_fields[problem.name].is_required():
        return problem, ()
    advice = f"leave out `{text}`"
    if problem.name == "pad" and use.name in ("Conv", "DWConv"):
        advice += ": `half`, which keeps the size, is the usual one"
    return replace(problem, advice=advice), (Edit(leaving_out(arguments, argument), ""),)


def _instead_of_call(problem: BadArgument, use: tree.Use, why: str, call: str) -> Advised:
    """A problem with another call to write for the whole of `use`."""
    return replace(problem, advice=f"{why}: write `{call}`"), (Edit(called_span(use), call),)


def channels_last(problem: KernelTooLarge, dims: tuple[int, ...]) -> KernelTooLarge:
    """Advice for a kernel that is larger than an image because the channels of the input are last."""
    if len(dims) == 2 and dims[0] > 4 * dims[1]:
        return replace(problem, advice=f"the channels of the input come first: `input {dims[1]}x{dims[0]}`")
    if len(dims) != 3 or dims[2] > 4 or min(dims[:2]) < 8:
        return problem
    turned = f"{dims[2]}x{dims[0]}x{dims[1]}"
    return replace(problem, advice=f"the channels of the input come first: `input {turned}`")


def in_other_order(problem: KernelTooLarge, use: tree.Use | None) -> tuple[KernelTooLarge, tuple[Edit, ...]]:
    """Advice for a kernel that looks like channels: PyTorch's `Conv2d` starts with the input channels."""
    arguments = as_written(use) if use is not None else ()
    plain = [text for label, text in arguments if label is None and text.isdigit()]
    if use is None or use.name != "Conv" or len(plain) < 3 or problem.reach[0] < _CHANNELS:
        return problem, ()
    meant = meaning("Conv2d", arguments)
    if meant is None or not meant.text:
        return problem, ()
    return replace(problem, instead=meant.text), (Edit(called_span(use), meant.text),)


def called_span(use: tree.Use) -> Span:
    """The span of a term without its label."""
    return Span(use.span.file, use.name_span.start, use.span.end)
