"""The state that the networks of a spec share: the values of its files, and expanded blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archc.diagnostics.core import ErrorSentinel, Reporter
from archc.elaborate.expressions import Evaluator
from archc.elaborate.values import Binding, DefinitionRef, Entry, Env, OpRef, Poisoned, Tensors, Unresolved, data_of
from archc.elaborate.vocabulary import in_vocabulary
from archc.ir.expr import Expr, Var, const
from archc.ir.network import LetValue
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.resolve import Definition, Resolved
from archc.resolve.arithmetic import is_number
from archc.resolve.budget import Budget
from archc.support.record import Struct, field
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.elaborate.template import BlockTemplate

POISONED, UNRESOLVED = Poisoned(), Unresolved()
_DECLARED = frozenset({"block", "macro", "function", "model", "variant"})


class Compilation(Struct):
    """The meanings of names in the files of a spec, as bound by resolve, and the state that its networks share.

    `constants` are the file-level `let`s of all files, by their names in expressions; `templates` are the blocks that
    have been expanded.
    """

    resolved: Resolved
    kinds: Mapping[str, type[Op]]
    reporter: Reporter
    budget: Budget
    constants: dict[str, LetValue] = field(default_factory=dict)
    templates: dict[object, BlockTemplate | None] = field(default_factory=dict)
    _envs: dict[str, Env] = field(default_factory=dict)
    _values: dict[Definition, Entry] = field(default_factory=dict)

    def meaning(self, use: tree.Tree, name: str, env: Env) -> Entry | OpRef | None:
        """The meaning of `name` in a use: its binding by resolve, or the value of a variable in `env`.

        None for a variable without a value there.
        """
        definition = self.resolved.bindings.get(use)
        if definition is None:
            return UNRESOLVED
        if definition.kind == "lost":
            return POISONED
        if definition.kind == "layer":
            return OpRef(definition.name)
        if definition.kind in _DECLARED:
            return self.defined(definition, prelude=use in self.resolved.implicit)
        return self._values.get(definition) or env.find(name)

    def is_number(self, use: tree.Use) -> bool:
        """Whether a bare name certainly stands for a number or list."""
        definition = self.resolved.bindings.get(use)
        return definition is not None and is_number(definition)

    def defined(self, definition: Definition, *, prelude: bool = False) -> DefinitionRef:
        """A definition with the environment of its file."""
        what, span = definition.node, definition.span
        assert isinstance(what, tree.Declared) and span
        return DefinitionRef(what, self.env(span.file), prelude)

    def base_of(self, variant: tree.Variant) -> DefinitionRef | None:
        """The base of a variant; None if its name is unknown, which has been reported."""
        definition = self.resolved.bindings.get(variant.base)
        return self.defined(definition) if definition is not None and definition.kind in _DECLARED else None

    def env(self, file: str) -> Env:
        """The environment of a file: its values and `default`s."""
        if (known := self._envs.get(file)) is not None:
            return known
        env = self._envs[file] = Env()
        scope = self.resolved.files[file]
        module = self.resolved.modules[file]
        for imported in module.used():
            self.env(imported.source.name)
        for name, definition in scope.names.items():
            if definition.kind == "let" and (value := self._values.get(definition)) is not None:
                env.names[name] = value
        for declaration in module.file.declarations:
            if isinstance(declaration, tree.Default):
                for use in declaration.layers:
                    if (kind := self.kinds.get(use.name)) is not None:
                        env.add_default(kind, use)
            elif isinstance(declaration, tree.Let):
                found = scope.names.get(declaration.name)
                if found is not None and found.node is declaration:
                    env.names[declaration.name] = self._values[found] = self._constant(declaration, env)
        return env

    def _constant(self, let: tree.Let, env: Env) -> Entry:
        evaluator = Evaluator(env, self.reporter, self.budget, None, _no_type, self.meaning)
        value = evaluator.value(let.value)
        if isinstance(value, ErrorSentinel):
            return POISONED
        expr: Expr = Var(name=let.name)
        constant = LetValue(name=let.name, expr=in_vocabulary(let.value, env), value=data_of(value))
        if self.constants.setdefault(let.name, constant).value != constant.value:
            expr = const(constant.value)  # another file has a `let` of this name
        return Binding(value, expr, let.value.span)


def _no_type(tensors: Tensors) -> TensorType | None:
    return None
