"""One class from all its instances: parameters, what `__init__` builds, and the pieces that `forward` calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from archc.emit.expressions import Functions, literal, names_of, read
from archc.emit.instances import Instance, Instances, Key
from archc.emit.statements import guards_mention
from archc.emit.vocabulary import Inexpressible, Place, Thread, alike
from archc.network.network import Callee, Definition, Network, Ref
from archc.network.torch_call import TorchCall
from archc.network.types import TensorType
from archc.record import Record, Struct, field


class Argument(Record):
    """A parameter of an emitted class. `spec` is the name it has in the spec, "" for what a tensor brings."""

    name: str
    type: str
    spec: str = ""
    default: str | None = None
    input: int = 0
    axis: int = 0


class Class(Struct):
    """An emitted class, before it is laid out. `init` and `forward` are statements, (indent, text, comment)."""

    name: str
    key: Key
    instances: Sequence[Instance]
    arguments: list[Argument] = field(default_factory=list)
    base: str = "nn.Module"
    built: list[tuple[int, str, str]] = field(default_factory=list)
    forward: list[tuple[int, str, str]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    returns: str = "Tensor"
    outputs: list[tuple[str, ...]] = field(default_factory=list)
    """For each output the texts of its sizes, over the class's parameters."""
    training: tuple[str, ...] = ()
    super_call: str = "super().__init__()"


class Build(Struct):
    """What is shared while the classes of a file are made."""

    instances: Instances
    functions: Functions
    definitions: Mapping[str, Definition]
    class_of: dict[int, Class] = field(default_factory=dict)
    classes: list[Class] = field(default_factory=list)
    sources: dict[str, None] = field(default_factory=dict)
    """Definitions that ops bring along, in order of first use."""
    taken: set[str] = field(default_factory=set)
    calls: dict[object, TorchCall] = field(default_factory=dict)
    make: Callable[[Build, Class, Place], None] | None = None

    def of(self, instance: Instance) -> Class:
        """The class of an instance, made if need be."""
        if id(instance) not in self.class_of:
            self.family(instance.key)
        return self.class_of[id(instance)]

    def family(self, key: Key) -> None:
        """Make the class of `key`: one for all its instances if that can be, else several."""
        parts = self._parted(self.instances.by_key[key], (_edited, _kinds, _numbers, id))
        names = self._names(key, [group for _, group in parts])
        for (made, group), name in zip(parts, names, strict=True):
            for instance in group:
                self.class_of[id(instance)] = made
            made.name = self.fresh(name)
            self.classes.append(made)

    def _names(self, key: Key, groups: Sequence[Sequence[Instance]]) -> list[str]:
        """What the classes of a definition are called: by it; several models by the block that they are made of."""
        if key[0] == "group":
            return [camel(groups[0][0].scope.name)] * len(groups)
        name = camel(key[1])
        if len(groups) > 1 and any(_edited(g[0]) for g in groups):
            plain = iter(self._names(key, [g for g in groups if not _edited(g[0])]))
            return [camel(g[0].network.name) if _edited(g[0]) else next(plain) for g in groups]
        if key[0] != "model" or len(groups) <= 1:
            return [name] * len(groups)
        kinds = [[v.name for _, v in sorted(g[0].values.items()) if isinstance(v, Callee)] for g in groups]
        said = [[k for k in row if any(k not in other for other in kinds)] for row in kinds]
        if len({tuple(row) for row in said}) == len(groups):
            return ["".join(camel(k) for k in row) + name for row in said]
        return [camel(g[0].network.name) for g in groups]

    def fresh(self, name: str) -> str:
        """`name`, or with a number if it is taken."""
        candidate, number = name, 2
        while candidate in self.taken:
            candidate, number = f"{name}{number}", number + 1
        self.taken.add(candidate)
        return candidate

    def _parted(
        self, instances: Sequence[Instance], signatures: Sequence[Callable[[Instance], object]]
    ) -> list[tuple[Class, Sequence[Instance]]]:
        """The fewest classes that we find: one; one a kind of block; one a set of numbers; each its own."""
        groups: dict[object, list[Instance]] = {}
        for instance in instances:
            groups.setdefault(signatures[0](instance), []).append(instance)
        found: list[tuple[Class, Sequence[Instance]]] = []
        for group in groups.values():
            try:
                found.append((self._made(group), group))
            except Inexpressible:
                if len(signatures) == 1:
                    raise
                found += self._parted(group, signatures[1:])
        return found

    def _made(self, instances: Sequence[Instance]) -> Class:
        made = Class("", instances[0].key, instances)
        place = _entry(self, made)
        assert self.make is not None
        self.make(self, made, place)
        _drop_unused(made)
        return made


def _edited(instance: Instance) -> object:
    """A model that a spec has edited stands alone."""
    return instance.network.name if instance.key[0] == "model" and instance.network.base is not None else ""


def _kinds(instance: Instance) -> object:
    return tuple(sorted((n, repr(v)) for n, v in instance.values.items() if not _is_number(v)))


