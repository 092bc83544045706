"""Values, merges and guards that are legal but probably unintended, such as arguments in PyTorch's order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.shapes import Dims, shape
from archc.diagnostics.problems.warnings.layers import UnlikelyValue, WideNorm
from archc.diagnostics.problems.warnings.sizes import ChannelsLast, UnlikelyAxes
from archc.diagnostics.problems.warnings.structure import (
    AllFrozen,
    GuardOfLast,
    InputTwice,
    LoopOfBranches,
    NoChoice,
    OneBranch,
    ScaledChain,
)
from archc.diagnostics.source import Span
from archc.ir.expr import Const, python
from archc.ir.network import ArgumentValue, Network, Node
from archc.ir.types import TensorType
from archc.lint.alike import Alike
from archc.lint.roles import other_role
from archc.lint.trail import frame_of, inherited
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.unparse import chain as chain_text
from archc.syntax.unparse import expression
from archc.syntax.unparse import term as term_text
from archc.syntax.walk import Parts, says_several, spliced, walk

_SIDE = 8
"""The smallest plausible side of an image."""
_WIDE = 0.1
"""An epsilon of at least this is probably another argument."""
_HUGE = 16
"""A convolution kernel of at least this is probably a number of channels. RepLKNet's 31x31 kernels are depthwise."""


def unlikely_values(
    network: Network, layers: Alike, file: str, reporter: Reporter, written: Collection[Dims | None] = (None,)
) -> set[Span]:
    """Report layers whose arguments stand as another library has them; the places of these.

    `written` are the inputs that the file states, None for an input that is computed.
    """
    found: set[Span] = set()
    for start in (network.nodes[ref.node] for ref in network.inputs):
        dims = start.types[0].dims
        if _is_turned(dims):
            reporter.add(ChannelsLast(input=dims, asked=None not in written and dims not in written), start.span)
            found.update(node.span for node in network.nodes)  # all other doubts follow from it
        if _is_like_an_image(dims) and any(node.op.family in ("conv", "pool") for node in network.nodes):
            reporter.add(UnlikelyAxes(input=dims), start.span)
    signals: list[bool] = []
    for nodes in layers:
        first = nodes[0]
        x = network.type_of(first.inputs[0])
        wide = first.op.kind() in ("LN", "RMSNorm") and getattr(first.op, "over", "") == "all"
        if wide and len(x.dims) == 2 and x.dims[0] > 1:
            signals = signals or inherited(network, _positions(network), False)
            for node in nodes:
                if not signals[node.inputs[0].node]:
                    problem = WideNorm(kind=first.op.kind(), input=x.dims)
                    reporter.add(problem, node.span, frame=frame_of(network, node))
        unlikely, edit = _unlikely(network, first, x)
        if unlikely is not None:
            found.add(first.span)
            edits = (edit,) if edit is not None else ()
            for node in nodes:
                reporter.add(unlikely, node.span, frame=frame_of(network, node), edits=edits)
    return found


def _positions(network: Network) -> Callable[[Node], bool | None]:
    """Whether the axes of what a layer makes are channels and positions, not tokens and features."""
    convolved = any(node.op.family in ("conv", "pool") for node in network.nodes)

    def own(node: Node) -> bool | None:
        if node.op.family in ("conv", "pool") or not node.inputs:
            return convolved
        return False if node.op.family == "linear" or node.op.kind() in ("Tokens", "Permute", "Reshape") else None

    return own


def _is_turned(dims: Dims) -> bool:
    """Whether a shape is an image with the channels last."""
    if len(dims) != 3 or dims[2] not in (1, 3) or max(dims[:2]) > 2 * min(dims[:2]):
        return False
    return min(dims[:2]) >= 2 * _HUGE or dims[0] == dims[1] >= _HUGE


def _is_like_an_image(dims: Dims) -> bool:
    """Whether a signal has the sides of an image, or a volume the axes of a batch of images."""
    if len(dims) == 2:
        return dims[0] == dims[1] >= _SIDE
    return len(dims) == 4 and dims[1] in (1, 3) and min(dims[2:]) >= _SIDE


