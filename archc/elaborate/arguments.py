"""The arguments of a layer, as they are written or set by a `default`."""

from __future__ import annotations

from collections.abc import Mapping

from archc.diagnostics.core import ErrorSentinel
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, Env, OpRef, Tensors
from archc.ir.op import Op
from archc.resolve.arguments import ArgumentMismatch, match_names
from archc.syntax import tree


def arguments(
    state: ExpansionState,
    site: ExpansionContext,
    kind: type[Op],
    use: tree.Use,
    usual: Mapping[str, tuple[tree.Argument, Env]],
) -> dict[str, tuple[Binding, bool]] | ErrorSentinel:
    """The given arguments and those `usual` by a `default`, by name in the op's order, and whether each was given."""
    names = tuple(kind.model_fields)
    if use.arguments and is_called_on(use, site):
        from archc.elaborate.unknown import report_called_on

        return report_called_on(state, use, site) or ErrorSentinel()
    matched = match_names(kind.kind(), names, _in_position(state, kind, use, site))
    if isinstance(matched, ArgumentMismatch):
        from archc.elaborate.unknown import report_mismatch

        return report_mismatch(state, site, matched, use)
    found: dict[str, tuple[Binding, bool]] = {}
    failed: ErrorSentinel | None = None
    for name in names:
        if (argument := matched.get(name)) is not None:
            bound = state.bound(argument.value, site)
        elif name in usual:
            argument, env = usual[name]
            bound = state.bound(argument.value, site.inside(env))
        else:
            continue
        if isinstance(bound, ErrorSentinel):
            failed = bound
        else:
            found[name] = (bound, name in matched)
    return failed or found


def is_called_on(use: tree.Use, site: ExpansionContext) -> bool:
    """Whether a term is called on a tensor, `ReLU(x)`, as in other libraries."""
    named = (a.value.name for a in use.arguments or () if a.name is None and type(a.value) is tree.Name)
    return any(isinstance(site.env.find(name), Tensors) for name in named)


def _in_position(
    state: ExpansionState, kind: type[Op], use: tree.Use, site: ExpansionContext
) -> tuple[tree.Argument, ...]:
    """The arguments, with positional ones named if the op reads a layer there: `FC(SM)` is `FC(act=SM)`."""
    arguments = use.arguments or ()
    positional = [a for a in arguments if a.name is None]
    kinds = [_kind_named(state, a.value, site) for a in positional]
    if not any(kinds):
        return arguments
    names = kind.positional([k or 0 for k in kinds])
    renamed = {id(a): n for a, n in zip(positional, names, strict=False)}
    return tuple(tree.Argument(a.span, renamed.get(id(a), a.name), a.value) for a in arguments)


def _kind_named(state: ExpansionState, value: tree.Expression, site: ExpansionContext) -> str | None:
    """The op that an argument names, if any."""
    if not isinstance(value, tree.Name):
        return None
    entry = state.meaning(value, site.env)
    return entry.name if isinstance(entry, OpRef) else None
