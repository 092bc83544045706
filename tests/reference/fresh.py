"""Compares emitted classes of blocks with the reference, for arguments that no network of their file uses.

`python -m tests.reference.fresh` tries the whole zoo and random networks.

A class is right for all of its arguments, before and after specialising. Values that specialising has substituted for a
parameter do not vary, and a loop that has a turn in each network of the file keeps at least one.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from torch import nn

from archc.diagnostics.source import Source
from archc.ir.expr import Const
from archc.ir.network import Network as Checked
from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.ops import registry
from archc.pipeline import check
from archc.targets.pytorch.classes import EmittedNetwork, Translated, translated
from archc.targets.pytorch.code import Class, ClassParameter
from archc.targets.pytorch.construct import Constructor, Leaf, ModuleInstance
from archc.targets.pytorch.file import said_by, written
from archc.targets.pytorch.registry import torch_call
from tests.reference.calling import Freedom, Fresh, fresh
from tests.reference.compare import close, weights
from tests.reference.graph import Call
from tests.reference.network import Load, nothing, reference
from tests.reference.tree import Invalid
from tests.reference.values import Layer, Size
from tests.support.interpreter import module_from
from tests.support.random_networks import network_text
from tests.support.specs import SPECS

FAMILIES = sorted(p.stem for p in SPECS.glob("*.arch") if p.stem not in ("common", "sketch"))
RANDOM = frozenset({"Dropout", "StochasticDepth"})


@dataclass
class Block:
    """The emitted class of a block, as data and as a live class, with its calls in the networks of its file.

    `sizes`: whether it accepts images of any height and width.
    """

    made: Class
    built: type[nn.Module]
    calls: list[Call] = field(default_factory=list)
    sizes: bool = True
    special: bool = False

    @property
    def free(self) -> Freedom:
        """What may vary from the calls in the file."""
        parameters = {a.spec for a in self.made.arguments if a.spec}
        channels = {a.input for a in self.made.arguments if not a.spec and not a.axis}
        logits = self.made.head is not None
        return Freedom(parameters, channels, self.sizes, self._ties(parameters, channels), not self.special, logits)

    def _ties(self, parameters: set[str], channels: set[int]) -> dict[int, str | int]:
        """The inputs whose channels equal a parameter, or those of another input, in all calls."""
        found: dict[int, str | int] = {
            i: other
            for other in sorted(channels)
            for i in range(len(self.calls[0].inputs))
            if i not in channels and all(c.inputs[i][0] == c.inputs[other][0] for c in self.calls)
        }
        found |= {
            i: name
            for name in sorted(parameters)
            for i in range(len(self.calls[0].inputs))
            if i not in channels
            and all(type(v := c.arguments[name]) is int and v == c.inputs[i][0] for c in self.calls)
        }
        return found


def blocks(text: str, load: Load, *, special: bool) -> list[Block]:
    """The classes of the blocks of a spec, whose standalone networks are compiled into one file."""

    def loaded(path: str, importer: Source) -> Source:
        return Source(path, load(path))

    networks = [n for n in check(Source("text.arch", text), loaded).networks.values() if n.base is None]
    before = translated(networks, special=False)
    t = translated(networks, special=True) if special else before
    module = module_from(written(t, networks, "archc compile text.arch", "0").text)
    found: dict[int, Block] = {}
    for entry, name in zip(t.entries, module.__all__, strict=False):
        with torch.device("meta"):
            live = _live(getattr(module, name), entry)
        called = _calls(text, entry.network.name, load)
        plain = _instances(entry.network, before)
        for path, made in _instances(entry.network, t).items():
            if path in called and made.definition == called[path].block:
                block = found.setdefault(id(made), Block(made, type(live.get_submodule(path)), special=special))
                block.sizes = block.sizes and _sizes(plain[path]) <= _sizes(made)
                if called[path] not in block.calls:
                    block.calls.append(called[path])
    return list(found.values())


def _calls(text: str, name: str, load: Load) -> dict[str, Call]:
    """The calls of blocks in a network, by the module that each makes."""
    try:
        return {c.path: c for c in reference(text, name, load).calls}
    except Invalid:  # a layer that the reference lacks: Subsample, RBF
        return {}


def _live(made: Any, entry: EmittedNetwork) -> nn.Module:
    """A live network of a file. Its constructor takes no arguments, unless its class is not specialised."""
    if not isinstance(made, type):
        found: nn.Module = made()
        return found
    given: nn.Module = made(
        **{a.name: _tuples(getattr(entry.arguments[a.name], "value", None)) for a in entry.made.arguments}
    )
    return given


def _instances(network: Checked, t: Translated) -> dict[str, Class]:
    """The emitted class of each module that is an instance of one."""
    (entry,) = (e for e in t.entries if e.network is network)
    values = {n: e.value for n, e in entry.arguments.items() if isinstance(e, Const)}
    constructor = Constructor(t.kinds, t.functions, said_by(t))
    given = {a.name: values[a.name] for a in entry.made.arguments}
    found: dict[str, Class] = {}

    def visit(branch: ModuleInstance | Leaf) -> None:
        if isinstance(branch, ModuleInstance):
            if branch.made is not None and branch.path:
                found[branch.path] = branch.made
            for child in branch.children.values():
                visit(child)

    visit(constructor.build_class(entry.made, given, "", entry.made.span))
    return found


def _sizes(made: Class) -> set[tuple[int, int]]:
    """The heights and widths that a class requires."""
    return {(a.input, a.axis) for a in made.arguments if not a.spec and a.axis}


# -- is it the same ---------------------------------------------------------------------------------------------------


def _python(value: Any, a: ClassParameter) -> Any:
    """A value of the spec as a Python value."""
    if isinstance(value, Layer):
        op = registry()[value.kind].build({})
        module = torch_call(op, (TensorType(dims=(6, 4, 4)),)).module if isinstance(op, Op) else None
        assert module is not None
        return getattr(nn, module.target.removeprefix("nn."))
    if isinstance(value, Size):
        return value.dims
    if a.type == "tuple[int, int]" and isinstance(value, int):
        return value, value
    return _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def difference(block: Block, one: Fresh) -> str | None:
    """The difference between a class with these arguments and the reference's network; empty if there is none."""
    try:
        module = _built(block, one.call)
    except Exception as error:  # a failure to build it is a finding
        return f"cannot be built: {error!r}"
    network, chance = one.network, any(n.kind in RANDOM for n in one.network.nodes)
    own = {key: key.partition(".")[2] for key in network.state}  # without the path of the block
    wanted = [(own[key], shape) for key, shape in network.state.items()]
    have = [(key, tuple(tensor.shape)) for key, tensor in module.state_dict().items()]
    if have != wanted:
        return f"state {have}, not {wanted}"
    state = weights(network)
    module.load_state_dict({own[key]: tensor for key, tensor in state.items()})
    torch.manual_seed(1)
    x = torch.randn(2, *network.input, dtype=torch.float64)
    for training in (False, True):
        try:
            results = module.train(training)(*(p.clone() for p in torch.split(x, [i[0] for i in one.call.inputs], 1)))
        except Exception as error:
            return f"cannot run: {error!r}"
        given = list(results) if isinstance(results, tuple) else [results]
        mine = {k: v.clone() for k, v in state.items()}
        expected = network.run(mine, x, training=training)
        mode = "training" if training else "evaluation"
        if [t.shape for t in given] != [t.shape for t in expected]:
            return f"shapes in {mode}: {[tuple(t.shape) for t in given]}, not {[tuple(t.shape) for t in expected]}"
        if training and chance:
            continue
        if not all(close(a, b) for a, b in zip(given, expected, strict=True)):
            return f"numbers in {mode}"
        after = module.state_dict()
        if not all(close(after[own[key]], tensor) for key, tensor in mine.items()):
            return f"statistics in {mode}"
    return None