def _unlikely(network: Network, node: Node, x: TensorType) -> tuple[UnlikelyValue | None, Edit | None]:
    """A layer whose first or last argument belongs elsewhere, and a repair."""
    kind = node.op.kind()
    given = [a for a in node.arguments if a.given]
    numbers = [a.value for a in given if isinstance(a.expr, Const) and type(a.value) is int]
    plain = len(numbers) == len(given)
    match kind:
        case "BN" | "GN" | "LN" | "InstanceNorm" | "RMSNorm" if (eps := getattr(node.op, "eps", None) or 0) >= _WIDE:
            return _epsilon(node, x, eps, given)
        case "Conv" if (
            plain
            and [a.name for a in given[:3]] == ["channels", "kernel", "stride"]
            and getattr(node.op, "groups", 1) == 1
        ):
            channels, kernel, stride = numbers[:3]
            if kernel >= _HUGE and kernel % 8 == 0 and stride % 2 and stride < kernel:
                text = f"Conv({', '.join(map(str, numbers[1:]))})"
                what = f"the kernel is {kernel}x{kernel}, and the channels are {channels}"
                return UnlikelyValue(kind=kind, what=what, instead=text), Edit(
                    given[0].span.to(given[1].span), str(kernel)
                )
        case "LPPool" if plain and [a.name for a in given[:2]] == ["kernel", "stride"] and numbers[1] > numbers[0]:
            p, kernel, stride = (*numbers, numbers[1])[:3]
            what, why = f"the kernel is {p} and the stride {kernel}", "the power comes last"
            return UnlikelyValue(kind=kind, what=what, instead=f"LPPool({kernel}, {stride}, {p})", why=why), None
        case "DWConv" if plain and [a.name for a in given[:2]] == ["kernel", "stride"]:
            kernel, stride = numbers[:2]
            if kernel >= _HUGE and kernel == x.channels:
                text = f"DWConv({stride})"
                edit = Edit(given[0].span.to(given[1].span), str(stride))
                return UnlikelyValue(kind=kind, what=f"the kernel is {kernel}x{kernel}", instead=text), edit
        case "Upsample" if {"scale", "size"} <= {a.name for a in given} and (sizes := getattr(node.op, "size", None)):
            size = shape(sizes)
            what, why = f"`scale` is given beside `size={size}`", "`size` alone counts"
            return UnlikelyValue(kind=kind, what=what, instead=f"Upsample(size={size})", why=why), None
        case _ if (problem := other_role(network, node, given, x)) is not None:
            return problem, None
        case _:
            return _share(node, given)
    return None, None


def _epsilon(
    node: Node, x: TensorType, eps: float, given: Sequence[ArgumentValue]
) -> tuple[UnlikelyValue, Edit | None]:
    """A normalisation whose epsilon is another number: the channels, the groups, or the momentum of Keras."""
    kind, what = node.op.kind(), f"`eps` is {eps}"
    values = [a.value for a in given if isinstance(a.value, float)]
    if kind == "BN" and len(values) == len(given) == 2 and 0.5 < eps < 1 and values[1] < _WIDE:
        text = f"BN(eps={values[1]:g}, momentum={1 - values[0]:g})"
        why = "`eps` comes first, and `momentum` is the share of the new statistics"
        return UnlikelyValue(kind=kind, what=what, instead=text, why=why), None
    kept = [python(a.expr) for a in given if a.name == "groups"]
    if kind == "GN" and getattr(node.op, "groups", 0) == x.channels and eps == int(eps) and x.channels % eps == 0:
        kept = [str(int(eps))]  # the channels come first
    text = f"{kind}({kept[0]})" if kept else kind
    edit = None
    if all(isinstance(a.expr, Const) and type(a.value) is int for a in given):
        edit = Edit(Span(node.span.file, given[0].span.start - 1, node.span.end), text[len(kind) :])
    return UnlikelyValue(kind=kind, what=what, instead=text), edit


def _share(node: Node, given: Sequence[ArgumentValue]) -> tuple[UnlikelyValue | None, Edit | None]:
    """A share that is counted from the wrong end, or out of range: a momentum of 0.99, a dropout of 1, a slope of 2."""
    kind = node.op.kind()
    name = {"BN": "momentum", "Dropout": "p", "Dropout2d": "p", "LeakyReLU": "slope"}.get(kind, "")
    argument = next((a for a in given if a.name == name and isinstance(a.expr, Const)), None)
    value = getattr(node.op, name) if argument is not None else None
    if argument is None or not isinstance(value, int | float):
        return None, None
    if kind == "BN" and 0.9 <= value <= 1:
        other, why = f"{1 - value:g}", "it is the share of the new statistics, not of the old ones"
    elif kind in ("Dropout", "Dropout2d") and value == 1:
        other, why = "0.5", "it is the share that is dropped, and all of it is"
    elif kind == "LeakyReLU" and value >= 1:
        other, why = f"{value / (10 if value < 10 else 100):g}", "it is how much of the negative numbers passes"
    else:
        return None, None
    text = f"{kind}({name}={other})"
    what = f"`{name}` is {value:g}"
    edit = Edit(argument.span, f"{name}={other}") if kind == "BN" else None  # the others are guesses
    return UnlikelyValue(kind=kind, what=what, instead=text, why=why), edit


