"""Loops: their variables, and a lower bound on the layers that they expand to."""

from __future__ import annotations

from archc.diagnostics.core import Label
from archc.diagnostics.problems.names import DuplicateName, ReservedName
from archc.diagnostics.problems.parameters import WrongType
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, Env, Tensors, Value, data_of, describe
from archc.ir.data import Data
from archc.ir.expr import Var
from archc.resolve.naming import is_reserved
from archc.syntax import tree


def targets_are_free(state: ExpansionState, target: tree.Target, site: ExpansionContext) -> bool:
    """Whether a loop may use these names for its variables. Others are reported."""
    for part in flat(target):
        name = str(part.names)
        if is_reserved(name):
            reason = "Python keeps this name for itself"
            state.report(ReservedName(name=name, reason=reason), part.span, site)
            return False
        entry = site.env.find(name)
        if isinstance(entry, Binding):
            there = (Label(entry.span, "it has this meaning here"),)
            state.reporter.add(DuplicateName(name=name), part.span, labels=there, frame=site.frame)
            return False
    return True


def assign(
    state: ExpansionState, env: Env, target: tree.Target, row: Value, values: list[Data], site: ExpansionContext
) -> bool:
    """Bind the names of a loop in `env`, and add them to `values`. False if they do not match, which is reported."""
    if isinstance(target.names, str):
        env.names[target.names] = Binding(row, Var(name=target.names), target.span)
        values.append(data_of(row))
        return True
    if not isinstance(row, tuple) or len(row) != len(target.names):
        found = f"{describe(row)} of {len(row)}" if isinstance(row, tuple) else describe(row)
        problem = WrongType(what=f"a target of {len(target.names)} names", found=found, advice=_fitting(target, row))
        state.report(problem, target.span, site)
        return False
    return all(assign(state, env, t, v, values, site) for t, v in zip(target.names, row, strict=True))


def _fitting(target: tree.Target, row: Value) -> str:
    """What to write if a loop has a different number of variables than a turn has values."""
    names = [each.names for each in target.names if isinstance(each, tree.Target) and isinstance(each.names, str)]
    if not isinstance(row, tuple):
        return f"each item is one value, with one name: `for {(names or ['x'])[0]} in …`"
    if len(row) < len(target.names):
        return f"each item has {len(row)} values: leave names out"
    free = [name for name in ("s", "t", "k", "n", "c", "a", "b", "d") if name not in names]
    more = free[: len(row) - len(names)]
    return f"each item has {len(row)} values, with a name for each: `({', '.join([*names, *more])})`"


def flat(target: tree.Target) -> list[tree.Target]:
    """The names in a target."""
    if isinstance(target.names, str):
        return [target]
    return [t for part in target.names for t in flat(part)]


def least_layers(chain: tree.Chain, env: Env) -> int:
    """A lower bound on the layers that a chain expands to, to refuse oversized networks before expanding them."""
    total = 0
    for term in chain.terms:
        match term:
            case tree.Use():
                total += not (term.name == "in" or isinstance(env.find(term.name), Tensors))
            case tree.Group():
                total += least_layers(term.chain, env)
            case tree.Repeat():
                total += _known_count(term.count, env) * least_layers(term.chain, env)
            case tree.Calculation():
                total += 1 + sum(least_layers(operand, env) for operand in term.operands)
            case tree.Merge():
                total += (term.kind != "tuple") + sum(least_layers(b, env) for b in term.branches)
            case _:
                pass
    return total


def _known_count(expression: tree.Expression, env: Env) -> int:
    if isinstance(expression, tree.Literal_) and isinstance(expression.value, int):
        return max(0, expression.value)
    if isinstance(expression, tree.Name) and isinstance(entry := env.find(expression.name), Binding):
        return max(0, entry.value) if isinstance(entry.value, int) else 0
    return 0
