"""Recording a model by running it on tensors without data, whatever Python code is involved.

Hooks observe when modules are entered and left, a function mode observes calls of torch. Layers of `torch.nn` are not
entered. The model's weights are restored.
"""

from __future__ import annotations

import linecache
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode, resolve_name

from archc.importing.held import OwnedTensors, owned_by, without_numbers
from archc.importing.known_results import ASKS, known_result
from archc.importing.recording import CallEvent, Computed, Live, OwnedWeight, RecordedModule, Recording, ScopeRun
from archc.importing.windows import ATTENTIVE, WINDOWED
from archc.support.record import replace

Dims = tuple[int, ...]
BATCH = 11
"""The batch size of the recorded run, a number that is unlikely as the first size of any other tensor."""
_UNRELATED = frozenset({"new_zeros", "new_empty", "new_ones", "new_full", "zeros_like", "ones_like", "empty_like"})
_VIEWS = frozenset(
    {"view", "view_as", "reshape", "reshape_as", "unsqueeze", "squeeze", "flatten", "expand", "contiguous", "detach"}
    | {"to", "float"}
)
"""Functions that change at most the shape of a weight."""
_LEAVES = frozenset({"StochasticDepth", "DropPath", "BlurPool2d", "BlurPool", *WINDOWED})
"""Layers outside torch.nn that archc has."""
_WRITTEN = ("SelfAttention", *ATTENTIVE[1:])
"""Prefixes of the names of the classes that archc writes for layers that torch lacks."""
_HEADER = ", compiled by archc "
_CONTAINERS = (
    nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict, nn.DataParallel
)  # fmt: skip
_HERE = str(Path(__file__).parent) + os.sep
_TORCH = str(Path(torch.__file__).parent) + os.sep


class RunFailed(Exception):
    """The model's code raised an exception. The message has the exception and the line."""

    def __init__(self, error: Exception | SystemExit, line: str) -> None:
        super().__init__(f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": "))
        self.error = error
        self.line = line


# -- running ----------------------------------------------------------------------------------------------------------


def record(
    model: nn.Module, modules: Mapping[str, RecordedModule], inputs: Sequence[Dims]
) -> tuple[Recording, Recording]:
    """Run a model on a batch of inputs of these shapes and record it, in training and in evaluation.

    The model runs on torch's `meta` device, which is fast, or if that fails, because it makes tensors or asks for a
    device, on fake tensors. Raises `RunFailed`.
    """
    try:
        return _recorded(model, modules, inputs, None)
    except RunFailed:
        return _recorded(model, modules, inputs, FakeTensorMode(allow_non_fake_inputs=True))


def _recorded(
    model: nn.Module, modules: Mapping[str, RecordedModule], inputs: Sequence[Dims], mode: FakeTensorMode | None
) -> tuple[Recording, Recording]:
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_silent(logging.getLogger("torch._subclasses.fake_tensor")))
        if mode is not None:
            stack.enter_context(mode)
        weights = stack.enter_context(without_numbers(model, mode))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        owned = owned_by(model)
        training = _one_run(model, modules, inputs, owned, mode, True)
        weights.put()
        return training, _one_run(model, modules, inputs, owned, mode, False)


def _one_run(
    model: nn.Module,
    modules: Mapping[str, RecordedModule],
    inputs: Sequence[Dims],
    owned: OwnedTensors,
    mode: FakeTensorMode | None,
    training: bool,
) -> Recording:
    recorder = _Recorder(model, owned, mode is None)
    try:
        model.train(training)
        device = "cpu" if mode is not None else "meta"
        xs = [torch.empty(BATCH, *dims, device=device) for dims in inputs]
        recorder.inputs = tuple(map(recorder.number, xs))
        with recorder:
            returned = model(*xs)
    except (Exception, SystemExit) as error:  # somebody else's code may raise anything
        raise RunFailed(error, _line_of(error)) from error
    return recorder.result(returned, modules)


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Suppress torch's log of an error that is reported as a diagnostic."""
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def is_leaf(module: nn.Module) -> bool:
    """Whether a module is a layer, which is not entered."""
    kind = type(module)
    if kind.__name__ in _LEAVES or (kind.__name__.startswith(_WRITTEN) and _is_compiled(kind)):
        return True
    return kind.__module__.startswith("torch.nn.") and not isinstance(module, _CONTAINERS)