def doubtful_structure(parts: Sequence[Parts], reporter: Reporter) -> None:
    """Report merges of one branch, and guards that choose nothing or govern less than they seem to."""
    for here in parts:
        lists = {of.names[-1].name for of in here[tree.Bind] if of.rest}
        lists |= {of.over[-1].name for of in here[tree.Block] if of.rest}
        for merge in here[tree.Merge]:
            first = merge.branches[0]
            several = spliced(first) or says_several(first, lists.__contains__) or merge.kind == "tuple"
            if len(merge.branches) == 1 and first.terms and not several:
                _one_branch(merge, reporter)
            for branch in merge.branches:
                _guard_of_last(branch, reporter)
                _loop_of_branches(branch, merge, lists, reporter)
            _input_twice(merge, reporter)
        for use in here[tree.Use]:
            _sides(use, reporter)
            _product(use, reporter)
        for calculation in here[tree.Calculation]:
            _scaled_chain(calculation, {name.name for bind in here[tree.Bind] for name in bind.names}, reporter)
        for guard in here[tree.Guard]:
            sides = [_plain(side) for side in (guard.then, guard.otherwise)]
            if sides[0] == sides[1]:
                reporter.add(NoChoice(text=sides[0]), guard.span, edits=(Edit(guard.span, term_text(guard.then)),))


def _sides(use: tree.Use, reporter: Reporter) -> None:
    """Report `pad=[0, 1]` of a square kernel: of rows and of columns, where before and behind may be meant."""
    values = [a.value for a in use.arguments or () if isinstance(a.value, tree.Shape | tree.Sequence)]
    padded = next((a for a in use.arguments or () if a.name == "pad"), None)
    if padded is None or values != [padded.value] or not isinstance(padded.value, tree.Sequence):
        return
    sides = [item.value for item in padded.value.items if isinstance(item, tree.Literal_)]
    if padded.value.form == "list" and len(sides) == len(padded.value.items) == 2 and sides[0] != sides[1]:
        first, last = sides
        what, why = f"`pad` is {first} for rows and {last} for columns", f"that is `{first}x{last}`; before and behind"
        problem = UnlikelyValue(kind=use.name, what=what, instead=f"pad=[[{first}, {last}]]", why=why)
        reporter.add(problem, padded.span)


def _product(use: tree.Use, reporter: Reporter) -> None:
    """Report `Conv(64, 3*3)`, a kernel of 9x9, where 3x3 may be meant."""
    kind = lookup(use.name)
    names = list(kind.model_fields) if kind is not None else []
    for position, argument in enumerate(use.arguments or ()):
        name = argument.name or (names[position] if position < len(names) else "")
        of = argument.value
        if name not in ("kernel", "stride", "size") or not isinstance(of, tree.Binary) or of.operator != "*":
            continue
        if isinstance(of.left, tree.Literal_) and isinstance(of.right, tree.Literal_):
            side, other = of.left.value, of.right.value
            if isinstance(side, int) and isinstance(other, int) and not isinstance(side, bool):
                text = str(side) if side == other else f"{side}x{other}"
                why = "`*` multiplies, and one number is that of rows and columns; of several, `x` is between them"
                problem = UnlikelyValue(kind=use.name, what=f"`{name}` is {side * other}", instead=text, why=why)
                reporter.add(problem, of.span, edits=(Edit(of.span, text),))


def _loop_of_branches(branch: tree.Chain, merge: tree.Merge, lists: Collection[str], reporter: Reporter) -> None:
    """Report a `for` that is one of several branches of a sum and whose turns could also be a sequence."""
    loop = spliced(branch)
    if loop is None or merge.kind not in ("add", "mul") or len(merge.branches) == 1:
        return
    first = loop.chain.terms[0]
    if not (isinstance(first, tree.Use) and first.name in lists):
        reporter.add(LoopOfBranches(kind=merge.kind), loop.span._replace(end=loop.target.span.end))


