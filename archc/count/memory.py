"""Activation memory in inference and in training, from the lifetimes of storages.

A *storage* is a piece of memory. Several tensors may share one: a view (`Flatten`, `Chunk`) and the output of an
in-place layer use the storage of the input. The rules are those of the emitted module in PyTorch on a CPU:

* the input is alive throughout, since the caller holds it, and so are the outputs once they are made;
* any other storage lives from the layer that makes it to the last layer that reads it or a view of it, or in training
  to the backward pass of the first layer that autograd keeps it for;
* a layer works in place if its op can and `targets.pytorch.overwriting` allows it;
* the workspace that a kernel uses internally is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from archc.count.counts import executed
from archc.ir.freezing import frozen_modules
from archc.ir.network import Network, Node, Ref
from archc.ir.paths import lies_in
from archc.support.record import Record, Struct, field
from archc.targets.pytorch.overwriting import InPlace

DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a number."""


class Held(Record):
    """A live storage: the layer that makes it, its kind (`output`, or saved by autograd), and its bytes."""

    layer: str
    what: str
    bytes: int


class Peak(Record):
    """The peak of memory: while the layer `at` runs, with the tensors `alive` then, largest first."""

    bytes: int
    at: str
    alive: tuple[Held, ...]


class TrainingMemory(Record):
    """The memory of a training step.

    `saved`: what autograd keeps from the forward pass, without parameters and buffers. `forward` and `backward`: the
    peaks of activations (in `backward`, with their gradients) in each pass.
    """

    saved: int
    forward: Peak
    backward: Peak

    @property
    def peak(self) -> int:
        """The larger of the two peaks."""
        return max(self.forward.bytes, self.backward.bytes)


class Memory(Record):
    """Bytes of a network's activations for a batch of `batch` samples of `dtype`. See the module's docstring.

    `weights`: its parameters and buffers. `inference`: with layers in place where possible; `inference_copying`: with
    none in place.
    """

    batch: int
    dtype: str
    weights: int
    inference: Peak
    inference_copying: Peak
    training: TrainingMemory


def memory(network: Network, batch: int = 1, dtype: str = "float32") -> Memory:
    """The activation memory of a network, in linear time."""
    training = Storages(network, batch, dtype, training=True, inplace=True)
    return Memory(
        batch=batch,
        dtype=dtype,
        weights=_weights(network, DTYPES[dtype]),
        inference=Storages(network, batch, dtype, training=False, inplace=True).peak(),
        inference_copying=Storages(network, batch, dtype, training=False, inplace=False).peak(),
        training=TrainingMemory(saved=training.saved(), forward=training.peak(), backward=training.backward()),
    )


def peak_memory(network: Network) -> Peak:
    """The peak of inference on one float32 sample."""
    return Storages(network, 1, "float32", training=False, inplace=True).peak()


def alive(network: Network) -> dict[int, int]:
    """The bytes that are alive while each layer runs, in inference on one float32 sample."""
    storages = Storages(network, 1, "float32", training=False, inplace=True)
    return dict(zip(storages.order, storages.course(), strict=True))


def saved_memory(network: Network) -> int:
    """The bytes that autograd keeps for one float32 sample."""
    return Storages(network, 1, "float32", training=True, inplace=True).saved()


def _weights(network: Network, size: int) -> int:
    total = 0
    for node in network.nodes:
        for weight in network.weights(node).values():
            elements = 1
            for n in weight.shape:
                elements *= n
            total += elements * (8 if weight.dtype == "int64" else size)
    return total


class Storage(Struct):
    """A piece of memory: its maker, its bytes, and the positions in the order of execution between which it lives.

    `kept`: the first position that autograd keeps it for, or None.
    """

    layer: str
    what: str
    bytes: int
    born: int
    last: int
    kept: int | None = None

    def held(self) -> Held:
        """Convert it for a report."""
        return Held(layer=self.layer, what=self.what, bytes=self.bytes)