def _is_compiled(kind: type[nn.Module]) -> bool:
    """Whether archc has written the file of a class: others have classes of these names, too."""
    code = getattr(kind.forward, "__code__", None)
    return code is not None and any(_HEADER in line for line in linecache.getlines(code.co_filename)[:4])


class _Recorder(TorchFunctionMode):
    """Collects the events of one run."""

    def __init__(self, model: nn.Module, owned: OwnedTensors, on_meta: bool) -> None:
        super().__init__()
        self.model, self.on_meta = model, on_meta
        self.paths, self.keys, self.shared = owned.paths, owned.keys, owned.shared
        self.numbers: dict[int, int] = {}
        self.alive: list[torch.Tensor] = []
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.loose: set[int] = set()
        self.views: dict[int, OwnedWeight] = {}
        self.computed: dict[int, Computed] = {}
        self.inputs: tuple[int, ...] = ()
        self.runs: list[ScopeRun] = []
        self.events: list[CallEvent] = []
        self.stack: list[int] = []
        self.inside = 0
        self.handles: list[Any] = []

    def __enter__(self) -> _Recorder:
        self.handles = [
            hooks.register_module_forward_pre_hook(self._entered),
            hooks.register_module_forward_hook(self._left, with_kwargs=True),
        ]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        for handle in self.handles:
            handle.remove()
            # torch (2.13 too) leaves this mark of a removed hook, and then warns of global hooks in every torch.compile
            hooks._global_forward_hooks_with_kwargs.pop(handle.id, None)

    def number(self, tensor: torch.Tensor) -> int:
        """A new number for a live tensor. A tensor that was written in place gets a new one, too."""
        self.alive.append(tensor)
        found = self.numbers[id(tensor)] = len(self.shapes)
        self.shapes[found] = tuple(tensor.shape[1:]) if tensor.dim() else ()
        if not tensor.dim() or tensor.shape[0] != BATCH:
            self.loose.add(found)
        return found

    def _entered(self, module: nn.Module, args: Any) -> None:
        if not self.inside and self._is_passing(module):
            return
        if self.inside or (is_leaf(module) and module is not self.model):
            self.inside += 1
            return
        parent = self.stack[-1] if self.stack else None
        self.stack.append(len(self.runs))
        self.runs.append(ScopeRun(self.paths.get(id(module), "?"), parent, ()))

    def _left(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        with torch._C.DisableTorchFunction():
            self._noted(module, args, kwargs, output)

    def _noted(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self.inside:
            self.inside -= 1
            if not self.inside:
                line = _line(sys._getframe(2))
                self._event(f"{type(module).__name__}", self.paths.get(id(module), "?"), args, kwargs, output, line)
            return
        if self._is_passing(module):
            return
        run = self.stack.pop()
        self.runs[run] = replace(self.runs[run], returned=tuple(self._flat(output)))

    def _is_passing(self, module: nn.Module) -> bool:
        """Whether a module is made during the run, without weights: `nn.ReLU()(x)` is the function that it calls."""
        return (
            id(module) not in self.paths
            and not any(True for _ in module.parameters())
            and not any(True for _ in module.buffers())
        )

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Record a call of torch, if it reads a live tensor and makes one."""
        if func is torch.Tensor.__iter__:
            return iter(self.__torch_function__(torch.Tensor.unbind, types, args))
        if func in ASKS:
            return func(*args, **(kwargs or {}))
        result = known_result(func, args, kwargs or {}) if self.on_meta else None
        if result is None:
            result = func(*args, **(kwargs or {}))
        if self.inside:
            return result
        reads = [self.numbers.get(id(t)) for t in _tensors((args, tuple((kwargs or {}).values())))]
        name = _name_of(func)
        if not any(n is not None for n in reads):
            if reads and isinstance(result, torch.Tensor):
                self._made_of_weights(name, args, kwargs or {}, result)
        else:
            if name.rpartition(".")[2] not in _UNRELATED:
                target = args[0] if name.endswith("__setitem__") else result
                if name.endswith("__setitem__") or any(True for _ in _tensors(target)):
                    self._event(name, None, args, kwargs or {}, target, _line(sys._getframe(1)))
        return result

    def _made_of_weights(self, name: str, args: Any, kwargs: Mapping[str, Any], result: torch.Tensor) -> None:
        """Record a tensor that is computed from weights alone: a reshaped weight, or a new tensor."""
        given = tuple(self._plain(a) for a in args)
        owned = given[0] if given else None
        seen = tuple(result.shape)
        last = name.rpartition(".")[2]
        same = last in _VIEWS or (last == "__getitem__" and _is_whole(args[1]) and result.numel() == args[0].numel())
        if isinstance(owned, OwnedWeight) and same and args[0].dtype == result.dtype:
            self.views[id(result)] = replace(owned, seen=seen)
        elif id(result) not in self.keys:
            named = {key: self._plain(value) for key, value in kwargs.items()}
            self.computed[id(result)] = Computed(seen, last, given, named)
        self.alive.append(result)

    def _event(self, name: str, module: str | None, args: Any, kwargs: Any, output: Any, line: str) -> None:
        arguments = self._plain(tuple(args))
        keywords = {key: self._plain(value) for key, value in kwargs.items()}
        outputs = tuple(self.number(t) for t in _tensors(output))
        run = self.stack[-1] if self.stack else 0
        self.events.append(CallEvent(name, module, run, arguments, keywords, outputs, line))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            if (number := self.numbers.get(id(value))) is not None:
                return Live(number)
            if (key := self.keys.get(id(value))) is not None:
                return OwnedWeight(key, tuple(value.shape))
            return self.views.get(id(value)) or self.computed.get(id(value)) or Computed(tuple(value.shape))
        if isinstance(value, list | tuple):
            return tuple(self._plain(v) for v in value)
        if isinstance(value, slice):
            return ("slice", value.start, value.stop, value.step)
        return value

    def _flat(self, output: Any) -> Iterator[int]:
        if isinstance(output, Mapping):
            output = tuple(output.values())
        for tensor in _tensors(output):
            if (number := self.numbers.get(id(tensor))) is not None:
                yield number

    def result(self, returned: Any, modules: Mapping[str, RecordedModule]) -> Recording:
        outputs = tuple(self._flat(returned))
        runs, events = tuple(self.runs), tuple(self.events)
        return Recording(
            modules, runs, events, self.shapes, outputs, BATCH, frozenset(self.loose), self.shared, self.inputs
        )


@cache
def _name_of(func: Callable[..., Any]) -> str:
    """The name of a torch function."""
    name: str = resolve_name(func) or getattr(func, "__name__", "?")
    return name.removesuffix(".__get__")  # of an attribute, `x.data`


def _is_whole(index: object) -> bool:
    """Whether an index, such as `[:, None]`, changes at most the axes, if the result has as many numbers."""
    items = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is Ellipsis or (isinstance(i, slice) and i.step in (None, 1)) for i in items)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


# -- lines ------------------------------------------------------------------------------------------------------------


def _line(frame: FrameType | None) -> str:
    """The nearest line outside torch and archc, with its text."""
    while frame is not None and frame.f_code.co_filename.startswith((_TORCH, _HERE)):
        frame = frame.f_back
    if frame is None:
        return ""
    return place(frame.f_code.co_filename, frame.f_lineno)


def _line_of(error: Exception | SystemExit) -> str:
    """The innermost line of a traceback outside torch and archc."""
    found, trail = "", error.__traceback__
    while trail is not None:
        file = trail.tb_frame.f_code.co_filename
        if not file.startswith((_TORCH, _HERE)):
            found = place(file, trail.tb_lineno)
        trail = trail.tb_next
    return found


@cache
def place(file: str, line: int) -> str:
    """A line of the model's own code: `resnet.py:92: out += identity`."""
    return f"{os.path.basename(file)}:{line}: {linecache.getline(file, line).strip()}"
