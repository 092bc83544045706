"""Parsing one statement, member or expression with the LALR(1) tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from archc.diagnostics.core import Reporter
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.problems.syntax import Unexpected
from archc.diagnostics.source import Source, Span
from archc.syntax import tree
from archc.syntax.expected import report_unexpected, report_unreadable
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.lalr import Stuck
from archc.syntax.literals import read_literal
from archc.syntax.scan import scan
from archc.syntax.tables import Tables
from archc.syntax.tokens import UNREADABLE, Token, is_name
from archc.syntax.walk import first_deeper

MAX_BRACKETS = 64
"""How deeply brackets may be nested."""

MAX_DEPTH = 200
"""How deeply the nodes of a statement may be nested. Later stages recurse once per level."""

Start: TypeAlias = Literal["statement", "member", "expression"]

_FACTORS = frozenset({"STAR", "SLASH"})
_LITERALS = frozenset({"NUMBER", "SHAPE", "STRING"})


class Reader:
    """Reads statements of one source."""

    def __init__(self, source: Source, tables: Tables, reporter: Reporter) -> None:
        self.source = source
        self.tables = tables
        self.reporter = reporter
        self.told: set[str] = set()
        """The idioms of other languages that have been reported and are reported only once per file."""
        self.lost: set[str] = set()
        """The names that unparsable statements would have defined, where an idiom shows them."""

    def read(self, tokens: Sequence[Token], start: Start, *, silent: bool = False) -> Any:
        """The node of a statement, or None if it cannot be parsed; the reason is reported unless `silent`.

        Requires: at least one token, no line ends among `tokens`, and every keyword typed as such.
        """
        reporter = Reporter() if silent else self.reporter
        for token in tokens:
            if token.type in _LITERALS:
                token.value = read_literal(token, reporter, self.read_expression)
                if token.value is None:
                    return None
        try:
            node = self._parsed(tokens, start)
        except Stuck as stuck:
            statement = BrokenStatement(self.source, tokens, stuck.at, stuck.accepted)

            def reads(changed: Sequence[Token]) -> bool:
                return self._reads(changed, start)

            self.lost.update(report_unexpected(statement, self.tables, reporter, self.told, reads))
            return None
        return None if self._too_deep(node, tokens, reporter) else node

    def _parsed(self, tokens: Sequence[Token], start: Start) -> Any:
        """The node of a statement. Raises `Stuck`; for a number that cannot be an operand, at the number itself."""
        kinds = [token.type for token in tokens]
        if start == "statement" and (kinds[0] == "MINUS" or kinds == ["NAME", "ASSIGN", "NUMBER"]):
            raise self._stuck(tokens, 0 if kinds[0] == "MINUS" else 2, start)
        try:
            return self.tables.parser.parse(tokens, start)
        except Stuck as stuck:
            if stuck.accepted == _FACTORS and stuck.at:  # `Conv-64 - ReLU`: only a factor could follow
                raise self._stuck(tokens, stuck.at - 1, start) from None
            if kinds[max(0, stuck.at - 3) : stuck.at] == ["LSQB", "MINUS", "NUMBER"]:  # `[-1, 1, Conv]`
                raise self._stuck(tokens, stuck.at - 2, start) from None
            raise

    def _stuck(self, tokens: Sequence[Token], at: int, start: Start) -> Stuck:
        """The exception for an unexpected token `at`."""
        try:
            self.tables.parser.parse(tokens[:at], start)
        except Stuck as stuck:
            return stuck
        return Stuck(at, frozenset())

    def _reads(self, tokens: Sequence[Token], start: Start) -> bool:
        """Whether tokens form a complete statement."""
        try:
            self.tables.parser.parse(tokens, start)
        except Stuck:
            return False
        return True

    def read_expression(self, start: int, end: int) -> tree.Expression | None:
        """The expression in the braces of a string, between two offsets of the source."""
        tokens: list[Token] = []
        depth = 0
        scanned = [t for t in scan(self.source, self.tables, start, end) if t.type != "NEWLINE"]
        for i, token in enumerate(scanned):
            if token.type in UNREADABLE:
                statement = BrokenStatement(self.source, scanned, i, frozenset())
                report_unreadable(statement, self.reporter, self.told)
                return None
            depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
            if depth > MAX_BRACKETS:
                self.reporter.add(TooDeep(limit=MAX_BRACKETS, what="brackets"), token.span)
                return None
            after = scanned[i + 1].type if i + 1 < len(scanned) else "END"
            before = tokens[-1].type if tokens else ""
            tokens.append(token)
            if token.text in self.tables.words and is_name(token, "NAME", before, after):
                token.type = "NAME"
        if not tokens:
            place = Span(self.source.name, start - 1, end + 1)
            self.reporter.add(Unexpected(wanted="a value in the braces"), place)
            return None
        result: tree.Expression | None = self.read(tokens, "expression")
        return result

    def _too_deep(self, node: tree.Tree, tokens: Sequence[Token], reporter: Reporter) -> bool:
        # A token adds at most two levels, so most statements need no check. Bodies have been checked before.
        if 2 * len(tokens) <= MAX_DEPTH:
            return False
        below = first_deeper(node, MAX_DEPTH)
        if below is not None:
            reporter.add(TooDeep(limit=MAX_DEPTH, what="terms and expressions"), below.span)
        return below is not None
