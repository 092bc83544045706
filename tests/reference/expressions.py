"""Parsing expressions."""

from __future__ import annotations

from tests.reference.scanning import Reader
from tests.reference.tree import Argument, Arguments, Expr, Invalid

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
LEVELS = (("or",), ("and",), None, None, ("+", "-"), ("*", "/", "//", "%"))
CONSTANTS = {"true": True, "false": False, "none": None}


class Expressions(Reader):
    """By precedence, lowest first: `a if c else b`, `or`, `and`, `not`, comparisons, sums, products, signs, powers."""

    def expression(self) -> Expr:
        value = self.binary(0)
        if not self.take("if"):
            return value
        condition = self.binary(0)
        self.expect("else")
        return Expr("conditional", (value, condition, self.expression()))

    def binary(self, level: int) -> Expr:
        if level == 2:
            return Expr("unary", ("not", self.binary(2))) if self.take("not") else self.comparison()
        if level == len(LEVELS):
            return self.signed()
        signs = LEVELS[level] or ()
        value = self.binary(level + 1)
        while self.word in signs and self.kind != "string":
            sign = self.next()
            value = Expr("binary", (sign, value, self.binary(level + 1)))
        return value

    def comparison(self) -> Expr:
        first = self.binary(4)
        rest: list[tuple[str, Expr]] = []
        while self.word in COMPARISONS and self.kind != "string":
            rest.append((self.next(), self.binary(4)))
        return Expr("comparison", (first, tuple(rest))) if rest else first

    def signed(self) -> Expr:
        if self.word in ("-", "+"):
            return Expr("unary", (self.next(), self.signed()))
        value = self.primary()
        return Expr("binary", ("**", value, self.signed())) if self.take("**") else value

    def primary(self) -> Expr:
        value = self.atom()
        while True:
            if self.take("."):
                value = Expr("attribute", (value, self.name()))
            elif self.take("["):
                value = Expr("index", (value, self.expression()))
                self.expect("]")
            elif value.kind == "name" and self.at("("):
                value = Expr("call", (value.parts[0], self.arguments()))
            else:
                return value

    def atom(self) -> Expr:
        if self.kind == "number":
            return Expr("literal", (number(self.next()),))
        if self.kind == "shape":
            return Expr("shape", tuple(int(n) for n in self.next().split("x")))
        if self.kind == "string":
            return Expr("literal", (self.next().strip('"'),))
        if self.word in CONSTANTS:
            return Expr("literal", (CONSTANTS[self.next()],))
        if self.take("["):
            return Expr("list", self.items("]")[0])
        if self.take("("):
            values, comma = self.items(")")
            return values[0] if len(values) == 1 and not comma else Expr("tuple", values)
        if self.kind != "name":
            raise Invalid(f"a value expected, not {self.word!r}")
        return Expr("name", (self.next(),))

    def items(self, end: str) -> tuple[tuple[Expr, ...], bool]:
        found: list[Expr] = []
        comma = False
        while not self.take(end):
            found.append(self.expression())
            comma = self.take(",")
            if not comma:
                self.expect(end)
                break
        return tuple(found), comma

    def arguments(self) -> Arguments:
        self.expect("(")
        found: list[Argument] = []
        while not self.take(")"):
            name = None
            if self.kind == "name" and self.ahead(1) == "=":
                name = self.name()
                self.expect("=")
            found.append(Argument(name, self.expression()))
            if not self.take(","):
                self.expect(")")
                break
        return tuple(found)


def number(text: str) -> int | float:
    """The value of a number with its unit."""
    digits = text.rstrip("KMGTiB")
    unit = text[len(digits) :].rstrip("B")
    value = float(digits) if any(c in digits for c in ".eE") else int(digits)
    return value * UNITS[unit] if unit else value
