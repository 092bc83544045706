"""The result as the syntax tree of the language, and as formatted text."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

from archc.diagnostics.source import Source
from archc.elaborate.options import Inputs
from archc.importing.expressions import NOWHERE, expr_tree, literal
from archc.importing.factor import DIM, BlockParts, SpecParts
from archc.importing.guards import together
from archc.importing.steps import UNKNOWN_MARK
from archc.importing.terms import (
    ApplyExpr,
    BodyTerms,
    CallTerm,
    Chain,
    Expr,
    ForTerm,
    GroupTerm,
    GuardTerm,
    LayerTerm,
    Lit,
    MergeTerm,
    NameExpr,
    RepeatTerm,
    SharedTerm,
    StartTerm,
    Term,
    ValueTerm,
    expressions,
    main_branch,
)
from archc.importing.usual import FILE_WIDE, defaults, positions, same, unusual
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.format.formatter import formatted
from archc.syntax.unparse import chain as chain_text
from archc.syntax.unparse import expression as expression_text
from archc.syntax.unparse import quoted
from archc.syntax.walk import spliced


class Naming(Record):
    """The name, facts and docstring of a network."""

    member: str
    facts: tuple[tuple[str, str | float], ...] = ()
    params: int | None = None
    macs: int | None = None


def spelled(parts: SpecParts, doc: str, namings: Sequence[Naming], holes: Sequence[tuple[str, str]] = ()) -> str:
    """The text of a spec; `holes` are the calls without a layer in archc, each with its line."""
    writer = _Speller(parts, holes)
    text = "\n\n".join([_doc(doc), *writer.declarations(parts, namings)]) + "\n"
    return formatted(Source(f"{namings[0].member}.arch", text))


class _Speller:
    """Writes terms, omitting arguments that equal the defaults of ops, the file and blocks."""

    def __init__(self, parts: SpecParts, holes: Sequence[tuple[str, str]]) -> None:
        self.blocks = {block.name: block for block in parts.blocks}
        self.holes = {f"{UNKNOWN_MARK}{what}": f"missing_{i + 1}" for i, (what, _) in enumerate(holes)}
        self.reasons = [f"{what} at {line}" for what, line in holes]
        self.file_wide = _file_wide(parts)

    def declarations(self, parts: SpecParts, namings: Sequence[Naming]) -> Iterator[str]:
        """The definitions of a file, in order."""
        everything = [block.body for block in (*parts.blocks, *(m.block for m in parts.models))]
        if any(
            isinstance(e, ApplyExpr) and e.function == "divisible" for body in everything for e in expressions(body)
        ):
            yield 'from "common.arch" use divisible'
        for name, reason in zip(self.holes.values(), self.reasons, strict=True):
            yield f"macro {name} = Identity  # MISSING: {reason}"
        if self.file_wide:
            kinds: dict[str, list[str]] = {}
            for (kind, name), value in self.file_wide.items():
                kinds.setdefault(kind, []).append(f"{name}={_plain_text(value)}")
            yield "default " + ", ".join(f"{kind}({', '.join(given)})" for kind, given in kinds.items())
        for block in parts.blocks:
            yield self._definition("block", block, "")
        for model in parts.models:
            yield self._definition("model", model.block, "".join(f"{line}\n" for line in _inputs(model.inputs)))
            for number, arguments in model.variants:
                other = [] if parts.inputs[number] == model.inputs else _inputs(parts.inputs[number])
                yield self._variant(model.block, arguments, namings[number], other)

    def _variant(
        self, block: BlockParts, arguments: Sequence[tuple[str, Expr]], naming: Naming, lines: list[str]
    ) -> str:
        """A member of a family, with its facts."""
        given = block.written(arguments)
        names = [name for name, _ in block.parameters]
        call = chain_text(tree.Chain(NOWHERE, (_use(None, block.name, given, names),)))
        lines += [f"{name}: {quoted(v) if isinstance(v, str) else v}" for name, v in naming.facts]
        counts = {"params": naming.params, "macs": naming.macs}
        if not self.holes:
            lines += [f"expect {name} == {value:_}" for name, value in counts.items() if value is not None]
        return f"variant {naming.member} = {call} {{\n" + "\n".join(lines) + "\n}"

    def _definition(self, word: str, block: BlockParts, first: str) -> str:
        given = ", ".join(n if usual is None else f"{n}={_text(usual)}" for n, usual in block.parameters)
        head = f"{word} {block.name}({given})" if block.parameters or word == "block" else f"{word} {block.name}"
        return f"{head} {{\n{first}" + "\n".join(self._statements(block.body)) + "\n}"

    def _statements(self, body: BodyTerms) -> Iterator[str]:
        if NameExpr(DIM) in expressions(body):
            yield f"let {DIM} = in.channels"
        for binding in body.bindings:
            start = "shared " if binding.shared else f"{', '.join(binding.names)} = "
            yield f"{start}{self._chain(binding.chain)}"
        if body.training is None and len(body.results) == 1:
            yield from self._result(body.results[0])
            return
        yield "return " + ", ".join(map(self._chain, body.results))
        if body.training is not None:
            yield "return training " + ", ".join(map(self._chain, body.training))

    def _result(self, chain: Chain) -> Iterator[str]:
        """A chain. One that ends in a conditional merge becomes two results."""
        last = chain[-1] if chain else None
        if not isinstance(last, MergeTerm) or last.condition is None or isinstance(last.condition, Lit):
            yield self._chain(chain)
            return
        fork, before = "in", chain[:-1]
        if before:
            fork = "x"
            yield f"x = {self._chain(before)}"
        main = main_branch(last)
        merged = " | ".join(
            "y" if branch is main else self._chain(branch) if branch else fork for branch in last.branches
        )
        yield f"y = {f'{fork} - ' if before else ''}{self._chain(main)}"
        condition = expression_text(expr_tree(last.condition))
        yield f"if {condition} {{ return {last.kind} {{ {merged} }} }} else {{ return y }}"

    def _chain(self, chain: Chain) -> str:
        """A chain, with a new line before what is a stage of its own."""
        chain = together(chain)
        at = _last_calculation(chain)
        texts: list[str] = [chain_text(self._branch(chain[:at]))] if at else []
        for term in chain[at:]:
            text = chain_text(self._chain_tree((term,)))
            texts.append(
                f"\n- {text}" if isinstance(term, ForTerm | GroupTerm) and texts else f" - {text}" if texts else text
            )
            if isinstance(term, ForTerm | GroupTerm) and len(chain) > 2:
                texts.append("\n")
        joined = "".join(texts).replace("\n - ", "\n- ").replace("\n\n", "\n")
        return joined.strip("\n")

    def _branch(self, chain: Chain) -> tree.Chain:
        """A chain that starts from the input of the body or merge, where arithmetic can be written with operators."""
        at = _last_calculation(chain)
        if not at:
            found = self._chain_tree(chain or (StartTerm("in"),))
            return tree.Chain(NOWHERE, (_use(None, "in", (), []), *found.terms)) if spliced(found) else found
        term = chain[at - 1]
        assert isinstance(term, LayerTerm)
        operands = [self._operand(chain[: at - 1], _sign(term)), tree.Chain(NOWHERE, (_number(term),))]
        first = dict(term.arguments)["first"] == Lit(True) or _sign(term) == "*"
        pair = tuple(reversed(operands)) if first else tuple(operands)
        calculation = tree.Calculation(NOWHERE, _sign(term), NOWHERE, pair)
        return tree.Chain(NOWHERE, (calculation, *self._chain_tree(chain[at:]).terms))

    def _operand(self, chain: Chain, sign: str) -> tree.Chain:
        """A chain as an operand: in parentheses, unless it is a name, or a product in a sum."""
        found = self._branch(chain)
        name = not chain or (len(chain) == 1 and isinstance(chain[0], StartTerm))
        match found.terms:
            case (tree.Calculation(operator="*" | "/"),) if sign in "+-":
                return found
            case _:
                return found if name else tree.Chain(NOWHERE, (tree.Group(NOWHERE, None, found),))

    def _chain_tree(self, chain: Chain) -> tree.Chain:
        return tree.Chain(NOWHERE, tuple(t for term in together(chain) for t in self._term(term)))

    def _term(self, term: Term) -> Iterator[tree.Term]:
        match term:
            case LayerTerm() if term.kind in self.holes:
                yield tree.Use(NOWHERE, None, self.holes[term.kind], NOWHERE, None)
            case LayerTerm():
                given = unusual(term.kind, term.arguments, self.file_wide)
                yield _use(term.name, term.kind, given, positions(term.kind))
            case CallTerm():
                block = self.blocks[term.block]
                given = tuple(block.written(term.arguments))
                yield _use(term.name, term.block, given, [n for n, _ in block.parameters])
            case GroupTerm():
                yield self._group(term)
            case MergeTerm():
                yield from self._merge(term)
            case ValueTerm(NameExpr(name), label, arguments):
                yield _use(label, name, arguments, [n for n, _ in arguments])
            case StartTerm():
                yield tree.Use(NOWHERE, None, term.tensor, NOWHERE, None)
            case SharedTerm():
                yield tree.Use(NOWHERE, None, term.name, NOWHERE, None)
            case RepeatTerm():
                if term.count == Lit(1):
                    yield from self._chain_tree(term.chain).terms
                else:
                    yield self._repeat(None, term)
            case ForTerm():
                target, rows = _rows(term)
                yield tree.For(NOWHERE, target, rows, self._chain_tree(term.chain))
            case GuardTerm():
                otherwise = None if term.otherwise is None else self._one(term.otherwise)
                yield tree.Guard(NOWHERE, self._one(term.term), expr_tree(term.condition), otherwise)

    def _one(self, term: Term) -> tree.Term:
        """A term as one, in parentheses if it is written as several."""
        inner = self._chain_tree((term,))
        return inner.terms[0] if len(inner.terms) == 1 else tree.Group(NOWHERE, None, inner)

    def _group(self, term: GroupTerm) -> tree.Term:
        """A group of one repeat is a labelled repeat."""
        if len(term.chain) == 1 and isinstance(term.chain[0], RepeatTerm) and term.chain[0].count != Lit(1):
            return self._repeat(_label(term.name), term.chain[0])
        return tree.Group(NOWHERE, _label(term.name), self._chain_tree(term.chain))

    def _repeat(self, label: tree.ModuleLabel | None, term: RepeatTerm) -> tree.Term:
        counted = any(e == NameExpr(term.variable) for e in _of_chain(term.chain))
        variable = term.variable if counted else None
        return tree.Repeat(NOWHERE, label, self._chain_tree(term.chain), expr_tree(term.count), variable)

    def _merge(self, term: MergeTerm) -> Iterator[tree.Term]:
        branches = tuple(map(self._branch, term.branches))
        if term.condition == Lit(False):
            yield from self._chain_tree(main_branch(term)).terms
            return
        layer = _MERGING_LAYERS.get(term.kind)
        merged = tree.Merge(NOWHERE, None, "tuple" if layer else term.kind, NOWHERE, branches)  # type: ignore[arg-type]
        terms = (merged, _use(None, *layer, [])) if layer else (merged,)
        if term.condition is None or term.condition == Lit(True):
            yield from terms
            return
        inner = self._chain_tree(main_branch(term))
        other = inner.terms[0] if len(inner.terms) == 1 else tree.Group(NOWHERE, None, inner)
        whole = merged if layer is None else tree.Group(NOWHERE, None, tree.Chain(NOWHERE, terms))
        yield tree.Guard(NOWHERE, whole, expr_tree(term.condition), other)


_MERGING_LAYERS: Mapping[str, tuple[str, tuple[tuple[str, Expr], ...]]] = {
    "sub": ("Sub", ()),
    "div": ("Div", ()),
    "concat_last": ("Concat", (("over", Lit("last")),)),
    "mat_mul": ("MatMul", ()),
    "mat_mul_transposed": ("MatMul", (("transpose", Lit(True)),)),
}
"""Merges without a keyword: a layer reads the branches."""


def _last_calculation(chain: Chain) -> int:
    """The index after the last arithmetic of a chain that can be written with operators; 0 if there is none."""
    return max((i + 1 for i, term in enumerate(chain) if _is_calculation(term)), default=0)


def _is_calculation(term: Term) -> bool:
    """Whether a term is arithmetic with a number or a name. After a chain, `- 3` would be the width of a layer."""
    if not isinstance(term, LayerTerm) or term.kind != "Arithmetic":
        return False
    given = dict(term.arguments)
    number, behind = given["number"], _sign(term) == "-" and given["first"] != Lit(True)
    plain = isinstance(number, Lit) and isinstance(number.value, int | float) and number.value >= 0
    return not behind and (plain or isinstance(number, NameExpr))


def _sign(term: LayerTerm) -> Literal["+", "-", "*", "/"]:
    sign = dict(term.arguments)["sign"]
    assert isinstance(sign, Lit)
    return cast(Literal["+", "-", "*", "/"], sign.value)


def _number(term: LayerTerm) -> tree.Term:
    """The number of arithmetic, as an operand."""
    number = dict(term.arguments)["number"]
    if isinstance(number, NameExpr):
        return tree.Use(NOWHERE, None, number.name, NOWHERE, None)
    found = expr_tree(number)
    assert isinstance(found, tree.Literal_)
    return tree.Constant(NOWHERE, found)


def _inputs(inputs: Inputs) -> list[str]:
    names = [f"{name}: " if name else "" for name, _ in inputs]
    return [f"input {name}{'x'.join(map(str, dims))}" for name, (_, dims) in zip(names, inputs, strict=True)]


def _of_chain(chain: Chain) -> list[Expr]:
    return expressions(BodyTerms((), (chain,)))


def _use(name: Expr | None, kind: str, given: Sequence[tuple[str, Expr]], names: list[str]) -> tree.Use:
    """A call: arguments are positional until one is omitted; flags are always named."""
    arguments: list[tree.Argument] = []
    in_place = True
    for i, (key, value) in enumerate(given):
        in_place = (
            in_place and names[i : i + 1] == [key] and not (isinstance(value, Lit) and isinstance(value.value, bool))
        )
        arguments.append(tree.Argument(NOWHERE, None if in_place else key, expr_tree(value)))
    return tree.Use(NOWHERE, _label(name), kind, NOWHERE, tuple(arguments) or None)


def _label(name: Expr | None) -> tree.ModuleLabel | None:
    return None if name is None else tree.ModuleLabel(NOWHERE, expr_tree(name))


def _rows(term: ForTerm) -> tuple[tree.Target, tree.Expression]:
    """The variables of a `for` and its iterable."""
    columns = tuple(tree.Target(NOWHERE, name) for name in term.columns)
    if term.over is not None and columns:
        return _counted(term, columns, expr_tree(term.over))
    if not columns:
        turns = literal(len(term.rows)) if term.over is None else expr_tree(term.over)
        count = tree.Argument(NOWHERE, None, turns)
        assert term.index is not None
        return tree.Target(NOWHERE, term.index), tree.CallExpression(NOWHERE, "range", NOWHERE, (count,))
    rows = [
        literal(row[0]) if len(columns) == 1 else tree.Sequence(NOWHERE, "tuple", tuple(map(literal, row)))
        for row in term.rows
    ]
    return _counted(term, columns, tree.Sequence(NOWHERE, "list", tuple(rows)))


def _counted(
    term: ForTerm, columns: tuple[tree.Target, ...], over: tree.Expression
) -> tuple[tree.Target, tree.Expression]:
    """The variables and the iterable of a loop, with the number of the turn if that is needed."""
    target = columns[0] if len(columns) == 1 else tree.Target(NOWHERE, columns)
    if term.index is None:
        return target, over
    both = tree.Target(NOWHERE, (tree.Target(NOWHERE, term.index), target))
    given = (tree.Argument(NOWHERE, None, over),)
    return both, tree.CallExpression(NOWHERE, "enumerate", NOWHERE, given)


def _text(e: Expr) -> str:
    return expression_text(expr_tree(e))


def _plain_text(value: object) -> str:
    return expression_text(literal(value))


# -- defaults of the file
# ------------------------------------------------------------------------------------------------


def _file_wide(parts: SpecParts) -> Mapping[tuple[str, str], object]:
    """The `default`s of a file: arguments that most of its layers share."""
    found: dict[tuple[str, str], Counter[object]] = {}
    for block in (*parts.blocks, *(m.block for m in parts.models)):
        for term in _layers(block.body):
            for name, given in term.arguments:
                if name in FILE_WIDE and isinstance(given, Lit):
                    found.setdefault((term.kind, name), Counter())[given.value] += 1
    chosen: dict[tuple[str, str], object] = {}
    for (kind, name), counts in found.items():
        value, times = counts.most_common(1)[0]
        usual = defaults(kind).get(name)
        if not same(value, usual) and times > 1 + counts.get(usual, 0) and kind not in ("FC", "Linear"):
            chosen[kind, name] = value
    return chosen


def _layers(body: BodyTerms) -> Iterator[LayerTerm]:
    chains = [*(b.chain for b in body.bindings), *body.results, *(body.training or ())]
    for chain in chains:
        yield from _layers_of(chain)


def _layers_of(chain: Chain) -> Iterator[LayerTerm]:
    for term in chain:
        match term:
            case LayerTerm():
                yield term
            case GroupTerm() | RepeatTerm() | ForTerm():
                yield from _layers_of(term.chain)
            case MergeTerm():
                for branch in term.branches:
                    yield from _layers_of(branch)
            case GuardTerm():
                yield from _layers_of((term.term,))


def _doc(text: str) -> str:
    return '"""' + "\n".join(textwrap.wrap(text, 118)) + '"""'
