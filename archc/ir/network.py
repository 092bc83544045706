"""The typed network, which is the result of checking and the input of every later stage.

Two views of one thing, both linear in the size of the expanded network:

* `nodes`, the dataflow graph in execution order: each an op with its input tensors and output types;
* `scopes`, the structure as written, expanded but complete: repeats with their iterations, guards with the branch
  taken, block calls with their arguments. Each argument keeps its expression.

Expressions (`expr` fields) are trees in the vocabulary of the enclosing definition: the variables are the parameters,
`let` names and loop variables of the block or model; `in_.channels`, `in_.height`, `in_.width` (and the same of a named
tensor) are sizes of a tensor; `fn`s of the spec are called by name. Macros are expanded: their parameters are replaced
by the arguments. `definitions` has what does not depend on arguments, such as both sides of a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self, TypeAlias

from archc.diagnostics.source import Span, call_text
from archc.ir.data import Data, OneOf
from archc.ir.definition import BoundDefinition
from archc.ir.expr import Expr, Lambda
from archc.ir.op import Op, Weight
from archc.ir.types import TensorType, Types
from archc.ir.value import Value
from archc.support.record import Record

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema


class Ref(NamedTuple):
    """A tensor: output number `out` of node number `node`."""

    node: int
    out: int = 0


class ArgumentValue(Value):
    """An argument as given (or the default, if `given` is false): its value, expression and place."""

    name: str
    expr: Expr
    value: Data
    span: Span
    given: bool = True


class _OfAnyKind(Record):
    """The JSON form of an op: its arguments and its `kind`. Reading one needs the context `{"ops": kinds by name}`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.with_info_plain_validator_function(_read_op)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}


def _read_op(value: object, info: ValidationInfo) -> Op:
    if isinstance(value, Op):
        return value
    kinds: Mapping[str, type[Op]] = (info.context or {})["ops"]
    kind = value.get("kind") if isinstance(value, dict) else value
    if not isinstance(value, dict) or not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"no op of kind {kind!r}")
    return kinds[kind].model_validate({k: v for k, v in value.items() if k != "kind"})


AnyOp: TypeAlias = Annotated[Op, _OfAnyKind()]


class Expansion(Value):
    """One step of the trail: the callee and its values, the place, the module that it opened, the enclosing step."""

    callee: str
    arguments: tuple[tuple[str, Data], ...]
    span: Span
    path: str
    parent: int | None

    @property
    def call(self) -> str:
        """The call as a spec would write it, for display."""
        return call_text(self.callee, self.arguments)


class Node(Value):
    """One layer or merge.

    `path`: its module path, `""` if it needs no name (no state and not a child of a sequential scope).
    `arguments`: the arguments that the spec gave or that a `default` set, with their expressions.
    `implicit`: added for a sugar layer (the flattening before an `FC` on an image), not written.
    `head`: it is the probability head at the end of a model, which `forward` omits.
    `expansion`: the index in `Network.expansions`, None at the top level.
    `added`: an edit of the model added it. `frozen`: its weights and statistics are not trained (`freeze`).
    `wrong`: it has an error; only a partial network has such nodes.
    `shared`: for a later use of a shared module, the node of the first, which has the same path and the weights.
    """

    op: AnyOp
    inputs: tuple[Ref, ...]
    types: tuple[TensorType, ...]
    path: str
    scope: int
    span: Span
    arguments: tuple[ArgumentValue, ...] = ()
    implicit: bool = False
    head: bool = False
    expansion: int | None = None
    added: bool = False
    frozen: bool = False
    wrong: bool = False
    shared: int | None = None

    def key(self, weight: str) -> str:
        """The key of a weight in the state dict. That of a learned tensor's weight, which has no name, is the path."""
        return f"{self.path}.{weight}" if weight else self.path


# -- structure ------------------------------------------------------------------------------------------------------


class LayerItem(Value):
    """A node where it was written.

    An implicit node (see `Node`) is a separate item next to the one that it belongs to.
    """

    is_a: Literal["layer"] = "layer"
    node: int


class CallItem(Value):
    """A block call; its content is the scope numbered `scope`."""

    is_a: Literal["call"] = "call"
    scope: int


