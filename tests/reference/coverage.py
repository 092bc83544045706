"""The constructs of the language that a text contains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from tests.reference.reading import read
from tests.reference.tree import (
    Absent,
    Arithmetic,
    Bind,
    Chain,
    Default,
    Definition,
    Edit,
    Expr,
    For,
    Group,
    Guard,
    If,
    Input,
    Let,
    Merge,
    Number,
    Repeat,
    Result,
    Return,
    Shared,
    Statement,
    Use,
)

NAMES = ("x", "y", "z", "out", "all", "self_")
LAYERS = ("ReLU", "SiLU", "Tanh", "HSwish", "BN", "none")

EXPECTED = frozenset((
    "if with return", "if with binding", "if with result", "if without else", "else if", "return after if",
    "two outcomes",
    "block over tensors", "tensors through a labelled scope", "tensors through a repeat", "several results of a block",
    "tensor called x", "tensor called y", "tensor called z", "tensor called out", "tensor called all",
    "tensor called self_",
    "tensor never read", "tensor rebound", "tensor in a bracket or guard", "group that reads an outer tensor",
    "guard around a group", "guard around a merge", "guard around a call", "guard with else", "guard without else",
    "even kernel", "nested repeats", "growth", "table", "ragged table", "layers in rows", "blocks in rows",
    "range", "zip",
    "layer argument", "block argument", "list argument", "zero repeats", "repeat by a parameter", "computed label",
    "label of a kind and number", "label that is no word",
    "module opened in several places", "label in a merge", "labelled repeat", "labelled merge", "labelled macro",
    "labelled group",
    "unlabelled group", "recursion", "function", "macro", "macro over a merge", "default of a file",
    "default of a body", "let",
    "empty branch", "absent branch", "difference", "opposite", "number and tensor", "factor of a parameter",
    "list and tensor",
    "quotient of tensors", "return training", "several results of a model", "softmax head", "softmax head of a block",
    "parameter of a model",
    "docstring", "several inputs", "shared module of a block", "shared module of a model", "shared module in a loop",
    "list of tensors", "place of a list", "size of one of a list", "any number of tensors", "every turn",
    "loop over branches", "tensors side by side", "computed labels in nested loops", "signal", "volume",
))  # fmt: skip

EDITS = frozenset((
    "replace", "remove", "insert", "truncate", "return", "freeze", "unfreeze", "several edits", "pattern", "all",
    "all except", "replace a group",
    "replace with a label", "replace a merge", "insert with a label", "insert a group", "insert a merge",
    "structure and freezing",
))  # fmt: skip


def constructs(text: str) -> set[str]:
    """The expected constructs that occur in a text."""
    found = set(_of_text(text))
    spec = read(text)
    definitions = {d.name: d for d in spec.declarations if isinstance(d, Definition)}
    for declaration in spec.declarations:
        if isinstance(declaration, Definition):
            found |= set(_of_definition(declaration, definitions))
        elif isinstance(declaration, Let):
            found.add("let")
        elif isinstance(declaration, Default):
            found.add("default of a file")
    for term in walk(spec.declarations):
        found |= set(_of_term(term, definitions))
    edits = [e for e in walk(spec.declarations) if isinstance(e, Edit)]
    found |= set(_of_edits(edits))
    return found


def walk(value: Any) -> Iterator[Any]:
    """All values in a tree."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from walk(item)
    elif is_dataclass(value):
        yield value
        for one in fields(value):
            yield from walk(getattr(value, one.name))


def _of_text(text: str) -> Iterator[str]:
    if '\n  "' in text:
        yield "docstring"
    if "range(" in text:
        yield "range"
    if "zip(" in text:
        yield "zip"
    sizes = [line.rpartition(" ")[2].count("x") for line in text.splitlines() if line.startswith("  input ")]
    if 1 in sizes:
        yield "signal"
    if 3 in sizes:
        yield "volume"
    if " - SM\n" in text or ", SM)\n" in text:
        yield "softmax head"
    if "block End(" in text:
        yield "softmax head of a block"


def _of_definition(d: Definition, definitions: dict[str, Definition]) -> Iterator[str]:
    if d.kind == "fn":
        yield "function"
    if d.kind == "macro":
        yield "macro over a merge" if any(isinstance(t, Merge) for t in walk(d.body)) else "macro"
    if d.over:
        yield "block over tensors"
    if d.kind == "model" and len(d.parameters) > 1:
        yield "parameter of a model"
    if any(isinstance(t, Use) and t.name == d.name for t in walk(d.body)):
        yield "recursion"
    if isinstance(d.body, tuple):
        yield from _of_body(d.body, d)


