"""The kinds of faults that the mutator inserts into a spec, each at a place where it certainly is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source, Span
from archc.ir.network import Network
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.walk import children, walk

Range = tuple[int, int]


@dataclass(frozen=True)
class Fault:
    """One change: `new` replaces the characters `at`; and the other places (before any change) that are at fault.

    The inserted text is always at fault. `structural`: shapes after it are unknown, so that no other fault of shapes
    can be found there.
    """

    kind: str
    at: Range
    new: str
    places: tuple[Range, ...] = ()
    structural: bool = False


@dataclass(frozen=True)
class Target:
    """A correct spec with one member, its tree, and its network."""

    source: Source
    network: Network
    file: tree.File = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", parse(self.source, Reporter()))

    @cached_property
    def live(self) -> frozenset[Span]:
        """The places of the layers and calls that are in the network."""
        here = self.source.name
        spans = {node.span for node in self.network.nodes} | {step.span for step in self.network.expansions}
        return frozenset(span for span in spans if span.file == here)

    @cached_property
    def uses(self) -> tuple[tree.Use, ...]:
        """The terms that are in the network."""
        return tuple(n for n, _ in walk(self.file) if isinstance(n, tree.Use) and n.span in self.live)

    @cached_property
    def convs(self) -> tuple[tree.Use, ...]:
        """Convolutions with a first argument."""
        return tuple(u for u in self.uses if u.name == "Conv" and u.arguments and u.arguments[0].name is None)

    def text(self, span: Span) -> str:
        """The text of a span."""
        return self.source.snippet(span)

    def ends_of_branches(self) -> Iterator[tree.Use]:
        """The last convolution of each branch of an `add`, which determines its channels."""
        for merge, _ in walk(self.file):
            if not isinstance(merge, tree.Merge) or merge.kind != "add":
                continue
            for branch in merge.branches:
                convs = [t for t in branch.terms if isinstance(t, tree.Use) and t in self.convs]
                others = [t for t in branch.terms if not _keeps_shape(t)]
                if convs and others and others[-1] is convs[-1]:
                    yield convs[-1]


def _keeps_shape(term: tree.Term) -> bool:
    """Whether a term certainly keeps the shape; a gate does, and can be left out."""
    if isinstance(term, tree.Guard):
        return term.otherwise is None and isinstance(term.then, tree.Use) and term.then.name == "Gate"
    return isinstance(term, tree.Use) and term.name in _SHAPELESS


_SHAPELESS = ("BN", "ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "GELU", "Dropout", "in", "StochasticDepth")


def _at(span: Span) -> Range:
    return span.start, span.end


def misspelt(word: str, random: Random) -> str:
    """The word with one letter left out, doubled, or exchanged with the next."""
    for _ in range(20):
        i = random.randrange(len(word))
        rest = word[i + 1 :]
        made = random.choice((word[:i] + rest, word[:i] + word[i] + word[i:], word[:i] + rest[:1] + word[i] + rest[1:]))
        if made != word and made.isidentifier() and lookup(made) is None:
            return made
    return f"{word}q"


# -- names ------------------------------------------------------------------------------------------------------------


def misspelt_term(t: Target, random: Random) -> Fault | None:
    uses = [u for u in t.uses if len(u.name) > 3]
    if not uses:
        return None
    use = random.choice(uses)
    return Fault("misspelt term", _at(use.name_span), misspelt(use.name, random), structural=True)


def misspelt_argument(t: Target, random: Random) -> Fault | None:
    found = [a for u in t.uses for a in u.arguments or () if a.name is not None and len(a.name) > 2]
    if not found:
        return None
    argument = random.choice(found)
    name = argument.name or ""
    at = argument.span.start, argument.span.start + len(name)
    return Fault("misspelt argument", at, misspelt(name, random), structural=True)


def misspelt_value(t: Target, random: Random) -> Fault | None:
    names = [n for u in t.uses for a in u.arguments or () for n in _evaluated(a.value) if len(n.name) > 2]
    if not names:
        return None
    name = random.choice(names)
    return Fault("misspelt value", _at(name.span), misspelt(name.name, random), structural=True)


def _evaluated(expression: tree.Expression) -> Iterator[tree.Name]:
    """The names whose values are certainly used."""
    if isinstance(expression, tree.Conditional | tree.CallExpression | tree.Attribute):
        return
    if isinstance(expression, tree.Name):
        yield expression
    for child in children(expression):
        yield from _evaluated(child)  # type: ignore[arg-type]  # below an expression are expressions


def misspelt_import(t: Target, random: Random) -> Fault | None:
    imports = [d for d in t.file.declarations if isinstance(d, tree.Import)]
    if not imports:
        return None
    name = random.choice(random.choice(imports).names)
    return Fault("misspelt import", _at(name.span), misspelt(name.name, random), structural=True)


def missing_file(t: Target, random: Random) -> Fault:
    path = random.choice(("nowhere.arch", "parts/blocks.arch", "../up.arch", "/etc/passwd"))
    return Fault("missing file", (_start(t), _start(t)), f'from "{path}" use Thing\n')


def misspelt_path(t: Target, random: Random) -> Fault | None:
    imports = [d for d in t.file.declarations if isinstance(d, tree.Import)]
    if not imports:
        return None
    path = random.choice(imports).path
    made = misspelt(str(path.value).removesuffix(".arch"), random)
    return Fault("misspelt path", _at(path.span), f'"{made}.arch"', structural=True)


def cyclic_import(t: Target, random: Random) -> Fault:
    return Fault("cyclic import", (_start(t), _start(t)), f'from "{t.source.name}" use Thing\n')


def _start(t: Target) -> int:
    return t.file.declarations[0].span.start


def shadowed_name(t: Target, random: Random) -> Fault | None:
    scopes = {s.definition for s in t.network.scopes}
    blocks = [
        d for d in t.file.declarations
        if isinstance(d, tree.Block | tree.ModelDef) and d.parameters and d.body.statements and d.name.name in scopes
    ]  # fmt: skip
    if not blocks:
        return None
    block = random.choice(blocks)
    at = block.body.statements[0].span.start
    name = random.choice(block.parameters)
    return Fault("shadowed name", (at, at), f"let {name.name} = 3\n  ", (_at(name.span),))


def duplicate_label(t: Target, random: Random) -> Fault | None:
    pairs = []
    for chain, _ in walk(t.file):
        if isinstance(chain, tree.Chain):
            named = [u.label for u in chain.terms if isinstance(u, tree.Use) and u.label and u.span in t.live]
            plain = [label for label in named if isinstance(label.text, tree.Literal_)]
            pairs += list(zip(plain, plain[1:], strict=False))
    if not pairs:
        return None
    first, second = random.choice(pairs)
    assert isinstance(first.text, tree.Literal_)
    return Fault("duplicate label", _at(second.text.span), str(first.text.value), (_at(first.span),))


# -- values -----------------------------------------------------------------------------------------------------------


def bad_number(t: Target, random: Random) -> Fault | None:
    arguments = [u.arguments[0] for u in t.convs if u.arguments]
    if not arguments:
        return None
    argument = random.choice(arguments)
    value = random.choice(("-4", "0", "10 ** 12", "2 ** 200"))
    return Fault("bad number", _at(argument.span), value, structural=True)


def no_integer(t: Target, random: Random) -> Fault | None:
    arguments = [u.arguments[0] for u in t.convs if u.arguments]
    if not arguments:
        return None
    argument = random.choice(arguments)
    divided = f"({t.text(argument.span)}) / {random.choice('357')}"
    return Fault("no integer", _at(argument.span), divided, structural=True)


def wrong_type(t: Target, random: Random) -> Fault | None:
    arguments = [u.arguments[0] for u in t.convs if u.arguments]
    if not arguments:
        return None
    argument = random.choice(arguments)
    value = random.choice(('"wide"', "[8, 8]", "true", "none"))
    return Fault("wrong type", _at(argument.span), value, structural=True)


def wrong_expectation(t: Target, random: Random) -> Fault | None:
    expects = [
        m for d in t.file.declarations if isinstance(d, tree.Variant) for m in d.members
        if isinstance(m, tree.Expect) and isinstance(m.condition, tree.Binary) and m.condition.operator == "=="
        and isinstance(m.condition.right, tree.Literal_)
    ]  # fmt: skip
    if not expects:
        return None
    condition = random.choice(expects).condition
    assert isinstance(condition, tree.Binary) and isinstance(condition.right, tree.Literal_)
    number = int(str(condition.right.value)) + random.choice((-1, 1, 64, 1000))
    return Fault("wrong expectation", _at(condition.right.span), f"{number:_}", (_at(condition.span),))


def _expected(t: Target) -> tuple[Range, ...]:
    """The expectations of the member, which reveal a change of its layers that fits in shape."""
    variants = [d for d in t.file.declarations if isinstance(d, tree.Variant) and d.name.name == t.network.name]
    return tuple(_at(m.condition.span) for v in variants for m in v.members if isinstance(m, tree.Expect))


def count_of_stages(t: Target, random: Random) -> Fault | None:
    lists = [
        a.value for d in t.file.declarations
        if isinstance(d, tree.Variant) and d.name.name == t.network.name for a in d.arguments or ()
        if isinstance(a.value, tree.Sequence) and len(a.value.items) > 1
    ]  # fmt: skip
    numbers = [item for each in lists for item in each.items if _whole_number(item) > 1]
    if not numbers or not _expected(t):
        return None
    sequence = random.choice(lists)
    last = sequence.items[-1]
    choices = [
        ((sequence.items[-2].span.end, last.span.end), ""),
        ((last.span.end, last.span.end), f", {t.text(last.span)}"),
    ]
    number = random.choice(numbers)
    choices += [(_at(number.span), str(_whole_number(number) + by)) for by in (-1, 1)]
    at, new = random.choice(choices)
    return Fault("count of stages", at, new, _expected(t), structural=True)


def _whole_number(node: tree.Tree) -> int:
    return node.value if isinstance(node, tree.Literal_) and isinstance(node.value, int) else 0


def dropped_layer(t: Target, random: Random) -> Fault | None:
    found = []
    for chain, _ in walk(t.file):
        if not isinstance(chain, tree.Chain):
            continue
        for before, use, after in zip(chain.terms, chain.terms[1:], (*chain.terms[2:], None), strict=False):
            if isinstance(use, tree.Use) and use.span in t.live and use.name in ("BN", "Conv", "DWConv", "FC"):
                end = after.span.end if after is not None else use.span.end
                found.append((before.span.end, use.span.end, end))
    if not found or not _expected(t):
        return None
    start, stop, end = random.choice(found)
    merges = [n.span for n, _ in walk(t.file) if isinstance(n, tree.Merge) and n.span.start <= start <= n.span.end]
    seen = ((start, end), *map(_at, merges), *_expected(t))
    return Fault("dropped layer", (start, stop), "", seen, structural=True)


def row_of_wrong_length(t: Target, random: Random) -> Fault | None:
    loops = [
        n.target for n, _ in walk(t.file)
        if isinstance(n, tree.For) and isinstance(n.target.names, tuple) and any(_inside(s, n.span) for s in t.live)
    ]  # fmt: skip
    if not loops:
        return None
    target = random.choice(loops)
    return Fault("row of wrong length", (target.span.start, target.span.start), "extra_, ", (_at(target.span),), True)


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


# -- shapes -----------------------------------------------------------------------------------------------------------


def bad_groups(t: Target, random: Random) -> Fault | None:
    convs = [u for u in t.convs if not any(a.name in ("groups", "table") for a in u.arguments or ())]
    convs = [u for u in convs if len(u.arguments or ()) < 5 and "table" not in t.text(u.span)]
    if not convs:
        return None
    use = random.choice(convs)
    at = use.span.end - 1, use.span.end - 1
    return Fault("bad groups", at, f", groups={random.choice((7, 13, 37))}", (), True)


def width_of_one_branch(t: Target, random: Random) -> Fault | None:
    ends = list(t.ends_of_branches())
    if not ends:
        return None
    use = random.choice(ends)
    assert use.arguments
    argument = use.arguments[0]
    new = f"{t.text(argument.span)} + {random.choice((1, 8, 16))}"
    return Fault("width of one branch", _at(argument.span), new, (_at(use.span),), True)


def swapped_arguments(t: Target, random: Random) -> Fault | None:
    ends = [u for u in t.ends_of_branches() if u.arguments and len(u.arguments) > 1 and u.arguments[1].name is None]
    ends = [u for u in ends if u.arguments and isinstance(u.arguments[1].value, tree.Literal_)]
    if not ends:
        return None
    use = random.choice(ends)
    assert use.arguments
    first, second = use.arguments[:2]
    new = f"{t.text(second.span)}, {t.text(first.span)}"
    return Fault("swapped arguments", (first.span.start, second.span.end), new, (_at(use.span),), True)


def stride_of_one_branch(t: Target, random: Random) -> Fault | None:
    ends = [
        u for u in t.ends_of_branches() if "stride" not in t.text(u.span) and len(u.arguments or ()) < 3 and u.arguments
    ]
    if not ends:
        return None
    use = random.choice(ends)
    return Fault("stride of one branch", (use.span.end - 1, use.span.end - 1), ", stride=2", (_at(use.span),), True)


def missing_merge(t: Target, random: Random) -> Fault | None:
    uses = [u for u in t.uses if u.name in ("ReLU", "BN")]
    if not uses:
        return None
    use = random.choice(uses)
    return Fault("missing merge", (use.span.end, use.span.end), " - in", structural=True)


def wrong_block(t: Target, random: Random) -> Fault | None:
    variants = [d for d in t.file.declarations if isinstance(d, tree.Variant) and d.arguments]
    blocks = {d.name.name for d in t.file.declarations if isinstance(d, tree.Block)}
    found = [
        a.value
        for v in variants
        for a in v.arguments or ()
        if isinstance(a.value, tree.Name) and a.value.name in blocks
    ]
    models = [d.name.name for d in t.file.declarations if isinstance(d, tree.ModelDef)]
    if not found or not models:
        return None
    return Fault("wrong block", _at(random.choice(found).span), random.choice((*models, "64")), structural=True)


def recursion(t: Target, random: Random) -> Fault | None:
    blocks = [d for d in t.file.declarations if isinstance(d, tree.Block | tree.Macro)]
    found = []
    for block in blocks:
        needed = [p for p in block.parameters if p.default is None]
        if isinstance(block, tree.Block) and block.over:
            continue
        for use in t.uses:
            if _inside(use.span, block.span) and use.name in ("ReLU", "BN", "Conv") and use.label is None:
                call = f"{block.name.name}({', '.join(p.name for p in needed)})" if needed else block.name.name
                found.append(Fault("recursion", _at(use.span), call, (_at(block.name.span),), True))
    return random.choice(found) if found else None


# -- text -------------------------------------------------------------------------------------------------------------


def unbalanced_bracket(t: Target, random: Random) -> Fault | None:
    uses = [u for u in t.uses if u.arguments]
    if not uses:
        return None
    use = random.choice(uses)
    opening = use.name_span.end
    if random.random() < 0.5:
        return Fault("unbalanced bracket", (use.span.end - 1, use.span.end), "", ((opening, use.span.end),), True)
    return Fault("unbalanced bracket", (use.span.end, use.span.end), ")", ((opening, use.span.end),), True)


def missing_joint(t: Target, random: Random) -> Fault | None:
    text = t.source.text
    found = []
    for use in t.uses:
        gap = text[use.span.end : use.span.end + 3]
        if gap == " - ":
            found.append((use.span.end, use.span.end + 3))
    if not found:
        return None
    at = random.choice(found)
    return Fault("missing joint", at, random.choice((" ", " -- ", " – ", " -> ")), ((at[0] - 1, at[1] + 1),), True)


def cut_off(t: Target, random: Random) -> Fault | None:
    """The end of the last declaration is missing, with its closing brace."""
    last = max(t.file.declarations, key=lambda d: d.span.start)
    text = t.source.text
    if text[last.span.end - 1] != "}":
        return None
    opening = text.index("{", last.span.start)
    return Fault(
        "cut-off file", (last.span.end - 1, len(text)), "", ((opening, opening + 1), (last.span.end - 3, last.span.end))
    )


KINDS: Mapping[str, Callable[[Target, Random], Fault | None]] = {
    f.__name__: f
    for f in (
        misspelt_term, misspelt_argument, misspelt_value, misspelt_import, missing_file, misspelt_path, cyclic_import,
        shadowed_name, duplicate_label, bad_number, no_integer, wrong_type, wrong_expectation, count_of_stages,
        dropped_layer, row_of_wrong_length, bad_groups,
        width_of_one_branch, swapped_arguments, stride_of_one_branch, missing_merge, wrong_block, recursion,
        unbalanced_bracket, missing_joint, cut_off,
    )
}  # fmt: skip