class GroupItem(Value):
    """`( … )` or an expanded macro; a labelled one is the scope numbered `scope`.

    `incoming`: for a macro, the name of the incoming tensor in expressions inside it (see `MergeItem`).
    """

    is_a: Literal["group"] = "group"
    chain: ItemChain
    incoming: str | None = None
    scope: int | None = None


class Iteration(Value):
    """One turn of a loop: the values of its targets, in order, and its expansion."""

    values: tuple[Data, ...]
    chain: ItemChain


class Loop(Value):
    """`[ … ] x n as k` (form "repeat") or `for targets in over { … }` (form "for").

    `names`: the variables in order of appearance, as `Iteration.values` has them. `over`: `range(n)` or the iterable. A
    labelled repeat is the scope numbered `scope`. `every`: the output of each turn is a result.
    """

    is_a: Literal["loop"] = "loop"
    form: Literal["repeat", "for"]
    names: tuple[str, ...]
    over: Expr
    iterations: tuple[Iteration, ...]
    scope: int | None = None
    every: bool = False


class Choice(Value):
    """`term if (cond) else term`, decided: `chain` is the term taken, empty if there is none.

    `value` is that of the condition; `otherwise`: whether the spec has an `else`.
    """

    is_a: Literal["choice"] = "choice"
    value: bool
    otherwise: bool
    chain: ItemChain


class MergeItem(Value):
    """`add { … | … }` and other merges; `node` merges the results of the branches, in order.

    An identity branch is empty. `(…, …)` has no `node`: its results are those of the branches. A `for`
    that is a branch becomes one branch per turn, with a `Loop` of that turn.

    `incoming` is the name of the incoming tensor in expressions inside the branches: `in_` for the input of the
    definition, otherwise `in_2`, `in_3`, … by depth, so that no name shadows another.
    """

    is_a: Literal["merge"] = "merge"
    node: int | None
    incoming: str
    branches: tuple[ItemChain, ...]


Item: TypeAlias = Annotated[LayerItem | CallItem | GroupItem | Loop | Choice | MergeItem, OneOf("is_a")]


class ItemChain(Value):
    """Items from left to right, each reading the output of the one before it.

    `start`: the name of the tensor that it starts from (`"x"`, `"in"`, `"xs[1]"`), None for the incoming one. `source`
    and `result` are its input and output tensors (more than one for a block `over` several).
    """

    items: tuple[Item, ...]
    source: tuple[Ref, ...]
    result: tuple[Ref, ...]
    start: str | None = None


class LetValue(Value):
    """`let name = expression`."""

    is_a: Literal["let"] = "let"
    name: str
    expr: Expr
    value: Data


class TensorAssignment(Value):
    """`a, b = chain`: names for tensors. Those of a list, `*xs = chain`, are `xs[0]` and so on."""

    is_a: Literal["bind"] = "bind"
    names: tuple[str, ...]
    chain: ItemChain


class TakenBranch(Value):
    """`if cond { … } else { … }`, decided: `body` holds the statements taken."""

    is_a: Literal["branch"] = "branch"
    value: bool
    otherwise: bool
    body: tuple[Statement, ...]


class ScopeResult(Value):
    """The body's result: its last chain, or `return chain, chain`; `training` for `return training …`."""

    is_a: Literal["result"] = "result"
    chains: tuple[ItemChain, ...]
    training: bool = False


Statement: TypeAlias = Annotated[LetValue | TensorAssignment | TakenBranch | ScopeResult, OneOf("is_a")]


def taken(body: Iterable[Statement]) -> Iterator[Statement]:
    """The statements of a body that run, with the statements of taken branches in place of each `if`."""
    for statement in body:
        if isinstance(statement, TakenBranch):
            yield from taken(statement.body)
        else:
            yield statement


