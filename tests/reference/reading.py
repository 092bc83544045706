"""From text to tree: a recursive-descent parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.reference.expressions import Expressions
from tests.reference.scanning import tokens
from tests.reference.tree import (
    Absent,
    Arithmetic,
    Bind,
    Chain,
    Declaration,
    Default,
    Definition,
    Edit,
    Expr,
    For,
    Group,
    Guard,
    If,
    Ignored,
    Import,
    Incoming,
    Input,
    Invalid,
    Let,
    Merge,
    Number,
    Parameter,
    Repeat,
    Result,
    Return,
    Shared,
    Spec,
    Statement,
    Term,
    Use,
    Variant,
)

MERGES = ("add", "concat", "mul")
EDITS = ("replace", "remove", "insert", "truncate", "return", "freeze", "unfreeze")


def read(text: str) -> Spec:
    """The declarations of a spec."""
    return Parser(tokens(text)).file()


class Chains(Expressions):
    """Parses chains and their terms."""

    def chain(self) -> Chain:
        """A chain, from left to right: everything before a `+` is one operand, and a `-` continues the chain."""
        terms: list[Term] = []
        if self.take("-"):
            terms.append(Arithmetic("-", (Chain((self.factor(),)),)))
        else:
            terms.append(self.factor())
        while self.word in ("-", "+"):
            if self.next() == "-":
                terms.append(self.factor())
            else:
                terms = [Arithmetic("+", (Chain(tuple(terms)), Chain((self.factor(),))))]
        return Chain(tuple(terms))

    def factor(self) -> Term:
        found = self.operand()
        while self.word in ("*", "/"):
            found = Arithmetic(self.next(), (Chain((found,)), Chain((self.operand(),))))
        return found

    def operand(self) -> Term:
        if self.kind != "number":
            return self.term()
        number = self.primary().parts[0]
        assert isinstance(number, int | float)
        return Number(number)

    def term(self) -> Term:
        base = self.base()
        if not (self.at("if") and self.ahead(1) == "("):
            return base
        self.next()
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        if not self.take("else"):
            return Guard(base, condition)
        return Guard(base, condition, Absent() if self.take("none") else self.term())

    def base(self) -> Term:
        label = None
        if self.kind in ("name", "string") and self.ahead(1) == ":":
            word = self.next()
            label = word[1:-1] if word.startswith('"') else word
            self.expect(":")
        if self.take("("):
            return self.brackets(label)
        every = self.at("every") and self.ahead(1) in ("[", "for")
        if every:
            self.next()
        if self.take("["):
            return self.repeat(label, every)
        if self.at("for"):
            return self.for_(every)
        if self.word in MERGES and self.ahead(1) == "{":
            return self.merge(label)
        if self.take("in"):
            return Incoming()
        name = self.name()
        if label is None and self.take("["):
            place = self.expression()
            self.expect("]")
            return Use(name, place=place)
        return Use(name, self.arguments() if self.at("(") else None, label)

    def brackets(self, label: str | None) -> Term:
        """`(A)`, or with a comma the tuple `(A, B)`."""
        chains, several = [self.chain()], False
        while self.take(","):
            several = True
            if self.at(")"):
                break
            chains.append(self.chain())
        self.expect(")")
        return Merge("tuple", tuple(chains), label) if several else Group(chains[0], label)

    def repeat(self, label: str | None, every: bool) -> Repeat:
        chain = self.chain()
        self.expect("]")
        times = self.name()
        if not times.startswith("x"):
            raise Invalid(f"x expected, not {times}")
        rest = times[1:]
        if not rest:
            count = self.primary()
        elif rest.isdigit():
            count = Expr("literal", (int(rest),))
        else:
            count = Expr("name", (rest,))
        return Repeat(chain, count, self.name() if self.take("as") else None, label, every)

    def for_(self, every: bool) -> For:
        self.expect("for")
        targets = self.targets()
        self.expect("in")
        over = self.expression()
        self.expect("{")
        chain = self.chain()
        self.expect("}")
        return For(targets, over, chain, every)

    def targets(self) -> tuple[object, ...]:
        found: list[object] = []
        while True:
            if self.take("("):
                found.append(self.targets())
                self.expect(")")
            else:
                found.append(self.name())
            if not self.take(","):
                return tuple(found)

    def merge(self, label: str | None) -> Merge:
        kind = self.name()
        self.expect("{")
        branches: list[Chain | None] = []
        while True:
            branches.append(None if self.at("|") or self.at("}") else self.chain())
            if not self.take("|"):
                break
        self.expect("}")
        return Merge(kind, tuple(branches), label)


class Parser(Chains):
    """Parses statements and declarations."""

    def file(self) -> Spec:
        spec = Spec()
        while self.skip_lines():
            spec.starts.append(self.words[self.place].start)
            spec.declarations.append(self.declaration())
        return spec

    def skip_lines(self) -> bool:
        while self.take("\n"):
            pass
        return self.kind != "end"

    def declaration(self) -> Declaration:
        readers: dict[str, Callable[[], Declaration]] = {
            "from": self.import_, "let": self.let, "default": self.default, "variant": self.variant,
            "fn": self.definition, "macro": self.definition, "block": self.definition, "model": self.definition,
        }  # fmt: skip
        if self.word in readers:
            return readers[self.word]()
        return self.ignored()

    def ignored(self) -> Ignored:
        if self.kind != "string" and self.word not in ("allow", "init", "expect"):
            raise Invalid(f"a statement expected, not {self.word!r}")
        depth = 0
        while self.kind != "end" and not (depth == 0 and self.word in ("\n", "}")):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.word, 0)
            self.next()
        return Ignored()

    def import_(self) -> Import:
        self.expect("from")
        path = self.next()[1:-1]
        self.expect("use")
        return Import(path, self.names())

    def names(self) -> tuple[str, ...]:
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return tuple(found)

    def let(self) -> Let:
        self.expect("let")
        name = self.name()
        self.expect("=")
        return Let(name, self.expression())

    def default(self) -> Default:
        self.expect("default")
        calls: list[Use] = []
        while True:
            calls.append(Use(self.name(), self.arguments()))
            if not self.take(","):
                return Default(tuple(calls))

    def parameters(self) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        if self.take("("):
            while not self.take(")"):
                name = self.name()
                found.append(Parameter(name, self.expression() if self.take("=") else None))
                self.take(",")
        return tuple(found)

    def definition(self) -> Definition:
        kind, name = self.next(), self.name()
        parameters = self.parameters()
        if kind in ("fn", "macro"):
            self.expect("=")
            return Definition(kind, name, parameters, self.expression() if kind == "fn" else self.chain())
        over: tuple[str, ...] = ()
        rest = False
        if kind == "block" and self.take("over"):
            self.expect("(")
            over, rest = self.tensors()
            self.expect(")")
        return Definition(kind, name, parameters, self.body(), over, rest)

    def tensors(self) -> tuple[tuple[str, ...], bool]:
        """The names of tensors; the last may take all remaining ones."""
        found: list[str] = []
        while True:
            rest = self.take("*")
            found.append(self.name())
            if rest or not self.take(","):
                return tuple(found), rest

    def body(self) -> tuple[Statement, ...]:
        self.expect("{")
        found: list[Statement] = []
        while self.skip_lines() and not self.take("}"):
            found.append(self.statement())
        return tuple(found)

    def statement(self) -> Statement:
        if self.word == "let":
            return self.let()
        if self.word == "default" and self.ahead(2) == "(":
            return self.default()
        if self.word == "if":
            return self.if_()
        if self.take("return"):
            training = self.take("training")
            chains = [self.chain()]
            while self.take(","):
                chains.append(self.chain())
            return Return(tuple(chains), training)
        if self.word == "input" and self.kind == "name" and self.ahead(1) != "=":
            return self.input()
        if self.word == "shared" and self.ahead(2) == ":":
            self.next()
            term = self.base()
            if not isinstance(term, Use | Group | Repeat | Merge) or term.label is None:
                raise Invalid("no module that can be shared")
            return Shared(term)
        if self.word in ("init", "allow") or (self.kind == "string" and self.ahead(1) != ":"):
            return self.ignored()
        return self.bind() if self.binds() else Result(self.chain())

    def input(self) -> Input:
        self.expect("input")
        name = ""
        if self.ahead(1) == ":":
            name = self.name()
            self.expect(":")
        return Input(self.primary(), name)

    def binds(self) -> bool:
        place = 0
        while self.ahead(place) == "*" or re.fullmatch(r"[A-Za-z_]\w*", self.ahead(place)):
            if self.ahead(place) == "*":
                return self.ahead(place + 2) == "="
            if self.ahead(place + 1) == "=":
                return True
            if self.ahead(place + 1) != ",":
                return False
            place += 2
        return False

    def bind(self) -> Bind:
        names, rest = self.tensors()
        self.expect("=")
        return Bind(names, self.chain(), rest)

    def if_(self) -> If:
        self.expect("if")
        condition = self.expression()
        then = self.body()
        otherwise: tuple[Statement, ...] = ()
        if self.take("else"):
            otherwise = (self.if_(),) if self.at("if") else self.body()
        return If(condition, then, otherwise)

    def variant(self) -> Variant:
        self.expect("variant")
        name = self.name()
        self.expect("=")
        base = self.name()
        arguments = self.arguments() if self.at("(") else ()
        members = Members()
        if self.take("{"):
            while self.skip_lines() and not self.take("}"):
                self.member(members)
        return Variant(name, base, arguments, tuple(members.inputs), tuple(members.edits))

    def member(self, members: Members) -> None:
        if self.word in EDITS and self.ahead(1) != ":":
            members.edits.append(self.edit())
        elif self.kind == "name" and self.ahead(1) == ":":
            self.next()
            self.next()
            self.expression()
        elif self.word == "input":
            members.inputs.append(self.input())
        else:
            self.ignored()

    def edit(self) -> Edit:
        kind = self.next()
        if kind in ("insert", "truncate"):
            self.expect("after")
        if kind in ("replace", "insert"):
            path = self.path()
            self.expect(":")
            return Edit(kind, (path,), self.chain())
        everything = kind in ("freeze", "unfreeze") and self.take("all")
        if everything and not self.take("except"):
            return Edit(kind, everything=True)
        paths = [self.path()]
        while self.take(","):
            paths.append(self.path())
        return Edit(kind, tuple(paths), everything=everything)

    def path(self) -> str:
        pieces = ""
        while self.word not in (",", ":", "\n", "}") and self.kind != "end":
            pieces += self.next()
        return pieces.strip('"')


@dataclass
class Members:
    """Parses the members of a variant."""

    inputs: list[Input] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