class Storages(Struct):
    """The storages of a network in one mode, with their lifetimes."""

    network: Network
    batch: int
    dtype: str
    training: bool
    inplace: bool
    order: tuple[int, ...] = ()
    all: list[Storage] = field(default_factory=list)
    of: dict[Ref, Storage] = field(default_factory=dict)
    needs: set[int] = field(default_factory=set)
    """The nodes whose outputs need a gradient."""

    def __post_init__(self) -> None:
        network = self.network
        self.order = executed(network, training=self.training)
        self._inplace = InPlace(network)
        self._frozen = frozen_modules(network)
        size, end = self.batch * DTYPES[self.dtype], len(self.order)
        results = network.training_outputs if self.training else network.outputs
        for name, ref in zip(network.input_names, network.inputs, strict=True):
            self._made(ref, Storage(name or "input", "input", network.type_of(ref).elements * size, -1, end))
        for position, index in enumerate(self.order):
            node = network.nodes[index]
            self._run(node, index, position, size)
            if self.training:
                self._keep(node, index, position, size)
        for ref in results:
            self.of[ref].last = end

    def _made(self, ref: Ref, storage: Storage) -> None:
        self.of[ref] = storage
        self.all.append(storage)

    def _run(self, node: Node, index: int, position: int, size: int) -> None:
        """Record the outputs of a node, and that it reads its inputs."""
        xs = self.network.input_types(node)
        sources = [self.of[r] for r in node.inputs]
        for storage in sources:
            storage.last = max(storage.last, position)
        views = node.op.views(xs, self.training and not self._evaluated(node))
        shares = views or (self.inplace and self.overwrites(node))
        for out, y in enumerate(node.types):
            if shares:
                self.of[Ref(index, out)] = sources[0]
            else:
                name = name_of(self.network, node)
                self._made(Ref(index, out), Storage(name, "output", y.elements * size, position, position))

    def _keep(self, node: Node, index: int, position: int, size: int) -> None:
        """Record what autograd keeps of a node, if it or one of its inputs trains parameters."""
        xs = self.network.input_types(node)
        trained = not node.frozen and any(w.kind == "parameter" for w in node.op.weights(xs).values())
        if not trained and not any(r.node in self.needs for r in node.inputs):
            return
        self.needs.add(index)
        if self._evaluated(node) and node.op.views(xs, False):
            return  # a dropout in evaluation mode
        for saved in node.op.saves(xs, node.types):
            if saved.trained and node.frozen:
                continue
            if saved.needs is not None and node.inputs[saved.needs].node not in self.needs:
                continue
            copied = saved.of == "input" and node.op.keeps != "either" and self.overwrites(node)
            if saved.of == "new" or copied:
                one = {"same": DTYPES[self.dtype], "float32": max(4, DTYPES[self.dtype]), "int64": 8}[saved.dtype]
                elements = saved.elements if saved.of == "new" else xs[saved.index].elements
                total = elements * one * (1 if saved.batch else self.batch)
                what = saved.name or "copy of its input"
                storage = Storage(name_of(self.network, node), what, total, position, position)
                self.all.append(storage)
            else:
                ref = node.inputs[saved.index] if saved.of == "input" else Ref(index, saved.index)
                storage = self.of[ref]
            if storage.kept is None:
                storage.kept = position

    def _evaluated(self, node: Node) -> bool:
        """Whether a node is in a frozen module, which stays in evaluation mode."""
        if not self._frozen:
            return False
        place = node.path or self.network.scopes[node.scope].path
        return any(lies_in(place, path) for path in self._frozen)

    def overwrites(self, node: Node) -> bool:
        """Whether the emitted module runs a node in place."""
        return node in self._inplace

    # -- sums ---------------------------------------------------------------------------------------------------------

    def saved(self) -> int:
        """The bytes of everything that autograd keeps."""
        return sum(s.bytes for s in self.all if s.kept is not None)

    def course(self) -> list[int]:
        """The bytes that are alive while each layer of the forward pass runs, in order."""
        born, gone = [0] * (len(self.order) + 1), [0] * (len(self.order) + 1)
        for storage in self.all:
            born[max(storage.born, 0)] += storage.bytes
            gone[storage.last if storage.kept is None else len(self.order)] += storage.bytes
        found, alive = list[int](), 0
        for position in range(len(self.order)):
            alive += born[position]
            found.append(alive)
            alive -= gone[position]
        return found

    def peak(self) -> Peak:
        """The peak of the forward pass."""
        course = self.course()
        most = max(course, default=0)
        at = course.index(most) if most else 0
        held = (s for s in self.all if s.born <= at and (s.kept is not None or s.last >= at))
        return self._told(most, at, held)

    def backward(self) -> Peak:
        """The peak of the backward pass: what is still kept, and gradients of activations.

        A gradient lives from the first layer that adds to it to the backward pass of the layer that made the
        activation. Sums and views pass their gradient on unchanged; every other layer makes new ones. Layers that need
        no gradient have none.
        """
        network, end = self.network, len(self.order)
        ends: dict[int, int] = {}
        for s in self.all:
            if s.kept is not None and s.last < end:
                ends[s.kept] = ends.get(s.kept, 0) + s.bytes
        gradients = Gradients(self)
        kept = sum(s.bytes for s in self.all if s.kept is not None or s.last == end)
        most, at, best = 0, end - 1, gradients.held()
        for position in range(end - 1, -1, -1):
            index = self.order[position]
            if index not in self.needs:
                continue
            passing = gradients.step(index, network.nodes[index])
            if kept + gradients.bytes + passing > most:
                most, at, best = kept + gradients.bytes + passing, position, gradients.held()
            gradients.drop(index, network.nodes[index])
            kept -= ends.get(position, 0)
        held = [s.held() for s in self.all if s.last == end or (s.kept is not None and s.kept <= at)]
        where = name_of(network, network.nodes[self.order[at]]) if self.order else ""
        return Peak(bytes=most, at=where, alive=_largest([*held, *best]))

    def _told(self, total: int, at: int, held: Iterable[Storage]) -> Peak:
        where = name_of(self.network, self.network.nodes[self.order[at]]) if self.order else ""
        return Peak(bytes=total, at=where, alive=_largest([s.held() for s in held]))