def _of_body(body: tuple[Statement, ...], d: Definition) -> Iterator[str]:
    statements = [s for s in walk(body) if isinstance(s, Bind | Return | If | Result | Let | Default)]
    bound = [n for s in statements if isinstance(s, Bind) for n in s.names]
    used = [t.name for t in walk(body) if isinstance(t, Use)]
    attributes = [str(t.parts[0]) for t in walk(body) if isinstance(t, Expr) and t.kind == "name"]
    sized = [t.parts[0] for t in walk(body) if isinstance(t, Expr) and t.kind == "attribute"]
    if any(isinstance(of, Expr) and of.kind == "index" for of in sized):
        yield "size of one of a list"
    yield from (f"tensor called {name}" for name in (*bound, *d.over) if name in NAMES)
    if any(name not in used and name not in attributes for name in bound):
        yield "tensor never read"
    if any(bound.count(name) > 1 or name in d.over for name in bound):
        yield "tensor rebound"
    if d.rest:
        yield "any number of tensors"
    if any(isinstance(s, Bind) and s.rest for s in statements):
        yield "list of tensors"
    tensors = {*bound, *d.over}
    for term in walk(body):
        if isinstance(term, Group | Guard) and _first(term) in tensors:
            yield "tensor in a bracket or guard"
        if (
            isinstance(term, Group)
            and term.label
            and any(isinstance(t, Use) and t.name in tensors for t in walk(term.chain))
        ):
            yield "group that reads an outer tensor"
    if sum(isinstance(s, Input) for s in body) > 1:
        yield "several inputs"
    for shared in (s for s in body if isinstance(s, Shared)):
        uses = used.count(str(shared.term.label))
        loops = [t for t in walk(body) if isinstance(t, Repeat | For)]
        if any(isinstance(t, Use) and t.name == shared.term.label for loop in loops for t in walk(loop.chain)):
            yield "shared module in a loop"
        if uses > 1:
            yield "shared module of a model" if d.kind == "model" else "shared module of a block"
    for place, statement in enumerate(body):
        if isinstance(statement, If) and any(isinstance(s, Return) for s in statement.then) and place + 1 < len(body):
            yield "return after if"
    for statement in statements:
        yield from _of_statement(statement, d)


def _first(term: Any) -> str | None:
    while isinstance(term, Group | Guard):
        term = term.chain.terms[0] if isinstance(term, Group) else term.term
    return term.name if isinstance(term, Use) else None


def _of_statement(statement: Statement, d: Definition) -> Iterator[str]:
    match statement:
        case If():
            for kind, word in ((Return, "return"), (Bind, "binding"), (Result, "result")):
                if any(isinstance(s, kind) for s in (*statement.then, *statement.otherwise)):
                    yield f"if with {word}"
            if not statement.otherwise:
                yield "if without else"
            if any(isinstance(s, If) for s in statement.otherwise):
                yield "else if"
        case Return(training=True):
            yield "return training"
        case Return() if len(statement.chains) > 1:
            yield f"several results of a {d.kind}"
        case Default():
            yield "default of a body"
        case Let():
            yield "let"
        case _:
            pass


def _of_term(term: Any, definitions: dict[str, Definition]) -> Iterator[str]:
    label = getattr(term, "label", None)
    if label is not None and "{" in label:
        yield "computed label"
    if label is not None and "." in label:
        yield "module opened in several places"
    elif label is not None and not label.partition("{")[0].isidentifier():
        yield "label that is no word"
    if label is not None and label[-1].isdigit():
        yield "label of a kind and number"
    match term:
        case Use():
            if term.place is not None:
                yield "place of a list"
            yield from _of_use(term, definitions)
        case Group():
            yield "labelled group" if term.label else "unlabelled group"
            if term.label and _over(term.chain, definitions):
                yield "tensors through a labelled scope"
        case Guard():
            yield "guard without else" if term.otherwise is None else "guard with else"
            name = type(term.term).__name__.lower()
            block = isinstance(term.term, Use) and term.term.name in definitions
            if block or name in ("group", "merge"):
                yield "guard around a call" if block else f"guard around a {name}"
        case Repeat():
            if term.every:
                yield "every turn"
            yield from _of_repeat(term, definitions)
        case For():
            if term.every:
                yield "every turn"
            yield from _of_for(term, definitions)
        case Absent():
            yield "absent branch"
        case Arithmetic():
            yield from _of_arithmetic(term)
        case Chain():
            if len(term.terms) > 1 and isinstance(term.terms[1], Arithmetic):
                yield "difference"
            elif len(term.terms) > 1 and isinstance(term.terms[0], Use) and isinstance(term.terms[1], Use):
                yield "chain"
        case Merge():
            if term.kind == "tuple":
                yield "tensors side by side"
            if any(b is not None and isinstance(b.terms[0], For) and not b.terms[0].every for b in term.branches):
                yield "loop over branches"
            if term.label:
                yield "labelled merge"
            if None in term.branches:
                yield "empty branch"
            if any(getattr(t, "label", None) for t in walk(term.branches)):
                yield "label in a merge"
        case _:
            pass


