"""A network according to the documentation alone: names, shapes, parameters, multiply-accumulates, results."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch

from tests.reference import layers
from tests.reference.expanding import Expansion
from tests.reference.graph import Call, Ended, Module, Node
from tests.reference.naming import set_defaults
from tests.reference.reading import read
from tests.reference.running import apply
from tests.reference.tree import Default, Definition, Edit, Import, Input, Invalid, Let, Spec, Variant
from tests.reference.values import Defined, Layer, Names, Shape, Size, Tensor, Tensors, Unknown, bound, value

Load = Callable[[str], str]
STRUCTURE = ("replace", "remove", "insert", "truncate", "return")


@dataclass
class Network:
    """The network of a text. `outputs` and `training_outputs` are those of the two modes."""

    nodes: list[Node]
    outputs: Tensors
    training_outputs: Tensors
    modules: dict[str, Module] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    @property
    def inputs(self) -> list[Shape]:
        """The shapes of the inputs."""
        return [n.shapes[0] for n in self.nodes if n.kind == "input"]

    @property
    def input(self) -> Shape:
        return self.inputs[0]

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of the outputs in evaluation mode."""
        return [t.shape for t in self.outputs]

    @property
    def weights(self) -> dict[str, layers.Weight]:
        """The entries of the state dict in order; in each module, its learned tensors come first."""
        once: dict[str, Node] = {}
        named = {*self.modules, *(n.path for n in self.nodes if n.path is not None)}
        holding = {path[:i] for path in named for i, sign in enumerate(path) if sign == "."}
        nameless = [all(self.nodes[i].path is None for i in m.nodes) for m in self.modules.values()]
        empty = [m for m, bare in zip(self.modules.values(), nameless, strict=True) if bare and m.path not in holding]
        for number, node in enumerate(self.nodes):
            for module in empty:  # a scope without modules opens those around it, too
                if module.nodes.start == number:
                    once.setdefault(module.path, Node("Identity", {}, (), (), module.path))
            if node.path is not None:
                once.setdefault(node.path, node)  # a shared module is at its first use
        every = together(list(once.values()), 0)
        found = {key(n, w): (n, w) for n in every for w in _weights(n)}
        return {name: found[name][1] for name in _in_order({k: not w.name for k, (_, w) in found.items()}, "")}

    @property
    def state(self) -> dict[str, Shape]:
        """The keys of the state dict with their shapes, in order."""
        return {name: weight.shape for name, weight in self.weights.items()}

    @property
    def params(self) -> int:
        return sum(prod(w.shape) for w in self.weights.values() if w.trained)

    @property
    def frozen(self) -> set[str]:
        """The keys of frozen entries."""
        return {key(n, w) for n in self.nodes if n.frozen for w in _weights(n)}

    @property
    def macs(self) -> int:
        """The multiply-accumulates of evaluation mode, dead ends included."""
        left_out = self.only_in_training
        nodes = ((i, n) for i, n in enumerate(self.nodes) if n.inputs and i not in left_out)
        return sum(layers.macs(n.kind, n.arguments, *_around(n)) for _, n in nodes)

    @property
    def only_in_training(self) -> set[int]:
        """The nodes that only the results of training need, and dead ends that read them."""
        needed = self.needed(self.outputs)
        found = self.needed(self.training_outputs) - needed
        for number, node in enumerate(self.nodes):
            if number not in needed and any(t.node in found for t in node.inputs):
                found.add(number)
        return found

    def needed(self, results: Tensors) -> set[int]:
        """The nodes that `results` depend on."""
        found: set[int] = set()
        open_ = [t.node for t in results]
        while open_:
            node = open_.pop()
            if node not in found:
                found.add(node)
                open_ += [t.node for t in self.nodes[node].inputs]
        return found

    def run(self, state: Mapping[str, torch.Tensor], *xs: torch.Tensor, training: bool = False) -> list[torch.Tensor]:
        """The results for a batch with given weights; training updates the statistics in `state`."""
        made: dict[tuple[int, int], torch.Tensor] = {(i, 0): x for i, x in enumerate(xs)}
        left_out = set() if training else self.only_in_training
        for number, node in enumerate(self.nodes):
            if not node.inputs or number in left_out:
                continue
            inputs = [made[t.node, t.out] for t in node.inputs]
            weights = {w.name: state[key(node, w)] for w in _weights(node)}
            out = apply(node.kind, node.arguments, inputs, weights, training and not node.frozen)
            for place, (tensor, shape) in enumerate(zip(out, node.shapes, strict=True)):
                assert tuple(tensor.shape[1:]) == shape, (node, tensor.shape)
                made[number, place] = tensor
        return [made[t.node, t.out] for t in (self.training_outputs if training else self.outputs)]


