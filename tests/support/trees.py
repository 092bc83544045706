"""Hypothesis strategies for syntax trees of the whole language, and for other layouts of their texts."""

from __future__ import annotations

from inspect import cleandoc
from random import Random
from typing import Any, cast

from hypothesis import strategies as st

from archc.diagnostics.source import Source, Span
from archc.syntax import tree
from archc.syntax.scan import scan
from archc.syntax.tables import tables

NOWHERE = Span("", 0, 0)
_WORDS = "a b c k n t planes width x y Conv BN ReLU SE _p x3 xs e1 W103".split()

names = st.sampled_from(_WORDS)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)


def _name(name: str) -> tree.Name:
    return tree.Name(NOWHERE, name)


def _some(items: st.SearchStrategy[Any], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


# -- expressions ------------------------------------------------------------------------------------------------------

_numbers = st.one_of(st.integers(0, 10**6), st.floats(0, 1e9, allow_nan=False).map(abs))
_simple = st.one_of(
    _numbers.map(lambda v: tree.Literal_(NOWHERE, v)),
    st.sampled_from([True, False, None]).map(lambda v: tree.Literal_(NOWHERE, v)),
    st.lists(st.integers(0, 300), min_size=2, max_size=3).map(lambda d: tree.Shape(NOWHERE, tuple(d))),
    st.one_of(names, st.just("in")).map(_name),
)
_string = texts.map(lambda v: tree.Literal_(NOWHERE, v))


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    operators = st.sampled_from("+ - * / // % ** == != < <= > >= in and or".split())
    return st.one_of(
        st.builds(tree.Binary, st.just(NOWHERE), operators, inner, inner),
        st.builds(tree.Unary, st.just(NOWHERE), st.sampled_from(["-", "+", "not"]), inner),
        st.builds(tree.Conditional, st.just(NOWHERE), inner, inner, inner),
        st.builds(tree.Attribute, st.just(NOWHERE), inner, names, st.just(NOWHERE)),
        st.builds(tree.Index, st.just(NOWHERE), inner, inner),
        st.builds(tree.Sequence, st.just(NOWHERE), st.sampled_from(["list", "tuple"]), _some(inner)),
        st.builds(tree.CallExpression, st.just(NOWHERE), names, st.just(NOWHERE), _some(_argument(inner))),
    )


def _argument(value: st.SearchStrategy[Any]) -> st.SearchStrategy[tree.Argument]:
    return st.builds(tree.Argument, st.just(NOWHERE), st.none() | names, value)


_in_braces = st.recursive(_simple, _larger, max_leaves=3)
"""Expressions that can stand in the braces of a string: without strings."""


def _template(parts: list[Any]) -> Any:
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    joined = [p for p in joined if p != ""]
    return tree.Template(NOWHERE, tuple(joined)) if any(not isinstance(p, str) for p in joined) else None


templates = st.lists(texts | _in_braces, min_size=1, max_size=3).map(_template).filter(bool)
expressions = st.recursive(st.one_of(_simple, _simple, _string, templates), _larger, max_leaves=6)

# -- chains -----------------------------------------------------------------------------------------------------------

_labels = st.one_of(
    st.none(),
    st.one_of(st.sampled_from([*_WORDS, "input", "add", "in"]).map(lambda v: tree.Literal_(NOWHERE, v)), templates).map(
        lambda v: tree.ModuleLabel(NOWHERE, v)
    ),
)
_arguments = _some(_argument(expressions))
_uses = st.builds(tree.Use, st.just(NOWHERE), _labels, names, st.just(NOWHERE), st.none() | _arguments)
_bare = st.builds(tree.Use, st.just(NOWHERE), st.none(), names, st.just(NOWHERE), st.none())
_incoming = st.just(tree.Use(NOWHERE, None, "in", NOWHERE, None))
_targets = st.recursive(
    names.map(lambda n: tree.Target(NOWHERE, n)),
    lambda t: _some(t, 1).map(lambda ts: tree.Target(NOWHERE, ts)),
    max_leaves=3,
)
_counts = st.one_of(st.integers(1, 50).map(lambda v: tree.Literal_(NOWHERE, v)), expressions)


def _plain(terms: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tree.Chain]:
    return st.builds(tree.Chain, st.just(NOWHERE), _some(terms, least, 4))


def _alone(term: Any) -> tree.Chain:
    return tree.Chain(NOWHERE, (term,))


def _calculated(sign: str, *operands: tree.Chain) -> tree.Calculation:
    return tree.Calculation(NOWHERE, cast(Any, sign), NOWHERE, operands)


@st.composite
def _arithmetic(draw: st.DrawFn, terms: st.SearchStrategy[Any]) -> tree.Chain:
    """A chain that begins with arithmetic: operands with signs between them in any order, and terms after them."""
    numbers = st.integers(0, 99) | st.sampled_from([0.17, 1e-3, 2.5])
    constant = numbers.map(lambda n: tree.Constant(NOWHERE, tree.Literal_(NOWHERE, n)))
    group = st.builds(tree.Group, st.just(NOWHERE), st.none(), _plain(_uses))
    operand = st.one_of(_bare, _incoming, constant, group)

    def factor() -> Any:
        found: Any = draw(operand)
        for sign in draw(st.lists(st.sampled_from("*/"), max_size=2)):
            found = _calculated(sign, _alone(found), _alone(draw(operand)))
        return found

    found = [_calculated("-", _alone(factor()))] if draw(st.booleans()) else [factor()]
    for sign in draw(st.lists(st.sampled_from("+-"), max_size=3)):
        if sign == "+":
            found = [_calculated("+", tree.Chain(NOWHERE, tuple(found)), _alone(factor()))]
        elif not isinstance(last := factor(), tree.Constant) or not all(map(_is_plain_operand, found)):
            found.append(last)
    return tree.Chain(NOWHERE, (*found, *draw(st.lists(terms, max_size=2))))


def _is_plain_operand(term: Any) -> bool:
    return isinstance(term, tree.Use | tree.Group)


def _begins_with_sign(chain: tree.Chain) -> bool:
    first = chain.terms[0]
    while isinstance(first, tree.Calculation) and len(first.operands) > 1:
        first = first.operands[0].terms[0]
    return isinstance(first, tree.Calculation)


def _chain(terms: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tree.Chain]:
    return st.one_of(_plain(terms, least), _plain(terms, least), _arithmetic(terms))


def _terms(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    bases = st.one_of(
        st.builds(tree.Group, st.just(NOWHERE), _labels, _chain(inner)),
        st.builds(tree.Repeat, st.just(NOWHERE), _labels, _chain(inner), _counts, st.none() | names, st.booleans()),
        st.builds(tree.For, st.just(NOWHERE), _targets, expressions, _chain(inner), st.booleans()),
        st.builds(tree.Merge, st.just(NOWHERE), _labels, st.just("tuple"), st.just(NOWHERE), _some(_chain(inner), 1)),
        st.builds(
            tree.Merge,
            st.just(NOWHERE),
            _labels,
            st.sampled_from(["add", "concat", "mul"]),
            st.just(NOWHERE),
            _some(_chain(inner, 0), 1),
        ),
    )
    plain = inner.filter(lambda t: not isinstance(t, tree.Guard))
    guards = st.builds(tree.Guard, st.just(NOWHERE), plain, expressions, st.none() | inner)
    return st.one_of(bases, bases, guards)


_elements = st.builds(tree.Use, st.just(NOWHERE), st.none(), names, st.just(NOWHERE), st.none(), expressions)
terms = st.recursive(_uses | _incoming | _elements, _terms, max_leaves=8)
chains = _chain(terms)

# -- statements -------------------------------------------------------------------------------------------------------

_docs = texts.map(lambda t: tree.Literal_(NOWHERE, cleandoc(t))).filter(lambda d: cleandoc(str(d.value)) == d.value)
_lets = st.builds(tree.Let, st.just(NOWHERE), names, st.just(NOWHERE), expressions)
_calls = st.builds(tree.Use, st.just(NOWHERE), st.none(), names, st.just(NOWHERE), _arguments)
_defaults = st.builds(tree.Default, st.just(NOWHERE), _some(_calls, 1))
_inits = st.builds(
    tree.Init, st.just(NOWHERE), names.map(_name), st.none() | names, names, st.just(NOWHERE), _arguments
)
_inputs = st.builds(tree.InputStatement, st.just(NOWHERE), st.none() | names.map(_name), expressions)
_chain_statements = chains.filter(lambda c: not _begins_with_sign(c)).map(lambda c: tree.ChainStatement(NOWHERE, c))
_shared = terms.filter(
    lambda t: (
        isinstance(t, tree.Use | tree.Group | tree.Repeat | tree.Merge)
        and t.label is not None
        and getattr(t, "kind", "") != "tuple"
    )
).map(lambda t: tree.Shared(NOWHERE, t))
_in_bodies = st.one_of(
    _lets,
    _defaults,
    _inits,
    _inputs,
    _shared,
    _chain_statements,
    st.builds(tree.Bind, st.just(NOWHERE), _some(names.map(_name), 1), chains, st.booleans()),
    st.builds(tree.Return, st.just(NOWHERE), st.booleans(), _some(chains, 1)),
)
statements = st.recursive(
    _in_bodies,
    lambda inner: st.builds(tree.If, st.just(NOWHERE), expressions, _some(inner), _some(inner)),
    max_leaves=4,
)
_bodies = st.builds(tree.Body, st.just(NOWHERE), st.none() | _docs, _some(statements))
_parameters = _some(st.builds(tree.Parameter, st.just(NOWHERE), names, st.none() | expressions))
_paths = (
    st.lists(names | st.integers(0, 20).map(str), min_size=1, max_size=3)
    .map(".".join)
    .filter(lambda p: not p[0].isdigit())
    .flatmap(lambda p: st.sampled_from([p, f"{p}[1-3]", f"*.{p}", "all"]))
)
_members = st.one_of(
    _inputs,
    st.builds(tree.Fact, st.just(NOWHERE), names.map(_name), expressions),
    st.builds(tree.Expect, st.just(NOWHERE), expressions),
    st.builds(tree.Replace, st.just(NOWHERE), _paths, st.just(NOWHERE), chains),
    st.builds(tree.Insert, st.just(NOWHERE), _paths, st.just(NOWHERE), chains),
    st.builds(tree.Levels, st.just(NOWHERE), _some(_paths.map(_name), 1)),
    st.builds(tree.Truncate, st.just(NOWHERE), _paths, st.just(NOWHERE)),
    st.builds(tree.Remove, st.just(NOWHERE), _some(_paths.map(_name), 1)),
    st.builds(tree.Freeze, st.just(NOWHERE), st.booleans(), st.just(False), _some(_paths.map(_name), 1)),
    st.builds(tree.Freeze, st.just(NOWHERE), st.booleans(), st.just(True), _some(_paths.map(_name))),
)
declarations = st.one_of(
    _lets,
    _defaults,
    _inits,
    _chain_statements,
    st.builds(tree.Import, st.just(NOWHERE), _string, _some(names.map(_name), 1)),
    st.builds(tree.Allow, st.just(NOWHERE), _some(names.map(_name), 1)),
    st.builds(tree.Function, st.just(NOWHERE), names.map(_name), _parameters, expressions),
    st.builds(tree.Macro, st.just(NOWHERE), names.map(_name), _parameters, chains),
    st.builds(tree.Block, st.just(NOWHERE), names.map(_name), _parameters, _some(names.map(_name)), _bodies),
    st.builds(
        tree.Block, st.just(NOWHERE), names.map(_name), _parameters, _some(names.map(_name), 1), _bodies, st.just(True)
    ),
    st.builds(tree.ModelDef, st.just(NOWHERE), names.map(_name), _parameters, _bodies),
    st.builds(
        tree.Variant,
        st.just(NOWHERE),
        names.map(_name),
        names.map(_name),
        st.none() | _arguments,
        st.none() | _docs,
        _some(_members),
    ),
)
files = st.builds(tree.File, st.just(NOWHERE), st.none() | _docs, _some(declarations))

# -- other layouts of a text ------------------------------------------------------------------------------------------


def scrambled(text: str, random: Random) -> str:
    """`text` with other spaces, line breaks and comments that do not change its meaning."""
    source = Source("", text)
    tokens = list(scan(source, tables()))
    brackets: list[str] = []
    out: list[str] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        kind, last = token.type, before.type if before else "NEWLINE"
        if kind in ("RPAR", "RSQB", "TIMES") and brackets:
            brackets.pop()
        inside = bool(brackets)
        if kind != "NEWLINE" and last != "NEWLINE":
            out.append(_separator(last, kind, inside, random))
        elif kind != "NEWLINE":
            out.append(random.choice(["", "  ", "    ", "\n", "\n\n  ", "# c\n", "  # c\n\n"]))
        elif random.random() < 0.2:
            out.append(random.choice([" # end", "  #", "   "]))
        out.append("\n" if kind == "NEWLINE" else token.text)
        if kind in ("LPAR", "LSQB"):
            brackets.append(kind)
    return "".join(out)


def _separator(before: str, after: str, inside: bool, random: Random) -> str:
    """A separator that may stand between two tokens of a statement."""
    if after in ("LBRACE", "ASSIGN", "COLON", "TIMES") or "DOT" in (before, after) or before == "TIMES":
        return "" if "DOT" in (before, after) else " "
    may_break = (inside and before != "NAME") or before in ("MINUS", "BAR", "COMMA") or after in ("MINUS", "BAR")
    if may_break and random.random() < 0.15:
        return random.choice(["\n", "\n\n    ", " # why\n", "\n  # because\n  ", "\n   "])
    tight = {"LPAR", "RPAR", "LSQB", "RSQB", "COMMA"} & {before, after}
    return random.choice(["", " ", "   "] if tight else [" ", " ", "    "])