def _is_number(value: object) -> bool:
    """Whether a value can be a parameter that only changes sizes: a number or a list of whole numbers."""
    if isinstance(value, tuple):
        return all(type(v) is int for v in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(instance: Instance) -> object:
    network, scope = instance.network, instance.scope
    types = tuple(network.type_of(r).dims for r in scope.inputs)
    return types, tuple(sorted((n, repr(v)) for n, v in instance.values.items()))


def _entry(build: Build, made: Class) -> Place:
    """Decide what is a parameter, and the place at the start of the body."""
    instances, key = made.instances, made.key
    definition = build.definitions.get(key[1]) if key[0] != "group" else None
    kept = build.instances.kept[key]
    names: dict[str, ast.expr] = {}
    values: list[dict[str, object]] = [{} for _ in instances]
    first: list[Argument] = []
    rest: list[Argument] = []
    inputs = definition.over if definition and definition.over else ("in_",)
    varies = any(any(not alike(i.values.get(n), v) for n, v in instances[0].values.items()) for i in instances)
    tensors = [dict(zip(inputs, i.scope.inputs, strict=False)) for i in instances]
    for position, tensor in enumerate(inputs):
        types = [i.network.type_of(i.scope.inputs[position]) for i in instances]
        for axis, what in enumerate(("channels", "height", "width")):
            sizes = [t.dims[axis] if axis < len(t.dims) else 0 for t in types]
            name = f"{tensor.rstrip('_')}_{what}"
            read_by_guards = varies and any(guards_mention(i.scope.body, f"{tensor}.{what}") for i in instances)
            if len(set(sizes)) == 1 and not read_by_guards:
                names[f"{tensor}.{what}"] = literal(sizes[0])
                continue
            names[f"{tensor}.{what}"] = ast.Name(name, ast.Load())
            first.append(Argument(name, "int", input=position, axis=axis))
            for row, size in zip(values, sizes, strict=True):
                row[name] = size
    defaults = {p.name: p.default for p in definition.parameters} if definition else {}
    own = list(defaults) if definition else sorted(instances[0].values)
    for name in dict.fromkeys([*own, *instances[0].values]):
        given = [i.values.get(name) for i in instances]
        if name not in kept and all(alike(v, given[0]) for v in given):
            names[name] = literal(given[0])
            continue
        if pairs := as_pairs(given):
            given = pairs
        emitted = snake(name) if any(isinstance(v, Callee) for v in given) else name
        names[name] = ast.Name(emitted, ast.Load())
        for row, value in zip(values, given, strict=True):
            row[emitted] = value
        user = key[0] == "model" and name in kept and all(v == given[0] for v in given)
        default = str(given[0]) if user else _default(given, defaults.get(name))
        rest.append(Argument(emitted, _type(given), name, default))
    made.arguments = _ordered([*first, *rest])
    made.inputs = ["x"] if inputs == ("in_",) else list(inputs)
    threads = tuple(Thread(i, v, t) for i, v, t in zip(instances, values, tensors, strict=True))
    return Place(threads, names, frozenset(kept), build.functions)


def as_pairs(values: Sequence[object]) -> list[object]:
    """Sizes of which some are pairs (`3` and `1x7`), all as pairs; nothing for other values."""
    if not any(isinstance(v, tuple) for v in values):
        return []
    if all(type(v) is int or (isinstance(v, tuple) and len(v) == 2) for v in values):
        return [(v, v) if isinstance(v, int) else v for v in values]
    return []


def _default(given: Sequence[object], text: str | None) -> str | None:
    if text is None:
        return None
    tree = read(text)
    if isinstance(given[0], tuple) and isinstance(tree, ast.Constant) and type(tree.value) is int:
        return f"({tree.value}, {tree.value})"
    plain = isinstance(tree, ast.Constant) and isinstance(tree.value, int | float | bool)
    from archc.emit.expressions import write

    return write(tree) if plain else None


def _ordered(arguments: list[Argument]) -> list[Argument]:
    """A parameter without default must come before those with one; what does not is put after its kind."""
    return [a for a in arguments if a.default is None] + [a for a in arguments if a.default is not None]


def _type(values: Sequence[object]) -> str:
    words = set()
    for value in values:
        if isinstance(value, Callee):
            words.add("type[nn.Module]")
        elif value is None or isinstance(value, bool | int | float | str):
            words.add("None" if value is None else type(value).__name__)
        elif isinstance(value, tuple) and len(value) == 2 and all(type(v) is int for v in value):
            words.add("tuple[int, int]")
        elif isinstance(value, tuple) and all(type(v) is int for v in value):
            words.add("tuple[int, ...]")
        else:
            raise Inexpressible("a parameter that is a table")
    if {"int", "float"} <= words:
        words.remove("int")
    return " | ".join(sorted(words, key=lambda w: (w == "None", w)))


def _drop_unused(made: Class) -> None:
    """Leave out what no text mentions: local names first, then parameters."""
    while True:
        lines = [(re.match(r"^(\w+) (?:[-+*]|//)?= ", line[1]), line) for line in made.built]
        kept = [line for name, line in lines if not name or name[1] in _used(name[1], made)]
        if len(kept) == len(made.built):
            break
        made.built = kept
    used = _used("", made)
    made.arguments = [a for a in made.arguments if a.name in used]
    known = {a.name for a in made.arguments}
    made.outputs = [tuple(t if t and names_of(t) <= known else "" for t in texts) for texts in made.outputs]


def _used(name: str, made: Class) -> set[str]:
    """The names that `__init__` reads, not counting the lines that only set `name` anew."""
    lines = [line[1] for line in made.built if not re.match(rf"{name} (?:[-+*]|//)?= ", line[1])]
    return _words(made.super_call).union(*(_words(line) for line in lines))


def _words(text: str) -> set[str]:
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*(?!=)", text)) | set(
        re.findall(r"(?<![.\w])[A-Za-z_]\w*(?= ==)", text)
    )


def camel(name: str) -> str:
    """A class's name: `resnet50` is `Resnet50`, `dense_block` is `DenseBlock`."""
    parts = [p for p in re.split(r"_+", name) if p]
    made = "".join(p[0].upper() + p[1:] for p in parts) or "Network"
    return made if not made[0].isdigit() else f"Net{made}"


def snake(name: str) -> str:
    """A parameter's name: `Act` is `act`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def type_of(network: Network, ref: Ref) -> TensorType:
    """The type of a tensor."""
    return network.type_of(ref)