def key(node: Node, weight: layers.Weight) -> str:
    """The key of a weight; that of a learned tensor is its label."""
    return f"{node.path}.{weight.name}" if weight.name else str(node.path)


def _in_order(learned: Mapping[str, bool], scope: str) -> list[str]:
    """The keys of a module: its learned tensors, then those of its modules in order."""
    inside = [name for name in learned if name.startswith(scope)]
    own = [name for name in inside if learned[name] and "." not in name[len(scope) :]]
    parts = dict.fromkeys(name[len(scope) :].partition(".")[0] for name in inside if name not in own)
    found = list(own)
    for part in parts:
        deeper = {name: learned[name] for name in inside if name.startswith(f"{scope}{part}.")}
        found += _in_order(deeper, f"{scope}{part}.") if any(deeper.values()) else list(deeper)
    return found


def together(nodes: list[Node], depth: int) -> Iterator[Node]:
    """The nodes, with those of one module grouped at the position of the first."""
    modules: dict[str, list[Node]] = {}
    for node in nodes:
        parts = (node.path or "").split(".")
        modules.setdefault(parts[depth], []).append(node)
    for inner in modules.values():
        alone = len(inner) == 1 and (inner[0].path or "").count(".") == depth
        yield from inner if alone else together(inner, depth + 1)


def _weights(node: Node) -> list[layers.Weight]:
    return layers.weights(node.kind, node.arguments, *(t.shape for t in node.inputs)) if node.inputs else []


def _around(node: Node) -> tuple[Shape, ...]:
    """The first input of a layer, its output, and its other inputs."""
    first, *others = (t.shape for t in node.inputs)
    return first, node.shapes[0], *others


def builtins() -> Names:
    """The layers by name and alias."""
    every = {**{kind: kind for kind in layers.SIGNATURES}, **layers.ALIASES}
    return Names(None, {name: Layer(kind) for name, kind in every.items()})


def nothing(path: str) -> str:
    """A loader for specs without imports: it has no texts."""
    raise Invalid(f"no file {path}")


def file_names(spec: Spec, load: Load) -> Names:
    """The names that a file defines and imports."""
    names = Names(builtins())
    for declaration in spec.declarations:
        if isinstance(declaration, Import):
            other = file_names(read(load(declaration.path)), load)
            names.values.update({name: other.values[name] for name in declaration.names})
        elif isinstance(declaration, Definition):
            names.values[declaration.name] = Defined(declaration, names)
        elif isinstance(declaration, Variant):
            names.values[declaration.name] = (declaration, names)
    for declaration in spec.declarations:
        if isinstance(declaration, Let):
            names.values[declaration.name] = value(declaration.value, names)
        elif isinstance(declaration, Default):
            set_defaults(declaration, names)
    return names


@dataclass
class Member:
    """A model with arguments, an input and edits, each with the names of its file."""

    model: Defined
    arguments: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    edits: list[tuple[Edit, int]] = field(default_factory=list)
    names: Names | None = None
    variants: int = 0


def member(found: Any) -> Member:
    """The member that the name of a model or variant refers to."""
    if isinstance(found, Defined):
        return Member(found, names=found.names)
    variant, names = found
    base = member(names.find(variant.base))
    free = list(base.model.definition.parameters)
    for argument in variant.arguments:
        name = argument.name or next(p.name for p in free)
        free = [p for p in free if p.name != name]
        base.arguments[name] = value(argument.value, names)
    base.inputs |= {told.name: value(told.shape, names) for told in variant.inputs}
    base.variants += 1
    base.edits += [(edit, base.variants) for edit in variant.edits]
    base.names = names
    return base


def reference(text: str, name: str | None = None, load: Load = nothing, **arguments: Any) -> Network:
    """The network of a text: the member `name`, else the last variant, else the last model.

    Raises:
        Invalid: the text has none according to the documentation, or uses what this reference does not cover.
    """
    spec = read(text)
    names = file_names(spec, load)
    if name is None:
        variants = [d.name for d in spec.declarations if isinstance(d, Variant)]
        models = [d.name for d in spec.declarations if isinstance(d, Definition) and d.kind == "model"]
        name = (variants or models or [""])[-1]
    chosen = member(names.find(name))
    chosen.arguments.update(arguments)
    structure = [(e, v) for e, v in chosen.edits if e.kind in STRUCTURE]
    if not structure:
        network = expanded(chosen, {})
    else:
        modules = expanded(chosen, {}).modules
        network = expanded(chosen, resolved_edits(structure, modules), modules)
    for edit, _ in chosen.edits:
        if edit.kind in ("freeze", "unfreeze"):
            freeze(network, edit)
    return network


