"""Record a model by running it on tensors without numbers: whatever Python does in between is no obstacle.

Hooks tell when a module is entered and left, a function mode sees each call of torch. Layers of `torch.nn` are not
entered. The model's weights are put back as they were.
"""

from __future__ import annotations

import linecache
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # as torch's own documentation calls it
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode, resolve_name

from archc.importing.construct import Constructed
from archc.importing.recording import CallEvent, Computed, Live, OwnedWeight, RecordedModule, Recording, ScopeRun
from archc.support.record import replace

BATCH = 11
"""Of the recorded run; a size that no network has elsewhere in the first place of a shape."""
_UNRELATED = frozenset({"new_zeros", "new_empty", "new_ones", "new_full", "zeros_like", "ones_like", "empty_like"})
_KEEP_SHAPE = frozenset(
    {F.relu, F.relu6, F.hardtanh, F.silu, F.hardswish, F.hardsigmoid, F.gelu, F.leaky_relu, F.elu, F.mish, F.dropout}
)
"""What a layer may do whose result is known to be of the shape of what it reads: it need not be computed."""
_VIEWS = frozenset(
    {"view", "view_as", "reshape", "reshape_as", "unsqueeze", "squeeze", "flatten", "expand", "contiguous", "detach"}
    | {"to", "float"}
)
"""What leaves the numbers of a weight as they are, in another shape."""
_LEAVES = frozenset({"StochasticDepth", "DropPath", "BlurPool2d"})
"""Layers outside torch.nn that archc has."""
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
_HERE = str(Path(__file__).parent) + os.sep
_TORCH = str(Path(torch.__file__).parent) + os.sep


class RunFailed(Exception):
    """The model's code raised: what, and at which of its lines."""

    def __init__(self, error: Exception, line: str) -> None:
        super().__init__(f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": "))
        self.error = error
        self.line = line


# -- running ----------------------------------------------------------------------------------------------------------


def record(model: nn.Module, constructed: Constructed | None, dims: tuple[int, ...], training: bool) -> Recording:
    """Run a model once on a batch of inputs of the shape `dims` and record it. Raises `RunFailed`.

    On torch's `meta` device, which is fast; a model that does not run there, since it makes tensors of its own or asks
    for a device, is run on fake tensors.
    """
    try:
        return _recorded(model, constructed, dims, training, None)
    except RunFailed:
        return _recorded(model, constructed, dims, training, FakeTensorMode(allow_non_fake_inputs=True))


def _recorded(
    model: nn.Module,
    constructed: Constructed | None,
    dims: tuple[int, ...],
    training: bool,
    mode: FakeTensorMode | None,
) -> Recording:
    modes = {m: m.training for m in model.modules()}
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_silent(logging.getLogger("torch._subclasses.fake_tensor")))
        if mode is not None:
            stack.enter_context(mode)
        stack.enter_context(_without_numbers(model, mode))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        recorder = _Recorder(model, constructed)
        try:
            model.train(training)
            x = torch.empty(BATCH, *dims, device="cpu" if mode is not None else "meta")
            recorder.number(x)
            with recorder:
                returned = model(x)
        except Exception as error:  # somebody else's code may raise anything
            raise RunFailed(error, _line_of(error)) from error
        finally:
            for module, was in modes.items():
                module.training = was
        return recorder.result(returned)


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Without what torch tells of an error that is told as a diagnostic."""
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


@contextmanager
def _without_numbers(model: nn.Module, mode: FakeTensorMode | None) -> Iterator[None]:
    """Put tensors without numbers in place of all that the model's modules hold, and take them out again."""
    made: dict[int, torch.Tensor] = {}
    kept: list[tuple[dict[str, Any], str, torch.Tensor]] = []
    holders: tuple[dict[str, Any], ...]
    for module in model.modules():
        holders = module._parameters, module._buffers, module.__dict__
        for own in holders:
            for name, tensor in list(own.items()):
                if isinstance(tensor, torch.Tensor):
                    kept.append((own, name, tensor))
    try:
        for held, name, tensor in kept:
            if id(tensor) not in made:
                empty = torch.empty_like(tensor, device="meta") if mode is not None or not tensor.is_meta else tensor
                made[id(tensor)] = empty if mode is None else FakeTensor(mode, empty, torch.device("cpu"))
            held[name] = made[id(tensor)]
        yield
    finally:
        for held, name, tensor in kept:
            held[name] = tensor


def is_leaf(module: nn.Module) -> bool:
    """Whether a module is a layer that is not entered."""
    kind = type(module)
    if kind.__name__ in _LEAVES:
        return True
    return kind.__module__.startswith("torch.nn.") and not isinstance(module, _CONTAINERS)