class Gradients:
    """The live gradients of activations in the backward pass. Several tensors may share one."""

    def __init__(self, storages: Storages) -> None:
        self._network, self._needs = storages.network, storages.needs
        self._size = storages.batch * DTYPES[storages.dtype]
        self._of: dict[Ref, Ref] = {}  # the gradient of a tensor, by the tensor that it was made for
        self._users: Counter[Ref] = Counter()
        self.bytes = 0
        for ref in self._network.training_outputs:
            self._make(ref)

    def held(self) -> tuple[Held, ...]:
        """The live gradients, for a report."""
        network = self._network
        return tuple(
            Held(layer=name_of(network, network.nodes[r.node]), what="gradient", bytes=self._bytes(r))
            for r in self._users
        )

    def step(self, index: int, node: Node) -> int:
        """Add to the gradients of a node's inputs. Returns the bytes that exist only during the addition."""
        xs = self._network.input_types(node)
        passes = node.op.merge == "add" or (node.op.views(xs, True) and len(node.types) == 1)
        passing = 0
        for ref in node.inputs:
            if ref.node not in self._needs:
                continue
            owner = self._of.get(ref)
            own = self._of.get(Ref(index, 0)) if passes else None
            if owner is None and own is not None:
                self._of[ref] = own
                self._users[own] += 1
            elif owner is None:
                self._make(ref)
            elif not passes:
                passing += self._bytes(ref)
        return passing

    def drop(self, index: int, node: Node) -> None:
        """Forget the gradients of a node's outputs."""
        for out in range(len(node.types)):
            owner = self._of.pop(Ref(index, out), None)
            if owner is not None:
                self._users[owner] -= 1
                if not self._users[owner]:
                    del self._users[owner]
                    self.bytes -= self._bytes(owner)

    def _make(self, ref: Ref) -> None:
        if ref.node in self._needs and ref not in self._of:
            self._of[ref] = ref
            self._users[ref] += 1
            self.bytes += self._bytes(ref)

    def _bytes(self, ref: Ref) -> int:
        return self._network.type_of(ref).elements * self._size


def _largest(held: Sequence[Held]) -> tuple[Held, ...]:
    return tuple(sorted((h for h in held if h.bytes), key=lambda h: -h.bytes))


def name_of(network: Network, node: Node) -> str:
    """The name of a layer in a report: its path or, without one, its kind and module."""
    if node.path or not node.inputs:
        return node.path or "input"
    scope = network.scopes[node.scope].path
    return f"{node.op.kind()} in {scope}" if scope else node.op.kind()