def expanded(chosen: Member, edits: dict[str, dict[str, Edit]], unedited: Collection[str] = ()) -> Network:
    """The network of a model, with edits of its modules. `unedited`: the paths of the modules without them."""
    model = chosen.model
    statements = model.definition.body
    assert isinstance(statements, tuple)
    given = dict(chosen.arguments)
    free = [p for p in model.definition.parameters if p.name not in given]
    given |= bound(tuple(free), (), model.names, model.names.inner(given))
    names = model.names.inner(given)
    told = {s.name: value(s.shape, names) for s in statements if isinstance(s, Input)}
    if not told or not chosen.inputs.keys() <= told.keys() or ("" in told and len(told) > 1):
        raise Invalid("no input, or another")
    made = Expansion(edits, unedited, chosen.names, [path for path, some in edits.items() if "return" in some])
    sources: Tensors = ()
    for name, size in {**told, **chosen.inputs}.items():
        dims = size.dims if isinstance(size, Size) else (size,)
        sources += (Tensor(len(made.nodes), 0, dims),)
        made.nodes.append(Node("input", {}, (), (dims,)))
        names.values[name or "in"] = sources[-1]
    if "" not in told:
        names.values["in"] = Unknown()
    scope = made.counted_scope("", statements, names, editable=True)
    try:
        outputs = made.body(statements, names, sources, scope)
    except Ended as ended:
        outputs = ended.tensors
        made.training = None
    if missed := {(path, kind) for path, some in edits.items() for kind in some} - made.applied:
        raise Invalid(f"edits without effect: {missed}")
    training = made.training or outputs
    head = made.nodes[outputs[0].node]
    read = outputs[0] in outputs[1:] or any(outputs[0] in n.inputs for n in made.nodes)
    read = read or any(outputs[0].node in use for use in made.shared)
    if head.kind == "SM" and not read:  # a probability head: the first result is its input
        training = tuple(head.inputs[0] if t == outputs[0] else t for t in training)
        outputs = (*head.inputs, *outputs[1:])
    return Network(made.nodes, outputs, training, made.modules, made.calls)


def resolved_edits(edits: list[tuple[Edit, int]], modules: dict[str, Module]) -> dict[str, dict[str, Edit]]:
    """The edit of each module; of several variants, the last takes precedence."""
    found: dict[str, dict[str, Edit]] = {}
    said: dict[tuple[str, str], int] = {}
    returns = [variant for edit, variant in edits if edit.kind == "return"]
    if len(returns) != len(set(returns)):
        raise Invalid("a variant returns twice")
    for edit, variant in edits:
        if edit.kind == "return":
            if variant == returns[-1]:
                for path in edit.paths:
                    for module in matching(path, modules):
                        found[module] = {**found.pop(module, {}), "return": edit}  # in order
            continue
        slot = "change" if edit.kind in ("replace", "remove") else edit.kind
        for path in edit.paths:
            for module in matching(path, modules):
                if said.get((module, slot)) == variant:
                    raise Invalid(f"{module} is edited twice")
                said[module, slot] = variant
                if slot == "change":
                    found.setdefault(module, {}).pop("replace", None)
                    found[module].pop("remove", None)
                found.setdefault(module, {})[edit.kind] = edit
    return found


def matching(path: str, modules: Mapping[str, Any]) -> list[str]:
    """The modules that a path matches; of nested ones, the outermost."""
    pattern = fits(path)
    found = [m for m in modules if pattern.fullmatch(m)]
    if not found:
        raise Invalid(f"there is no module {path}")
    return [m for m in found if not any(outer != m and m.startswith(f"{outer}.") for outer in found)]


def fits(path: str) -> re.Pattern[str]:
    """Whether a pattern matches: `*` matches any text, `[1-3]` one of these characters."""
    pieces = re.split(r"(\*|\[[^\]]*\])", path)
    return re.compile("".join(".*" if p == "*" else p if p.startswith("[") else re.escape(p) for p in pieces))


def freeze(network: Network, edit: Edit) -> None:
    """Freeze or unfreeze the modules that a path matches, and those in them."""
    patterns = [fits(path) for path in edit.paths]
    met = [False] * len(patterns)
    for node in network.nodes:
        if node.path is None:
            continue
        inside = False
        for number, pattern in enumerate(patterns):
            if any(pattern.fullmatch(outer) for outer in _outer(node.path)):
                inside = True
                met[number] = met[number] or bool(_weights(node))
        if inside != edit.everything:
            node.frozen = edit.kind == "freeze"
    if not all(met):
        raise Invalid(f"nothing to freeze in {edit.paths}")


def _outer(path: str) -> Iterator[str]:
    names = path.split(".")
    for length in range(1, len(names) + 1):
        yield ".".join(names[:length])
