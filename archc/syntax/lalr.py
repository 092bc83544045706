"""The LALR(1) parser: runs the tables that Lark makes of the grammar.

Lark's own parser does the same, but importing it takes as long as checking a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archc.support.record import Record, field
from archc.syntax.tokens import Token

END = "$END"


class Part(NamedTuple):
    """A symbol of a rule that its node is made of: which one, whether it is a list of parts, Nones before it."""

    symbol: int
    spliced: bool
    nones: int


class Rule(NamedTuple):
    """A rule of the grammar: what it makes (`origin`), of how many symbols, and how.

    `build` is the method of the tree builder, empty for a rule that only groups; `single`: one part stands for itself.
    `nones`: parts left out at the end.
    """

    origin: str
    size: int
    parts: tuple[Part, ...]
    nones: int
    build: str
    single: bool


Actions = tuple[dict[str, int], ...]
"""For each state, by the name of the next symbol: the state to go to, or `-1 - rule` to reduce."""


class Stuck(Exception):
    """Raised at a token that no action accepts. Never leaves the syntax room."""

    def __init__(self, at: int, accepted: frozenset[str]) -> None:
        self.at = at
        self.accepted = accepted


class Parser(Record):
    """Tables with the functions that make nodes. `starts` and `ends`: the first and last state of each start rule.

    A rule without a function is one of a single symbol whose value stands for it, of which a grammar of expressions
    has one for each level of precedence. `raised` remembers where a run of these leads: from the two states on top,
    with what comes next.
    """

    actions: Actions
    rules: tuple[tuple[str, int, Callable[[list[Any]], Any] | None], ...]
    starts: Mapping[str, int]
    ends: Mapping[str, int]
    raised: dict[tuple[int, int, str], int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        actions: Actions,
        rules: Sequence[Rule],
        starts: Mapping[str, int],
        ends: Mapping[str, int],
        builder: object,
    ) -> Parser:
        """A parser that calls the methods of `builder`."""
        return cls(actions, tuple((r.origin, r.size, _reduction(r, builder)) for r in rules), starts, ends)

    def parse(self, tokens: Sequence[Token], start: str) -> Any:
        """What the builder made of the tokens. Raises `Stuck`, with the number of the token and what would do."""
        actions, rules, raised, end = self.actions, self.rules, self.raised, self.ends[start]
        states, values = [self.starts[start]], list[Any]()
        for at, token in enumerate((*tokens, None)):
            kind = token.type if token else END
            while token or states[-1] != end:
                action = actions[states[-1]].get(kind)
                if action is None:
                    raise Stuck(at, self._accepted(states, end))
                if action >= 0:
                    states.append(action)
                    values.append(token)
                    break
                origin, size, build = rules[-1 - action]
                if build is None:
                    top = states.pop()
                    key = states[-1], top, kind
                    states.append(raised.get(key) or self._raise(key))
                    continue
                if size:
                    taken = values[-size:]
                    del states[-size:], values[-size:]
                else:
                    taken = []
                values.append(build(taken))
                states.append(actions[states[-1]][origin])
        return values[-1]

    def _raise(self, key: tuple[int, int, str]) -> int:
        """The state that rules without a function lead to from the one on `top`, above `below`, before `kind`."""
        below, top, kind = key
        while (action := self.actions[top].get(kind, 0)) < 0:
            origin, _, build = self.rules[-1 - action]
            if build is not None:
                break
            top = self.actions[below][origin]
        self.raised[key] = top
        return top

    def _accepted(self, states: list[int], end: int) -> frozenset[str]:
        """The terminals that can come next."""
        return frozenset(kind for kind in self.actions[states[-1]] if self._accepts(list(states), kind, end))

    def _accepts(self, states: list[int], kind: str, end: int) -> bool:
        if kind.islower():  # the name of a rule
            return False
        while not (kind == END and states[-1] == end):
            action = self.actions[states[-1]].get(kind)
            if action is None or action >= 0:
                return action is not None
            origin, size, _ = self.rules[-1 - action]
            if size:
                del states[-size:]
            states.append(self.actions[states[-1]][origin])
        return True


def _reduction(rule: Rule, builder: object) -> Callable[[list[Any]], Any] | None:
    """The function that builds the node of a rule from its symbols' values; None if the only value is passed on."""
    make = getattr(builder, rule.build, None) if rule.build else None
    plain = not any(part.spliced or part.nones for part in rule.parts) and not rule.nones
    indices = [part.symbol for part in rule.parts]
    if plain and rule.single and len(indices) == 1:
        (only,) = indices
        return None if rule.size == 1 else lambda values: values[only]
    if plain:
        chosen = _chosen_all if indices == list(range(rule.size)) else lambda values: [values[i] for i in indices]
    elif make is None and rule.parts and rule.parts[0].spliced and not rule.parts[0].nones:
        return lambda values: _grown(rule, values)
    else:
        chosen = lambda values: list(_spliced(rule, values))  # noqa: E731
    if make is None:
        return chosen
    if rule.single:
        return lambda values: found[0] if len(found := chosen(values)) == 1 else make(*found)
    return lambda values: make(*chosen(values))


def _chosen_all(values: list[Any]) -> list[Any]:
    return values


def _grown(rule: Rule, values: list[Any]) -> list[Any]:
    """The list of a repetition with its next items: the same list, so that a long one takes linear time."""
    grown: list[Any] = values[rule.parts[0].symbol]
    grown.extend(list(_spliced(rule, values, first=1)))
    return grown


def _spliced(rule: Rule, values: list[Any], first: int = 0) -> Iterator[Any]:
    for index, spliced, nones in rule.parts[first:]:
        yield from (None,) * nones
        if spliced:
            yield from values[index]
        else:
            yield values[index]
    yield from (None,) * rule.nones
