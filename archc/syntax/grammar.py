"""From the grammar to tables: the one module that imports Lark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lark
from lark.grammar import Rule, Symbol
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift


def plain_tables(grammar: str, starts: Sequence[str]) -> dict[str, Any]:
    """The tables of `grammar` as JSON has them: the fields of `lalr.Parser` with its rules as data, the scanner's.

    States and rules are numbered in the order in which Lark has them.
    """
    made = lark.Lark(grammar, parser="lalr", lexer="basic", start=list(starts))
    table = made.parser.parser._parse_table
    states = {state: number for number, state in enumerate(table.states)}
    rules = {rule: number for number, rule in enumerate(made.rules)}
    return {
        "actions": [
            {name: states[to] if kind is Shift else -1 - rules[to] for name, (kind, to) in actions.items()}
            for actions in table.states.values()
        ],
        "rules": [_plain(rule) for rule in rules],
        "starts": {start: states[table.start_states[start]] for start in starts},
        "ends": {start: states[table.end_states[start]] for start in starts},
        **_scanner(made),
    }


def _plain(rule: Rule) -> tuple[Any, ...]:
    """The fields of a `lalr.Rule`: signs that the grammar writes in quotes leave no part, lists are spliced."""
    options = rule.options
    blanks = "".join("1" if empty else "0" for empty in options.empty_indices or ()).split("0")
    nones = [len(blank) for blank in blanks] if options.empty_indices else [0] * (len(rule.expansion) + 1)
    parts: list[tuple[int, bool, int]] = []
    waiting = 0
    for index, symbol in enumerate(rule.expansion):
        waiting += nones[index]
        if not getattr(symbol, "filter_out", False):
            parts.append((index, _is_helper(symbol), waiting))
            waiting = 0
    name = rule.alias or rule.origin.name
    build = "" if _is_helper(rule.origin) else str(name)
    single = bool(options.expand1 and not rule.alias)
    return str(rule.origin.name), len(rule.expansion), parts, waiting + nones[-1], build, single


def _is_helper(symbol: Symbol) -> bool:
    """Whether a rule is one that Lark adds for `*` and `+`: its parts are those of the rule that it stands in."""
    return not symbol.is_term and str(symbol.name).startswith("_")


def _scanner(made: lark.Lark) -> dict[str, Any]:
    """The scanner: the terminals in Lark's order, the strongest and then the longest first."""
    scanned = [t for t in made.terminals if not _is_word(t)]
    scanned.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return {
        "scanner": "|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in scanned),
        "words": {t.pattern.value: t.name for t in made.terminals if _is_word(t)},
        "signs": {t.name: t.pattern.value for t in made.terminals if isinstance(t.pattern, PatternStr)},
        "ignored": list(made.lexer_conf.ignore),
    }


def _is_word(terminal: TerminalDef) -> bool:
    return isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isalpha()
