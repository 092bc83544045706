"""The state that the translations of all definitions of a file share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archc.ir import definition as d
from archc.ir.data import Callee, Data
from archc.ir.expr import (
    Const,
    Expr,
    Type,
    Var,
    const,
    leaves,
    type_of,
)
from archc.ir.network import Network
from archc.ir.op import Op
from archc.ir.sym import NeedsValue
from archc.support.record import Record, Struct, field
from archc.targets.pytorch import lower
from archc.targets.pytorch.code import Class, Statement
from archc.targets.pytorch.instances import definition_key
from archc.targets.pytorch.lower import Dims, Untranslatable
from archc.targets.pytorch.translate.errors import Monomorphic
from archc.targets.pytorch.translate.parameters import expr_type, list_type, tuple_of, value_type


class TensorVariable(Record):
    """A tensor of a body: its variable and its sizes."""

    var: str
    dims: Dims


Values = tuple[TensorVariable, ...]


class ModuleScope(Struct):
    """A scope of modules while it is translated.

    `sequence`: children are appended to `body`, else registered. `counts` and `position` number what has been placed.
    """

    positional: bool
    taken: frozenset[str]
    sequence: bool = False
    body: list[Statement] = field(default_factory=list)
    counts: dict[str, Expr] = field(default_factory=dict)
    loose: dict[str, Expr] = field(default_factory=dict)
    position: Expr = const(0)
    implicit: bool = False


class TranslationContext(Struct):
    """The definitions of a file, its ops by name (`kinds`), and the classes translated so far."""

    networks: Sequence[Network]
    kinds: Mapping[str, type[Op]]
    definitions: dict[str, d.BoundDefinition] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    observed: dict[str, dict[str, list[Data]]] = field(default_factory=dict)
    classes: dict[object, Class] = field(default_factory=dict)
    formulas: dict[object, tuple[Dims, ...]] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    """The classes whose bodies are being translated, by identity: a recursive call meets one."""
    must_know: dict[str, set[str]] = field(default_factory=dict)
    inner: dict[int, tuple[d.BoundRepeat | d.BoundMerge, d.BoundRepeat | d.BoundMerge]] = field(default_factory=dict)
    more_than_sequences: set[int] = field(default_factory=set)
    """The groups that need a `forward`, by identity."""
    not_optional: dict[str, set[Expr]] = field(default_factory=dict)
    """The names of modules for which no `nn.Identity` may stand, by definition."""
    owners: dict[str, str] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    """The definitions without a class for all arguments, with the reason."""
    exact: set[str] = field(default_factory=set)
    """The instances whose class holds the sizes of its inputs as numbers, because its code depends on them."""
    asleep: set[str] = field(default_factory=set)
    """The models whose functions must not depend on their mode."""
    numbered: set[str] = field(default_factory=set)
    """The words before the numbers of unlabelled children: of layers with weights, and of blocks."""
    fresh: int = 0

    def prepare(self) -> None:
        """Collect the definitions and functions of the networks."""
        self.numbered.update(name.lower() for name, kind in self.kinds.items() if kind.weights is not Op.weights)
        for network in self.networks:
            for definition in network.definitions:
                self.definitions.setdefault(key_of(definition), definition)
                self.numbered |= {definition.called.lower(), definition.name.lower()}
            self.functions.update({f.name: f for f in network.functions})
            for scope in network.scopes:
                if scope.definition is not None:
                    rows = self.observed.setdefault(definition_key(scope), {})
                    for argument in scope.arguments:
                        rows.setdefault(argument.name, []).append(argument.value)

    def unnumbered(self, word: str, mark: str = "") -> str:
        """A word, followed by `mark` and further underscores, that no numbered child's name begins with."""
        while any(numbered.startswith(f"{word}{mark}") for numbered in self.numbered):
            mark += "_"
        return f"{word}{mark}"

    def variable(self, hint: str) -> str:
        """A new variable with a unique name."""
        self.fresh += 1
        return f"{hint}~{self.fresh}"

    def parameter_type(self, definition: d.BoundDefinition, name: str, e: Expr) -> tuple[Type, str] | None:
        """The type of a parameter and its annotation in Python; None if the parameter must be a constant."""
        if name in self.must_know.get(key_of(definition), ()):
            return None
        values = self.observed.get(key_of(definition), {}).get(name, [])
        kinds = {value_type(v) for v in values} | {expr_type(e)}
        if "kind" in kinds or (kinds == {"none"} and expr_type(e) == "kind"):
            return self._kind_type(values, e)
        if kinds & {"none", "str", "any", "mixed"}:
            return None
        if kinds <= {"int"}:
            return "int", "int"
        if kinds <= {"bool"}:
            return "bool", "bool"
        if kinds <= {"int", "float"}:
            return "float", "float"
        if kinds <= {"int", "pair"}:
            return ("tuple", "tuple[int, int]") if values else None
        if kinds <= {"pair", "list"}:
            rows = [v for v in values if isinstance(v, tuple)] or tuple_of(e)
            written = list_type(rows) if all(type_of(const(row)) == "tuple" for row in rows) else None
            return ("tuple", written) if written else None
        return None

    def _kind_type(self, values: Sequence[Data], e: Expr) -> tuple[Type, str] | None:
        """The type of a layer that is passed as a value, if different plain layers are passed."""
        named = [v for v in values if v is not None]
        if not all(isinstance(v, Callee) and self.is_plain(v.name) for v in named) or not named:
            return None
        if len({v.name for v in named if isinstance(v, Callee)}) == 1 and len(named) == len(values):
            return None
        if isinstance(e, Const) and isinstance(e.value, Callee) and not self.is_plain(e.value.name):
            return None
        none = " | None" if len(named) < len(values) else ""
        return "kind", f"type[nn.Module]{none}"

    def is_plain(self, name: str) -> bool:
        """Whether a layer has no weights and no arguments, and keeps shapes."""
        kind = self.kinds.get(name)
        if kind is None or kind.inputs != (1, 1):
            return False
        try:
            for dims in ((const(6), const(4), const(4)), (const(6),)):
                low = lower.lower(kind, {}, [dims], {}, {})
                made = low.call.module
                if low.stateful or low.outputs != (dims,) or made is None or made.args or made.kwargs:
                    return False
                if low.call.module_definition or low.call.definition:
                    return False
        except (Untranslatable, NeedsValue):
            return False
        return True

    def opaque(self, owner: str) -> Var:
        """A placeholder for a size of a definition that has no formula."""
        found = Var(name=self.variable("?"), type="int")
        self.owners[found.name] = owner
        return found

    def without_label(self, term: d.BoundRepeat | d.BoundMerge) -> d.BoundRepeat | d.BoundMerge:
        """A term as it is inside the module that its label names."""
        known = self.inner.get(id(term))
        if known is None:
            known = self.inner[id(term)] = term, term.model_copy({"label": None})
        return known[1]

    def give_up(self, reason: Monomorphic) -> None:
        """From now on, make one class for each instance of a definition and of its callers."""
        if reason.definition in self.given_up:
            raise reason
        self.given_up[reason.definition] = reason.reason
        self.classes.clear()

    def class_of(
        self, definition: d.BoundDefinition, arguments: Mapping[str, Expr], inputs: Sequence[Dims], tail: bool
    ) -> Class:
        """The class of a call, translated on demand. Raises `MustBeKnown` for names of the caller."""
        raise NotImplementedError


def key_of(definition: d.BoundDefinition) -> str:
    """The key of a definition: a model and a block may have the same name."""
    return f"model {definition.name}" if definition.kind == "model" else definition.name


def is_opaque(e: Expr) -> bool:
    """Whether a size is a placeholder for one without a formula."""
    return any(isinstance(x, Var) and x.name.startswith("?") for x in leaves(e))
