"""Layers in their context: a child of a sequence, a module, or a function."""

from __future__ import annotations

from collections.abc import Mapping

from archc.ir import definition as d
from archc.ir.data import Callee
from archc.ir.expr import (
    Const,
    Expr,
    Text,
    Var,
    binary,
    const,
    text,
    type_of,
    variables,
    weight,
    with_divisors,
)
from archc.ir.op import Op
from archc.targets.pytorch import lower
from archc.targets.pytorch.code import Append, Assign, CallModule, Compute, PassedModule, Register
from archc.targets.pytorch.lower import Dims, Untranslatable, divides
from archc.targets.pytorch.translate.base import AXES, Base
from archc.targets.pytorch.translate.context import ModuleScope, TensorVariable, Values
from archc.targets.pytorch.translate.errors import MustBeKnown, NotSequence

_LONG = 12
"""The complexity (names and numbers) from which a height or width is assigned to a variable."""


class Layers(Base):
    """Translates layers, and parameters that stand for layers."""

    def place(self, scope: ModuleScope, label: Expr | None, base: str, stateful: bool) -> Expr | None:
        """The name of the next child, with its ordinal; None for a layer that needs no name."""
        position = scope.position
        scope.position = binary("+", position, const(1))
        key = base.lower()
        count = binary("+", scope.counts.get(key, const(0)), const(1))
        scope.counts[key] = count
        if label is not None:
            name = self.expr(label)
            if scope.sequence and names_a_child(name):
                raise NotSequence
            return name
        if scope.positional:
            return text((position,)) if not isinstance(position, Const) else const(str(position.value))
        if not stateful:
            return None
        while isinstance(count, Const) and f"{key}{count.value}" in scope.taken:
            count = binary("+", count, const(1))
            scope.counts[key] = count
        if not isinstance(count, Const) and any(_numbered(t, key) for t in scope.taken):
            raise Untranslatable("a numbered name that a label may have")
        return text((const(key), count))

    def loose_name(self, scope: ModuleScope, base: str) -> Expr:
        """A name for a child of a sequence that has no weights and no label."""
        key = base.lower()
        if self.loops:
            return text((const(self.t.unnumbered(key, "_")), scope.position))
        more = self.t.unnumbered(key)
        count = binary("+", scope.loose.get(key, const(0)), const(1))
        while isinstance(count, Const) and (key if count.value == 1 else f"{more}{count.value}") in scope.taken:
            count = binary("+", count, const(1))
        scope.loose[key] = count
        assert isinstance(count, Const)
        return const(key if count.value == 1 else f"{more}{count.value}")

    def lowered(self, kind: type[Op], arguments: Mapping[str, Expr], values: Values) -> lower.Lowered:
        """Apply an op to tensors, and record the facts that follow from it."""
        known = {**self.facts}
        low = lower.lower(kind, arguments, [v.dims for v in values], known, self.t.functions)
        self.facts.update(low.facts)
        return low

    def layer(
        self,
        kind: type[Op],
        arguments: Mapping[str, Expr],
        label: Expr | None,
        values: Values,
        scope: ModuleScope,
        tail: bool,
        *,
        implicit: bool = False,
    ) -> Values:
        """Translate a layer."""
        for e in arguments.values():
            if isinstance(e, Var) and e.type == "kind":
                raise MustBeKnown(variables(e))
        low = self.lowered(kind, arguments, values)
        if low.before:
            for added_kind in low.before:
                values = self.layer(self.t.kinds[added_kind], {}, None, values, scope, False, implicit=True)
            low = self.lowered(kind, arguments, values)
        if tail and kind.probability_head:
            if not implicit:
                self.place(scope, label, kind.kind(), False)
            self.made.head = lower.operation(kind, low.call, tuple(v.var for v in values))
            return values
        name = None if implicit else self.place(scope, label, kind.kind(), low.stateful)
        dims = self.sizes(low.outputs, scope)
        made = self.placed(kind, low, name, label is not None, values, dims, scope, implicit)
        for after in low.after:
            made = self.layer(self.t.kinds[after], {}, None, made, scope, tail, implicit=True)
        return made

    def sizes(self, outputs: tuple[Dims, ...], scope: ModuleScope) -> tuple[Dims, ...]:
        """The sizes of tensors, simplified. A long expression gets a variable, so that sizes stay small."""
        found: list[Dims] = []
        for row in outputs:
            sizes = [with_divisors(x, divides(self.facts)) for x in row]
            for axis, e in enumerate(sizes):
                if axis and weight(e) >= _LONG:
                    var = self.t.variable(AXES[min(axis, 2)])
                    statements = [scope.body] if scope.sequence else [self.init, self.forward]
                    for body in statements:
                        body.append(Assign(var, e))
                    self.meanings[var] = e
                    sizes[axis] = Var(name=var, type="int")
            found.append(tuple(sizes))
        return tuple(found)

    def placed(
        self,
        kind: type[Op],
        low: lower.Lowered,
        name: Expr | None,
        labelled: bool,
        values: Values,
        dims: tuple[Dims, ...],
        scope: ModuleScope,
        implicit: bool,
    ) -> Values:
        """Emit a layer in its context: a child of a sequence, a module, or a function."""
        if scope.sequence:
            if len(values) != 1 or len(dims) != 1 or low.call.module is None or low.call.module.use is not None:
                raise NotSequence
            scope.implicit = scope.implicit or implicit
            if name is None:
                name = self.loose_name(scope, kind.kind())
            scope.body.append(Append(name, lower.layer(kind, low.call), implicit))
            return (TensorVariable(self.t.variable("y"), dims[0]),)
        inputs = tuple(v.var for v in values)
        outputs = tuple(self.t.variable("y") for _ in dims)
        has_function = low.call.expression is not None
        as_module = low.stateful or not has_function or (labelled and low.call.module is not None)
        if low.call.expression is not None and "self.training" in low.call.expression.template:
            as_module = as_module or self.made.definition in self.t.asleep
        if as_module:
            if low.call.module is None:
                raise Untranslatable(f"{kind.kind()} has weights and no module")
            build = lower.layer(kind, low.call)
            child = name if name is not None else self.loose_name(scope, kind.kind())
            self.init.append(Register(child, build))
            self.forward.append(Compute(outputs, CallModule(child, inputs, build), dims[0]))
        else:
            self.forward.append(Compute(outputs, lower.operation(kind, low.call, inputs), dims[0]))
        return tuple(TensorVariable(v, row) for v, row in zip(outputs, dims, strict=True))

    def passed(self, term: d.BoundParameterCall, values: Values, scope: ModuleScope, tail: bool) -> Values:
        """The argument that a parameter stands for."""
        callee = self.expr(term.callee)
        if isinstance(callee, Const) and isinstance(callee.value, Callee):
            name = callee.value.name
            if (definition := self.t.definitions.get(name)) is not None:
                order = [p.name for p in definition.parameters]
                given: dict[str, Expr] = {}
                positional = iter(order)
                for g in term.arguments:
                    given[g.name or next(positional, "")] = self.expr(g.value)
                if not given.keys() <= set(order):
                    raise Untranslatable("a block that does not take these arguments")
                return self.block(definition, given, term.label, values, scope, tail)
            kind = self.t.kinds.get(name)
            if kind is None:
                raise Untranslatable(f"`{name}` is no term")
            return self.layer(kind, self.matched(kind, term), term.label, values, scope, tail)
        if isinstance(callee, Const):
            raise Untranslatable("a term that stands for nothing")
        if not (isinstance(callee, Var) and callee.type == "kind") or term.arguments:
            raise MustBeKnown(variables(callee))
        return self.act(callee, term, values, scope)

    def act(self, callee: Var, term: d.BoundParameterCall, values: Values, scope: ModuleScope) -> Values:
        """Translate a layer whose class is a parameter."""
        spec = next((a.spec for a in self.made.arguments if a.name == callee.name), callee.name)
        observed = self.t.observed.get(self.made.definition, {}).get(spec, [])
        kinds = tuple(dict.fromkeys(v.name for v in observed if isinstance(v, Callee)))
        overwrite = all(lower.lower(self.t.kinds[k], {}, [values[0].dims], self.facts, {}).call.inplace for k in kinds)
        build = PassedModule(callee, kinds, overwrite and bool(kinds))
        if len(values) != 1:
            raise MustBeKnown(variables(callee))
        scope_name = self.place(scope, term.label, callee.name, False)
        if scope.sequence:
            name = scope_name if scope_name is not None else self.loose_name(scope, callee.name)
            scope.body.append(Append(name, build))
            return values
        name = scope_name if scope_name is not None and not scope.positional else self.loose_name(scope, callee.name)
        out = self.t.variable("y")
        self.init.append(Register(name, build))
        self.forward.append(Compute((out,), CallModule(name, (values[0].var,), build), values[0].dims))
        return (TensorVariable(out, values[0].dims),)

    def matched(self, kind: type[Op], term: d.BoundParameterCall) -> dict[str, Expr]:
        """The arguments of a layer that a parameter stands for, by name."""
        given = [(g.name, self.expr(g.value)) for g in term.arguments]
        positional = [e for n, e in given if not n]
        names = iter(kind.positional([
            e.value.name if isinstance(e, Const) and isinstance(e.value, Callee) else 0 for e in positional
        ]))  # fmt: skip
        found = {n or next(names, ""): e for n, e in given}
        if not found.keys() <= kind.model_fields.keys():
            raise Untranslatable(f"{kind.kind()} does not take these arguments")
        for defaults in term.defaults:
            if defaults.kind == kind.kind():
                for g in defaults.arguments:
                    found.setdefault(g.name, self.expr(g.value))
        return found


def names_a_child(name: Expr) -> bool:
    """Whether a label opens a container around the module that it names.

    Only the last part of the label may be computed.
    """
    if isinstance(name, Const):
        return "." in str(name.value)
    parts = name.parts if isinstance(name, Text) else (name,)
    said = ["." in str(p.value) if isinstance(p, Const) else type_of(p) != "int" for p in parts]
    if any(said[1:]) or (said[0] and not isinstance(parts[0], Const)):
        raise Untranslatable("a computed name of a module that holds others")
    return said[0]


def _numbered(label: str, base: str) -> bool:
    return label.startswith(base) and label[len(base) :].isdecimal()