class Scope(Value):
    """A module: the model itself (number 0), a block instance, a labelled group or a labelled repeat.

    `sequential`: its children are named by position, as follows from its text (docs/language.md, Names).
    `gaps`: edits removed or inserted children, so that names are no longer positions; the others keep theirs.
    `pure`: a single chain of layers, calls and such scopes without merges or names, each from one tensor to one, which
    can run as one `nn.Sequential` regardless of the names of its children.
    `edited`: an edit changed it or something in it, so that it differs from its definition.
    `definition`: the block or model, by name; None for groups and repeats. `body`: the statements of a definition;
    for groups and repeats one `ScopeResult` of one chain. `shared`: for a later use of a shared module, the first.
    """

    path: str
    name: str
    kind: Literal["model", "block", "group", "repeat"]
    parent: int | None
    sequential: bool
    gaps: bool = False
    edited: bool = False
    pure: bool
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    span: Span
    definition: str | None = None
    arguments: tuple[ArgumentValue, ...] = ()
    body: tuple[Statement, ...] = ()
    expansion: int | None = None
    shared: int | None = None


class Initialisation(Value):
    """`init Conv = kaiming_normal(mode="fan_out")`: the initialisation of the weights of one kind of layer.

    `kind`: the op; `weight`: the entry of its state dict; `function`: the name in `nn.init` without the underscore;
    `arguments`: by PyTorch's names.
    """

    kind: str
    weight: str
    function: str
    arguments: tuple[tuple[str, Data], ...]


class FactValue(Value):
    """A named fact of a variant (`paper`, `top1`, `like`, …)."""

    name: str
    value: Data
    span: Span


class Partial(ValueError):
    """A network with errors was passed where a whole one is required."""


class Network(Value):
    """A checked network. See the module's docstring."""

    name: str
    family: str
    doc: str
    source: str
    base: str | None = None
    """The model or variant that the spec's edits (`replace`, `freeze`, …) start from; None without edits."""
    digest: str
    """SHA-256 of the spec's text (and of those it imports), in hexadecimal."""
    classes: int | None
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    training_outputs: tuple[Ref, ...]
    """The outputs in training mode; the same as `outputs` unless they differ."""
    nodes: tuple[Node, ...]
    scopes: tuple[Scope, ...]
    expansions: tuple[Expansion, ...]
    definitions: tuple[BoundDefinition, ...]
    functions: tuple[Lambda, ...]
    constants: tuple[LetValue, ...]
    """The file-level `let`s that expressions use."""
    inits: tuple[Initialisation, ...]
    facts: tuple[FactValue, ...]
    partial: bool = False
    """Whether it has errors. It then contains what could be expanded, for display only.

    A node after an error has `UNKNOWN` types; a `Hole` stands for a term that could not be expanded.
    """

    @classmethod
    def model_validate(cls, value: object, context: Any = None) -> Self:
        """Read a network from plain data. Raises `ValueError` for data that no network has, unsafe names included."""
        from archc.ir.reading import strange, unknown_functions  # its patterns take time to compile

        made = super().model_validate(value, context)
        unknown = unknown_functions((*made.definitions, *made.functions), (f.name for f in made.functions))
        if (found := strange(made) or next(unknown, None)) is not None:
            raise ValueError(f"no network: {found} has no meaning here")
        return made

    @property
    def title(self) -> str:
        """The name in figures, charts and pages: the fact `name` (`"ResNet-50"`), else its name (`resnet50`).

        It is one line without unprintable characters.
        """
        stated = self.fact("name")
        shown = "".join(c for c in stated if c.isprintable()) if isinstance(stated, str) else ""
        return shown.strip() or self.name

    def type_of(self, ref: Ref) -> TensorType:
        """The type of a tensor."""
        return self.nodes[ref.node].types[ref.out]

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs; "" for a single unnamed one."""
        return tuple([getattr(self.nodes[ref.node].op, "name", "") for ref in self.inputs])

    def require_whole(self) -> None:
        """Raise `Partial` for a partial network."""
        if self.partial:
            raise Partial(f"{self.name} has errors and is incomplete: it can only be drawn")

    def input_types(self, node: Node) -> Types:
        """The types of the tensors that a layer reads."""
        return tuple([self.nodes[ref.node].types[ref.out] for ref in node.inputs])

    def weights(self, node: Node) -> Mapping[str, Weight]:
        """The weights of a layer by name; none for a later use of a shared module, which has those of the first."""
        return node.op.weights(self.input_types(node)) if node.shared is None else {}

    def fact(self, name: str) -> Data:
        """The value of a fact; None if the spec does not state it."""
        return next((f.value for f in self.facts if f.name == name), None)
