"""From the rules of the grammar to the nodes of `tree`: the methods that Lark calls as it reduces each rule.

A method receives the parts of its rule in order; a part in `[ ]` of the grammar is None if it was omitted. The builder
has no state: places and values come with the tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias, cast

from archc.diagnostics.source import Span
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.tokens import Token


class SpannedItems(NamedTuple):
    """Several items with the span that they cover, such as arguments in parentheses."""

    span: Span
    items: tuple[Any, ...]


class NamedTensors(NamedTuple):
    """Names for tensors; with `rest`, the last one stands for all remaining tensors."""

    span: Span
    items: tuple[tree.Name, ...]
    rest: bool


class Braces(NamedTuple):
    """The parsed statements of a `{ … }`: the value of a `BODY` token."""

    doc: tree.Literal_ | None
    statements: tuple[Any, ...]
    complete: bool


Part: TypeAlias = Token | tree.Tree | SpannedItems | NamedTensors


class TreeBuilder:
    """One method for each rule, named after the rule or its alias."""

    # -- declarations and statements

    def import_(self, start: Token, path: Token, names: SpannedItems) -> tree.Import:
        return tree.Import(_to(start, names), tree.Literal_(path.span, _plain(path)), names.items)

    def allow(self, start: Token, *codes: tree.Name) -> tree.Allow:
        return tree.Allow(_to(start, codes[-1]), codes)

    def default(self, start: Token, *calls: tree.Use) -> tree.Default:
        return tree.Default(_to(start, calls[-1]), calls)

    def init(
        self, start: Token, kind: tree.Name, weight: Token | None, function: Token, arguments: SpannedItems | None
    ) -> tree.Init:
        span = _to(start, function, arguments)
        return tree.Init(
            span, kind, weight.text if weight else None, function.text, function.span, _items(arguments) or ()
        )

    def let(self, start: Token, name: tree.Name, value: tree.Expression) -> tree.Let:
        return tree.Let(_to(start, value), name.name, name.span, value)

    def function(
        self, start: Token, name: tree.Name, parameters: SpannedItems, value: tree.Expression
    ) -> tree.Function:
        return tree.Function(_to(start, value), name, parameters.items, value)

    def macro(self, start: Token, name: tree.Name, parameters: SpannedItems | None, chain: tree.Chain) -> tree.Macro:
        return tree.Macro(_to(start, chain), name, _items(parameters) or (), chain)

    def block(
        self, start: Token, name: tree.Name, parameters: SpannedItems | None, over: NamedTensors | None, body: Token
    ) -> tree.Block:
        names, rest = (over.items, over.rest) if over else ((), False)
        return tree.Block(_to(start, body), name, _items(parameters) or (), names, _body(body), rest)

    def model(self, start: Token, name: tree.Name, parameters: SpannedItems | None, body: Token) -> tree.ModelDef:
        return tree.ModelDef(_to(start, body), name, _items(parameters) or (), _body(body))

    def variant(
        self, start: Token, name: tree.Name, base: tree.Name, arguments: SpannedItems | None, body: Token | None
    ) -> tree.Variant:
        doc, members, _ = cast(Braces, body.value) if body else (None, (), True)
        return tree.Variant(_to(start, base, arguments, body), name, base, _items(arguments), doc, members)

    def tensors(self, *names: tree.Name) -> NamedTensors:
        return NamedTensors(_to(names[0], names[-1]), names, False)

    def tensors_and_rest(self, *parts: Any) -> NamedTensors:
        names = tuple(part for part in parts if isinstance(part, tree.Name))
        star = next(part for part in parts if isinstance(part, Token))
        return NamedTensors(_to(names[0] if names[1:] else star, names[-1]), names, True)

    def bind(self, names: NamedTensors, chain: tree.Chain) -> tree.Bind:
        return tree.Bind(_to(names, chain), names.items, chain, names.rest)

    def chain_statement(self, chain: tree.Chain) -> tree.ChainStatement:
        return tree.ChainStatement(chain.span, chain)

    def if_(self, start: Token, condition: tree.Expression, then: Token, otherwise: Token | tree.If | None) -> tree.If:
        span = _to(start, then, otherwise)
        if isinstance(otherwise, tree.If):
            return tree.If(span, condition, _body(then).statements, (otherwise,))
        rest = _body(otherwise).statements if otherwise else ()
        return tree.If(span, condition, _body(then).statements, rest)

    def return_(self, start: Token, training: Token | None, *chains: tree.Chain) -> tree.Return:
        return tree.Return(_to(start, chains[-1]), training is not None, chains)

    def input_(
        self, start: Token, name: tree.Name | None, _colon: Token | None, shape: tree.Expression
    ) -> tree.InputStatement:
        return tree.InputStatement(_to(start, shape), name, shape)

    def shared(self, start: Token, term: tree.Use | tree.Group | tree.Repeat | tree.Merge) -> tree.Shared:
        return tree.Shared(_to(start, term), term)

    def fact(self, name: tree.Name, value: tree.Expression) -> tree.Fact:
        return tree.Fact(_to(name, value), name, value)

    def expect(self, start: Token, condition: tree.Expression) -> tree.Expect:
        return tree.Expect(_to(start, condition), condition)

    def replace(self, start: Token, path: tree.Name, chain: tree.Chain) -> tree.Replace:
        return tree.Replace(_to(start, chain), path.name, path.span, chain)

    def remove(self, start: Token, paths: SpannedItems) -> tree.Remove:
        return tree.Remove(_to(start, paths), paths.items)

    def insert(self, start: Token, _after: Token, path: tree.Name, chain: tree.Chain) -> tree.Insert:
        return tree.Insert(_to(start, chain), path.name, path.span, chain)

    def truncate(self, start: Token, _after: Token, path: tree.Name) -> tree.Truncate:
        return tree.Truncate(_to(start, path), path.name, path.span)

    def levels(self, start: Token, paths: SpannedItems) -> tree.Levels:
        return tree.Levels(_to(start, paths), paths.items)

    def freeze(self, start: Token, *parts: Any) -> tree.Freeze:
        paths = next((p for p in parts if isinstance(p, SpannedItems)), None)
        every = next((p for p in parts if isinstance(p, Token)), None)
        kind = next((p for p in parts if isinstance(p, tree.Name)), None)
        span = _to(start, every, paths, kind)
        return tree.Freeze(span, start.type == "UNFREEZE", every is not None, _items(paths) or (), kind)

    def paths(self, *paths: tree.Name) -> SpannedItems:
        return SpannedItems(_to(paths[0], paths[-1]), paths)

    def path(self, *parts: Token) -> tree.Name:
        first = parts[0]
        if first.type == "STRING":
            return tree.Name(first.span, _plain(first))
        text = first.text
        for before, part in pairwise(parts):
            # Separate words stay separate, so that a forgotten comma does not make a longer name.
            text += (" " if part.span.start > before.span.end else "") + part.text
        return tree.Name(_to(first, parts[-1]), text)

    # -- parts of declarations

    def parameters(self, start: Token, *rest: Any) -> SpannedItems:
        return SpannedItems(_to(start, rest[-1]), rest[:-1])

    def parameter(self, name: Token, default: tree.Expression | None) -> tree.Parameter:
        return tree.Parameter(_to(name, default), name.text, default)

    def names(self, *names: tree.Name) -> SpannedItems:
        return SpannedItems(_to(names[0], names[-1]), names)

    def name(self, name: Token) -> tree.Name:
        return tree.Name(name.span, name.text)

    # -- chains

    def chain(self, *terms: tree.Term) -> tree.Chain:
        return tree.Chain(_to(terms[0], terms[-1]), terms)

    def total(self, *parts: Any) -> tree.Calculation:
        *terms, sign, last = parts
        return self._calculated(self.chain(*terms), sign, self.chain(last))

    def scaled(self, left: tree.Term, sign: Token, right: tree.Term) -> tree.Calculation:
        return self._calculated(self.chain(left), sign, self.chain(right))

    def opposite(self, sign: Token, operand: tree.Term) -> tree.Calculation:
        return tree.Calculation(_to(sign, operand), "-", sign.span, (self.chain(operand),))

    def _calculated(self, left: tree.Chain, sign: Token, right: tree.Chain) -> tree.Calculation:
        return tree.Calculation(_to(left, right), cast(Any, sign.text), sign.span, (left, right))

    def number(self, number: Token) -> tree.Constant:
        return tree.Constant(number.span, cast(tree.Literal_, number.value))

    def guard(
        self, then: tree.Term, condition: tree.Expression, close: Token, otherwise: tree.Term | None
    ) -> tree.Guard:
        return tree.Guard(_to(then, close, otherwise), then, condition, otherwise)

    def absent(self, word: Token) -> tree.Absent:
        return tree.Absent(word.span)

    def element(self, name: Token, _open: Token, index: tree.Expression, end: Token) -> tree.Use:
        return tree.Use(_to(name, end), None, name.text, name.span, None, index)

    def use(self, label: tree.ModuleLabel, name: Token, arguments: SpannedItems | None) -> tree.Use:
        return tree.Use(_to(label, name, arguments), label, name.text, name.span, _items(arguments))

    def bare(self, name: Token) -> tree.Use:
        return tree.Use(name.span, None, name.text, name.span, None)

    incoming = bare

    def call(self, name: Token, arguments: SpannedItems) -> tree.Use:
        return tree.Use(_to(name, arguments), None, name.text, name.span, arguments.items)

    def group(self, label: tree.ModuleLabel, _start: Token, chain: tree.Chain, end: Token) -> tree.Group:
        return tree.Group(_to(label, end), label, chain)

    def bracket(self, start: Token, chain: tree.Chain, end: Token) -> tree.Group:
        return tree.Group(_to(start, end), None, chain)

    def several(self, label: tree.ModuleLabel | None, start: Token, *rest: Any) -> tree.Merge:
        *branches, end = rest
        return tree.Merge(_to(label or start, end), label, "tuple", start.span, tuple(branches))

    def repeat(
        self,
        label: tree.ModuleLabel | None,
        every: Token | None,
        start: Token,
        chain: tree.Chain,
        _times: Token,
        count: tree.Expression,
        variable: Token | None,
    ) -> tree.Repeat:
        return tree.Repeat(
            _to(label or every or start, count, variable),
            label,
            chain,
            count,
            variable.text if variable else None,
            every is not None,
        )

    def for_(
        self,
        every: Token | None,
        start: Token,
        target: tree.Target,
        iterable: tree.Expression,
        chain: tree.Chain,
        end: Token,
    ) -> tree.For:
        return tree.For(_to(every or start, end), target, iterable, chain, every is not None)

    def merge(self, label: tree.ModuleLabel | None, kind: Token, *parts: Token | tree.Chain) -> tree.Merge:
        return tree.Merge(_to(label or kind, parts[-1]), label, cast(Any, kind.text), kind.span, _branches(parts))

    def label(self, text: Token, colon: Token) -> tree.ModuleLabel:
        name = cast(tree.Expression, text.value) or tree.Literal_(text.span, text.text)
        return tree.ModuleLabel(_to(text, colon), name)

    def targets(self, *targets: tree.Target) -> tree.Target:
        return targets[0] if len(targets) == 1 else tree.Target(_to(targets[0], targets[-1]), targets)

    def target_name(self, name: Token) -> tree.Target:
        return tree.Target(name.span, name.text)

    def target_tuple(self, start: Token, *rest: Any) -> tree.Target:
        *targets, end = rest
        return tree.Target(_to(start, end), tuple(targets))

    # -- expressions

    def conditional(
        self, then: tree.Expression, condition: tree.Expression, otherwise: tree.Expression
    ) -> tree.Conditional:
        return tree.Conditional(_to(then, otherwise), then, condition, otherwise)

    def binary(self, left: tree.Expression, operator: Token, right: tree.Expression) -> tree.Binary:
        return tree.Binary(_to(left, right), cast(Any, operator.text), left, right)

    def unary(self, operator: Token, operand: tree.Expression) -> tree.Unary:
        return tree.Unary(_to(operator, operand), cast(Any, operator.text), operand)

    def comparisons(self, *parts: Any) -> tree.Binary:
        pairs = [self.binary(*parts[i : i + 3]) for i in range(0, len(parts) - 2, 2)]
        whole = pairs[0]
        for pair in pairs[1:]:
            whole = tree.Binary(_to(whole, pair), "and", whole, pair)
        return whole

    def attribute(self, of: tree.Expression, name: Token) -> tree.Attribute:
        return tree.Attribute(_to(of, name), of, name.text, name.span)

    def index(self, of: tree.Expression, _open: Token, index: tree.Expression, end: Token) -> tree.Index:
        return tree.Index(_to(of, end), of, index)

    def call_expression(self, name: Token, arguments: SpannedItems) -> tree.CallExpression:
        return tree.CallExpression(_to(name, arguments), name.text, name.span, arguments.items)

    def literal(self, token: Token) -> tree.Expression:
        return cast(tree.Expression, token.value)

    def constant(self, word: Token) -> tree.Literal_:
        return tree.Literal_(word.span, {"true": True, "false": False, "none": None}[word.text])

    def variable(self, name: Token) -> tree.Name:
        return tree.Name(name.span, name.text)

    def parenthesised(self, start: Token, inner: tree.Expression, end: Token) -> tree.Expression:
        # The span includes the parentheses, so that the spans of enclosing nodes start and end correctly.
        return replace(inner, span=_to(start, end))

    def tuple_(self, start: Token, *rest: Any) -> tree.Sequence:
        return tree.Sequence(_to(start, rest[-1]), "tuple", rest[:-1])

    def list_(self, start: Token, *rest: Any) -> tree.Sequence:
        return tree.Sequence(_to(start, rest[-1]), "list", rest[:-1])

    def arguments(self, start: Token, *rest: Any) -> SpannedItems:
        return SpannedItems(_to(start, rest[-1]), rest[:-1])

    def argument(self, *parts: Any) -> tree.Argument:
        *name, value = parts
        return tree.Argument(_to(parts[0], value), name[0].text if name else None, value)


def _plain(string: Token) -> str:
    """The text of a string token; one with values in braces is taken as written."""
    return str(string.value.value) if isinstance(string.value, tree.Literal_) else string.text


def _to(start: Part, *ends: Part | None) -> Span:
    """The span from `start` to the last of `ends` that was written."""
    for end in reversed(ends):
        if end is not None:
            return Span(start.span.file, start.span.start, end.span.end)
    return start.span


def _items(items: SpannedItems | None) -> tuple[Any, ...] | None:
    return None if items is None else items.items


def _body(token: Token) -> tree.Body:
    doc, statements, complete = cast(Braces, token.value)
    return tree.Body(token.span, doc, statements, complete)


def _branches(parts: Sequence[Token | tree.Chain]) -> tuple[tree.Chain, ...]:
    """The branches between the braces and bars of a merge; an empty branch is placed where the sign before it ends."""
    branches: list[tree.Chain] = []
    before: Token | None = None
    for part in parts:
        if isinstance(part, tree.Chain):
            branches.append(part)
            before = None
        else:
            if before is not None:
                place = Span(before.span.file, before.span.end, before.span.end)
                branches.append(tree.Chain(place, ()))
            before = part
    return tuple(branches)