class _Recorder(TorchFunctionMode):
    """Collects the events of one run."""

    def __init__(self, model: nn.Module, constructed: Constructed | None) -> None:
        super().__init__()
        self.model, self.calls = model, constructed.calls if constructed is not None else {}
        self.paths = {id(m): path for path, m in model.named_modules()}
        self.keys: dict[int, str] = {}
        self.shared: dict[str, str] = {}
        for key, tensor in (*_named(model, "parameters"), *_named(model, "buffers")):
            if id(tensor) in self.keys:
                self.shared[key] = self.keys[id(tensor)]
            self.keys.setdefault(id(tensor), key)
        self.numbers: dict[int, int] = {}
        self.alive: list[torch.Tensor] = []
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.loose: set[int] = set()
        self.views: dict[int, OwnedWeight] = {}
        self.computed: dict[int, Computed] = {}
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
        """A new number for a live tensor; what was written in place is another tensor than before."""
        self.alive.append(tensor)
        found = self.numbers[id(tensor)] = len(self.shapes)
        self.shapes[found] = tuple(tensor.shape[1:]) if tensor.dim() else ()
        if not tensor.dim() or tensor.shape[0] != BATCH:
            self.loose.add(found)
        return found

    def _entered(self, module: nn.Module, args: Any) -> None:
        if self.inside or is_leaf(module):
            self.inside += 1
            return
        parent = self.stack[-1] if self.stack else None
        self.stack.append(len(self.runs))
        self.runs.append(ScopeRun(self.paths.get(id(module), "?"), parent, ()))

    def _left(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self.inside:
            self.inside -= 1
            if not self.inside:
                line = _line(sys._getframe(1))
                self._event(f"{type(module).__name__}", self.paths.get(id(module), "?"), args, kwargs, output, line)
            return
        run = self.stack.pop()
        self.runs[run] = replace(self.runs[run], returned=tuple(self._flat(output)))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Record a call of torch, if it reads a live tensor and makes one."""
        if self.inside:
            if func in _KEEP_SHAPE or (func is F.batch_norm and _fits(*args[:2])):
                return args[0] if (kwargs or {}).get("inplace", False) else torch.empty_like(args[0])
            return func(*args, **(kwargs or {}))
        reads = [self.numbers.get(id(t)) for t in _tensors((args, tuple((kwargs or {}).values())))]
        result = func(*args, **(kwargs or {}))
        name = resolve_name(func) or getattr(func, "__name__", "?")
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
        """Note what a tensor is that is computed from weights alone: one of them in another shape, or something new."""
        given = tuple(self._plain(a) for a in args)
        owned = given[0] if given else None
        seen = tuple(result.shape)
        if isinstance(owned, OwnedWeight) and name.rpartition(".")[2] in _VIEWS and args[0].dtype == result.dtype:
            self.views[id(result)] = replace(owned, seen=seen)
        elif id(result) not in self.keys:
            named = {key: self._plain(value) for key, value in kwargs.items()}
            self.computed[id(result)] = Computed(seen, name.rpartition(".")[2], given, named)
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

    def result(self, returned: Any) -> Recording:
        modules = {path: self._module(path, m) for path, m in self.model.named_modules()}
        outputs = tuple(self._flat(returned))
        runs, events = tuple(self.runs), tuple(self.events)
        return Recording(modules, runs, events, self.shapes, outputs, BATCH, frozenset(self.loose), dict(self.shared))

    def _module(self, path: str, module: nn.Module) -> RecordedModule:
        kind = type(module)
        persistent = [n for n in module._buffers if n not in module._non_persistent_buffers_set]
        own = [n for n in (*module._parameters, *persistent) if getattr(module, n) is not None]
        stateful = any(True for _ in module.parameters()) or any(True for _ in module.buffers())
        called = _flat_arguments(self.calls.get(id(module), {}))
        return RecordedModule(
            path,
            kind.__name__,
            kind.__module__,
            {name: p for name, value in called.items() if (p := plain(value)) is not _NOTHING},
            {name: p for name, value in vars(module).items() if (p := plain(value)) is not _NOTHING and name[0] != "_"},
            tuple(own),
            tuple(module._modules),
            stateful,
            kind.forward is nn.Sequential.forward,
            kind is nn.Sequential,
        )


def _fits(x: torch.Tensor, mean: torch.Tensor | None) -> bool:
    """Whether a batch normalisation has statistics for the channels of a tensor."""
    return mean is not None and x.dim() > 1 and x.shape[1] == mean.shape[0]


_NOTHING = object()


def _flat_arguments(called: Mapping[str, object]) -> Mapping[str, object]:
    """A constructor's arguments, with the fields of configuration objects in place of these."""
    found: dict[str, object] = {}
    for name, value in called.items():
        if plain(value) is _NOTHING and not isinstance(value, nn.Module | torch.Tensor) and hasattr(value, "__dict__"):
            found |= {key: v for key, v in vars(value).items() if plain(v) is not _NOTHING and key not in called}
        else:
            found[name] = value
    return found


def plain(value: object) -> object:
    """A value that a spec could hold, or a mark that it is none."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        items = tuple(plain(v) for v in value)
        return _NOTHING if any(i is _NOTHING for i in items) else items
    if isinstance(value, type):
        return f"class {value.__name__}"
    return _NOTHING


def _named(model: nn.Module, what: str) -> Iterator[tuple[str, torch.Tensor]]:
    yield from getattr(model, f"named_{what}")(remove_duplicate=False)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


# -- lines ------------------------------------------------------------------------------------------------------------


def _line(frame: FrameType | None) -> str:
    """The nearest place outside torch and archc, and what stands there."""
    while frame is not None and frame.f_code.co_filename.startswith((_TORCH, _HERE)):
        frame = frame.f_back
    if frame is None:
        return ""
    return place(frame.f_code.co_filename, frame.f_lineno)


def _line_of(error: Exception) -> str:
    """The innermost place of an error's trail that is outside torch and archc."""
    found, trail = "", error.__traceback__
    while trail is not None:
        file = trail.tb_frame.f_code.co_filename
        if not file.startswith((_TORCH, _HERE)):
            found = place(file, trail.tb_lineno)
        trail = trail.tb_next
    return found


def place(file: str, line: int) -> str:
    """A line of the model's own code: `resnet.py:92: out += identity`."""
    return f"{Path(file).name}:{line}: {linecache.getline(file, line).strip()}"