def _of_arithmetic(term: Arithmetic) -> Iterator[str]:
    firsts = [operand.terms[0] for operand in term.operands]
    if len(firsts) == 1:
        yield "opposite"
    if any(isinstance(t, Number) for t in firsts):
        yield "number and tensor"
    if isinstance(firsts[0], Use) and firsts[0].name == "s":
        yield "factor of a parameter"
    if any(isinstance(t, Use) and t.name == "t" for t in firsts):
        yield "list and tensor"
    if term.sign == "/" and isinstance(firsts[-1], Group):
        yield "quotient of tensors"


def _over(chain: Chain, definitions: dict[str, Definition]) -> bool:
    return any(isinstance(t, Use) and t.name in definitions and bool(definitions[t.name].over) for t in chain.terms)


def _of_use(term: Use, definitions: dict[str, Definition]) -> Iterator[str]:
    called = definitions.get(term.name)
    if called is not None and called.kind == "macro" and term.label:
        yield "labelled macro"
    if called is not None and any(isinstance(t, If | Guard) for t in walk(called.body)) and _differs(called):
        yield "two outcomes"
    for argument in term.arguments or ():
        name = str(argument.value.parts[0]) if argument.value.kind == "name" else ""
        if name in LAYERS and called is not None:
            yield "layer argument"
        if name in definitions and definitions[name].kind == "block":
            yield "block argument"
        if argument.value.kind == "list" and called is not None:
            yield "list argument"
    if term.name == "Conv" and any(a.value.parts[:1] in ((2,), (4,)) for a in (term.arguments or ())[1:2]):
        yield "even kernel"


def _differs(called: Definition) -> bool:
    return len(called.parameters) > 1


def _of_repeat(term: Repeat, definitions: dict[str, Definition]) -> Iterator[str]:
    if term.label:
        yield "labelled repeat"
    if term.count.parts == (0,):
        yield "zero repeats"
    if term.count.kind != "literal":
        yield "repeat by a parameter"
    if any(isinstance(t, Repeat | For) for t in walk(term.chain)):
        yield "nested repeats"
    if _is_computed(term) and any(isinstance(t, Repeat | For) and _is_computed(t) for t in walk(term.chain)):
        yield "computed labels in nested loops"
    if any(isinstance(t, Merge) and t.kind == "concat" for t in walk(term.chain)):
        yield "growth"
    if _over(term.chain, definitions):
        yield "tensors through a repeat"


def _is_computed(loop: Repeat | For) -> bool:
    """Whether a term in a loop has a computed label."""
    labels = [getattr(t, "label", None) for t in loop.chain.terms]
    return any("{" in (label or "") for label in labels)


def _of_for(term: For, definitions: dict[str, Definition]) -> Iterator[str]:
    rows = [e for e in walk(term.over) if isinstance(e, Expr)]
    tuples = [e for e in rows if e.kind == "tuple"]
    if tuples:
        yield "table"
    if len({len(e.parts) for e in rows[1:] if e.kind == "list"}) > 1:
        yield "ragged table"
    named = [str(e.parts[0]) for e in rows if e.kind == "name"]
    if any(name in LAYERS for name in named):
        yield "layers in rows"
    if any(name in definitions for name in named):
        yield "blocks in rows"


def _of_edits(edits: list[Edit]) -> Iterator[str]:
    for edit in edits:
        yield edit.kind
        if any("*" in p or "[" in p for p in edit.paths):
            yield "pattern"
        if edit.everything:
            yield "all except" if edit.paths else "all"
        term = edit.chain.terms[0] if edit.chain and len(edit.chain.terms) == 1 else None
        if getattr(term, "label", None):
            yield f"{edit.kind} with a label"
        if isinstance(term, Group | Merge):
            yield f"{edit.kind} a {type(term).__name__.lower()}"
    kinds = {e.kind for e in edits}
    if len(edits) > 1:
        yield "several edits"
    if kinds & {"freeze", "unfreeze"} and kinds - {"freeze", "unfreeze"}:
        yield "structure and freezing"
