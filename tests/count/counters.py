"""The installed counting tools, each as a function of a module and its input."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import nn

from archc.runtime.references import import_torchvision

Tool = Callable[[nn.Module, torch.Tensor], tuple[int, ...]]


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress the deprecation warnings of the tools, which are old."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        yield


def torch_(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        model(x)
    return (counter.get_total_flops(),)


def fvcore(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    from fvcore.nn import FlopCountAnalysis

    analysis: Any = FlopCountAnalysis(model, x)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return (analysis.total(),)


def ptflops(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    import_torchvision()  # ptflops imports it
    from ptflops import get_model_complexity_info

    found = get_model_complexity_info(model, tuple(x.shape[1:]), print_per_layer_stat=False, as_strings=False)
    return (found[0],)


def thop(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    from thop import profile

    return (profile(model, (x,), verbose=False)[0],)


def torchinfo(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    from torchinfo import summary

    return (summary(model, input_data=x, verbose=0, device="cpu").total_mult_adds,)


def calflops(model: nn.Module, x: torch.Tensor) -> tuple[int, ...]:
    for name, attribute in (("flops_counter_hf", "calculate_flops_hf"), ("estimate", "create_empty_model")):
        stand_in = ModuleType(f"calflops.{name}")  # its models for downloading need a package that is not installed
        setattr(stand_in, attribute, None)
        sys.modules.setdefault(stand_in.__name__, stand_in)
    from calflops import calculate_flops

    found = calculate_flops(model, args=[x], print_results=False, output_as_string=False)
    return (found[0], found[1])


TOOLS: dict[str, Tool] = {
    "torch": torch_,
    "fvcore": fvcore,
    "ptflops": ptflops,
    "thop": thop,
    "torchinfo": torchinfo,
    "calflops": calflops,
}