def _built(block: Block, call: Call) -> nn.Module:
    """The class of a block with the arguments of a call."""
    given = {
        a.name: _python(call.arguments[a.spec], a) if a.spec else call.inputs[a.input][a.axis]
        for a in block.made.arguments
    }
    return block.built(**given).double()


# -- of whole specs ----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """The result for a spec: the numbers of classes, of those without another call, and of calls; and the findings.

    A class without arguments and without another call does not count: nothing about it can vary.
    """

    classes: int = 0
    fixed: list[str] = field(default_factory=list)
    calls: int = 0
    wrong: list[str] = field(default_factory=list)


def tried(text: str, seed: int, load: Load = nothing, each: int = 1) -> Told:
    """Build the class of each block of a spec with up to `each` new calls, before and after specialising."""
    told = Told()
    for when in ("before", "after"):
        rng = Random(f"fresh {seed} {when}")
        try:
            found = blocks(text, load, special=when == "after")
        except Exception as error:  # a file that cannot be written or imported is a finding
            told.wrong.append(f"{when} specialising: {error!r}\n{text}")
            continue
        used = [c for b in found for c in b.calls]
        for block in found:
            others = [one for _ in range(each) if (one := fresh(rng, text, block.calls, block.free, used, load))]
            told.classes += bool(others or block.made.arguments)
            told.calls += len(others)
            told.fixed += [] if others else [f"{block.made.name} {when} specialising"]
            for one in others:
                if (wrong := difference(block, one)) is not None:
                    told.wrong.append(f"{when} specialising: {wrong}\n{one.text}")
    return told


def load(path: str) -> str:
    """A shipped spec."""
    return (SPECS / path).read_text(encoding="utf-8")


def _tried(job: tuple[str | None, int, int]) -> tuple[str, Told]:
    torch.set_num_threads(1)
    family, seed, each = job
    text = network_text(seed) if family is None else load(f"{family}.arch")
    return family or f"network {seed}", tried(text, seed, nothing if family is None else load, each)


def main() -> int:
    """Try all specs; print the numbers of classes and calls, and the findings."""
    options = argparse.ArgumentParser(prog="python -m tests.reference.fresh", description=main.__doc__)
    options.add_argument("--networks", type=int, default=300)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options.add_argument("--each", type=int, default=3)
    options.add_argument("--processes", type=int, default=1)
    chosen = options.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    seeds = range(chosen.seed, chosen.seed + chosen.networks)
    jobs: list[tuple[str | None, int, int]] = [(family, chosen.seed, chosen.each) for family in FAMILIES]
    jobs += [(None, seed, chosen.each) for seed in seeds]
    total, wrong = Told(), 0
    with ProcessPoolExecutor(chosen.processes) as pool:
        for name, told in pool.map(_tried, jobs):
            total.classes, total.calls = total.classes + told.classes, total.calls + told.calls
            wrong += len(told.wrong)
            if told.fixed and not name.startswith("network"):
                print(f"{name}: no other call of {', '.join(told.fixed)}", flush=True)
            for one in told.wrong:
                print(f"{name}: {one}", flush=True)
    print(f"{total.classes} classes, {total.calls} calls of them, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
