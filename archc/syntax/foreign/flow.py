"""The chain that a program computes: its statements one after the other, each a chain of the tensors before it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from archc.diagnostics.source import Source
from archc.diagnostics.words.table import table
from archc.syntax.foreign.attributes import OBJECTS
from archc.syntax.foreign.ported import CannotPort, PortedChain, expression
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.tokens import Token

_MOST = 400
"""Letters of a program whose chain is shown."""
_DEEPER = {"LPAR": 1, "LSQB": 1, "LBRACE": 1, "RPAR": -1, "RSQB": -1, "RBRACE": -1, "TIMES": -1}
_NOTHING = frozenset("import from class def super print model.compile model.fit model.summary".split())
"""How statements begin that compute nothing of the network."""
_LAYER = re.compile(r"(\w+: )?[\[(]*([A-Z]\w*|for |concat |add |mul |…)")
"""How a term begins that is one here, and no function of the program."""
_INPUTS = frozenset({"Input", "InputLayer"})


def flow(source: Source, start: int = 0) -> str:
    """The chain that the statements of a program behind `start` compute; empty where they are more than a chain."""
    made: dict[str, PortedChain] = {}
    last = PortedChain("")
    try:
        for statement in _statements(source, start):
            name, chain = _computed(statement)
            if chain is None:
                continue
            before = made.get(chain.start) if chain.start else None
            if before is None and chain.start and chain.start not in table().tensors:
                return ""
            earlier = before if name else last
            last = PortedChain("", (*(earlier.terms if earlier is not None else ()), *chain.terms))
            if name:
                made[name] = last
    except CannotPort:
        return ""
    text = last.text()
    known = all(_LAYER.match(term) for term in last.terms)
    return text if known and len(last.terms) > 1 and len(text) <= _MOST else ""


def in_words(source: Source, start: int) -> str:
    """What is to be written for a program behind `start`, its chain or its statements; empty if neither is known."""
    if chain := flow(source, start):
        return f"what is computed is the chain: `{chain}`"
    found = lines(source, start)
    more = ", with its arguments for each `…`" if any("…" in line for line in found) else ""
    return f"write what it computes: {', '.join(f'`{line}`' for line in found)}{more}" if found else ""


def lines(source: Source, start: int) -> list[str]:
    """The statements of a program behind `start`, each as it is here; empty where one is not known."""
    known: set[str] = set()
    found: list[str] = []
    for s in _statements(source, start):
        if s.text(0) in _NOTHING or "".join(s.texts[:3]) in _NOTHING:
            continue
        first = 1 if s.kind(0) == "RETURN" else 2 if s.kinds[:2] == ["NAME", "ASSIGN"] else 3
        is_sum = s.kind(1) in ("PLUS", "STAR") and s.kinds[::2][:2] == ["NAME", "ASSIGN"]
        if first == 3 and not is_sum:
            return []
        try:
            text = expression(s, first, s.last).text() or "in"
        except CannotPort:
            return []
        text = re.sub(r"\b[a-z]\w*\b(?!\s*[(:=.])", lambda word: _tensor(word[0], known), text)
        name = s.text(0)
        text = f"{_tensor(name, known)} {s.text(1)} {text}" if is_sum else text
        found.append(f"return {text}" if first == 1 else f"{name} = {text}")
        known.add(name)
    return found if len(found) > 1 and sum(map(len, found)) <= _MOST else []


def _tensor(word: str, known: Collection[str]) -> str:
    """The tensor that a word stands for in a body that has given some names."""
    return "in" if word in table().tensors and word not in known else word


def _computed(s: BrokenStatement) -> tuple[str, PortedChain | None]:
    """The name that a statement gives a tensor, empty for none, and the chain that this is; None for no tensor."""
    if s.text(0) in _NOTHING or s.text(0) in OBJECTS or "".join(s.texts[:3]) in _NOTHING:
        return "", None
    if s.kind(0) == "RETURN":
        return "return", expression(s, 1, s.last)
    if s.kind(1) == "DOT" and s.text(2) in ("add", "append") and s.kind(3) == "LPAR":
        return "", expression(s, 4, s.closing(3) - 1)
    if not s.text(0).isidentifier() or s.kind(1) != "ASSIGN":
        raise CannotPort("")
    if _INPUTS & set(s.texts[2:6]) or s.texts[-3:] == ["Sequential", "(", ")"] or s.text(s.last - 1) == "Model":
        return "", None
    if "Model" in s.texts[2:6]:
        return "", None
    return s.text(0), expression(s, 2, s.last)


def _statements(source: Source, start: int) -> Iterator[BrokenStatement]:
    """The statements of a text, each of the lines that its brackets hold together."""
    tokens: list[Token] = []
    depth = 0
    for token in scan(source, tables(), start):
        depth += _DEEPER.get(token.type, 0)
        if token.type != "NEWLINE":
            tokens.append(token)
        elif depth <= 0 and tokens:
            yield BrokenStatement(source, tokens, 0, frozenset())
            tokens = []
        if depth < 0:
            break
    if tokens and depth >= 0:
        yield BrokenStatement(source, tokens, 0, frozenset())