def _input_twice(merge: tree.Merge, reporter: Reporter) -> None:
    """Report `mul { in | A if (c) }`, which is the square of its input where the condition is false."""
    if merge.kind == "tuple" or not any(_is_input(branch) for branch in merge.branches):
        return
    for branch in merge.branches:
        guard = branch.terms[0] if len(branch.terms) == 1 else None
        if isinstance(guard, tree.Guard) and guard.otherwise is None:
            edits = (Edit(Span(guard.span.file, guard.span.end, guard.span.end), " else none"),)
            problem = InputTwice(kind=merge.kind, guard=term_text(guard))
            reporter.add(problem, guard.span, edits=edits)


def _is_input(branch: tree.Chain) -> bool:
    """Whether a branch is the input of its merge."""
    return not branch.terms or (len(branch.terms) == 1 and _plain(branch.terms[0]) == "Identity")


def _plain(term: tree.Term | None) -> str:
    """The text of a term without its label; that of the identity if there is no term, or it passes its input on."""
    if term is None or (isinstance(term, tree.Use) and term.name == "in" and term.label is None):
        return "Identity"
    return term_text(term)


def _scaled_chain(product: tree.Calculation, tensors: Collection[str], reporter: Reporter) -> None:
    """Report `3 * (Conv(8) - ReLU)`, where a repeat may have been intended, unless the chain starts from a tensor."""
    terms = [operand.terms[0] for operand in product.operands if len(operand.terms) == 1]
    number = next((t.value.value for t in terms if isinstance(t, tree.Constant)), None)
    group = next((t for t in terms if isinstance(t, tree.Group)), None)
    if product.operator != "*" or group is None or type(number) is not int or number < 2:
        return
    first = group.chain.terms[0]
    if isinstance(first, tree.Use) and first.label is None and first.name[0].isupper() and first.name not in tensors:
        text = f"[{chain_text(group.chain)}]x{number}"
        reporter.add(ScaledChain(number=number, instead=text), product.span)


def _one_branch(merge: tree.Merge, reporter: Reporter) -> None:
    chain = merge.branches[0]
    only = chain.terms[0]
    if len(chain.terms) == 1 and isinstance(only, tree.Repeat) and merge.kind == "concat":
        edits = (Edit(Span(only.span.file, only.span.start, only.span.start), "every "),)
        reporter.add(OneBranch(kind=merge.kind, instead="every [ … ]"), merge.kind_span, edits=edits)
        return
    text = f"{merge.kind} {{ in | … }}" if merge.kind == "concat" else f"{merge.kind} {{ … | in }}"
    at = chain.span.start if merge.kind == "concat" else chain.span.end
    edit = Edit(Span(chain.span.file, at, at), "in | " if merge.kind == "concat" else " | in")
    reporter.add(OneBranch(kind=merge.kind, instead=text), merge.kind_span, edits=(edit,))


def _guard_of_last(branch: tree.Chain, reporter: Reporter) -> None:
    """A branch `Conv(c, 1, s) - BN if (s != 1)`: only the last term depends on the condition."""
    *others, last = branch.terms or (None,)
    if not others or not isinstance(last, tree.Guard) or last.otherwise is not None:
        return
    if any(isinstance(other, tree.Guard) for other in others) or not isinstance(last.then, tree.Use):
        return
    asked = set(_asked(last.condition)) - {last.then.name}  # `Act if (Act != none)` is about the last term alone
    if not asked & {name for term in others if term for name in _asked(term)}:
        return  # the other terms depend on something else
    inside = " - ".join(term_text(term) for term in (*others, last.then) if term is not None)
    text = f"({inside}) if ({expression(last.condition)})"
    problem = GuardOfLast(last=term_text(last.then), instead=text)
    labels = (Label(branch.terms[0].span, "this is there in any case"),)
    reporter.add(problem, last.span, labels=labels, edits=(Edit(branch.span, text),))


def _asked(node: tree.Tree) -> Iterator[str]:
    """The names of values that a condition or term reads."""
    return (n.name for n, _ in walk(node) if isinstance(n, tree.Name))


def frozen_whole(file: tree.File, networks: Collection[Network], reporter: Reporter) -> None:
    """Report a `freeze` that leaves nothing to train."""
    for declaration in file.declarations:
        if not isinstance(declaration, tree.Variant):
            continue
        network = next((n for n in networks if n.name == declaration.name.name), None)
        freezes = [m for m in declaration.members if isinstance(m, tree.Freeze) and not m.thaws]
        if network is None or not freezes:
            continue
        weighted = [n for n in network.nodes if n.op.weights(tuple(map(network.type_of, n.inputs)))]
        if weighted and all(node.frozen for node in weighted):
            reporter.add(AllFrozen(name=network.name), freezes[-1].span)
