"""Calls of blocks and macros: their arguments, and the tensor that they read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archc.diagnostics.core import ErrorSentinel, Label
from archc.diagnostics.problems.names import MissingArgument
from archc.elaborate.arguments import is_called_on
from archc.elaborate.layers import Refs
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, Env, Poisoned, Tensors, data_of
from archc.ir.data import Data
from archc.ir.expr import Var
from archc.resolve.arguments import ArgumentMismatch, match_names
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.arguments import call_with


def bind(
    state: ExpansionState,
    env: Env,
    defined: DefinitionRef,
    parameters: tuple[tree.Parameter, ...],
    use: tree.Use,
    site: ExpansionContext,
    *,
    in_place: bool = False,
    preset: Mapping[str, Binding] | None = None,
) -> dict[str, tuple[Binding, bool]] | ErrorSentinel:
    """Bind the arguments of a call to parameters, in `env`.

    In a block, a parameter is referred to by its own name. In a macro (`in_place`) it is replaced by the expression
    that was passed, since the body becomes part of the caller. `preset` holds arguments of a base variant. Returns
    values with the caller's expressions, and whether each was given.
    """
    names = tuple(p.name for p in parameters)
    if use.arguments and is_called_on(use, site):
        from archc.elaborate.unknown import report_called_on

        return report_called_on(state, use, site) or ErrorSentinel()
    matched = match_names(defined.name, names, use.arguments or ())
    if isinstance(matched, ArgumentMismatch):
        from archc.elaborate.unknown import report_mismatch

        return report_mismatch(state, site, matched, use)
    inner, preset = site.inside(env, depth=0), preset or {}
    found: dict[str, tuple[Binding, bool]] = {}
    failed: ErrorSentinel | None = None
    for parameter in parameters:
        name, argument = parameter.name, matched.get(parameter.name)
        bound: Binding | ErrorSentinel
        if argument is not None:
            bound = state.bound(argument.value, site)
        elif name in preset:
            bound = preset[name]
        elif parameter.default is not None:
            bound = state.bound(parameter.default, inner)
        else:
            bound = _report_missing(
                state, defined, parameter, needed(defined.name, use, parameters, matched), use, site
            )
        if isinstance(bound, ErrorSentinel):
            failed = bound
            env.names[name] = Poisoned()
            continue
        found[name] = (bound, argument is not None or name in preset)
        expr = bound.expr if in_place else Var(name=name)
        env.names[name] = Binding(bound.value, expr, bound.span, bound.written, bound.env)
    return failed or found


def _report_missing(
    state: ExpansionState,
    defined: DefinitionRef,
    parameter: tree.Parameter,
    call: str,
    use: tree.Use,
    site: ExpansionContext,
) -> ErrorSentinel:
    """Report a required argument that a call does not have; `call` is the call with it."""
    problem = MissingArgument(callee=defined.name, name=parameter.name, call=call)
    asked = Label(parameter.span, "it is asked for here")
    return state.reporter.add(problem, use.name_span, labels=(asked,), frame=site.frame)


def needed(name: str, use: tree.Use, parameters: tuple[tree.Parameter, ...], given: Collection[str]) -> str:
    """The text of a call, including parameters without a default."""
    missing = [p.name for p in parameters if p.default is None and p.name not in given]
    return call_with(name, use.arguments or (), missing)


def incoming(site: ExpansionContext) -> Refs | None:
    """The tensors that `in` refers to."""
    entry = site.env.find("in")
    return entry.refs if isinstance(entry, Tensors) else None


def incoming_named(site: ExpansionContext, refs: Refs, outside: ExpansionContext) -> tuple[ExpansionContext, str]:
    """`site` with `in` referring to `refs`, and its name in expressions: that of the outer one for the outer tensor."""
    around = outside.env.find("in")
    if isinstance(around, Tensors) and around.refs == refs:
        site.env.names["in"] = around
        return site, around.called
    called = f"in_{site.merges + 1}"
    site.env.names["in"] = Tensors(refs, called)
    return replace(site, merges=site.merges + 1), called


def given_values(arguments: dict[str, tuple[Binding, bool]]) -> tuple[tuple[str, Data], ...]:
    """The values that a call gives to parameters, for trails."""
    return tuple([(name, data_of(bound.value)) for name, (bound, given) in arguments.items() if given])
