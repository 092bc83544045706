"""Translating all definitions of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archc.ir import definition as d
from archc.ir.expr import (
    Const,
    Expr,
    Type,
    const,
    variables,
)
from archc.ir.network import Network
from archc.ir.sym import NeedsValue
from archc.targets.pytorch.code import Append, Class, New, Register
from archc.targets.pytorch.freezing import has_mode_of_its_own
from archc.targets.pytorch.instances import definition_key, instance_definition, owner_key
from archc.targets.pytorch.lower import Dims, Untranslatable
from archc.targets.pytorch.names import snake
from archc.targets.pytorch.translate.body import ClassBody
from archc.targets.pytorch.translate.context import TranslationContext, is_opaque, key_of
from archc.targets.pytorch.translate.errors import Monomorphic, MustBeKnown, NotOptional
from archc.targets.pytorch.walk import builds, walk


class Translator(TranslationContext):
    """Translates the definitions of a file."""

    def class_of(
        self, definition: d.BoundDefinition, arguments: Mapping[str, Expr], inputs: Sequence[Dims], tail: bool
    ) -> Class:
        """The class of a call, translated on demand. Raises `MustBeKnown` for names of the caller."""
        while True:
            static: dict[str, Expr] = {}
            types: dict[str, tuple[Type, str]] = {}
            for name, e in arguments.items():
                found = self.parameter_type(definition, name, e)
                if found is None and not isinstance(e, Const):
                    raise MustBeKnown(variables(e))
                if found is None:
                    static[name] = e
                else:
                    types[name] = found
            key = (
                key_of(definition), tuple((n, _typed(e)) for n, e in static.items()), tuple(types.items()),
                tuple(inputs) if key_of(definition) in self.exact else tuple(len(i) for i in inputs), tail,
            )  # fmt: skip
            if key in self.classes:
                made = self.classes[key]
                if id(made) in self.open:
                    made.outputs = self.formulas.get(key) or self._opaque(definition, arguments, inputs)
                return made
            try:
                return self._translated(key, definition, static, types, inputs, tail)
            except MustBeKnown as error:
                own = {n for n in types if snake(n) in error.names or f"{snake(n)}_" in error.names}
                called = key_of(definition)
                if own:
                    self.must_know.setdefault(called, set()).update(own)
                elif definition.instance and called not in self.exact:
                    self.exact.add(called)
                elif definition.instance and (outer := {n for dims in inputs for e in dims for n in variables(e)}):
                    raise MustBeKnown(frozenset(outer)) from None  # sizes of the caller's inputs
                else:
                    raise Monomorphic(called, f"{error} must be known") from None

    def _opaque(self, definition: d.BoundDefinition, arguments: Mapping[str, Expr], inputs: Sequence[Dims]) -> Any:
        """Provisional sizes of a recursive block, until they are known."""
        rank = len(inputs[0]) if inputs else 3
        return (tuple(self.opaque(key_of(definition)) for _ in range(rank)),)

    def _translated(
        self,
        key: object,
        definition: d.BoundDefinition,
        static: Mapping[str, Expr],
        types: Mapping[str, tuple[Type, str]],
        inputs: Sequence[Dims],
        tail: bool,
    ) -> Class:
        made = Class(definition.called, definition.kind, key_of(definition), definition.doc, definition.span)
        self.classes[key] = made
        self.open.add(id(made))
        try:
            for _ in range(4):
                self._fill(made, definition, static, types, inputs, tail)
                if self.formulas.get(key) == made.outputs or not self._stands_in_itself(made):
                    break
                if any(is_opaque(dims[0]) for dims in made.outputs):
                    raise Monomorphic(key_of(definition), "its width depends on itself")
                self.formulas[key] = made.outputs
        except Untranslatable as error:
            raise Monomorphic(key_of(definition), str(error)) from None
        except NeedsValue as error:
            del self.classes[key]
            raise MustBeKnown(variables(error.expr)) from None
        except MustBeKnown:
            del self.classes[key]
            raise
        finally:
            self.open.discard(id(made))
        return made

    def _fill(
        self,
        made: Class,
        definition: d.BoundDefinition,
        static: Mapping[str, Expr],
        types: Mapping[str, tuple[Type, str]],
        inputs: Sequence[Dims],
        tail: bool,
    ) -> None:
        """Translate a definition, again whenever a module turns out not to be optional."""
        while True:
            try:
                return ClassBody(self, made, definition).fill(static, types, inputs, tail)
            except NotOptional as found:
                self.not_optional.setdefault(key_of(definition), set()).update(found.names)

    def _stands_in_itself(self, made: Class) -> bool:
        found = [
            b
            for s in (*walk(made.init), *walk(made.forward))
            if isinstance(s, Register | Append)
            for b in builds(s.build)
        ]
        return any(isinstance(b, New) and b.made is made for b in found)

    def model(self, network: Network) -> tuple[Class, dict[str, Expr]]:
        """The class of a model, and the arguments that build this network."""
        if (alone := instance_definition(network, self.definitions, self.given_up)) is not None:
            if has_mode_of_its_own(network):
                self.asleep.add(key_of(alone))
            inputs = [tuple(map(const, network.type_of(r).dims)) for r in network.inputs]
            return self.class_of(alone, {}, inputs, True), {}
        scope = network.scopes[0]
        definition = self.definitions[definition_key(scope)]
        arguments: dict[str, Expr] = {a.name: const(a.value) for a in scope.arguments}
        inputs = [tuple(map(const, network.type_of(r).dims)) for r in network.inputs]
        made = self.class_of(definition, arguments, inputs, True)
        self.require_head(made, network)
        return made, arguments

    def require_head(self, made: Class, network: Network) -> None:
        """Give up a definition whose text does not determine whether a `SM` at its end is the head of this network."""
        head = next((n for n in network.nodes if n.head), None)
        if (made.head is not None) != (head is not None):
            key = owner_key(network, network.scopes[(head or network.nodes[network.outputs[0].node]).scope])
            if key not in self.given_up:
                raise Monomorphic(key, "whether it ends in probabilities depends on its surroundings")


def _typed(e: Expr) -> object:
    value = e.value if isinstance(e, Const) else e
    return type(value).__name__, value
